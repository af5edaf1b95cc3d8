r"""WikiTableQuestions: questions over tables of Wikipedia, with answers but without queries.

    data/pristine-unseen-tables.tsv   id⇥utterance⇥context⇥targetValue
                                      nu-7⇥which hiker went farthest?⇥csv/204-csv/590.csv⇥Ann Lee
    csv/204-csv/590.csv               "Hiker","Distance (km)"⏎"Ann Lee","1,204"⏎"Tom \"T\" Ray","9"
    →   definitions  CREATE TABLE table_204_590 (⏎col0 text, -- Hiker⏎col1 real -- Distance (km)⏎)
                     -- its first rows:⏎-- ann lee | 1204⏎-- tom "t" ray | 9
        input        the question
        completion   empty: upstream gives no queries
        answer       {"values": ["Ann Lee"], "canon": ["Ann Lee"]}
        world        {"tables": {"table_204_590": {…}}}, text in lower case, as with WikiSQL

A benchmark of delegation, not a task of the collection. ``training`` is the train split, ``pristine-unseen-tables`` the
test split (4,344 rows), ``pristine-seen-tables`` the validation split; the random splits repeat ``training``. A column
whose cells are all numbers or blank (dashes count as blank) is one of numbers: thousands commas go. Rows keep their
order: SQLite's rowid counts them from 1.

The forms that upstream's evaluator compares numbers and dates by are in ``tagged/data/<split>.tagged`` (columns
targetValue, targetCanon); where that file is not there, only thousands commas are taken out of a number.

Quirks: fields are not quoted; ``\n``, ``\p`` and ``\\`` stand for a line break, a bar and a backslash; a bar parts the
values of a list; csv files escape quotes as ``\"``; cells hold line breaks, headers repeat or are blank.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.wikisql import WIKISQL
from collection.sources.wikisql_tables import Table, definitions
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.record import Split

_FILES = {
    "training": Split.TRAIN,
    "pristine-seen-tables": Split.VALIDATION,
    "pristine-unseen-tables": Split.TEST,
}
_COLUMNS = ("id", "utterance", "context", "targetValue")
_TABLE = re.compile(r"csv/(\d+)-csv/(\d+)\.csv")
_ESCAPES = {r"\n": "\n", r"\p": "|", r"\\": "\\"}
_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_BLANK = re.compile(r"[-–—−]*")
_ROWS_SHOWN, _CELL_SHOWN = 3, 60


class WikiTableQuestions(Source):
    task = "wikitablequestions"
    format = "sql"
    family = "SQL"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="wikitablequestions",
        url="https://github.com/ppasupat/WikiTableQuestions",
        revision="v1.0.2",
        citation="Pasupat and Liang 2015. Compositional Semantic Parsing on Semi-Structured Tables. ACL.",
        sizes={"train": 14_152, "validation": 3_537, "test": 4_344},
    )
    prompt: Prompt = WIKISQL.prompt

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the files that are there. Raises UserError if none is, or one has other columns."""
        names = [f"data/{name}.tsv" for name in _FILES]
        for path in require(folder, *names):
            file = path.relative_to(folder).as_posix()
            canon = _canon(folder / "tagged" / "data" / f"{path.stem}.tagged")
            for index, fields in enumerate(_read_tsv(path)):
                found: dict[str, str] | Rejected = fields
                if isinstance(fields, dict) and fields["id"] in canon:
                    found = {**fields, "targetCanon": canon[fields["id"]]}
                yield Row(file, index, _FILES[path.stem], found)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        question = " ".join(_plain(data["utterance"]).split())
        if not question:
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if not data["targetValue"]:
            return Rejected(Reason.NO_LABEL, "the answer is empty", request=question)
        table = _read_table(folder, data["context"])
        if isinstance(table, Rejected):
            return table
        values = [_plain(value) for value in data["targetValue"].split("|")]
        canon = [_plain(value) for value in data["targetCanon"].split("|")] if "targetCanon" in data else None
        if canon is None or len(canon) != len(values):
            canon = [value.replace(",", "") if _NUMBER.fullmatch(value) else value for value in values]
        return Example(
            input=question,
            completion="",
            context=Context(f"{definitions(table)}\n{_first_rows(table)}", {"tables": table.world()}),
            answer={"values": values, "canon": canon},
            group=table.name,
        )


def _read_tsv(path: Path) -> Iterator[dict[str, str] | Rejected]:
    """The rows by their columns; lines end at line feeds alone."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
        header = next(lines, "").rstrip("\r\n").split("\t")
        if not set(_COLUMNS) <= set(header):
            raise UserError(f"{path}: expected the columns {', '.join(_COLUMNS)}. Is it upstream's file?")
        for number, line in enumerate(lines, 2):
            fields = line.rstrip("\r\n").split("\t")
            if fields == [""]:
                continue
            if len(fields) != len(header):
                yield Rejected(Reason.MALFORMED_ROW, f"line {number} has {len(fields)} fields, not {len(header)}")
            else:
                yield dict(zip(header, fields))


def _canon(path: Path) -> dict[str, str]:
    """targetCanon by id, from upstream's tagged file; nothing where that is not there."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
        header = next(lines, "").rstrip("\r\n").split("\t")
        if not {"id", "targetCanon"} <= set(header):
            raise UserError(f"{path}: expected the columns id and targetCanon. Is it upstream's file?")
        rows = (line.rstrip("\r\n").split("\t") for line in lines)
        return {row[header.index("id")]: row[header.index("targetCanon")] for row in rows if len(row) == len(header)}


def _plain(text: str) -> str:
    return re.sub(r"\\[np\\]", lambda found: _ESCAPES[found[0]], text)


@lru_cache(maxsize=64)
def _read_table(folder: Path, name: str) -> Table | Rejected:
    """A table of the csv folder. Short rows are filled up with blanks, as upstream's own tables are."""
    found = _TABLE.fullmatch(name)
    path = folder / name
    if found is None or not path.is_file():
        return Rejected(Reason.MISSING_CONTEXT, f"the table {name} is not here")
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\0", "")
    try:
        lines = list(csv.reader(text.splitlines(keepends=True), escapechar="\\", doublequote=False))
    except csv.Error as error:
        return Rejected(Reason.MISSING_CONTEXT, f"{name} is no csv file: {error}")
    if not lines or not lines[0]:
        return Rejected(Reason.MISSING_CONTEXT, f"{name} has no header")
    header = tuple(" ".join(cell.split()) for cell in lines[0])
    cells = [[" ".join(cell.split()) for cell in (*line, *[""] * len(header))[: len(header)]] for line in lines[1:]]
    columns = [_column([line[place] for line in cells]) for place in range(len(header))]
    types = tuple("real" if any(isinstance(cell, int | float) for cell in column) else "text" for column in columns)
    return Table(f"table_{found[1]}_{found[2]}", header, types, tuple(zip(*columns)) if cells else ())


def _column(cells: list[str]) -> list[str | int | float | None]:
    """The cells as numbers where all that are not blank are numbers, else as they are; None where they are blank."""
    if any(_NUMBER.fullmatch(cell) for cell in cells) and all(
        _NUMBER.fullmatch(cell) or _BLANK.fullmatch(cell) for cell in cells
    ):
        return [_number(cell) if _NUMBER.fullmatch(cell) else None for cell in cells]
    return [cell or None for cell in cells]


def _number(cell: str) -> int | float:
    plain = cell.replace(",", "").replace("−", "-")
    return float(plain) if "." in plain else int(plain)


def _first_rows(table: Table) -> str:
    lines = ["-- its first rows:"]
    for row in table.rows[:_ROWS_SHOWN]:
        cells = ["" if cell is None else str(cell).lower() for cell in row]
        shown = " | ".join(cell if len(cell) <= _CELL_SHOWN else f"{cell[: _CELL_SHOWN - 1]}…" for cell in cells)
        lines.append("-- " + "".join(c if c.isprintable() else " " for c in shown))
    return "\n".join(lines)


WIKITABLEQUESTIONS = WikiTableQuestions()
