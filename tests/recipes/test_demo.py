"""The demo: its story names real commands, and a quick one runs from end to end, killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from collection.sources import get
from eval.delegation import get as get_benchmark
from recipes.demo.cli import demo
from recipes.demo.story import BENCHMARKS, TASKS, Scale, story
from symbol_llm.errors import UserError

SCENES = {"maths", "symbolic", "logic", "planning", "visual", "table"}


def test_the_story_needs_no_files_and_covers_the_six_scenes(tmp_path: Path) -> None:
    assert all(not get(task).upstream.dataset for task in TASKS)
    assert {get_benchmark(name).scene for name in BENCHMARKS} == SCENES
    assert {get_benchmark(name).task for name in BENCHMARKS} <= set(TASKS)
    steps = story(tmp_path, Scale())
    assert len({step.name for step in steps}) == len(steps)
    for step in steps:
        assert Path(step.command[0]).exists(), step.command[0]
        assert str(tmp_path / step.name) in step.command or step.name in {"collection", "evolved"}


@pytest.mark.full
def test_a_quick_demo_killed_on_the_way_ends_with_all_numbers(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    command = [str(Path(sys.executable).parent / "symbol-llm"), "demo", "--quick", "--out", str(out)]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (out / "injection" / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "summary.json").exists()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "already done" in done.stderr and "Delegation" in done.stdout
    summary = orjson.loads((out / "summary.json").read_bytes())
    assert set(summary["scenes"]) == SCENES
    for scene in summary["scenes"].values():
        assert scene["items"] > 0 and scene["gold_correct"] == scene["items"], scene
        assert sum(scene["outcomes"].values()) == scene["items"]
        assert {"benchmark", "executed", "correct", "interval"} <= scene.keys()
    for counts in summary["collection"].values():
        parts = ("kept", "rejected", "duplicates", "leaks")
        assert counts["read"] == sum(counts[part] for part in parts)
    assert summary["training"]["injection"]["last_loss"] < summary["training"]["injection"]["first_loss"]
    assert summary["seconds"]["total"] > 0
    assert (out / "report" / "index.html").stat().st_size > 50_000
    shown = subprocess.run([*command, "--markdown"], capture_output=True, text=True, check=True).stdout
    assert (
        shown.count("| maths |") == 1
        and f"scan_generated EM {summary['tasks']['scan_generated']['value']:.0%}" in shown
    )


def test_markdown_of_a_demo_that_was_not_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no finished demo"):
        demo(out=tmp_path, markdown=True)
