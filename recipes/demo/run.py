"""Running the story: each step once, its seconds kept, a killed demo going on with the step it was in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from recipes.demo.story import Scale, story
from recipes.demo.summary import summarise
from recipes.steps import ROOT, run_step
from symbol_llm.console import log
from symbol_llm.ledger import exclusive, make_folder, write_json


def run_demo(out: Path, scale: Scale, seed: int = 0, processes: int = 2) -> dict[str, Any]:
    """Run all steps, write ``out``/summary.json and the report page, and return the summary.

    Raises UserError naming the step, its command and its log if a step fails.
    """
    with exclusive(make_folder(out)):
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


def _short(word: str) -> str:
    """A word of a command as a user in the repository would type it."""
    path = Path(word)
    if not path.is_absolute():
        return word
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else word
