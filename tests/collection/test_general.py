"""General instructions: many kinds, short, no instruction in two splits, and right where that can be computed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example
from collection.sources.general import GENERAL
from symbol_llm.record import Split

COUNTING = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
NUMBERS = COUNTING.split()


def rows() -> list[dict[str, str]]:
    return [row.data for row in GENERAL.read(Path())]


def test_enough_rows_of_many_kinds() -> None:
    kinds = Counter(row["family"] for row in rows())
    assert kinds.total() >= 300 and len(kinds) >= 20
    assert max(kinds.values()) < 0.15 * kinds.total()
    assert (
        GENERAL.sizes[Split.TRAIN] >= 300 and GENERAL.sizes[Split.VALIDATION] >= 10 and GENERAL.sizes[Split.TEST] >= 20
    )


def test_instructions_are_unique_and_short() -> None:
    texts = [row["instruction"] for row in rows()]
    assert len(set(texts)) == len(texts)
    for row in rows():
        assert row["instruction"] == row["instruction"].strip() and row["answer"] == row["answer"].strip()
        assert 0 < len(row["answer"].split()) <= 12 and len(row["instruction"].split()) <= 16


def test_seed_changes_nothing_and_an_example_keeps_its_kind() -> None:
    assert [row.data for row in GENERAL.read(Path(), 7)] == rows()
    item = GENERAL.to_example(next(GENERAL.read(Path())), Path())
    assert isinstance(item, Example) and item.group == rows()[0]["family"]


@pytest.mark.parametrize("kind", ["arithmetic", "upper", "lower", "reverse", "count", "sort", "commas"])
def test_answers_that_can_be_computed_are_right(kind: str) -> None:
    found = [row for row in rows() if row["family"] == kind]
    assert found
    for row in found:
        assert row["answer"] == computed(kind, row["instruction"])


def computed(kind: str, text: str) -> str:
    if kind == "arithmetic":
        match = re.search(r"(\w+) (plus|minus|times) (\w+)", text)
        assert match
        a, b = NUMBERS.index(match[1]), NUMBERS.index(match[3])
        return NUMBERS[{"plus": a + b, "minus": a - b, "times": a * b}[match[2]]]
    if kind in ("sort", "commas"):
        listed = text.split(": ")[1].rstrip(".")
        return ", ".join(sorted(listed.split(", ")) if kind == "sort" else listed.split())
    match = re.search(r"(?:Write|the word|Spell the word) (\w+)", text)
    assert match
    word = match[1]
    return {"upper": word.upper(), "lower": word.lower(), "reverse": word[::-1], "count": NUMBERS[len(word)]}[kind]
