"""WikiSQL: questions over single tables of Wikipedia, each with a structured query that is written out as SQL here.

    test.jsonl         {"table_id": "1-77-2", "question": "Who hiked over 9 km?", "phase": 1,
                        "sql": {"sel": 0, "agg": 0, "conds": [[1, 1, "9"]]}}
    test.tables.jsonl  {"id": "1-77-2", "header": ["Hiker", "Distance (km)"], "types": ["text", "real"],
                        "rows": [["Ann Lee", 12.5], ["Tom Ray", 9]]}
    ->  definitions  CREATE TABLE table_1_77_2 (
                     col0 text, -- Hiker
                     col1 real -- Distance (km)
                     )
        completion   SELECT col0 FROM table_1_77_2 WHERE col1 > 9
        world        {"tables": {"table_1_77_2": {"columns": ["col0", "col1"], "rows": [["ann lee", 12.5], …], …}}}

Upstream's unpacked data.tar.bz2: {train,dev,test}.jsonl with {train,dev,test}.tables.jsonl, at the top or in data/.
The world is the row's table as upstream's test.db holds it: names ``table_<id>`` and col0, col1, …, text in lower case.
It is written into the record, since queries on a file of thousands of tables can be neither renamed nor compared in
reasonable time.

Values follow upstream's dbengine.py: text is lowered, and where a number column is compared with text the number is
read from it ("15,664" → 15664). Two conditions on one column are both kept (dbengine.py binds one value to both).
Quirks: questions with stray, double or non-breaking spaces, blank lines, tables with other keys than these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    require,
)
from collection.sources.row_files import read_jsonl_rows
from collection.sources.wikisql_tables import Table, definitions, find_table, unifiedskg
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.sql_tokens import written
from symbol_llm.record import Split

_FILES = {"train.jsonl": Split.TRAIN, "dev.jsonl": Split.VALIDATION, "test.jsonl": Split.TEST}
_LAYOUTS = {"create_table": definitions, "unifiedskg": unifiedskg}
_AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
_OPERATORS = ("=", ">", "<")  # upstream's fourth, OP, stands for nothing
_NUMBER = re.compile(r"[-+]?\d*\.\d+|\d+")


class WikiSql(Source):
    """Text to SQL over one table. ``layout``: "create_table", or "unifiedskg" for the header and the first rows."""

    task = "wikisql"
    format = "sql"
    family = "SQL"
    licence = Licence("BSD-3-Clause", True)
    upstream = Upstream(
        dataset="wikisql",
        url="https://github.com/salesforce/WikiSQL",
        revision="1.1",
        citation="Zhong, Xiong and Socher 2017. Seq2SQL: Generating Structured Queries from Natural Language using "
        "Reinforcement Learning. arXiv:1709.00103.",
        sizes={"train": 56_355, "validation": 8_421, "test": 15_878},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question into an SQL query over the table.",
            "Write the SQL query that finds the answer in this table.",
            "Given the columns of a table, turn the question into SQL.",
            "Answer the question with an SQLite query on the table below.",
            "Express the question as a SELECT statement over the given table.",
            "You are given a table and a question. Give the SQL query for it.",
            "Which SQL query looks up what the question asks for?",
            "Read what the columns mean, then write the question in SQL.",
            "Convert the question to SQL, using the column names of the table.",
            "Compose the query that answers the question from one table.",
        ),
        definitions_label="The table, whose text is in lower case, is:",
        input_label="The question is:",
        cue="The corresponding SQL for the question is:",
    )

    def __init__(self, layout: str = "create_table") -> None:
        if layout not in _LAYOUTS:
            raise UserError(f"unknown table layout {layout!r}: choose one of {', '.join(_LAYOUTS)}")
        self.layout = layout

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Rows of the three files. Raises UserError if none is there, or only the archive that holds them."""
        place = folder / "data" if (folder / "data").is_dir() else folder
        archive = place / "data.tar.bz2"
        if archive.is_file() and not any((place / name).is_file() for name in _FILES):
            raise UserError(f"{archive}: unpack it first, with: tar -xjf {archive} -C {place}")
        for path in require(place, *_FILES):
            yield from read_jsonl_rows(path, folder, _FILES[path.name])

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        """A question with its table. The answer names the query whose result is the gold one."""
        data = row.data
        fields = ("table_id", "question")
        if not isinstance(data, Mapping) or not all(isinstance(data.get(field), str) for field in fields):
            return Rejected(Reason.MALFORMED_ROW, f"expected text in {', '.join(fields)}")
        if data.get("sql") is None:
            return Rejected(Reason.NO_LABEL, "the row has no sql")
        question = " ".join(data["question"].split())
        if not question:
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        table = find_table((folder / row.file).with_suffix(".tables.jsonl"), data["table_id"])
        if isinstance(table, Rejected):
            return table
        query = written_out(data["sql"], table)
        if isinstance(query, Rejected):
            return query
        return Example(
            input=question,
            completion=query,
            context=Context(_LAYOUTS[self.layout](table), {"tables": table.world()}),
            answer={"query": query},
            group=table.name,
        )


def written_out(sql: Any, table: Table) -> str | Rejected:
    """The SQL text of a structured query: ``{"sel": 0, "agg": 3, "conds": [[1, 0, "x"]]}``."""
    conditions = sql.get("conds") if isinstance(sql, Mapping) else None
    if not isinstance(conditions, list) or not all(isinstance(c, list) and len(c) == 3 for c in conditions):
        return Rejected(Reason.MALFORMED_ROW, "expected sql with sel, agg and conds (column, operator, value)")
    columns = [sql.get("sel"), *(column for column, _, _ in conditions)]
    if not all(_is_below(column, len(table.header)) for column in columns):
        return Rejected(Reason.MALFORMED_ROW, f"a column of {columns} is none of the table's {len(table.header)}")
    if not _is_below(sql.get("agg"), len(_AGGREGATES)):
        return Rejected(Reason.MALFORMED_ROW, f"there is no aggregate {sql.get('agg')!r}")
    if not all(_is_below(operator, len(_OPERATORS)) for _, operator, _ in conditions):
        return Rejected(Reason.NOT_DERIVABLE, "an operator that is none of =, >, <")
    if not all(isinstance(value, (str, int, float)) and not isinstance(value, bool) for _, _, value in conditions):
        return Rejected(Reason.MALFORMED_ROW, "a value that is neither text nor a number")
    aggregate = _AGGREGATES[sql["agg"]]
    selected = f"{aggregate}(col{sql['sel']})" if aggregate else f"col{sql['sel']}"
    tests = [f"col{c} {_OPERATORS[o]} {_literal(value, table.types[c])}" for c, o, value in conditions]
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    return f"SELECT {selected} FROM {written(table.name)}{where}"


def _is_below(number: Any, bound: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < bound


def _literal(value: str | int | float, kind: str) -> str:
    number = _number(value) if isinstance(value, str) and kind == "real" else value
    if isinstance(number, str):
        return "'" + number.lower().replace("'", "''") + "'"
    is_whole = kind == "real" and isinstance(number, float) and number == int(number) and abs(number) < 1e15
    return str(int(number)) if is_whole else repr(number)


def _number(text: str) -> float | str:
    """The number that a text writes, else the first one in it, as upstream reads it; the text if there is none."""
    try:
        number = float(Decimal(text.replace(",", "")))
    except InvalidOperation:
        found = _NUMBER.search(text)
        number = float(found[0]) if found else math.nan
    return number if math.isfinite(number) else text


WIKISQL = WikiSql()
