"""Duplicates and leaks: what counts as the same problem."""

from __future__ import annotations

from collection.decontaminate import LeakIndex, build_index
from collection.dedup import find_duplicates as find
from collection.identity import asked_by, keys_of
from symbol_llm.record import Record
from tests.records import make_record


def leak(index: LeakIndex, record: Record):
    return index.find(record.split, keys_of(record))


def sql(request: str, symbol: str, schema: str = "CREATE TABLE t (a)", split: str = "train"):
    return make_record(
        task="spider", format="sql", input=request, completion=symbol, canonical=symbol, context=schema, split=split
    )


def test_exact_duplicates_ignore_case_and_punctuation() -> None:
    first, again = sql("How many singers?", "SELECT 1"), sql("how many singers", "SELECT 1")
    assert find([first, again]) == [None, first.id]


def test_the_same_words_with_another_meaning_are_kept() -> None:
    records = [sql("turn it left please now", "SELECT 1"), sql("turn it left please now", "SELECT 2")]
    assert find(records) == [None, None]


def test_near_duplicates_need_the_same_symbol_and_definitions() -> None:
    words = "show me the name of every singer who was born before the year nineteen hundred and ninety one in france"
    near = words.replace("show me", "show us")
    assert find([sql(words, "SELECT 1"), sql(near, "SELECT 1")])[1] is not None
    assert find([sql(words, "SELECT 1"), sql(near, "SELECT 2")]) == [None, None]
    assert find([sql(words, "SELECT 1"), sql(near, "SELECT 1", "CREATE TABLE u (a)")]) == [None, None]


def test_splits_have_no_duplicates_between_them_here() -> None:
    assert find([sql("q", "SELECT 1"), sql("q", "SELECT 1", split="test")]) == [None, None]


def test_a_training_row_with_a_test_symbol_under_the_same_schema_leaks() -> None:
    index = build_index([sql("how many?", "SELECT 1", split="test")])
    assert leak(index, sql("count them", "SELECT 1")).kind == "same problem"
    assert leak(index, sql("count them", "SELECT 1", schema="CREATE TABLE u (b)")) is None
    assert leak(index, sql("How many", "SELECT 2")).kind == "same request"
    assert leak(index, sql("how many?", "SELECT 1", split="test")) is None


def test_scan_commands_with_the_same_actions_are_different_problems() -> None:
    index = build_index([make_record(input="jump and walk", canonical="I_JUMP I_WALK", split="test")])
    assert leak(index, make_record(input="walk after jump", canonical="I_JUMP I_WALK")) is None
    assert leak(index, make_record(input="Jump and walk", canonical="I_JUMP I_WALK")) is not None


def test_a_clevr_program_leaks_only_over_the_same_scene() -> None:
    def clevr(scene: str, split: str = "train"):
        return make_record(format="clevr", input=f"{split}?", canonical="count(scene())", group=scene, split=split)

    index = build_index([clevr("a", "test")])
    assert leak(index, clevr("a")) is not None
    assert leak(index, clevr("b")) is None
    same_words = make_record(format="clevr", input="test?", canonical="exist(scene())", group="b")
    assert leak(index, same_words) is None, "asked about another scene"


def test_long_stories_leak_by_their_8_grams() -> None:
    story = " ".join(f"word{i}" for i in range(40))
    half = " ".join(f"word{i}" for i in range(30)) + " and then something else happened"
    index = build_index([make_record(format="math_program", input=story, split="test")])
    found = leak(index, make_record(format="math_program", input=half))
    assert found is not None and "8-grams" in found.kind
    assert leak(index, make_record(format="math_program", input=" ".join(f"other{i}" for i in range(40)))) is None
    assert (
        leak(index, make_record(format="math_program", input="word0 word1 word2 word3 word4 word5 word6 word7")) is None
    )


def test_rejected_test_rows_are_asked_too() -> None:
    index = build_index([])
    index.add("folio:validation:3", asked_by("fol", "What is broken?", "", ""))
    assert leak(index, make_record(format="fol", input="what is broken")).test == "folio:validation:3"
    schema = "CREATE TABLE t (a)"
    index.add("spider:dev:9", asked_by("sql", "How many?", schema, "db"))
    assert leak(index, sql("how many", "SELECT 1", schema)).test == "spider:dev:9"
    assert leak(index, sql("how many", "SELECT 1", "CREATE TABLE u (b)")) is None, "asked against another schema"


def test_near_duplicates_are_found_among_many_rows_with_one_answer() -> None:
    names = [f"first{i} second{i} third{i}" for i in range(30)]
    rows = [sql(f"is it true that {name} was seen by nobody on the longest day", "yes") for name in names]
    near = [sql(f"{row.input} now", "yes") for row in rows]
    assert find([*rows, *near]) == [None] * len(rows) + [row.id for row in rows]
