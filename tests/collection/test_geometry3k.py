"""Geometry3K: problem folders, merged files, choices, and the dissolved forms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from collection.sources.base import Example, FilesMissing, Reason, Rejected
from collection.sources.geometry3k import GEOMETRY3K, GEOMETRY3K_DISSOLVED, Geometry3K
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "geometry3k"
ROOT = FOLDER / "data" / "geometry3k"


def read(source: Geometry3K = GEOMETRY3K, folder: Path = FOLDER) -> dict[str, Example | Rejected]:
    """By split and number, ``train/2``."""
    return {
        "/".join(row.file.split("/")[-3:-1]): (
            row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        )
        for row in source.read(folder)
    }


def test_a_problem_becomes_an_example() -> None:
    example = read()["train/2"]
    assert isinstance(example, Example)
    assert example.input == r"In \odot K, M N = 16. Find L N."
    assert example.completion.split("\n") == [
        "Circle(K)",
        "Equals(LengthOf(Line(M,N)),16)",
        "Find(LengthOf(Line(L,N)))",
    ], "without the empty form"
    assert (example.answer, example.group) == (8, "problem-2")
    assert example.context.world == {
        "diagram": ["PointLiesOnLine(L, Line(M, N))", "PointLiesOnLine(L, Line(M, N)) K))"],
        "choices": [2, 4, 8, 16],
        "line_instances": ["AB"],
        "point_positions": {"A": [0.0, 1.0]},
        "circle_instances": [""],
    }
    language = get_format("geometry")
    assert language.accepts(example.completion, example.context).holds is True
    assert len(language.defined_names(example.context)) == 91


def test_placeholders_stay_and_the_dissolved_task_shows_the_diagram_instead() -> None:
    plain, dissolved = read()["train/10"], read(GEOMETRY3K_DISSOLVED)["train/10"]
    assert isinstance(plain, Example) and plain.completion == "Square($)\nFind(AreaOf(Square($)))"
    assert get_format("geometry").accepts(plain.completion, plain.context).holds is True
    assert isinstance(dissolved, Example)
    assert dissolved.completion == "Square(A,B,C,D)\nFind(AreaOf(Square(A,B,C,D)))"
    assert dissolved.input.split("\n") == [
        "Find the area of the square.",
        "The diagram shows:",
        "Equals(LengthOf(Line(A, B)), 4)",
    ]


def test_a_choice_is_a_number_or_where_it_is_none_its_text() -> None:
    found = read()
    assert isinstance(number := found["train/10"], Example) and number.answer == 16
    assert number.context.world["choices"] == [8, 16, 5.657, "a = b"]
    assert isinstance(text := found["train/11"], Example) and text.answer == "a = b"
    assert isinstance(fraction := found["test/2401"], Example) and fraction.answer == 2.5


@pytest.mark.parametrize(
    ("place", "reason", "detail"),
    [
        ("train/13", Reason.EMPTY_SYMBOL, "text_logic_form is empty"),
        ("train/14", Reason.MALFORMED_ROW, "the answer is 'E'"),
        ("train/15", Reason.MALFORMED_ROW, "not four each"),
        ("train/16", Reason.EMPTY_INPUT, "no text"),
        ("train/18", Reason.NO_LABEL, "no text_logic_form"),
        ("train/19", Reason.MALFORMED_ROW, "train/19/data.json, line 1"),
        ("train/20", Reason.MALFORMED_ROW, "not a problem of Geometry3K"),
    ],
)
def test_faulty_problems_are_rejected_with_their_reason(place: str, reason: Reason, detail: str) -> None:
    rejected = read()[place]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and detail in rejected.detail


def test_a_label_fault_is_for_the_engine() -> None:
    example = read()["train/12"]
    assert isinstance(example, Example)
    assert get_format("geometry").accepts(example.completion, example.context).holds is False


def test_problems_come_in_the_order_of_their_numbers_with_upstreams_splits() -> None:
    rows = list(GEOMETRY3K.read(FOLDER))
    numbers = [int(row.file.split("/")[-2]) for row in rows]
    assert numbers == [2, *range(10, 21), 2101, 2401]
    assert [row.split for row in rows[-3:]] == [Split.TRAIN, Split.VALIDATION, Split.TEST]


def test_the_merged_files_serve_a_folder_without_forms() -> None:
    example, dissolved = read()["train/17"], read(GEOMETRY3K_DISSOLVED)["train/17"]
    assert isinstance(example, Example) and example.completion == "Triangle(A,B,$)\nFind(x)"
    assert example.context.world["diagram"] == ["Equals(LengthOf(Line(A, B)), x)"]
    assert example.context.world["line_instances"] == ["AB"]
    assert isinstance(dissolved, Example) and dissolved.completion == "Triangle(A,B,C)\nFind(x)"


def test_the_merged_files_alone_have_no_texts(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "logic_forms", tmp_path / "logic_forms")
    rows = list(GEOMETRY3K.read(tmp_path))
    assert [(row.file, row.index, row.split) for row in rows] == [
        ("logic_forms/diagram_logic_forms_annot.json", 0, Split.TRAIN),
        ("logic_forms/diagram_logic_forms_annot.json", 1, Split.TEST),
    ]
    found = [GEOMETRY3K.to_example(row, tmp_path) for row in rows]
    assert all(isinstance(item, Rejected) and item.reason is Reason.MISSING_CONTEXT for item in found)
    (tmp_path / "logic_forms" / "text_logic_forms_annot.json").write_text(json.dumps({"1": []}))
    with pytest.raises(UserError, match="not upstream's object of problems"):
        list(GEOMETRY3K.read(tmp_path))


def test_upstreams_archives_give_the_same_examples(tmp_path: Path) -> None:
    for name in ("train", "val", "test", "logic_forms"):
        with ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for path in (ROOT / name).rglob("*.json"):
                archive.write(path, path.relative_to(ROOT).as_posix())
    packed, plain = read(folder=tmp_path), read()
    assert packed.keys() == plain.keys()
    for place, item in plain.items():
        same = packed[place]
        assert same == item or (isinstance(item, Rejected) and isinstance(same, Rejected)), place


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match=r"logic_form\.json"):
        list(GEOMETRY3K.read(tmp_path))
