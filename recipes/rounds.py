"""Rounds of steps, those of a round side by side, each step once; a killed run goes on with what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from recipes.demo.run import run_step
from recipes.demo.story import Step
from symbol_llm.console import log


def run_rounds(rounds: Iterable[Sequence[Step]], out: Path, processes: int) -> dict[str, float]:
    """Run all rounds, ``processes`` steps at a time; the seconds of each step. The caller holds ``out``.

    Raises UserError naming the step, its command and its log if a step fails.
    """
    seconds: dict[str, float] = {}

    def run(step: Step) -> None:
        seconds[step.name] = run_step(step, out)
        log(f"{step.name}: {step.what}, {seconds[step.name]:.0f} s")

    started = time.monotonic()
    with ThreadPoolExecutor(processes) as pool:
        for steps in rounds:
            for done in [pool.submit(run, step) for step in steps]:
                done.result()
    log(f"all steps done in {(time.monotonic() - started) / 60:.0f} min")
    return seconds
