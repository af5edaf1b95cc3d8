from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.spider import SPIDER, Spider
from collection.sources.spider_schema import create_tables, unifiedskg
from symbol_llm.errors import UserError
from symbol_llm.formats import Context, Name, get
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
SQL = get("sql")


@pytest.fixture
def results(raw: Path) -> dict[tuple[str, int], Example | Rejected]:
    folder = raw / "spider"
    return {(row.file, row.index): SPIDER.to_example(row, folder) for row in SPIDER.read(folder)}


def test_splits_follow_the_files(raw: Path) -> None:
    rows = list(SPIDER.read(raw / "spider"))
    assert Counter((row.file, row.split) for row in rows) == {
        ("train_spider.json", Split.TRAIN): 5,
        ("train_spider.stripped.json", Split.TRAIN): 2,
        ("train_others.json", Split.TRAIN): 3,
        ("dev.json", Split.TEST): 5,
    }


def test_a_row_becomes_an_example(results: dict) -> None:
    example = results["train_spider.json", 1]
    assert example.input == "Which cakes does the baker from “Porto” make?"
    assert example.completion == (
        'SELECT T2.name FROM baker AS T1 JOIN cake AS T2 ON T1.baker_id = T2.baker_id WHERE T1.town = "Porto"'
    )
    assert example.context.definitions == (
        "CREATE TABLE Baker (Baker_ID number PRIMARY KEY, Name text, Age number, Town text)\n"
        "CREATE TABLE cake (cake_id number PRIMARY KEY, Name text, Baker_ID number REFERENCES Baker(Baker_ID), "
        '"Price_(euro)" number)'
    )
    assert example.context.world == {"database": "spider/database/bakery/bakery.sqlite"}
    assert example.answer == {"query": example.completion} and example.group == "bakery"


def test_rejects_have_their_reason(results: dict) -> None:
    reasons = {place: item.reason for place, item in results.items() if isinstance(item, Rejected)}
    assert reasons == {
        ("train_spider.json", 3): Reason.MISSING_CONTEXT,  # windmill is not in tables.json
        ("train_spider.json", 4): Reason.EMPTY_INPUT,
        ("train_spider.stripped.json", 1): Reason.EMPTY_SYMBOL,
        ("train_others.json", 1): Reason.MALFORMED_ROW,
        ("train_others.json", 2): Reason.MALFORMED_ROW,
    }


def test_a_missing_database_leaves_the_schema(results: dict, raw: Path) -> None:
    """lighthouse is in tables.json only: the definitions are the schema, and there is no gold answer."""
    example = results["train_spider.json", 2]
    assert example.answer is None
    assert example.context.definitions == 'CREATE TABLE Lamp (Lamp_ID number PRIMARY KEY, "Order" number)'
    assert SQL.accepts(example.completion, Context(example.context.definitions, example.context.world, raw)).holds


def test_composite_keys_and_times(results: dict) -> None:
    assert results["train_others.json", 0].context.definitions == (
        "CREATE TABLE Ship (Ship_ID text, Harbour text, Arrived time, Tons number, PRIMARY KEY (Ship_ID, Harbour))"
    )


def test_the_database_decides_what_is_accepted(results: dict, raw: Path) -> None:
    verdicts = {}
    for place, item in results.items():
        if isinstance(item, Example):
            where = Context(item.context.definitions, item.context.world, raw)
            verdicts[place] = SQL.accepts(item.completion, where).holds
    assert verdicts.pop(("dev.json", 4)) is False  # cake has no column shop
    assert all(verdicts.values())


def test_definitions_are_renamed_and_back_with_the_database(results: dict, raw: Path) -> None:
    for item in results.values():
        if not isinstance(item, Example) or item.answer is None or "shop" in item.completion:
            continue
        where = Context(item.context.definitions, item.context.world, raw)
        fresh = {old: f"Zq{i:04d}" for i, old in enumerate(SQL.defined_names(where))}
        moved = SQL.rename_context(where, fresh)
        query = SQL.render(SQL.rename(SQL.parse(item.completion), fresh))
        assert SQL.accepts(query, moved).holds, query
        assert not SQL.accepts(item.completion, moved).holds
        assert SQL.rename_context(moved, {Name(old.kind, new): old.text for old, new in fresh.items()}) == where


def test_the_other_layout(raw: Path) -> None:
    source = Spider(schema_layout="unifiedskg")
    row = next(source.read(raw / "spider"))
    example = source.to_example(row, raw / "spider")
    assert isinstance(example, Example)
    assert example.context.definitions.startswith("| bakery | baker : baker_id , name , age , town | cake : cake_id")
    with pytest.raises(UserError, match="create_table, unifiedskg"):
        Spider(schema_layout="xml")


def test_broken_folders_and_schemas_say_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tables\.json"):
        list(SPIDER.read(tmp_path))
    (tmp_path / "tables.json").write_text('[{"db_id": "x", "table_names_original": ["t"]}]')
    with pytest.raises(UserError, match=r"dev\.json"):
        list(SPIDER.read(tmp_path))
    row = Row("dev.json", 0, Split.TEST, {"db_id": "x", "question": "?", "query": "SELECT 1"})
    rejected = SPIDER.to_example(row, tmp_path)
    assert isinstance(rejected, Rejected) and rejected.reason is Reason.MISSING_CONTEXT
    (tmp_path / "dev.json").write_text('{"rows": []}')
    with pytest.raises(UserError, match="expected a list"):
        list(SPIDER.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_the_layout_is_unifiedskgs_own() -> None:
    """Up to the cell values that UnifiedSKG adds in parentheses after a column."""
    folder = Path(str(RAW)) / "spider"
    schemas = {entry["db_id"]: entry for entry in json.loads((folder / "tables.json").read_text(encoding="utf-8"))}
    examples = json.loads((folder / "unifiedskg_examples.json").read_text(encoding="utf-8"))
    assert examples
    for example in examples:
        assert unifiedskg(schemas[example["db_id"]]) == re.sub(r" \( [^|]*? \)(?= [,|]|$)", "", example["struct_in"])


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_schemas_build_and_take_their_queries() -> None:
    root = Path(str(RAW))
    for entry in json.loads((root / "spider" / "tables.json").read_text(encoding="utf-8")):
        where = Context(create_tables(entry))
        names = SQL.defined_names(where)
        fresh = {old: f"Zq{i:04d}" for i, old in enumerate(names)}
        back = {Name(old.kind, new): old.text for old, new in fresh.items()}
        assert SQL.rename_context(SQL.rename_context(where, fresh), back) == where, entry["db_id"]
    for row in SPIDER.read(root / "spider"):
        example = SPIDER.to_example(row, root / "spider")
        assert isinstance(example, Example), example
        schema = Context(example.context.definitions)
        assert SQL.accepts(example.completion, schema).holds, example.completion
