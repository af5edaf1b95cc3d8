"""Rejection sampling: training prompts are asked several times, a verifier judges, one right answer of each is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from eval.backends import Backend, Finish, Generation, Request
from eval.rejection_cli import app
from eval.rejection_sampling import ask, keep
from symbol_llm.errors import UserError
from symbol_llm.training.grpo_settings import Grpo
from tests.eval.tiny_model import save_tiny_model

REWARD = Grpo(reward="procedures", workers=1)
OUTPUTS = {
    "how long ?": ["<answer> 1 minutes </answer>", "<answer> 2 minutes </answer>", "so <answer> 2 min </answer>"],
    "how soon ?": ["<answer> 1 minutes </answer>", "never", ""],
}


class Scripted(Backend):
    """Writes what it is told, and counts what it is asked."""

    name = "scripted"
    samples = 3

    def __init__(self, cut: bool = False) -> None:
        self.asked: list[tuple[str, int]] = []
        self.cut = cut

    @property
    def identity(self) -> dict[str, Any]:
        return {"backend": self.name}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        for position, request in enumerate(requests):
            self.asked.append((request.prompt, request.sample))
            text = OUTPUTS[request.prompt][request.sample]
            yield Generation(position, text, Finish.LENGTH if self.cut else Finish.STOP)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    two = {"low": 120, "high": 120}
    return write(
        tmp_path / "times.jsonl",
        {"prompt": "how long ?", "answer": two, "id": "a", "format": "text"},
        {"prompt": "how long ?", "answer": two, "id": "again"},
        {"question": "how soon ?", "answer": two},
        {"prompt": "how soon ?", "answer": two, "split": "test"},
        {"prompt": "no answer", "answer": None},
    )


def test_one_right_answer_of_each_prompt(data: Path, tmp_path: Path) -> None:
    backend = Scripted()
    document = ask([str(data)], REWARD, backend, tmp_path / "run")
    assert document["tasks"]["times"] == {
        "prompts": 2, "samples": 6, "right": 2, "cut": 0, "not judged": 0, "kept": 1, "unanswered": 0,
    }  # fmt: skip
    assert len(backend.asked) == 6, "a prompt that comes again is asked once, test rows and rows without answer never"
    chosen = set()
    for seed in range(8):
        counts = keep(tmp_path / "run", tmp_path / "kept" / "rows.jsonl", seed=seed)
        (row,) = [orjson.loads(line) for line in (tmp_path / "kept" / "rows.jsonl").read_bytes().splitlines()]
        assert counts["times"]["kept"] == 1
        assert row["completion"] in OUTPUTS["how long ?"][1:] and row["parent"] == "a"
        assert row["prompt"] == "how long ?" and row["split"] == "train" and row["origin"] == "distilled"
        assert row["answer"] == {"low": 120, "high": 120} and row["format"] == "text"
        chosen.add(row["completion"])
    assert len(chosen) == 2, "the seed chooses"


def test_a_run_goes_on_and_another_is_refused(data: Path, tmp_path: Path) -> None:
    ask([str(data)], REWARD, Scripted(), tmp_path)
    again = Scripted()
    ask([str(data)], REWARD, again, tmp_path)
    assert not again.asked
    with pytest.raises(UserError, match="limit: None then, 1 now"):
        ask([str(data)], REWARD, again, tmp_path, limit=1)


def test_what_was_cut_or_is_wrong_is_not_learnt(data: Path, tmp_path: Path) -> None:
    ask([str(data)], REWARD, Scripted(cut=True), tmp_path)
    with pytest.raises(UserError, match="no sample is right"):
        keep(tmp_path, tmp_path / "kept.jsonl")
    assert not (tmp_path / "kept.jsonl").exists()


def test_answers_to_test_items_are_no_training_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no stored samples"):
        keep(tmp_path, tmp_path / "kept.jsonl")
    folder = tmp_path / "delegate"
    folder.mkdir()
    (folder / "run.json").write_bytes(orjson.dumps({"kind": "delegate"}))
    write(folder / "gsm8k.jsonl", {"id": "a", "sample": 0})
    with pytest.raises(UserError, match="answers to test items"):
        keep(folder, tmp_path / "kept.jsonl")


def test_data_that_cannot_be_asked(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no row of split 'validation'"):
        ask([str(data)], REWARD, Scripted(), tmp_path, split="validation")
    with pytest.raises(UserError, match="prompt must be text"):
        ask([str(write(tmp_path / "bad.jsonl", {"text": "a"}))], REWARD, Scripted(), tmp_path)
    with pytest.raises(UserError, match="Did you mean procedures"):
        ask([str(data)], Grpo(reward="procedure"), Scripted(), tmp_path)


def test_the_commands(tmp_path: Path) -> None:
    """A real model, which is right by luck at most; and programs through the solver, from the gold backend."""
    model = save_tiny_model(tmp_path / "model")
    rows = write(
        tmp_path / "rows.jsonl", {"prompt": "jump", "answer": 24, "completion": "def solution():\n    return 24"}
    )
    asked = ("--data", str(rows), "--reward", "python", "--judged-by", "number", "--out")
    drawn = ("--model", str(model), "--samples", "2", "--temperature", "1", "--max-new-tokens", "4", "--json")
    done = CliRunner().invoke(app, ["ask", *asked, str(tmp_path / "a"), *drawn])
    assert done.exit_code == 0, done.output
    assert orjson.loads(done.stdout)["tasks"]["rows"]["samples"] == 2
    done = CliRunner().invoke(app, ["ask", *asked, str(tmp_path / "b"), "--backend", "gold", "--json"])
    assert done.exit_code == 0 and orjson.loads(done.stdout)["tasks"]["rows"]["right"] == 1, done.output
    done = CliRunner().invoke(app, ["keep", str(tmp_path / "b"), "--out", str(tmp_path / "kept.jsonl"), "--json"])
    assert done.exit_code == 0, done.output
    assert orjson.loads((tmp_path / "kept.jsonl").read_bytes())["completion"] == "def solution():\n    return 24"
