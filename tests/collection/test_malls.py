"""MALLS: which files are read, and rows that are not rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.malls import MALLS, Malls
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split


def test_rows_and_reasons(raw: Path) -> None:
    folder = raw / "malls"
    rows = list(MALLS.read(folder))
    assert [(row.file, row.split) for row in rows] == [("MALLS-v0.1-train.json", Split.TRAIN)] * 6 + [
        ("MALLS-v0.1-test.json", Split.TEST)
    ] * 2
    items = [MALLS.to_example(row, folder) for row in rows]
    assert items[1] == Example(input="Every boat floats or sinks.", completion="∀x (Boat(x) → (Floats(x) ⊕ Sinks(x)))")
    assert [item.reason for item in items if isinstance(item, Rejected)] == [
        Reason.EMPTY_INPUT,
        Reason.EMPTY_SYMBOL,
        Reason.MALFORMED_ROW,
    ]


def test_broken_formulas_are_left_to_the_builder(raw: Path) -> None:
    items = [MALLS.to_example(row, raw / "malls") for row in MALLS.read(raw / "malls")]
    broken = [i.completion for i in items if isinstance(i, Example) and not get_format("fol").parses(i.completion)]
    assert broken == ["∀x (Milk(x) ∧ <0.5%Fat(x) → Skimmed(x))", '∀x (Harbour(x) → Called(x, "Nord"))']


def test_folio_is_read_on_demand(raw: Path) -> None:
    rows = list(Malls(includes_folio=True).read(raw / "malls"))
    assert [(row.file, row.split) for row in rows if row.data["NL"] == "All cats sleep."] == [
        ("folio_parsed.json", Split.TRAIN)
    ]


def test_the_first_release_stands_in(raw: Path, tmp_path: Path) -> None:
    for name in ("MALLS-v0.json", "MALLS-v0.1-test.json"):
        (tmp_path / name).write_text((raw / "malls" / name).read_text(encoding="utf-8"), encoding="utf-8")
    assert [row.file for row in MALLS.read(tmp_path)] == ["MALLS-v0.json"] + ["MALLS-v0.1-test.json"] * 2


def test_no_file_and_a_broken_one(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"MALLS-v0\.1-test\.json"):
        list(MALLS.read(tmp_path))
    (tmp_path / "MALLS-v0.1-test.json").write_text('[{"NL": "x"')
    with pytest.raises(UserError, match="not JSON"):
        list(MALLS.read(tmp_path))
