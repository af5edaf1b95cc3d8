"""The paper's recipe names real commands with settings that load, and its tiny preset runs from end to end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from recipes.steps import ROOT
from recipes.symbol_llm_7b.__main__ import main
from recipes.symbol_llm_7b.story import PRESETS, story
from symbol_llm.training.arguments import parse


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_the_stages_are_the_papers(preset: str, tmp_path: Path) -> None:
    steps = {step.name: step for step in story(PRESETS[preset], tmp_path, Path("RAW"), ["--num_gpus", "4"])}
    assert list(steps) == ["collection", "evolved", "injection", "infusion", "symbolic", "delegate"]
    for step in steps.values():
        assert Path(step.command[0]).exists()
    configs = {}
    for stage in ("injection", "infusion"):
        _, option, number, script, *line = steps[stage].command
        assert (option, number, script) == ("--num_gpus", "4", str(ROOT / stage / "train.py"))
        configs[stage] = parse(stage, line)
        assert configs[stage].data.path == (str(tmp_path / "collection"), str(tmp_path / "evolved"))
    assert configs["injection"].data.mixture.shares == {"symbolic": 1.0}, "stage one sees symbols only"
    assert configs["infusion"].model.path == str(tmp_path / "injection" / "model")
    if preset == "paper":
        assert configs["injection"].model.path == "meta-llama/Llama-2-7b-chat-hf"
        assert configs["infusion"].data.mixture.counts == {"symbolic": 260_000, "general": 310_000}
        assert configs["infusion"].batch.step_rows == 128 and configs["infusion"].deepspeed.stage == 3


def test_printing_and_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print"]) == 0
    assert capsys.readouterr().out.count("# ") == 6
    assert main([]) == 2
    assert "--raw is missing" in capsys.readouterr().err


@pytest.mark.full
def test_the_tiny_preset_runs_and_is_done_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recipes.symbol_llm_7b", "--preset", "tiny", "--out", str(tmp_path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    for stage, role in (("injection", "Base"), ("infusion", "Instruct")):
        assert f"# Symbol-LLM {role}" in (tmp_path / stage / "model" / "README.md").read_text()
    injected = orjson.loads((tmp_path / "injection" / "summary.json").read_bytes())
    assert injected["rows_per_task"].get("general", 0) == 0 and injected["best_held_out_loss"] > 0
    again = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    assert again.stderr.count("already done") == 6


def test_the_slurm_script_says_how_to_use_it() -> None:
    script = ROOT / "recipes" / "slurm.sh"
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True)
    assert done.returncode == 2 and "usage: sbatch" in done.stderr


def test_slurm_starts_one_launcher_per_node_and_goes_on_after_a_signal(tmp_path: Path) -> None:
    """With stand-ins for Slurm's commands: two nodes, a run that SIGTERM stopped, then one that failed."""
    commands = {
        # Slow between two names: who reads the first one alone would break its pipe.
        "scontrol": 'echo "$@" >> "$LOG"; [ "$1" != show ] || { echo node-a; sleep 0.2; echo node-b; }',
        "srun": 'shift; for id in 0 1; do SLURM_NODEID=$id "$@" || exit $?; done',
        "deepspeed": 'echo "deepspeed $@" >> "$LOG"; cat "$2" >> "$LOG"; exit "$CODE"',
    }
    for name, body in commands.items():
        (tmp_path / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "run").mkdir()
    environment = {
        **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "TMPDIR": str(tmp_path),
        "SLURM_JOB_NODELIST": "node-[a-b]", "SLURM_JOB_ID": "7", "SLURM_GPUS_ON_NODE": "8", "CODE": "0",
    }  # fmt: skip
    line = ["bash", str(ROOT / "recipes" / "slurm.sh"), "injection/train.py", "--out", str(tmp_path / "run")]
    assert subprocess.run(line, env=environment).returncode == 0
    log = (tmp_path / "log").read_text()
    for node in (0, 1):
        assert f"--no_ssh --node_rank {node} --master_addr node-a --master_port 20007 injection/train.py --out" in log
    assert "node-a slots=8\nnode-b slots=8\n" in log and "requeue" not in log
    environment["CODE"] = "143"
    (tmp_path / "run" / "stopped.json").write_text("{}")
    assert subprocess.run(line, env=environment).returncode == 0
    assert "requeue 7" in (tmp_path / "log").read_text()
    assert subprocess.run(line, env=environment).returncode == 143, "the next failure is a failure"
