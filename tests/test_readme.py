"""The README stays true: its table is the code's, and its commands exist with the options it names."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from collection.task_table import as_markdown, task_rows

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = README.splitlines()
COMMANDS = [line.split("  #")[0].strip() for line in LINES if line.startswith(("symbol-llm ", "deepspeed "))]


def test_the_table_of_tasks_is_the_codes() -> None:
    shown = README.split("<!-- tasks -->")[1].split("<!-- end of tasks -->")[0]
    assert shown.strip() == as_markdown(task_rows()), "run: symbol-llm collect list --markdown"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("symbol-llm")])
def test_commands_and_options_exist(command: str) -> None:
    words = shlex.split(command.split("<")[0])[1:]
    names = [word for word in words[:2] if word.isalpha() and word.islower()]
    is_alone = names[0] in {"evolve", "report", "demo"} or (names[0] == "solve" and names[1:] != ["audit"])
    group = names[:1] if is_alone else names
    code = "from symbol_llm.cli import main; import sys; sys.argv = ['symbol-llm', *sys.argv[1:], '--help']; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *group], capture_output=True, text=True, env={"COLUMNS": "200", "PATH": "/usr/bin"}
    )
    assert done.returncode == 0, done.stderr
    for option in re.findall(r"--[a-z-]+", command):
        assert option in done.stdout, f"{command}: {option} is not an option of {group}"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("deepspeed")])
def test_training_commands_name_real_files(command: str) -> None:
    for word in shlex.split(command):
        if word.endswith((".py", ".yaml")):
            assert (ROOT / word).is_file(), word


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
