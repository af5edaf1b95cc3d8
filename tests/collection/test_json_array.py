"""Reading large JSON files object by object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import collection.sources.json_array
from collection.sources.json_array import read_json_array, read_json_object
from symbol_llm.errors import UserError

DATA = {
    "info": {"split": "val", "questions": [0]},
    "empty": [],
    "questions": [{"text": 'a "quoted" ] } \\ text é', "n": [1.5, -2, True, None]}, 12345, "x", [], {}],
    "after": {"x": 1},
}


@pytest.fixture(params=[1, 2, 3, 7, 1 << 20])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are cut by the end of the window at every place."""
    monkeypatch.setattr(collection.sources.json_array, "_CHUNK", request.param)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_elements_in_order(tmp_path: Path, indent: int | None, is_ascii: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(DATA, indent=indent, ensure_ascii=is_ascii), encoding="utf-8")
    assert list(read_json_array(path, "questions")) == DATA["questions"]
    assert list(read_json_array(path, "empty")) == []


@pytest.mark.usefixtures("chunk")
def test_a_file_that_is_an_array(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(" " + json.dumps(DATA["questions"], indent=1))
    assert list(read_json_array(path)) == DATA["questions"]
    path.write_text(json.dumps(DATA))
    with pytest.raises(UserError, match="expected a list of objects"):
        list(read_json_array(path))


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("cut", [3, 30, 45, 52, 53, 60, 88, 93, 112])
def test_a_truncated_file_gives_its_whole_elements_and_an_error(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.json"
    elements = ['{"id": 1}', '{"id": 2}', '{"id": 3, "text": "three"}', '{"id": 4}', '{"id": 5}']
    text = '{"info": {"split": "train"}, "questions": [' + ", ".join(elements) + "]}"
    assert cut < len(text) - 2
    path.write_text(text[:cut])
    found = []
    with pytest.raises(UserError, match=r"a\.json, character \d+: not JSON"):
        for element in read_json_array(path, "questions"):
            found.append(element)
    assert found == [json.loads(element) for element in elements if text.index(element) + len(element) <= cut]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file ends too early"),
        ("[1]", "expected '{'"),
        ('{"a": [1]}', "no array 'questions'"),
        ('{"questions": {"a": 1}}', "no array 'questions'"),
        ('{"questions": [1 2]}', r"character 18: not JSON \(expected ','\)"),
        ('{"questions": [1, x]}', r"character 19: not JSON \(Expecting value\)"),
        ('{"questions": [' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_the_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        list(read_json_array(path, "questions"))


def test_a_fault_early_in_a_large_file_does_not_read_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection.sources.json_array, "_CHUNK", 100)
    path = tmp_path / "a.json"
    path.write_text('{"questions": [{"a": nope}, ' + '"filler", ' * 10_000 + "1]}")
    with pytest.raises(UserError, match="character 22: not JSON"):
        list(read_json_array(path, "questions"))


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('{"questions": ["é"]}'.encode("latin-1"))
    with pytest.raises(UserError, match="not UTF-8"):
        list(read_json_array(path, "questions"))


def read_object(path: Path) -> list[tuple[str, object]]:
    with path.open(encoding="utf-8") as file:
        return list(read_json_object(file, path.name))


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_entries_of_an_object_in_order(tmp_path: Path, indent: int | None, is_ascii: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(DATA, indent=indent, ensure_ascii=is_ascii) + "\n ", encoding="utf-8")
    assert read_object(path) == list(DATA.items())
    path.write_text("{}")
    assert read_object(path) == []


def test_a_key_that_stands_twice_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1, "a": 2}')
    assert read_object(path) == [("a", 1), ("a", 2)]


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize(
    ("text", "message", "given"),
    [
        ("", "the file ends too early", []),
        ("[1]", "expected '{'", []),
        ("{1: 2}", "character 2: not JSON .expected a key in quotes", []),
        ('{"a" 1}', "character 6: not JSON .expected ':'", []),
        ('{"a": 1 "b": 2}', "character 9: not JSON .expected ','", ["a"]),
        ('{"a": 1', "the file ends too early", ["a"]),
        ('{"a": {"b": 1}, "c": {"d', "Unterminated string", ["a"]),
        ('{"a": 1} {"b": 2}', "character 10: not JSON .expected the end of the file", ["a"]),
    ],
)
def test_what_is_no_object_is_refused_after_its_whole_entries(
    tmp_path: Path, text: str, message: str, given: list[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    found = []
    with pytest.raises(UserError, match=message), path.open(encoding="utf-8") as file:
        for key, _ in read_json_object(file, path.name):
            found.append(key)
    assert found == given
