"""Self-training at its smallest: every step is real, the server too, and a second run finds all done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.full
def test_both_arms_run_to_their_table(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "recipes.self_training",
        "--quick",
        "--processes",
        "1",
        "--json",
        "--out",
        str(out),
    ]
    first = subprocess.run(command, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr[-3_000:]
    rows = json.loads(first.stdout)["rows"]
    assert [(row["arm"], row["round"]) for row in rows] == [
        ("with verified pairs", 0),
        ("with verified pairs", 1),
        ("seeds alone, as many updates", 0),
        ("seeds alone, as many updates", 1),
    ]
    assert rows[1]["asked"] == 12 and all(0 <= row["accuracy %"] <= 100 for row in rows)
    again = subprocess.run(command, capture_output=True, text=True)
    assert json.loads(again.stdout)["rows"] == rows and again.stderr.count("already done") >= 10
