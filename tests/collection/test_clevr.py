"""CLEVR: upstream's files with their faults, and the generated questions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from collection.sources import get
from collection.sources.base import Example, Reason, Rejected
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split
from symbol_llm.solvers import get as get_solver

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "clevr"
TRAIN = "CLEVR_v1.0/questions/CLEVR_train_questions.json"
clevr, generated = get("clevr"), get("clevr_generated")


def read(folder: Path = FOLDER) -> dict[tuple[str, int], Example | Rejected]:
    return {
        (row.split, row.index): row.data if isinstance(row.data, Rejected) else clevr.to_example(row, folder)
        for row in clevr.read(folder)
        if "test" not in row.file
    }


def test_a_question_becomes_an_example() -> None:
    example = read()[Split.TRAIN, 1]
    assert isinstance(example, Example)
    assert example.input == "Is there a shiny sphere left of the large red object?"
    assert example.completion == (
        "exist(filter_shape(sphere,filter_material(metal,relate(left,unique(filter_color(red,filter_size(large,scene())))))))"
    )
    assert (example.answer, example.group) == ("yes", "CLEVR_train_000000.png")
    scene = example.context.world["scene"]
    assert set(scene) == {"objects", "relationships"} and len(scene["objects"]) == 4
    assert set(scene["objects"][0]) == {"color", "shape", "size", "material"}
    assert set(scene["relationships"]) == {"left", "right", "behind", "front"}


@pytest.mark.parametrize(("function", "answer", "written"), [("exist", True, "yes"), ("count", 1, "1")])
def test_questions_of_the_generator_are_read_as_those_of_the_release(
    function: str, answer: object, written: str
) -> None:
    """It writes ``type`` for ``function``, and answers as JSON values."""
    row = next(row for row in clevr.read(FOLDER) if row.split is Split.TRAIN and row.index == 1)
    steps = [{"type": step["function"], **step, "_output": [0]} for step in row.data["program"]]
    for step in steps:
        del step["function"]
    steps[-1]["type"] = function
    example = clevr.to_example(replace(row, data={**row.data, "program": steps, "answer": answer}), FOLDER)
    assert isinstance(example, Example) and example.answer == written
    assert example.completion.startswith(f"{function}(filter_shape(sphere,")


@pytest.mark.parametrize(
    ("index", "reason", "detail"),
    [
        (6, Reason.WRONG_ANSWER, "the program answers cylinder, upstream says cube"),
        (7, Reason.WRONG_ANSWER, "2 objects where one is needed"),
        (8, Reason.MISSING_CONTEXT, "no scene of CLEVR_train_000002.png"),
        (9, Reason.MISSING_CONTEXT, "CLEVR_train_000003.png: not a CLEVR scene"),
        (10, Reason.MALFORMED_ROW, "inputs are not earlier functions"),
        (11, Reason.ENGINE_REJECTED, "not triangle"),
        (12, Reason.MALFORMED_ROW, "nothing uses the result"),
        (13, Reason.MALFORMED_ROW, "no answer"),
        (14, Reason.MALFORMED_ROW, "not an object"),
    ],
)
def test_faulty_questions_are_rejected_with_their_reason(index: int, reason: Reason, detail: str) -> None:
    rejected = read()[Split.TRAIN, index]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and detail in rejected.detail


def test_upstreams_validation_split_is_the_test_split_and_its_test_split_has_no_labels() -> None:
    rows = [row for row in clevr.read(FOLDER) if row.split is Split.TEST]
    results = [clevr.to_example(row, FOLDER) for row in rows]
    assert [isinstance(result, Example) for result in results] == [True, True, False, False]
    assert all(result.reason is Reason.NO_LABEL for result in results if isinstance(result, Rejected))


def test_a_lone_surrogate_is_a_rejected_row(tmp_path: Path) -> None:
    path = tmp_path / TRAIN
    path.parent.mkdir(parents=True)
    surrogate = '{"question": "\\ud800", "image_filename": "a.png", "program": []}'
    path.write_text(f'{{"questions": [{surrogate}, {{"question": 3}}]}}')
    results = [
        row.data if isinstance(row.data, Rejected) else clevr.to_example(row, tmp_path) for row in clevr.read(tmp_path)
    ]
    assert [isinstance(found, Rejected) and found.reason for found in results] == [Reason.MALFORMED_ROW] * 2


def test_questions_without_the_scene_file_are_rejected_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / TRAIN
    path.parent.mkdir(parents=True)
    questions = json.loads((FOLDER / TRAIN).read_text())["questions"][:3]
    path.write_text(json.dumps({"questions": questions}))
    results = [clevr.to_example(row, tmp_path) for row in clevr.read(tmp_path)]
    assert [result.reason for result in results if isinstance(result, Rejected)] == [Reason.MISSING_CONTEXT] * 3


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"CLEVR_train_questions\.json"):
        list(clevr.read(tmp_path))


def test_generated_questions_are_answered_varied_and_balanced() -> None:
    rows = [row for row in generated.read(Path()) if row.split is not Split.TRAIN]
    found = [generated.to_example(row, Path()) for row in rows]
    examples = [example for example in found if isinstance(example, Example)]
    assert len(examples) == len(rows) == 400
    language, solver = get_format("clevr"), get_solver("scene")
    answers: Counter[str] = Counter()
    for example in examples:
        assert "  " not in example.input and "{" not in example.input
        assert language.canonical(example.completion, example.context)
        assert solver.solve(example.completion, example.context).answer == example.answer
        answers[example.answer] += 1
    assert 0.4 < answers["yes"] / (answers["yes"] + answers["no"]) < 0.6
    assert len(answers) >= 2 + 3 + 8 + 3, "yes and no, shapes, colours, numbers"
    words = {word for example in examples for word in example.input.strip("?.").replace("'s", "").lower().split()}
    assert len(words) < 70, "a closed vocabulary"
    assert len({example.group for example in examples}) == len(examples), "each question has a scene of its own"
    heads = {" ".join(example.input.split()[:2]) for example in examples}
    assert len(heads) >= 12, "several wordings"
    names = {name.text for name in language.defined_names(examples[0].context)}
    used = {node.function for example in examples for node in language.parse(example.completion).walk()}
    assert names == used, "the definitions are what is used, no more"


def test_generated_rows_depend_on_the_seed() -> None:
    first, again, other = ([row.data for _, row in zip(range(20), generated.read(Path(), seed))] for seed in (0, 0, 1))
    assert first == again != other
