from __future__ import annotations

import os
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.sparc import SPARC, Sparc
from symbol_llm.formats import Context, get
from symbol_llm.record import Split
from tests.collection.sql_dialogues import check_real_rows, check_unifiedskg_examples, results

RAW = os.environ.get("SYMBOL_LLM_RAW")
SQL = get("sql")


def test_a_turn_becomes_an_example(raw: Path) -> None:
    rows = list(SPARC.read(raw / "sparc"))
    assert {(row.file, row.split) for row in rows} == {("train.json", Split.TRAIN), ("dev.json", Split.TEST)}
    items = results(SPARC, raw / "sparc")
    example = items["train.json", 2]
    assert isinstance(example, Example)
    assert example.input == "How tall are they? || Which of them are apples? | Show all trees."
    assert example.completion == "SELECT height FROM tree WHERE kind = 'apple'"
    assert example.context.definitions == (
        "CREATE TABLE Tree (Tree_ID number PRIMARY KEY, Kind text, Height number)\n"
        "CREATE TABLE Harvest (Tree_ID number REFERENCES Tree(Tree_ID), Year number, Kilos number)"
    )
    assert example.answer == {"query": example.completion} and example.group == "orchard"


def test_databases_of_the_sister_datasets(raw: Path) -> None:
    """Its own folder first, then spider's; without any the schema stays, and there is no answer."""
    items = results(SPARC, raw / "sparc")
    databases = {item.group: item.context.world["database"] for item in items.values() if isinstance(item, Example)}
    assert databases == {
        "orchard": "sparc/database/orchard/orchard.sqlite",
        "bakery": "spider/database/bakery/bakery.sqlite",
        "lighthouse": "sparc/database/lighthouse/lighthouse.sqlite",
    }
    lighthouse = items["train.json", 3]
    assert isinstance(lighthouse, Example) and lighthouse.answer is None
    for item in items.values():
        if isinstance(item, Example):
            assert SQL.accepts(item.completion, Context(item.context.definitions, item.context.world, raw)).holds


def test_rejects_have_their_reason(raw: Path) -> None:
    """What a rejected turn asked is still said to the turns after it."""
    items = results(SPARC, raw / "sparc")
    assert {place: item.reason for place, item in items.items() if isinstance(item, Rejected)} == {
        ("dev.json", 4): Reason.EMPTY_INPUT,
        ("dev.json", 5): Reason.NO_LABEL,
        ("dev.json", 7): Reason.EMPTY_SYMBOL,
        ("dev.json", 8): Reason.MALFORMED_ROW,
        ("dev.json", 9): Reason.MALFORMED_ROW,  # a turn that is no object
        ("dev.json", 11): Reason.MISSING_CONTEXT,  # windmill is not in tables.json
        ("dev.json", 12): Reason.MALFORMED_ROW,  # no interaction
        ("dev.json", 13): Reason.MALFORMED_ROW,  # no object
        ("dev.json", 14): Reason.NO_LABEL,  # no turns
    }
    last = items["dev.json", 10]
    assert isinstance(last, Example)
    assert last.input.startswith("Which kind gave it? || And in 2019? | How much was it in all? | From which trees? |")


def test_a_rejected_row_is_kept_whole(raw: Path) -> None:
    rows = {(row.file, row.index): row.data for row in SPARC.read(raw / "sparc")}
    assert rows["dev.json", 9]["not_an_object"] == "not a turn" and len(rows["dev.json", 9]["history"]) == 5
    assert rows["dev.json", 12] == {"database_id": "bakery", "final": {"query": "SELECT 1", "utterance": "?"}}
    assert rows["dev.json", 13] == ["not a sequence"]


def test_goals_are_left_out_unless_asked_for(raw: Path) -> None:
    assert len(list(SPARC.read(raw / "sparc"))) == 19
    items = results(Sparc(with_goals=True), raw / "sparc")
    assert len(items) == 19 + 5, "the sequence without turns is a row only once"
    goal = items["train.json", 0]
    assert isinstance(goal, Example) and goal.input == "How tall are they?"
    cakes = [item for item in items.values() if isinstance(item, Example) and item.input == "How many cakes?"]
    assert len(cakes) == 1, "a sequence without turns has its goal"


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_the_layout_is_unifiedskgs_own() -> None:
    check_unifiedskg_examples(SPARC, Path(str(RAW)) / "sparc")


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_turns_fit_their_databases() -> None:
    check_real_rows(SPARC, Path(str(RAW)))
