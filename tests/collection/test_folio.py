"""What becomes of each kind of row of FOLIO's two files."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from collection.sources import get
from collection.sources.base import Example, Reason, Rejected, Row
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "folio"
RAW = os.environ.get("SYMBOL_LLM_RAW")
FOLIO = get("folio")


def read(folder: Path) -> list[tuple[Row, Example | Rejected]]:
    return [
        (row, row.data if isinstance(row.data, Rejected) else FOLIO.to_example(row, folder))
        for row in FOLIO.read(folder)
    ]


def reason(data: Any, split: Split = Split.TRAIN) -> Reason | None:
    result = FOLIO.to_example(Row("file", 0, split, data), FOLDER)
    return result.reason if isinstance(result, Rejected) else None


def row(**changes: Any) -> dict[str, Any]:
    good = {"premises": ["Tom is a cat."], "premises-FOL": ["Cat(tom)"], "conclusion": "Tom is old.", "label": "True"}
    return {**good, **changes}


def test_the_validation_file_is_the_test_split() -> None:
    splits = Counter((row.file, row.split) for row, _ in read(FOLDER))
    assert splits == {
        ("data/v0.0/folio-train.jsonl", Split.TRAIN): 8,
        ("data/v0.0/folio-validation.jsonl", Split.TEST): 8,
    }


def test_a_training_row_is_its_premises_without_an_answer() -> None:
    _, example = read(FOLDER)[0]
    assert isinstance(example, Example)
    assert example.input.split("\n")[-1] == "Tom is a cat.", "no conclusion: upstream gives no formula for it"
    assert example.completion.split("\n")[1] == "∀x (Animal(x) → (Sleep (x) ⊕ Eat(x)))", "formulas as they are"
    assert example.answer is None and example.group == "story-1"


def test_a_validation_row_ends_with_its_conclusion() -> None:
    examples = [example for row, example in read(FOLDER) if row.split is Split.TEST]
    assert all(isinstance(example, Example) for example in examples)
    first, second = examples[:2]
    assert isinstance(first, Example) and isinstance(second, Example)
    assert first.input.endswith("\nTom is an animal.") and first.completion.endswith("\nAnimal(tom)")
    assert (first.answer, second.answer) == ("True", "Uncertain")
    assert first.group == second.group != ""


def test_misaligned_rows_stay_only_where_they_are_executed() -> None:
    results = read(FOLDER)
    train = next(r for row, r in results if row.index == 3 and row.split is Split.TRAIN)
    assert isinstance(train, Rejected) and train.reason is Reason.MISALIGNED
    assert train.detail == "3 premises, 2 formulas"
    test = next(r for row, r in results if row.index == 3 and row.split is Split.TEST)
    assert isinstance(test, Example)
    assert (len(test.input.split("\n")), len(test.completion.split("\n"))) == (3, 5)


def test_the_second_release_stands_in_for_a_split_that_is_missing(tmp_path: Path) -> None:
    data = {
        "story_id": 7,
        "premises": "All cats sleep.\nTom is a cat.\n",
        "premises-FOL": "∀x (Cat(x) → Sleep(x))\n Cat(tom) ",
        **{"conclusion": "Tom sleeps.", "conclusion-FOL": "Sleep(tom)", "label": "Uncertain", "example_id": 3},
    }
    for name in ("train", "validation"):
        (tmp_path / f"folio_v2_{name}.jsonl").write_text(json.dumps(data) + "\n")
    results = read(tmp_path)
    assert [found.split for found, _ in results] == [Split.TRAIN, Split.TEST]
    for _, example in results:
        assert isinstance(example, Example)
        assert example.input == "All cats sleep.\nTom is a cat.\nTom sleeps."
        assert example.completion == "∀x (Cat(x) → Sleep(x))\nCat(tom)\nSleep(tom)"
        assert (example.answer, example.group) == ("Uncertain", "story-7")
    (tmp_path / "data/v0.0").mkdir(parents=True)
    first = tmp_path / "data/v0.0/folio-validation.jsonl"
    first.write_text(json.dumps(row(**{"conclusion-FOL": "Old(tom)"})))
    assert [found.file for found, _ in read(tmp_path)] == [
        "folio_v2_train.jsonl",
        first.relative_to(tmp_path).as_posix(),
    ]


def test_every_quirk_has_its_reason() -> None:
    assert [r.reason for _, r in read(FOLDER) if isinstance(r, Rejected)] == [
        Reason.MISALIGNED,
        Reason.EMPTY_SYMBOL,
        Reason.MALFORMED_ROW,
    ]
    assert reason(row()) is None
    assert reason(row(label="Maybe")) is Reason.MALFORMED_ROW
    assert reason(row(label="Unknown")) is None
    assert reason(row(premises="Tom is a cat.\nTom is old.")) is Reason.MISALIGNED
    assert reason(row(premises={"a": "b"})) is Reason.MALFORMED_ROW
    assert reason(row(premises=[1])) is Reason.MALFORMED_ROW
    assert reason(["a list"]) is Reason.MALFORMED_ROW
    assert reason(row(conclusion=None)) is Reason.MALFORMED_ROW
    assert reason({"premises": ["a"], "label": "True"}) is Reason.MALFORMED_ROW
    assert reason(row(premises=[], **{"premises-FOL": []})) is Reason.EMPTY_INPUT
    assert reason(row(**{"premises-FOL": [" "]}), Split.TEST) is Reason.EMPTY_SYMBOL
    with_formula = {"conclusion-FOL": "Old(tom)"}
    assert reason(row(**with_formula)) is None
    assert reason(row(conclusion="", **with_formula)) is Reason.MALFORMED_ROW


def test_broken_formulas_are_left_to_the_builder() -> None:
    language = get_format("fol")
    broken = [r.completion for _, r in read(FOLDER) if isinstance(r, Example) and not language.parses(r.completion)]
    assert len(broken) == 3


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_rows_are_kept_or_misaligned() -> None:
    assert RAW
    results = read(Path(RAW) / "folio")
    rejected = [r.reason for _, r in results if isinstance(r, Rejected)]
    assert set(rejected) <= {Reason.MISALIGNED, Reason.EMPTY_SYMBOL}
    assert all(isinstance(r, Example) and r.answer for row, r in results if row.split is Split.TEST)
    assert all(isinstance(r, Rejected) or r.answer is None for row, r in results if row.split is Split.TRAIN)
