"""GQA: upstream's large files, programs without ids, and scene graphs as worlds."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from collection.sources import get
from collection.sources.base import Example, FilesMissing, Reason, Rejected
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "gqa"
TRAIN = "questions1.2/train_all_questions/train_all_questions_0.json"
gqa = get("gqa")


def read(folder: Path = FOLDER) -> dict[tuple[str, int], Example | Rejected]:
    return {
        (row.file, row.index): row.data if isinstance(row.data, Rejected) else gqa.to_example(row, folder)
        for row in gqa.read(folder)
    }


def test_a_question_becomes_an_example_without_ids_of_objects() -> None:
    example = read()[TRAIN, 0]
    assert isinstance(example, Example)
    assert example.input == "What is the dog on?"
    assert example.completion == "select: dog --> relate: _,on,o [0] --> query: name [1]"
    assert (example.answer, example.group) == ("grass", "1001")
    assert len(example.context.world["scene"]["objects"]) == 5
    assert get_format("gqa").accepts(example.completion, example.context).reason == "answers grass"


def test_blanks_of_arguments_and_questions_are_normal() -> None:
    example = read()[TRAIN, 1]
    assert isinstance(example, Example) and example.input == "Is there a cat or a hat?"
    assert example.completion == ("select: cat --> exist: ? [0] --> select: hat --> exist: ? [2] --> or: [1, 3]")
    assert example.context.world, "an object that is absent is not found by name either"


def test_a_scene_is_the_world_only_where_the_program_answers_on_it_as_upstream_says() -> None:
    found = read()
    kind, absent, two = found[TRAIN, 2], found[TRAIN, 3], found["questions1.2/val_balanced_questions.json", 0]
    for example, answer in ((kind, "grass"), (absent, "no"), (two, "bus")):
        assert isinstance(example, Example) and example.answer == answer
    assert isinstance(kind, Example) and not kind.context.world, "no object is called animal"
    assert isinstance(absent, Example) and not absent.context.world, "the image has no scene graph"
    assert isinstance(two, Example) and two.context.world["scene"]["objects"]["52"]["name"] == "bus"


def test_the_engine_gives_the_answer_of_every_record_with_a_world() -> None:
    kept = [item for item in read().values() if isinstance(item, Example) and item.context.world]
    assert len(kept) >= 4
    for example in kept:
        verdict = get_format("gqa").accepts(example.completion, example.context)
        assert verdict.reason == f"answers {example.answer}"


@pytest.mark.parametrize(
    ("index", "reason", "detail"),
    [
        (4, Reason.MALFORMED_ROW, "dependencies are not earlier steps"),
        (5, Reason.MALFORMED_ROW, "an arrow inside of a step"),
        (6, Reason.PARSE_ERROR, "expected an argument"),
        (8, Reason.EMPTY_INPUT, "the question is empty"),
        (9, Reason.MALFORMED_ROW, "question '00000010' is not an object"),
        (10, Reason.MALFORMED_ROW, "not both texts"),
        (11, Reason.MALFORMED_ROW, "no answer"),
    ],
)
def test_faulty_questions_are_rejected_with_their_reason(index: int, reason: Reason, detail: str) -> None:
    rejected = read()[TRAIN, index]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and detail in rejected.detail


def test_the_engine_refuses_a_program_that_ends_in_a_set() -> None:
    example = read()[TRAIN, 7]
    assert isinstance(example, Example)
    verdict = get_format("gqa").accepts(example.completion, example.context)
    assert verdict.holds is False and "ends in a set" in verdict.reason


def test_files_in_upstreams_order_with_its_splits_and_without_the_choices_of_its_evaluation() -> None:
    rows = list(gqa.read(FOLDER))
    files = {row.file.removeprefix("questions1.2/"): row.split for row in rows}
    assert list(files.items()) == [
        ("train_all_questions/train_all_questions_0.json", Split.TRAIN),
        ("train_all_questions/train_all_questions_2.json", Split.TRAIN),
        ("train_all_questions/train_all_questions_10.json", Split.TRAIN),
        ("val_balanced_questions.json", Split.VALIDATION),
        ("testdev_balanced_questions.json", Split.TEST),
        ("test_balanced_questions.json", Split.TEST),
    ]
    assert sum(row.file == TRAIN for row in rows) == 12
    unlabelled = read()["questions1.2/test_balanced_questions.json", 0]
    assert isinstance(unlabelled, Rejected) and unlabelled.reason is Reason.NO_LABEL


def test_upstreams_archives_give_the_same_examples(tmp_path: Path) -> None:
    for name in ("questions1.2", "sceneGraphs"):
        with ZipFile(tmp_path / f"{name}.zip", "w", ZIP_DEFLATED) as archive:
            for path in sorted((FOLDER / name).rglob("*.json")):
                archive.write(path, path.relative_to(FOLDER / name).as_posix())
    assert list(read(tmp_path).values()) == list(read().values())


def test_a_lone_surrogate_is_a_rejected_row(tmp_path: Path) -> None:
    path = tmp_path / "val_all_questions.json"
    path.write_text('{"1": {"question": "\\ud800", "imageId": "1"}, "\\ud800": {"question": "a", "imageId": "1"}}')
    found = list(read(tmp_path).values())
    assert [isinstance(item, Rejected) and item.reason for item in found] == [Reason.MALFORMED_ROW] * 2
    assert all("surrogate" in item.detail for item in found if isinstance(item, Rejected))


def test_a_scene_graph_that_is_none_is_no_world(tmp_path: Path) -> None:
    question = json.loads((FOLDER / TRAIN).read_text())["00000001"]
    (tmp_path / "debug_questions.json").write_text(json.dumps({"1": question}))
    for scene in ({"objects": {"1": 5}}, "none", {"width": 3}, {"objects": {"11": {"name": "\ud800"}}}):
        (tmp_path / "debug_sceneGraphs.json").write_text(json.dumps({"1001": scene}))
        (example,) = read(tmp_path).values()
        assert isinstance(example, Example) and not example.context.world and example.answer == "grass"


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match=r"val_all_questions\.json"):
        list(gqa.read(tmp_path))
