from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.wikisql import WIKISQL, WikiSql, written_out
from collection.sources.wikisql_tables import Table, linear_table
from symbol_llm.errors import UserError
from symbol_llm.formats import Context, Name, get
from symbol_llm.record import Split
from symbol_llm.solvers import sql_world

RAW = os.environ.get("SYMBOL_LLM_RAW")
SQL = get("sql")


def results(folder: Path) -> dict[tuple[str, int], Example | Rejected]:
    """What becomes of each row, by file and index."""
    return {
        (row.file, row.index): row.data if isinstance(row.data, Rejected) else WIKISQL.to_example(row, folder)
        for row in WIKISQL.read(folder)
    }


def rows_of(example: Example) -> list[tuple[Any, ...]]:
    """What SQLite gives for an example's query on its world."""
    connection = sql_world.connect(example.context.world)
    try:
        return connection.execute(example.completion).fetchall()
    finally:
        connection.close()


def test_a_row_becomes_an_example(raw: Path) -> None:
    example = results(raw / "wikisql")["test.jsonl", 0]
    assert isinstance(example, Example)
    assert example.input == "Who hiked more than 9 km?"
    assert example.completion == "SELECT col0 FROM table_1_77_2 WHERE col1 > 9"
    assert example.context.definitions == (
        "CREATE TABLE table_1_77_2 (\n"
        "col0 text, -- Hiker\n"
        "col1 real, -- Distance (km)\n"
        "col2 text, -- Time -- of day\n"
        "col3 text\n"
        ")"
    )
    assert example.context.world == {
        "tables": {
            "table_1_77_2": {
                "columns": ["col0", "col1", "col2", "col3"],
                "types": ["text", "real", "text", "text"],
                "rows": [
                    ["ann lee", 12.5, "noon", "5"],
                    ["tom o'hara", 9, "dawn", "7.5"],
                    ["zoë åberg", "1,200", "noon", ""],
                ],
            }
        }
    }
    assert example.answer == {"query": example.completion} and example.group == "table_1_77_2"


def test_splits_follow_the_files(raw: Path) -> None:
    rows = list(WIKISQL.read(raw / "wikisql"))
    assert Counter((row.file, row.split) for row in rows) == {
        ("train.jsonl", Split.TRAIN): 2,
        ("dev.jsonl", Split.VALIDATION): 1,
        ("test.jsonl", Split.TEST): 21,
    }


@pytest.mark.parametrize(
    ("place", "query", "rows"),
    [
        (("test.jsonl", 1), "SELECT MAX(col1) FROM table_1_77_2 WHERE col0 = 'zoë åberg'", [("1,200",)]),
        (
            ("test.jsonl", 2),
            "SELECT COUNT(col2) FROM table_1_77_2 WHERE col0 = 'tom o''hara' AND col2 = 'dawn'",
            [(1,)],
        ),
        # Two conditions on one column, a number with a comma as text.
        (("test.jsonl", 3), "SELECT col0 FROM table_1_77_2 WHERE col1 < 1200.5 AND col1 > 10", [("ann lee",)]),
        (("test.jsonl", 5), "SELECT col2 FROM table_1_77_2 WHERE col1 = 12.5", [("noon",)]),  # after a blank line
        (("test.jsonl", 6), "SELECT col0 FROM table_1_77_2 WHERE col3 = 7.5", [("tom o'hara",)]),  # number with text
        (("test.jsonl", 7), "SELECT COUNT(col1) FROM table_2_9_10", [(2,)]),
        (("test.jsonl", 8), "SELECT AVG(col0) FROM table_2_9_10 WHERE col0 < 2", [(1.0,)]),  # "about 2 m"
        (("test.jsonl", 9), "SELECT col1 FROM table_2_9_10 WHERE col0 = 'n/a'", []),  # no number to read
        (("train.jsonl", 0), "SELECT SUM(col1) FROM table_1_1_1", [(8.0,)]),
        (("train.jsonl", 1), "SELECT MIN(col1) FROM table_1_1_1 WHERE col0 = 'bo'", [(5.0,)]),
    ],
)
def test_queries_are_written_out_and_run(raw: Path, place: tuple[str, int], query: str, rows: list) -> None:
    example = results(raw / "wikisql")[place]
    assert isinstance(example, Example) and example.completion == query
    assert rows_of(example) == rows
    assert SQL.parses(query) and SQL.accepts(query, example.context).holds
    assert SQL.accepts(query, Context(example.context.definitions)).holds


def test_rejects_have_their_reason(raw: Path) -> None:
    items = results(raw / "wikisql")
    assert {place: item.reason for place, item in items.items() if isinstance(item, Rejected)} == {
        ("dev.jsonl", 0): Reason.MISSING_CONTEXT,  # no file of tables
        ("test.jsonl", 10): Reason.NOT_DERIVABLE,  # the operator OP
        ("test.jsonl", 11): Reason.MALFORMED_ROW,  # column 5 of 3
        ("test.jsonl", 12): Reason.MALFORMED_ROW,  # aggregate 6
        ("test.jsonl", 13): Reason.MALFORMED_ROW,  # a null value
        ("test.jsonl", 14): Reason.MALFORMED_ROW,  # conditions in another form
        ("test.jsonl", 15): Reason.EMPTY_INPUT,
        ("test.jsonl", 16): Reason.NO_LABEL,
        ("test.jsonl", 17): Reason.MISSING_CONTEXT,  # a row of the table is too short
        ("test.jsonl", 18): Reason.MISSING_CONTEXT,  # a type that is none
        ("test.jsonl", 19): Reason.MISSING_CONTEXT,  # not among the tables
        ("test.jsonl", 20): Reason.MALFORMED_ROW,  # a number as table_id
        ("test.jsonl", 21): Reason.MALFORMED_ROW,  # a line that is cut off
    }


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (26, "26"),
        (-3, "-3"),
        (4.0, "4"),
        (0.5, "0.5"),
        ("15,664", "15664"),
        ("-3.5", "-3.5"),
        ("1e3", "1000"),
        ("$1,234", "1"),  # as upstream: the first digits of a text that is no number
        ("year 1990.5 or so", "1990.5"),
        ("nan", "'nan'"),
        ("1e999999", "'1e999999'"),
        (True, None),
    ],
)
def test_values_in_a_number_column(value: Any, literal: str | None) -> None:
    table = Table("table_1_1_1", ("N",), ("real",), ((1.0,),))
    query = written_out({"sel": 0, "agg": 0, "conds": [[0, 0, value]]}, table)
    if literal is None:
        assert isinstance(query, Rejected)
    else:
        assert query == f"SELECT col0 FROM table_1_1_1 WHERE col0 = {literal}"


def test_columns_are_renamed_and_back(raw: Path) -> None:
    example = results(raw / "wikisql")["test.jsonl", 0]
    assert isinstance(example, Example)
    names = SQL.defined_names(example.context)
    assert [(name.text, name.gloss) for name in names[:3]] == [
        ("table_1_77_2", "table 1 77 2"),
        ("col0", "Hiker"),
        ("col1", "Distance (km)"),
    ]
    fresh = {old: f"Zq{i:04d}" for i, old in enumerate(names)}
    moved = SQL.rename_context(example.context, fresh)
    query = SQL.render(SQL.rename(SQL.parse(example.completion), fresh))
    assert SQL.accepts(query, moved).holds and not SQL.accepts(example.completion, moved).holds
    connection = sql_world.connect(moved.world)
    assert connection.execute(query).fetchall() == rows_of(example)
    connection.close()
    assert SQL.rename_context(moved, {Name(old.kind, new): old.text for old, new in fresh.items()}) == example.context


def test_the_other_layout(raw: Path) -> None:
    source = WikiSql(layout="unifiedskg")
    row = next(row for row in source.read(raw / "wikisql") if row.file == "test.jsonl" and row.index == 7)
    example = source.to_example(row, raw / "wikisql")
    assert isinstance(example, Example)
    assert example.context.definitions == (
        "table_2_9_10 : col0 | col1 | col2\ncol : no. | boat | order row 1 : 1 | heron | 2nd row 2 : 2 | grebe | 1st"
    )
    assert SQL.accepts(example.completion, example.context).holds
    with pytest.raises(UserError, match="create_table, unifiedskg"):
        WikiSql(layout="html")


def test_numbers_beyond_sqlites_integers_run() -> None:
    table = Table("t", ("N",), ("real",), ((2**63,), (None,)))
    connection = sql_world.connect({"tables": table.world()})
    assert connection.execute("SELECT col0 FROM t").fetchall() == [(2.0**63,), (None,)]
    connection.close()


def test_the_folders_of_the_archive(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match=r"train\.jsonl, dev\.jsonl, test\.jsonl"):
        list(WIKISQL.read(tmp_path))
    (tmp_path / "data" / "data.tar.bz2").touch()
    with pytest.raises(UserError, match="unpack it first"):
        list(WIKISQL.read(tmp_path))
    for path in (raw / "wikisql").iterdir():
        shutil.copy(path, tmp_path / "data")
    rows = list(WIKISQL.read(tmp_path))
    assert rows[0].file == "data/train.jsonl"
    example = WIKISQL.to_example(rows[0], tmp_path)
    assert isinstance(example, Example) and example.group == "table_1_1_1"


def test_a_broken_file_of_tables_says_so(raw: Path, tmp_path: Path) -> None:
    shutil.copy(raw / "wikisql" / "train.jsonl", tmp_path)
    tables = (raw / "wikisql" / "train.tables.jsonl").read_text()
    (tmp_path / "train.tables.jsonl").write_text(tables + tables[:40])
    with pytest.raises(UserError, match=r"train\.tables\.jsonl, line 2: not JSON"):
        WIKISQL.to_example(next(iter(WIKISQL.read(tmp_path))), tmp_path)


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_queries_give_what_upstreams_database_gives() -> None:
    folder = Path(str(RAW)) / "wikisql"
    database = sqlite3.connect(f"{(folder / 'test.db').resolve().as_uri()}?mode=ro", uri=True)
    items = {place: item for place, item in results(folder).items() if place[0] == "test.jsonl"}
    assert items
    for place, item in items.items():
        assert isinstance(item, Example), (place, item)
        assert SQL.accepts(item.completion, item.context).holds
        assert rows_of(item) == database.execute(item.completion).fetchall(), place
    database.close()


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_unifiedskgs_examples_have_our_table_and_answer() -> None:
    """Their tables are written as ours, and our queries give their answers."""
    examples = json.loads((Path(str(RAW)) / "wikisql" / "unifiedskg_examples.json").read_text(encoding="utf-8"))
    assert examples
    for example in examples:
        source, sql = example["table"], example["sql"]
        rows = tuple(map(tuple, source["rows"]))
        assert linear_table(tuple(source["header"]), rows) == example["struct_in"]
        table = Table("table_" + source["id"].replace("-", "_"), tuple(source["header"]), tuple(source["types"]), rows)
        conditions = [sql["conds"][key] for key in ("column_index", "operator_index", "condition")]
        query = written_out({**sql, "conds": [list(test) for test in zip(*conditions, strict=True)]}, table)
        assert isinstance(query, str)
        connection = sql_world.connect({"tables": table.world()})
        found = [value for (value,) in connection.execute(query)]
        connection.close()
        gold = example["answer_text"]
        assert found == [float(text) if sql["agg"] else text.lower() for text in gold]
