"""Four processes, two nodes, a dead process, a full trajectory per ZeRO stage: real launches, for `make test-full`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import torch

from symbol_llm.training.checkpoints import MARKER
from tests.injection.test_train import reports, timeless, weights
from tests.training.small_run import LAUNCHER, SMALL, free_port, run, start, started, write_collection

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("collection"))


def largest_difference(one: Path, two: Path) -> float:
    a, b = weights(one), weights(two)
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def start_nodes(folder: Path, address: str, *options: str) -> list[subprocess.Popen[str]]:
    """Two emulated nodes of one process each: a launcher per node, as a cluster without ssh starts them."""
    (folder / "hosts").write_text("node-a slots=1\nnode-b slots=1\n")
    port = str(free_port())
    launch = ["--hostfile", str(folder / "hosts"), "--no_ssh", "--master_addr", address, "--master_port", port]
    return [started([LAUNCHER, *launch, "--node_rank", str(rank), "injection/train.py", *options]) for rank in range(2)]


@pytest.mark.parametrize("mode", ["packed", "masked", "bucketed"])
def test_eight_packs_in_one_process_or_two_each_in_four(mode: str, collection: Path, tmp_path: Path) -> None:
    """The rows have 5 to 80 trained tokens a pack: a mean of means would differ at once."""
    line = ["--data", str(collection), *SMALL, "--run.steps", "6", "--batch.step_tokens", "2048", "--batch.mode", mode]
    sgd_like = ["--optimizer.learning_rate", "1e-4"]  # the difference is of gradients, not of what Adam makes of them
    for processes in (1, 4):
        code, output = run("injection", *line, *sgd_like, "--out", str(tmp_path / str(processes)), processes=processes)
        assert code == 0, output
        assert "6 steps of 8 packs" in output
    one, four = reports(tmp_path / "1"), reports(tmp_path / "4")
    assert [r["loss"] for r in one] == pytest.approx([r["loss"] for r in four], abs=1e-6)
    assert [r["grad_norm"] for r in one] == pytest.approx([r["grad_norm"] for r in four], rel=1e-5)
    assert [r["trained_tokens"] for r in one] == [r["trained_tokens"] for r in four]
    assert largest_difference(tmp_path / "1", tmp_path / "4") <= 1e-6


def test_zero_stages_agree_over_twenty_steps(collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), *SMALL, "--run.steps", "20", "--optimizer.learning_rate", "1e-3"]
    for stage in ("1", "2", "3"):
        code, output = run("injection", *line, "--zero", stage, "--out", str(tmp_path / stage))
        assert code == 0, output
    losses = [[report["loss"] for report in reports(tmp_path / stage)] for stage in ("1", "2", "3")]
    assert len(losses[0]) == 20
    assert losses[0] == pytest.approx(losses[1], abs=1e-4) and losses[1] == pytest.approx(losses[2], abs=1e-4)


def test_one_seed_gives_one_model(collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), *SMALL, "--run.steps", "6"]
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        code, output = run("injection", *line, "--seed", seed, "--out", str(tmp_path / name))
        assert code == 0, output
    one, two = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert [timeless(r) for r in reports(tmp_path / "a")] == [timeless(r) for r in reports(tmp_path / "b")]
    assert largest_difference(tmp_path / "a", tmp_path / "c") > 1e-3


@pytest.mark.parametrize("stage", ["1", "3"])
def test_killed_in_a_later_epoch_under_other_stages(stage: str, collection: Path, tmp_path: Path) -> None:
    """An epoch is 20-odd steps; the kill comes in the second, after an evaluation."""
    line = ["--data", str(collection), *SMALL, "--zero", stage, "--run.steps", "30", "--run.save_every", "26"]
    line += ["--evaluation.every", "13", "--evaluation.split", "test", "--run.keep", "9"]
    assert run("injection", *line, "--out", str(tmp_path / "straight"))[0] == 0
    process = start("injection", *line, "--out", str(tmp_path / "killed"))
    while not (tmp_path / "killed" / "checkpoints" / "checkpoint-26" / MARKER).exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, output = run("injection", *line, "--out", str(tmp_path / "killed"))
    assert code == 0, output
    assert largest_difference(tmp_path / "straight", tmp_path / "killed") == 0.0


def test_another_number_of_processes_under_zero_3(collection: Path, tmp_path: Path) -> None:
    line = ["--data", str(collection), *SMALL, "--zero", "3", "--batch.step_tokens", "1024", "--run.save_every", "4"]
    line += ["--out", str(tmp_path), "--run.steps", "8", "--optimizer.learning_rate", "1e-3"]
    assert run("injection", *line, processes=4)[0] == 0
    straight = weights(tmp_path)
    for name in ("model", "checkpoints/checkpoint-8"):
        subprocess.run(["rm", "-r", str(tmp_path / name)], check=True)
    code, output = run("injection", *line, processes=2)
    assert code == 0, output
    assert "checkpoint-4 at step 4" in output
    resumed = weights(tmp_path)
    assert all((straight[name] - resumed[name]).abs().max() < 1e-4 for name in straight)


def test_two_nodes_without_ssh(collection: Path, tmp_path: Path) -> None:
    """One launcher per node, as a cluster starts them; the second node answers on another loopback address."""
    line = ["--data", str(collection), *SMALL, "--run.steps", "6", "--zero", "3", "--out", str(tmp_path / "nodes")]
    nodes = start_nodes(tmp_path, "127.0.0.2", *line)
    outputs = [node.communicate()[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], outputs
    assert "2 processes" in outputs[0] and "step 6/6" in outputs[0] and "step 6/6" not in outputs[1]
    code, output = run("injection", *line[:-1], str(tmp_path / "one-node"))
    assert code == 0, output
    assert largest_difference(tmp_path / "nodes", tmp_path / "one-node") <= 1e-6


@pytest.mark.parametrize("dead", [0, 1])
def test_a_dead_process_ends_the_run_with_the_reason(dead: int, collection: Path, tmp_path: Path) -> None:
    """Two emulated nodes, so that no launcher sees both processes: only the processes themselves can notice."""
    line = ["--data", str(collection), *SMALL, "--run.steps", "100000", "--out", str(tmp_path / "run")]
    nodes = start_nodes(tmp_path, "127.0.0.1", *line)
    while not (tmp_path / "run" / "metrics.jsonl").exists() or len(reports(tmp_path / "run")) < 2:
        assert all(node.poll() is None for node in nodes)
        time.sleep(0.1)
    victim = next(p for p in psutil.Process(nodes[dead].pid).children(recursive=True) if _is_training(p))
    started = time.monotonic()
    victim.kill()
    outputs = [node.communicate(timeout=300)[0] for node in nodes]
    assert all(node.returncode for node in nodes)
    survivor = outputs[1 - dead]
    assert f"error: process {dead}" in survivor and "ended unexpectedly" in survivor
    assert time.monotonic() - started < 250  # a minute on an idle machine


def _is_training(process: psutil.Process) -> bool:
    line = process.cmdline()
    return any(word.endswith("injection/train.py") for word in line) and any("--local_rank" in word for word in line)


def test_evaluation_and_generation_under_zero_3(collection: Path, tmp_path: Path) -> None:
    """Weights are gathered while three processes generate; three do not divide the items evenly."""
    line = ["--data", str(collection), *SMALL, "--run.steps", "4", "--evaluation.every", "2"]
    line += ["--evaluation.split", "test", "--evaluation.score_items", "2", "--evaluation.max_new_tokens", "6"]
    for stage in ("2", "3"):
        out = ["--zero", stage, "--out", str(tmp_path / stage), "--batch.step_tokens", "768"]
        code, output = run("injection", *line, *out, processes=3)
        assert code == 0, output
    two, three = ([r for r in reports(tmp_path / stage) if "eval_loss" in r] for stage in ("2", "3"))
    assert [r["step"] for r in two] == [2, 4]
    for a, b in zip(two, three, strict=True):
        assert a.keys() == b.keys() and "eval_exact/scan" in a
        assert a["eval_loss"] == pytest.approx(b["eval_loss"], abs=1e-4)
