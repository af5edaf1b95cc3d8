"""Running the story: each step once, its seconds kept, a killed demo going on with the step it was in."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import orjson

from recipes.demo.story import Scale, Step, story
from recipes.demo.summary import summarise
from symbol_llm.console import log
from symbol_llm.errors import UserError
from symbol_llm.ledger import code_version, exclusive, make_folder, write_json

_CODE = ("symbol_llm", "collection", "symbol_evol", "injection", "infusion", "eval", "recipes")


def run_demo(out: Path, scale: Scale, seed: int = 0, processes: int = 2) -> dict[str, Any]:
    """Run all steps, write ``out``/summary.json and the report page, and return the summary.

    Raises UserError naming the step, its command and its log if a step fails.
    """
    make_folder(out)
    with exclusive(out):
        steps = story(out, scale, seed, processes)
        seconds: dict[str, float] = {}
        for number, step in enumerate(steps, 1):
            log(f"\n[{number}/{len(steps) + 1}] {step.what}\n    {' '.join(map(_short, step.command))}")
            seconds[step.name] = run_step(step, out)
            log(f"    done in {seconds[step.name]:.0f} s")
        summary = summarise(out, seconds)
        log(f"\n[{len(steps) + 1}/{len(steps) + 1}] make the page")
        write_json(out / "summary.json", summary)
        from eval.report import write_report

        started = time.monotonic()
        write_report([out], out / "report")
        summary["seconds"]["report"] = round(time.monotonic() - started, 1)
        write_json(out / "summary.json", summary)
    return summary


def run_step(step: Step, out: Path) -> float:
    """Run a step unless the same command of the same code has finished here; its seconds either way.

    What a killed run left in the step's folder is kept, and the command goes on with it. What another command or
    other code left there is removed.
    """
    state_file = out / f".{step.name}.json"
    identity = {"command": list(step.command), "code": code_version(*_CODE)}
    before = orjson.loads(state_file.read_bytes()) if state_file.exists() else {}
    if {key: before.get(key) for key in identity} != identity:
        shutil.rmtree(out / step.name, ignore_errors=True)
        before = {**identity, "seconds": None}
        write_json(state_file, before)
    if before["seconds"] is not None:
        log("    already done")
        return float(before["seconds"])
    started = time.monotonic()
    # One thread a process: two processes share two cores.
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    output = out / f"{step.name}.log"
    with output.open("wb") as file:
        code = subprocess.run(step.command, stdout=file, env=environment).returncode
    if code:
        raise UserError(
            f"the step '{step.what}' failed with exit code {code}; its output is in {output}. "
            "Once mended, the same command goes on from there"
        )
    seconds = round(time.monotonic() - started, 1)
    write_json(state_file, {**identity, "seconds": seconds})
    return seconds


def _short(word: str) -> str:
    """A word of a command as a user in the repository would type it."""
    path = Path(word)
    if not path.is_absolute():
        return word
    root = Path(__file__).parent.parent.parent
    return str(path.relative_to(root)) if path.is_relative_to(root) else word
