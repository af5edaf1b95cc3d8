"""Evaluation during a run: right numbers, no influence on what is learnt, the best checkpoint kept, a stop in time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch
from safetensors.torch import load_file

from symbol_llm.training import held_out
from symbol_llm.training.rows import Row
from symbol_llm.training.run import main
from tests.training.small_run import SMALL, write_collection

LINE = [*SMALL, "--zero", "0", "--run.threads", "1", "--run.steps", "6", "--run.save_every", "2", "--run.keep", "1"]
EVERY = ["--evaluation.every", "2", "--evaluation.split", "test"]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("collection"), 40)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def evaluations(folder: Path) -> list[dict[str, Any]]:
    lines = [orjson.loads(line) for line in (folder / "metrics.jsonl").read_bytes().splitlines()]
    return [line for line in lines if "eval_loss" in line]


@pytest.fixture(scope="module")
def evaluated(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluated")
    score = ["--evaluation.score_items", "2", "--evaluation.max_new_tokens", "8"]
    assert main("injection", ["--data", str(collection), "--out", str(out), *LINE, *EVERY, *score]) == 0
    return out


def test_reports(evaluated: Path) -> None:
    reports = evaluations(evaluated)
    assert [report["step"] for report in reports] == [2, 4, 6]
    for report in reports:
        assert {"eval_loss/scan", "eval_loss/general", "eval_exact/scan", "eval_seconds"} <= report.keys()
    assert reports[-1]["eval_loss"] < reports[0]["eval_loss"]
    summary = orjson.loads((evaluated / "summary.json").read_bytes())
    best = min(reports, key=lambda report: report["eval_loss"])
    assert summary["best_step"] == best["step"] and summary["best_held_out_loss"] == pytest.approx(best["eval_loss"])


def test_the_loss_is_the_mean_over_held_out_tokens(evaluated: Path, collection: Path) -> None:
    """Recomputed from the exported model, row by row, with transformers' own loss."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from symbol_llm.training.rows import find_files, read_rows

    model = AutoModelForCausalLM.from_pretrained(evaluated / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(evaluated / "model")
    sums: dict[str, list[float]] = {"scan": [0.0, 0.0], "general": [0.0, 0.0]}
    for row in read_rows(find_files([str(collection)]), "test"):
        prompt = tokenizer(row.prompt)["input_ids"]
        completion = [*tokenizer(row.completion, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        ids = torch.tensor([prompt + completion])
        labels = torch.tensor([[-100] * len(prompt) + completion])
        with torch.no_grad():
            loss = float(model(input_ids=ids, labels=labels).loss)
        sums[row.task][0] += loss * len(completion)
        sums[row.task][1] += len(completion)
    last = evaluations(evaluated)[-1]
    for task, (total, number) in sums.items():
        assert last[f"eval_loss/{task}"] == pytest.approx(total / number, abs=1e-4)
    assert last["eval_loss"] == pytest.approx(
        sum(t for t, _ in sums.values()) / sum(n for _, n in sums.values()), abs=1e-4
    )


def test_a_task_that_is_not_trained_is_reported_and_decides_nothing(collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path), *LINE, *EVERY, "--run.steps", "2"]
    assert main("injection", [*line, "--data.mixture.shares.symbolic", "1"]) == 0
    (report,) = evaluations(tmp_path)
    assert report["eval_loss"] == report["eval_loss/scan"] != report["eval_loss/general"]


def test_evaluating_changes_nothing(evaluated: Path, collection: Path, tmp_path: Path) -> None:
    assert main("injection", ["--data", str(collection), "--out", str(tmp_path), *LINE]) == 0
    one, two = weights(evaluated), weights(tmp_path)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_best_checkpoint_stays_and_can_be_exported(collection: Path, tmp_path: Path) -> None:
    """A learning rate far too high after the warm-up: the loss falls, then grows; early stopping ends the run."""
    spoilt = [
        "--optimizer.learning_rate",
        "3",
        "--optimizer.warmup",
        "300",
        "--optimizer.schedule",
        "constant_with_warmup",
    ]
    line = ["--data", str(collection), "--out", str(tmp_path), *LINE, *EVERY, *spoilt, "--run.steps", "40"]
    line += ["--evaluation.patience", "2", "--evaluation.export", "best"]
    assert main("injection", line) == 0
    reports = evaluations(tmp_path)
    best = min(reports, key=lambda report: report["eval_loss"])["step"]
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert summary["stopped_early"] and summary["steps"] == best + 4 < 40
    assert summary["best_step"] == summary["exported_step"] == best
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert kept == {f"checkpoint-{best}", f"checkpoint-{best + 4}"}
    saved = load_file(tmp_path / "checkpoints" / f"checkpoint-{best}" / "model.safetensors")
    assert all(torch.equal(saved[name], tensor) for name, tensor in weights(tmp_path).items())
    # Started again, it is still over.
    before = (tmp_path / "metrics.jsonl").read_bytes()
    assert main("injection", line) == 0
    assert (tmp_path / "metrics.jsonl").read_bytes() == before
    again = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert again["steps"] == summary["steps"] and again["stopped_early"]


def test_resumed_with_evaluation_it_ends_bit_identical(evaluated: Path, collection: Path, tmp_path: Path) -> None:
    import shutil

    line = ["--data", str(collection), "--out", str(tmp_path), *LINE, *EVERY, "--run.keep", "9"]
    assert main("injection", line) == 0
    straight, reports = weights(tmp_path), evaluations(tmp_path)
    for step in (4, 6):
        shutil.rmtree(tmp_path / "checkpoints" / f"checkpoint-{step}")
    shutil.rmtree(tmp_path / "model")
    assert main("injection", line) == 0
    assert all(torch.equal(straight[name], tensor) for name, tensor in weights(tmp_path).items())
    assert [{**r, "eval_seconds": 0} for r in evaluations(tmp_path)] == [{**r, "eval_seconds": 0} for r in reports]


def test_scores_come_from_the_formats() -> None:
    rows = [
        Row("scan", "scan", "", "I_JUMP I_JUMP"),
        Row("theories", "fol", "", "∀x (P(x) → Q(x))"),
        Row("theories", "fol", "", "∀x (P(x) → Q(x))"),
        Row("theories", "fol", "", "∀x (P(x) → Q(x))"),
    ]
    outputs = ["I_JUMP I_JUMP\n", "∀y (¬Q(y) → ¬P(y))", "∀x (Q(x) → P(x))", "∀x ("]
    assert held_out.score(rows, outputs)[:3] == [(True, True), (False, True), (False, False)]
    assert held_out.score(rows[3:], outputs[3:])[0][0] is False


class _Deadly(str):
    """Ends the process that reads it."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)


def test_a_row_that_ends_the_scoring_process_costs_no_other_row() -> None:
    row = Row("scan", "scan", "", "I_JUMP")
    scores = held_out.score([row] * 4, ["I_JUMP", _Deadly(), "I_JUMP", _Deadly()])
    assert scores == [(True, True), (False, None), (True, True), (False, None)]


def test_a_finished_run_that_is_started_again_stays_as_it_is(evaluated: Path, collection: Path) -> None:
    before = weights(evaluated), (evaluated / "metrics.jsonl").read_bytes()
    score = ["--evaluation.score_items", "2", "--evaluation.max_new_tokens", "8"]
    assert main("injection", ["--data", str(collection), "--out", str(evaluated), *LINE, *EVERY, *score]) == 0
    assert all(torch.equal(before[0][name], tensor) for name, tensor in weights(evaluated).items())
    assert (evaluated / "metrics.jsonl").read_bytes() == before[1]


def test_too_few_or_no_held_out_rows(collection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--data", str(collection), "--out", str(tmp_path), *LINE, "--evaluation.every", "2"]
    assert main("injection", line) == 2
    assert "held-out rows:" in (error := capsys.readouterr().err) and "--evaluation.every null" in error
    assert main("injection", [*line, "--evaluation.split", "train"]) == 2
    assert "nothing would be held out" in capsys.readouterr().err
