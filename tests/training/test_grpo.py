"""Reinforcement for real: a small model samples, a verifier rewards, GRPOTrainer learns; kills, stops, processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch
from safetensors.torch import load_file

from symbol_llm.training.checkpoints import MARKER
from symbol_llm.training.run import main
from tests.training.small_grpo import REWARDED, make_warm, reports
from tests.training.small_run import run, started

STEPS = ["--run.steps", "24", "--run.save_every", "8"]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_warm(tmp_path_factory.mktemp("warm"))


@pytest.fixture(scope="module")
def straight(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted run by the script."""
    out = tmp_path_factory.mktemp("straight")
    process = start(warm, out)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    (out / "output").write_text(output)
    return out


def command(warm: Path, out: Path) -> list[str]:
    return ["--model", str(warm / "warm" / "model"), "--data", str(warm / "asked.jsonl"), "--out", str(out), *REWARDED]


def start(warm: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    """The script in one process."""
    return started([sys.executable, "injection/train.py", *command(warm, out), *STEPS, *more])


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model" / "model.safetensors")


def test_the_reward_rises(straight: Path) -> None:
    lines = reports(straight)
    assert [line["step"] for line in lines] == list(range(1, 25))
    first, last = (sum(line["reward"] for line in part) / 6 for part in (lines[:6], lines[-6:]))
    assert 0.2 < first < 0.75, "half of the samples were right at first"
    assert last > first + 0.15
    for line in lines:
        assert {
            "loss",
            "kl",
            "entropy",
            "completion_tokens",
            "groups_without_spread",
            "tokens_per_second",
        } <= line.keys()
        assert line["outcome/correct"] == pytest.approx(line["reward"], abs=1e-4)
        assert sum(value for key, value in line.items() if key.startswith("outcome/")) == pytest.approx(1, abs=1e-4)


def test_a_run_leaves_a_plain_model_and_its_numbers(straight: Path, warm: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    output = (straight / "output").read_text()
    assert "reward of 8 gold completions 1.00, of other rows' 0.00" in output and "no spread in" in output
    model: Any = AutoModelForCausalLM.from_pretrained(straight / "model")
    tokenizer = AutoTokenizer.from_pretrained(straight / "model")
    ids = model.generate(**tokenizer("plan 3 :\n", return_tensors="pt"), max_new_tokens=16)
    assert "2 minutes" in tokenizer.decode(ids[0])
    before = load_file(warm / "warm" / "model" / "model.safetensors")
    assert any(not torch.equal(before[name], tensor) for name, tensor in weights(straight).items())
    summary = orjson.loads((straight / "summary.json").read_bytes())
    assert summary["method"] == "grpo" and summary["steps"] == 24 and summary["rows_per_task"] == {"times": 40}
    assert summary["last_report"]["reward"] > summary["first_report"]["reward"]
    card = (straight / "model" / "README.md").read_text()
    assert "reinforcement (GRPO) with the reward procedures" in card and "| times | text | 40 |" in card
    assert sorted(path.name for path in (straight / "checkpoints").iterdir()) == ["checkpoint-16", "checkpoint-24"]


def test_a_finished_run_that_is_started_again_only_writes_its_model(straight: Path, warm: Path) -> None:
    before = weights(straight)
    assert main("injection", [*command(warm, straight), *STEPS]) == 0
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(straight).items())
    assert len(reports(straight)) == 24


def test_another_reward_is_another_run(straight: Path, warm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("injection", [*command(warm, straight), *STEPS, "--grpo.generations", "16"]) == 2
    assert "config.grpo.generations was 8 and is 16" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--grpo.reward", "procedure"], "Did you mean procedures"),
        (["--grpo.reward", "python"], "grpo.judged_by"),
        (["--grpo.judged_by", "number"], "grpo.judged_by: no effect"),
        (["--grpo.reward", "gsm8k"], "does not tell right from wrong"),
        (["--grpo.max_new_tokens", "64"], "no room for a prompt"),
        (["--data.split", "test"], "no row of split 'test'"),
        (["--data.max_tokens", "2"], "40 prompts have more than 2 tokens"),
        (["--run.epochs", "1", "--run.steps", "null", "--grpo.prompts", "64"], "an epoch has 40 prompts"),
    ],
)
def test_what_cannot_be_learnt_is_said_before_the_first_step(
    more: list[str], words: str, warm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("injection", [*command(warm, tmp_path), "--run.steps", "4", "--run.save_every", "4", *more]) in (1, 2)
    assert words in capsys.readouterr().err
    assert not (tmp_path / "metrics.jsonl").exists()


def test_one_batch_in_several_updates(warm: Path, tmp_path: Path) -> None:
    """Samples of one model are learnt from in two steps: ratios leave 1 in the second."""
    line = [*command(warm, tmp_path), "--grpo.updates", "2", "--run.steps", "4", "--run.save_every", "2"]
    assert main("infusion", [*line, "--grpo.beta", "0", "--grpo.sampled_together", "7"]) == 0
    lines = reports(tmp_path)
    assert len(lines) == 4 and all("kl" not in line for line in lines)
    assert "# Symbol-LLM Instruct" in (tmp_path / "model" / "README.md").read_text()


def test_programs_are_executed_for_their_reward(warm: Path, tmp_path: Path) -> None:
    """A delegation benchmark as reward: what this model writes is no program, which the sandbox says."""
    rows = [
        {"prompt": f"plan {n} :\n", "completion": f"def solution():\n    return {n}", "answer": str(n)}
        for n in range(8)
    ]
    data = tmp_path / "rows.jsonl"
    data.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    line = [*command(warm, tmp_path / "run"), "--data", str(data), "--grpo.reward", "stories", "--grpo.prompts", "2"]
    assert main("injection", [*line, "--run.steps", "2", "--run.save_every", "2"]) == 0
    for report in reports(tmp_path / "run"):
        assert report["reward"] == 0 and report["groups_without_spread"] == 1
        assert "outcome/correct" not in report


@pytest.mark.full
def test_killed_and_started_again_ends_bit_identical(straight: Path, warm: Path, tmp_path: Path) -> None:
    process = start(warm, tmp_path)
    while not (tmp_path / "checkpoints" / "checkpoint-8" / MARKER).exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not (tmp_path / "model").exists(), "the kill came before the end"
    process = start(warm, tmp_path)
    output, _ = process.communicate()
    assert process.returncode == 0 and "going on from" in output, output
    one, two = weights(straight), weights(tmp_path)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert [line["reward"] for line in reports(tmp_path)] == [line["reward"] for line in reports(straight)]


@pytest.mark.full
def test_sigterm_saves_and_stops(warm: Path, tmp_path: Path) -> None:
    process = start(warm, tmp_path, "--run.steps", "10000", "--run.save_every", "10000")
    while not (tmp_path / "metrics.jsonl").exists() or not reports(tmp_path):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    output, _ = process.communicate()
    assert process.returncode == 143 and "The same command goes on" in output, output
    assert list((tmp_path / "checkpoints").glob(f"*/{MARKER}"))


@pytest.mark.full
def test_two_processes_share_groups(warm: Path, tmp_path: Path) -> None:
    line = [*command(warm, tmp_path), "--run.steps", "6", "--run.save_every", "3", "--zero", "2"]
    code, output = run("injection", *line)
    assert code == 0, output
    lines = reports(tmp_path)
    assert len(lines) == 6
    for line_ in lines:
        assert sum(value for key, value in line_.items() if key.startswith("outcome/")) == pytest.approx(1, abs=1e-4)
        assert line_["outcome/correct"] == pytest.approx(line_["reward"], abs=1e-4), "both processes are counted"
    assert (tmp_path / "model" / "model.safetensors").exists()
