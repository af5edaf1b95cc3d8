"""Prompts of a run by reinforcement: which are read, in which order, and what became of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from symbol_llm.errors import UserError
from symbol_llm.training.config import Config, load
from symbol_llm.training.grpo_data import Prompts, read_prompts, to_dataset, write_counts
from symbol_llm.training.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer(["plan 0123456789"], 300, 64)


def configure(path: Path, *settings: tuple[str, object]) -> Config:
    enough: list[tuple[str, object]] = [
        ("data.path", (str(path),)), ("run.out", "run"), ("run.steps", 6), ("run.save_every", 6), ("method", "grpo"),
        ("model.path", "m"), ("grpo.reward", "procedures"), ("grpo.prompts", 4), ("grpo.max_new_tokens", 8),
        ("data.max_tokens", 32),
    ]  # fmt: skip
    return load(None, [*enough, *settings], "injection")


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def rows(number: int, task: str = "times") -> list[dict[str, Any]]:
    return [{"task": task, "prompt": f"plan {n}", "answer": {"low": n, "high": n}} for n in range(number)]


def test_what_is_read_and_what_is_not(tokenizer: Any, tmp_path: Path) -> None:
    bad: list[dict[str, Any]] = [
        {"prompt": "plan", "answer": None}, {"prompt": " ", "answer": 1}, {"answer": 1},
        {"prompt": "plan " * 40, "answer": 1}, {"prompt": "plan", "answer": 1, "split": "test"},
        {"prompt": "plan", "answer": 1, "origin": "evolved"},
    ]  # fmt: skip
    good: dict[str, Any] = {
        "question": "plan 7",
        "answer": "[datetime.timedelta(0), datetime.timedelta(0)]",
        "completion": "gold",
    }
    path = write(tmp_path / "times.jsonl", [*bad, good, *rows(3)])
    prompts = read_prompts(configure(path, ("data.without", "evolved")), tokenizer, room=64)
    assert [row["prompt"] for row in prompts.rows] == ["plan 7", "plan 0", "plan 1", "plan 2"]
    assert prompts.rows[0]["answer"] == good["answer"] and prompts.rows[0]["completion"] == "gold"
    assert prompts.rows[2]["answer"] == '{"low":1,"high":1}', "columns are text, whatever the file has"
    count = prompts.counts["times"]
    assert (count.kept, count.empty, count.too_long) == (4, 3, 1)
    assert "3 without prompt or answer" in "\n".join(prompts.describe())
    write_counts(prompts, tmp_path / "data")
    assert orjson.loads((tmp_path / "data" / "data.json").read_bytes())["counts"]["times"]["kept"] == 4


def test_completions_need_room(tokenizer: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "times.jsonl", rows(3))
    with pytest.raises(UserError, match="leaves no room for a prompt: the model has 8 positions"):
        read_prompts(configure(path), tokenizer, room=8)
    with pytest.raises(UserError, match="3 prompts have more than 2 tokens"):
        read_prompts(configure(path), tokenizer, room=10)
    with pytest.raises(UserError, match="2 rows lack a prompt or an answer"):
        read_prompts(configure(write(tmp_path / "x.jsonl", [{"prompt": "a"}] * 2)), tokenizer, room=None)


def order(prompts: Prompts, config: Config, num_batches: int) -> list[int]:
    return prompts.order(config, num_batches)


def test_batches_take_the_rows_in_turn(tokenizer: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "times.jsonl", rows(10))
    config = configure(path)
    prompts = read_prompts(config, tokenizer, room=None)
    first = order(prompts, config, 6)
    assert len(first) == 24 and sorted(first[:10]) == sorted(first[10:20]) == list(range(10)), "epoch after epoch"
    assert first[:10] != first[10:20] and first[:8] == order(prompts, config, 2), "a run that goes on sees the same"
    assert order(prompts, configure(path, ("run.seed", 1)), 6) != first
    assert [row["prompt"] for row in to_dataset(prompts, first[:3])] == [f"plan {n}" for n in first[:3]]
    assert "completion" not in to_dataset(prompts, [0]).column_names
    assert prompts.num_batches(config) == 6
    assert prompts.num_batches(configure(path, ("run.steps", None), ("run.epochs", 2))) == 5
    with pytest.raises(UserError, match="an epoch has 10 prompts"):
        prompts.num_batches(configure(path, ("run.steps", None), ("run.epochs", 2), ("grpo.prompts", 16)))


def test_mixtures_hold_in_every_epoch(tokenizer: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [*rows(6, "graph"), *rows(30, "language")])
    config = configure(path, ("data.mixture.counts", {"graph": 4, "language": 4}))
    prompts = read_prompts(config, tokenizer, room=None)
    numbers = order(prompts, config, 4)
    for epoch in (numbers[:8], numbers[8:]):
        assert sum(prompts.rows[n]["task"] == "graph" for n in epoch) == 4
