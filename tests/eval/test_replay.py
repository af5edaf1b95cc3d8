"""Outputs made elsewhere: what is no row is counted and named, and never stops a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.backends import Finish, Generation, Request, open_backend
from symbol_llm.errors import UserError

REQUESTS = [Request("a", "Add 1 and 2:\n", "1 + 2"), Request("b", "Add 3 and 4:\n", "3 + 4")]


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_replay_finds_and_misses(tmp_path: Path) -> None:
    file = write(tmp_path / "outputs.jsonl", {"id": "b", "output": "x", "model": "m"}, "", {"id": "c", "output": ""})
    for path in (file, tmp_path):
        backend = open_backend(replay=path)
        assert list(backend.generate(REQUESTS)) == [
            Generation(0, "", Finish.MISSING),
            Generation(1, "x", Finish.STOP),
        ]
        report = backend.report({"a", "b"})
        assert (report["rows"], report["items_missing"], report["items_not_asked_for"]) == (2, 1, 1)
    before = open_backend(replay=file).identity
    write(file, {"id": "b", "output": "y"})
    assert open_backend(replay=file).identity != before


@pytest.mark.parametrize(
    ("line", "fault", "complaint"),
    [
        ("{", "not_json", "not JSON"),
        ('{"id": "b", "outp', "not_json", "not JSON"),
        ("[1]", "no_id", "key 'id'"),
        ('{"output": "x"}', "no_id", "key 'id'"),
        ('{"id": 7, "output": "x"}', "no_id", "key 'id'"),
        ('{"id": "b"}', "no_output", "key 'output'"),
        ('{"id": "b", "output": null}', "no_output", "item b"),
        ('{"id": "a", "output": "x"}', "repeated", "occurs again"),
        ('{"id": "a", "output": "other"}', "conflicting", "with another output"),
        ("\x00\xff", "not_json", "not JSON"),
    ],
)
def test_a_faulty_row_is_counted_and_named_and_the_rest_stands(
    tmp_path: Path, line: str, fault: str, complaint: str
) -> None:
    file = write(tmp_path / "outputs.jsonl", {"id": "a", "output": "x"}, line, {"id": "z", "output": "later"})
    backend = open_backend(replay=file)
    report = backend.report({"a", "b"})
    assert report["left_out"] == {fault: 1}
    assert report["named"][0].startswith(f"{file}, line 2: ") and complaint in report["named"][0]
    assert next(iter(backend.generate(REQUESTS))) == Generation(0, "x", Finish.STOP), "the first output counts"


def test_several_outputs_of_an_item_are_samples(tmp_path: Path) -> None:
    """By the key ``sample`` where there is one, else in order; more than are asked for are no fault."""
    file = write(tmp_path / "a.jsonl", *[{"id": "a", "output": text} for text in ("x", "x", "y", "z")])
    backend = open_backend(replay=file, replayed_samples=3)
    asked = [REQUESTS[0]._replace(sample=number) for number in range(3)]
    assert [generation.text for generation in backend.generate(asked)] == ["x", "x", "y"]
    assert backend.report({"a"})["left_out"] == {}
    file = write(tmp_path / "a.jsonl", *[{"id": "a", "output": str(n), "sample": n} for n in (2, 0, 1, 0)])
    backend = open_backend(replay=file, replayed_samples=3)
    assert [generation.text for generation in backend.generate(asked)] == ["0", "1", "2"]
    assert backend.report({"a"})["left_out"] == {"repeated": 1}


def test_many_faults_are_all_counted_and_ten_are_named(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", {"id": "a", "output": "x"}, *["oops"] * 25)
    report = open_backend(replay=file).report({"a"})
    assert report["left_out"] == {"not_json": 25} and len(report["named"]) == 10


def test_replay_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        open_backend(replay=tmp_path / "none.jsonl")
    with pytest.raises(UserError, match=r"no \*\.jsonl"):
        open_backend(replay=tmp_path)
    with pytest.raises(UserError, match=r"none of its 2 rows .* line 1: not JSON"):
        open_backend(replay=write(tmp_path / "a.jsonl", "oops", "oops"))
    with pytest.raises(UserError, match="is empty"):
        open_backend(replay=write(tmp_path / "a.jsonl"))
