"""A tiny model on everything that has real files, one command each: killed twice on the way, it ends the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import eval.delegation
from tests.eval.tiny_model import save_tiny_model

ROOT = Path(__file__).parents[2]
RAW = os.environ.get("SYMBOL_LLM_RAW")


def command(*line: str) -> list[str]:
    return [sys.executable, "-c", "from symbol_llm.cli import main; main()", *line]


def outputs_in(run: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in (run / "outputs").glob("*.jsonl"))


def rows_of(run: Path) -> dict[tuple[str, str, int], dict[str, Any]]:
    """All rows by task, id and sample, without how long they took; each is stored once."""
    found = {}
    for file in sorted(run.glob("*.jsonl")):
        for row in map(json.loads, file.read_text().splitlines()):
            key = file.stem, row["id"], row["sample"]
            assert key not in found, "nothing is done twice"
            found[key] = {**row, "seconds": 0}
    return found


def whole_and_killed(line: Sequence[str], kind: str, folder: Path) -> tuple[list[dict[str, Any]], int]:
    """The summaries of a run left alone and of one killed at a third and at two thirds, whose rows are the same."""
    quiet = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    def finish(name: str) -> dict[str, Any]:
        done = subprocess.run(command(*line, "--out", str(folder / name), "--json"), **quiet, text=True)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr[-2_000:]
        return without_times(json.loads(done.stdout))

    documents = [finish("whole")]
    total = outputs_in(folder / "whole" / kind)
    for share in (1 / 3, 2 / 3):
        process = subprocess.Popen(
            command(*line, "--out", str(folder / "killed"), "--json"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while process.poll() is None and outputs_in(folder / "killed" / kind) < share * total:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert outputs_in(folder / "killed" / kind) < total, "it was killed on the way"
    documents.append(finish("killed"))
    stored = [rows_of(folder / name / kind) for name in ("whole", "killed")]
    assert stored[0] == stored[1] and len(stored[0]) == total
    return documents, total


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(part) for key, part in value.items() if key != "solver_seconds"}
    return [without_times(part) for part in value] if isinstance(value, list) else value


@pytest.mark.full
@pytest.mark.raw
@pytest.mark.skipif(RAW is None, reason="SYMBOL_LLM_RAW is not set")
def test_everything_with_real_files_killed_twice(tmp_path: Path) -> None:
    """Two items of every benchmark and of every task of a collection of the same files, greedily, real solvers."""
    assert RAW is not None
    model = save_tiny_model(tmp_path / "model", room=2048)
    asked = ["--model", str(model), "--limit", "2", "--max-new-tokens", "12", "--workers", "2", "--threads", "1"]
    (alone, killed), number = whole_and_killed(["eval", "delegate", *asked, "--raw", RAW], "delegate", tmp_path)
    assert alone == killed
    found = {part["benchmark"]: part["items"] for parts in alone["scenes"].values() for part in parts}
    here = {name for name in eval.delegation.BENCHMARKS if eval.delegation.get(name).has_files(Path(RAW))}
    assert set(found) == here and len(alone["scenes"]) == 6 and number == sum(found.values())

    collection = tmp_path / "collection"
    build = command("collect", "build", "--raw", RAW, "--limit", "6", "--workers", "2", "--out", str(collection))
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    line = ["eval", "symbolic", *asked, "--data", str(collection), "--raw", RAW]
    (alone, killed), _ = whole_and_killed(line, "symbolic", tmp_path)
    assert alone == killed and alone["groups"]["paper"]["tasks"] >= 25
