"""The GPU harness: its routes run on CPU at a tiny shape, and without a GPU it says so."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.training.small_run import REPOSITORY, environment

COMMAND = [sys.executable, "benchmarks/gpu_training.py"]


def test_without_a_gpu_it_says_so() -> None:
    done = subprocess.run(COMMAND, cwd=REPOSITORY, env=environment(), capture_output=True, text=True)
    assert done.returncode == 2 and "no CUDA device on this machine, so nothing was measured" in done.stderr
    assert not done.stdout


@pytest.mark.full
def test_every_route_measures() -> None:
    line = ["--device", "cpu", "--shape", "tiny", "--steps", "2", "--json"]
    done = subprocess.run(
        [*COMMAND, *line], cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=True
    )
    document = json.loads(done.stdout.splitlines()[-1])
    assert set(document["results"]) == {
        "symbol-llm", "symbol-llm without shared prefixes", "Trainer, padded", "TRL, packed"
    }  # fmt: skip
    for name, result in document["results"].items():
        assert result["useful_tokens_per_second"] > 0 and result["mfu"] is None
        padded = result["computed_tokens_per_second"] > result["useful_tokens_per_second"]
        assert padded == (name == "Trainer, padded"), name
