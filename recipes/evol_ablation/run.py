"""Running the ablation: the steps of a round side by side, each once; a killed run goes on with what is missing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from recipes.demo.run import run_step
from recipes.demo.story import Step
from recipes.evol_ablation.results import collect
from recipes.evol_ablation.story import Scale, story
from symbol_llm.console import log
from symbol_llm.ledger import exclusive, make_folder, write_json


def run_ablation(out: Path, scale: Scale, processes: int = 2) -> dict[str, Any]:
    """Run all rounds, write ``out``/summary.json and return it.

    Raises UserError naming the step, its command and its log if a step fails.
    """
    make_folder(out)
    with exclusive(out), ThreadPoolExecutor(processes) as pool:
        seconds: dict[str, float] = {}

        def run(step: Step) -> None:
            seconds[step.name] = run_step(step, out)
            log(f"{step.name}: {step.what}, {seconds[step.name]:.0f} s")

        started = time.monotonic()
        for steps in story(out, scale):
            for done in [pool.submit(run, step) for step in steps]:
                done.result()
        log(f"all steps done in {(time.monotonic() - started) / 60:.0f} min")
        result = collect(out, scale, seconds)
        write_json(out / "summary.json", result)
    return result
