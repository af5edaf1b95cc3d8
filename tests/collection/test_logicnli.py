"""LogicNLI: formulas rendered from records, checked by what upstream's own proofs say."""

from __future__ import annotations

import copy
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.logicnli import LOGICNLI
from symbol_llm.errors import UserError
from symbol_llm.record import Split
from symbol_llm.solvers import get as get_solver

RAW = os.environ.get("SYMBOL_LLM_RAW")


def read(folder: Path) -> list[tuple[Row, Example | Rejected]]:
    return [(row, LOGICNLI.to_example(row, folder)) for row in LOGICNLI.read(folder)]


def test_a_statement_with_its_theory(raw: Path) -> None:
    row, example = read(raw / "logicnli")[1]
    assert isinstance(example, Example)
    assert example.input.split("\n")[-2:] == ["If Carl is wild, then everyone is not sad.", "Bob is old."]
    assert example.completion.split("\n") == [
        "¬Blue(ann)",
        "SelfConfident(bob)",
        "∀x (SelfConfident(x) ↔ (Tall(x) ∧ ¬Old(x)))",
        "(∃x (Tall(x) ∧ ¬Old(x))) → Fresh(ann)",
        "(∀x (Blue(x) ∨ Fresh(x))) → Mild(carl)",
        "Fresh(ann) → Wild(carl)",
        "Wild(carl) → (∀x ¬Sad(x))",
        "Old(bob)",
    ]
    assert (example.answer, example.group) == ("contradiction", "train-0")
    assert (row.file, row.index, row.split) == ("LogicNLI_sim/train_logic.json", 1, Split.TRAIN)


def test_splits_and_reasons(raw: Path) -> None:
    results = read(raw / "logicnli")
    assert Counter(row.split for row, _ in results) == {Split.TRAIN: 8, Split.VALIDATION: 4, Split.TEST: 4}
    assert [item.reason for _, item in results if isinstance(item, Rejected)] == [
        Reason.MISALIGNED,
        Reason.NOT_DERIVABLE,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
    ]


def without(*path: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


def put(value: Any, *path: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("language", "facts"),
        without("logic", "rules", "0", "p"),
        without("logic", "labels", "0"),
        put(None, "language"),
        put([], "logic"),
        put(["Ann", "blue"], "logic", "facts", "0"),
        put("?", "logic", "facts", "0", 2),
        put("or", "logic", "rules", "3", "p", "conj"),
        put("xor", "logic", "rules", "3", "p", "conj"),
        put("maybe", "logic", "labels", "0"),
        put(7, "language", "statements", 0),
    ],
)
def test_other_shapes_are_rejected(raw: Path, change: Callable[[Any], None]) -> None:
    row, _ = read(raw / "logicnli")[0]
    data = copy.deepcopy(row.data)
    change(data)
    found = LOGICNLI.to_example(Row(row.file, 0, row.split, data), raw)
    assert isinstance(found, Rejected) and found.reason is Reason.MALFORMED_ROW


def test_the_zip_that_upstream_ships(raw: Path, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "LogicNLI_sim.zip", "w") as archive:
        for path in sorted((raw / "logicnli" / "LogicNLI_sim").iterdir()):
            archive.write(path, f"LogicNLI_sim/{path.name}")
    packed, unpacked = read(tmp_path), read(raw / "logicnli")
    assert [item for _, item in packed] == [item for _, item in unpacked]
    assert packed[0][0].file == "LogicNLI_sim.zip/LogicNLI_sim/train_logic.json"


def test_missing_and_broken_files(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train_language\.json"):
        read(tmp_path)
    (tmp_path / "dev_logic.json").write_text("{}")
    with pytest.raises(UserError, match="not the other file"):
        read(tmp_path)
    (tmp_path / "dev_language.json").write_text("[]")
    with pytest.raises(UserError, match="stories by number"):
        read(tmp_path)
    (tmp_path / "dev_language.json").write_text('{"0": ')
    with pytest.raises(UserError, match="not JSON"):
        read(tmp_path)


def proofs(row: Row, example: Example) -> Iterator[list[str]]:
    """The premises of each of upstream's proofs: ``[[fact 1-->0]-->1]`` names fact 1 and rules 0 and 1."""
    lines, num_facts = example.completion.split("\n"), len(row.data["logic"]["facts"])
    for proof in row.data["logic"]["statements"][str(row.data["number"])][3].split("|"):
        facts = [lines[int(number)] for number in re.findall(r"fact (\d+)", proof)]
        rules = [lines[num_facts + int(number)] for number in re.findall(r"-->(\d+)", proof)]
        if facts:
            yield list(dict.fromkeys(facts + rules))


def check_proofs(results: list[tuple[Row, Example | Rejected]]) -> Counter[str]:
    """How often the premises of a proof entail the statement as its label says, by Z3."""
    expected = {"entailment": ["True"], "contradiction": ["False"], "self_contradiction": ["True", "False"]}
    found: Counter[str] = Counter()
    with get_solver("fol") as solver:
        for row, example in results:
            if isinstance(example, Rejected) or example.answer == "neutral":
                continue
            for premises, wanted in zip(proofs(row, example), expected[example.answer], strict=True):
                solution = solver.solve("\n".join((*premises, example.completion.split("\n")[-1])))
                given = str(solution.answer or solution.outcome)
                found["as labelled" if given == wanted else given] += 1
    return found


def test_the_proofs_of_the_fixture_entail_their_labels(raw: Path) -> None:
    assert check_proofs(read(raw / "logicnli")) == {"as labelled": 9}


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_the_proofs_of_real_rows_entail_their_labels() -> None:
    """Inconsistent: the proof of one side runs through the other. Uncertain: upstream takes one fact for two."""
    assert RAW
    results = read(Path(RAW) / "logicnli")
    assert all(isinstance(example, Example) for _, example in results)
    found = check_proofs(results)
    total = sum(found.values())
    assert set(found) <= {"as labelled", "inconsistent", "Uncertain"}, "never the opposite of the label"
    assert found["as labelled"] >= 0.85 * total and found["Uncertain"] <= 0.01 * total
