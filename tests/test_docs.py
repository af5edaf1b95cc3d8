"""The documentation stays true: its commands exist with their options, its examples give what they show, its links lead
somewhere, and its tables are the code's.

    $ symbol-llm format equal regex 'a+' 'a*'                    run, and compared with the lines below it
    symbol-llm collect stats OUT                                 parsed by the command itself, not run
    deepspeed --num_gpus 2 injection/train.py --config …         parsed by the stage, the configuration is read
    python benchmarks/packing.py                                 the file is there and knows the options
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from collection.task_table import as_markdown, task_rows
from eval.delegation import scene_table
from symbol_llm.cli import COMMANDS, app

ROOT = Path(__file__).parent.parent
GUIDES = ("collection/sources", "symbol_llm/formats", "symbol_llm/solvers", "eval/delegation")
PAGES = [
    *(ROOT / name for name in ("README.md", "AGENTS.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / folder / "README.md" for folder in GUIDES),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOOLS = ("symbol-llm", "deepspeed", "sbatch", "make", "python", ".venv/bin/python", ".venv/bin/pytest", "pytest")
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "200"}
# The guides speak of a format, a solver and a benchmark that a reader writes.
READERS_OWN = ("roman", "numerals")
# Documented commands that are cheap enough to run as they stand.
RUN = (
    "symbol-llm collect list",
    "symbol-llm format list",
    "symbol-llm eval list",
    "symbol-llm solve comparators",
    "symbol-llm distill tasks",
    "symbol-llm distill prices",
    "make --dry-run demo",
    "make --dry-run test",
    "python -m recipes.symbol_llm_7b --preset tiny --print",
)


class Shown(NamedTuple):
    """A command on a page. ``is_whole`` is false for one in running text, which may leave arguments out."""

    page: Path
    text: str
    is_whole: bool = True
    output: str | None = None  # of a transcript


def _tool(text: str) -> str:
    """The program that a line, or the last part of a pipe, starts."""
    return next(iter(text.rpartition(" | ")[2].split()), "")


def commands(page: Path) -> list[Shown]:
    """Every command of a page: in fenced and indented blocks, in running text, in transcripts with their output."""
    found: list[Shown] = []
    lines = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8")).split("\n")
    is_fenced, number = False, 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.lstrip().startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced and line.startswith("$ "):
            start = number
            while not lines[number].startswith(("$ ", "```")):
                number += 1
            found.append(Shown(page, line[2:], output="\n".join(lines[start:number])))
        elif (is_fenced or line.startswith("    ")) and _tool(line) in TOOLS:
            text = re.split(r"\s{3,}", line.strip())[0]
            found.append(Shown(page, text, "…" not in text))
        elif not is_fenced:
            inline = re.findall(r"`([^`]+ [^`]+)`", line)
            found += [Shown(page, text, False) for text in inline if _tool(text) in TOOLS]
    return found


ALL = [shown for page in PAGES for shown in commands(page)]


def words_of(text: str) -> list[str]:
    """The words of that program's command line: without optional brackets, files, comments and what … leaves open."""
    text = re.split(r"\s[<>#]\s|…", text.rpartition(" | ")[2])[0]
    return shlex.split(re.sub(r"[\[\]]", " ", text))


def of(tool: str) -> list[Any]:
    """The commands of one tool, as parameters of a test."""
    chosen = dict.fromkeys((s.text, s.is_whole) for s in ALL if _tool(s.text) == tool and s.output is None)
    return [pytest.param(text, is_whole, id=text[:90]) for text, is_whole in chosen]


def resolve(words: list[str], is_whole: bool) -> None:
    """Have the command parse its words, without running it. Raises a usage error of typer."""
    command: Any = typer.main.get_command(app)
    try:
        context = command.make_context("symbol-llm", words)
        while hasattr(command, "resolve_command"):
            rest = [*context._protected_args, *context.args]
            if not rest and not is_whole:
                return  # running text may speak of a group
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)
    except Exception as error:
        # Running text may leave out what is required; what it shows has to be right.
        if is_whole or type(error).__name__ not in ("NoArgsIsHelpError", "MissingParameter"):
            raise


@pytest.mark.parametrize(("text", "is_whole"), of("symbol-llm"))
def test_commands_take_what_is_shown(text: str, is_whole: bool) -> None:
    words = [word for word in words_of(text)[1:] if word != "--help"]
    resolve(words, is_whole)
    for word in words:
        is_placeholder = any(name in word for name in READERS_OWN)
        assert is_placeholder or not word.endswith((".py", ".yaml")) or (ROOT / word).is_file(), word


def test_a_wrong_command_is_seen() -> None:
    for wrong in ("collect biuld", "collect build --ouut OUT", "evolve", "solve python --workers many", "nothing"):
        with pytest.raises(Exception, match=r"(?i)no such|missing|valid integer"):
            resolve(wrong.split(), True)


def is_training(command: Any) -> bool:
    return any(word in ("injection/train.py", "infusion/train.py") for word in words_of(command.values[0]))


PYTHON = [*of("python"), *of(".venv/bin/python")]


@pytest.mark.parametrize(
    ("text", "is_whole"), [*of("deepspeed"), *of("sbatch"), *(command for command in PYTHON if is_training(command))]
)
def test_training_commands_give_a_configuration(text: str, is_whole: bool) -> None:
    from symbol_llm.training.arguments import parse

    words = words_of(text)
    script = next((number for number, word in enumerate(words) if word.endswith("train.py")), None)
    assert script is not None or not is_whole
    if words[0] == "deepspeed":
        package = find_spec("deepspeed")
        assert package is not None and package.submodule_search_locations
        launcher = (Path(package.submodule_search_locations[0]) / "launcher/runner.py").read_text(encoding="utf-8")
        for option in (word for word in words[:script] if word.startswith("--")):
            assert f'"{option}"' in launcher, f"{option} is not an option of the launcher"
    if script is not None:
        assert (ROOT / words[script]).is_file()
        rest = [str(ROOT / word) if word.endswith(".yaml") else word for word in words[script + 1 :]]
        parse(Path(words[script]).parts[0], rest)


@pytest.mark.parametrize(("text", "is_whole"), [command for command in PYTHON if not is_training(command)])
def test_scripts_are_there_and_know_their_options(text: str, is_whole: bool) -> None:
    words = [word for word in words_of(text)[1:] if word != "-P"]
    if words[:1] == ["-m"]:
        path = ROOT / words[1].replace(".", "/")
        files = [path.with_suffix(".py")] if path.with_suffix(".py").is_file() else sorted(path.glob("*.py"))
        assert len(files) == 1 or path / "__main__.py" in files, text
        words = words[1:]
    else:
        files = [ROOT / words[0]]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    for option in (word.split("=")[0] for word in words[1:] if word.startswith("--")):
        assert f'"{option}"' in source, f"{option} is not an option of {words[0]}"


@pytest.mark.parametrize(("text", "is_whole"), of("make"))
def test_make_knows_the_targets(text: str, is_whole: bool) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for word in words_of(text)[1:]:
        assert word in targets or "=" in word or word.startswith("-"), f"make {word}"


@pytest.mark.parametrize("shown", [s for s in ALL if s.output is not None], ids=lambda shown: shown.text[:90])
def test_transcripts_are_what_happens(shown: Shown, tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", shown.text], capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT, timeout=300
    )
    pattern = ".*".join(re.escape(_without_versions(part)) for part in (shown.output or "").strip().split(" …"))
    assert re.fullmatch(pattern, _without_versions(done.stdout).strip(), re.DOTALL), done.stdout + done.stderr


def _without_versions(text: str) -> str:
    return re.sub(r"(?<=[a-z\d] )\d+(\.\d+)+(?=\))", "N", text)


@pytest.mark.parametrize("command", RUN)
def test_cheap_commands_run(command: str, tmp_path: Path) -> None:
    folder = ROOT if command.startswith("make") else tmp_path
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    words = shlex.split(command)
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder, env=environment, timeout=300)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def test_first_steps_run_in_their_order(tmp_path: Path) -> None:
    """The block that builds a small collection, with fewer rows."""
    shown = [shown.text for shown in commands(ROOT / "README.md")]
    steps = [text for text in shown if re.search("letters,theories|show theories", text)]
    assert len(steps) == 2
    for step in steps:
        done = subprocess.run(
            shlex.split(step.replace("--limit 50", "--limit 3")),
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=ENVIRONMENT,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    assert "prompt" in done.stdout and "∀" in done.stdout


def test_the_readme_names_every_group_of_commands() -> None:
    shown = {words_of(s.text)[1] for s in commands(ROOT / "README.md") if s.text.startswith("symbol-llm ")}
    assert COMMANDS.keys() - {"demo"} <= shown, "make demo runs the demo"


@pytest.mark.parametrize(
    ("name", "table", "command"),
    [
        ("tasks", lambda: as_markdown(task_rows()), "symbol-llm collect list --markdown"),
        ("scenes", scene_table.as_markdown, "symbol-llm eval list --markdown"),
    ],
)
def test_tables_of_the_readme_are_the_codes(name: str, table: Any, command: str) -> None:
    shown = README.split(f"<!-- {name} -->")[1].split(f"<!-- end of {name} -->")[0]
    assert shown.strip() == table(), f"run: {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert target.startswith("http") or (page.parent / target).exists(), target
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for target in re.findall(r"`([\w./-]+/[\w./-]+)`", text):
        is_ours = target.split("/")[0] in folders - {"runs", "build"}
        is_placeholder = any(name in target for name in READERS_OWN)
        assert not is_ours or is_placeholder or (ROOT / target).exists(), target
