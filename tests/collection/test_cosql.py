from __future__ import annotations

import os
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.cosql import COSQL, Cosql
from symbol_llm.formats import Context, get
from tests.collection.sql_dialogues import check_real_rows, check_unifiedskg_examples, results

RAW = os.environ.get("SYMBOL_LLM_RAW")
SQL = get("sql")


def test_the_goal_and_each_turn_are_rows(raw: Path) -> None:
    items = results(COSQL, raw / "cosql")
    train = [item for (file, _), item in items.items() if file == "cosql_train.json"]
    assert [item.input for item in train if isinstance(item, Example)] == [
        "Count the trees that are 4 metres tall or more.",
        "how many trees do you have",
        "yes please || Do you mean trees of at least 4 metres? | and the tall ones | how many trees do you have",
    ]
    assert len(list(Cosql().read(raw / "cosql"))) == len(items) - 3, "three dialogues have a goal"


def test_messages_joined_by_bars_are_split(raw: Path) -> None:
    example = results(COSQL, raw / "cosql")["cosql_dev.json", 1]
    assert isinstance(example, Example)
    assert example.input == "just names || Which attribute? | Show the cakes"
    assert example.context.world == {"database": "spider/database/bakery/bakery.sqlite"}
    assert example.answer == {"query": "SELECT name FROM cake"}


def test_torn_operators_run_on_the_database(raw: Path) -> None:
    items = results(COSQL, raw / "cosql")
    for index, query in (
        (2, 'SELECT name FROM cake WHERE "Price_(euro)" <= 12'),
        (3, "SELECT name FROM cake WHERE name <> '! =  sweet'"),
    ):
        example = items["cosql_dev.json", index]
        assert isinstance(example, Example) and example.completion == query
        assert SQL.accepts(query, Context(example.context.definitions, example.context.world, raw)).holds


def test_rejects_have_their_reason(raw: Path) -> None:
    items = results(COSQL, raw / "cosql")
    assert {place: item.reason for place, item in items.items() if isinstance(item, Rejected)} == {
        ("cosql_dev.json", 5): Reason.NO_LABEL,  # a goal without query
        ("cosql_dev.json", 6): Reason.EMPTY_INPUT,
    }
    stray = items["cosql_dev.json", 4]
    assert isinstance(stray, Example) and not SQL.parses(stray.completion), "a stray parenthesis is not guessed away"


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_the_layout_is_unifiedskgs_own() -> None:
    check_unifiedskg_examples(COSQL, Path(str(RAW)) / "cosql")


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_turns_fit_their_databases() -> None:
    check_real_rows(COSQL, Path(str(RAW)))
