"""Running the experiment; a killed run goes on with what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recipes.demo.story import Step
from recipes.procedures_cpu.results import CHECKED, ENOUGH, collect, right
from recipes.procedures_cpu.story import Scale, story
from recipes.rounds import run_rounds
from symbol_llm.console import log
from symbol_llm.ledger import exclusive, make_folder, write_json


def run_experiment(out: Path, scale: Scale, processes: int = 2) -> dict[str, Any]:
    """Run all rounds, write ``out``/summary.json and return it.

    Raises UserError naming the step, its command and its log if a step fails.
    """
    with exclusive(make_folder(out)):
        seconds = run_rounds(_checked(out, scale), out, processes)
        result = collect(out, scale, seconds)
        write_json(out / "summary.json", result)
    return result


def _checked(out: Path, scale: Scale) -> Iterator[list[Step]]:
    """The rounds; as soon as a model of graphs alone has been asked, it is said whether it learnt them."""
    model, test = CHECKED
    for steps in story(out, scale):
        yield steps
        for seed in range(scale.seeds):
            if f"exam-{model}-{seed}" in {step.name for step in steps}:
                share = right(out, model, seed, test)
                verdict = "learnt" if share >= ENOUGH else f"below {ENOUGH:.0%}: raise --updates before comparing arms"
                log(f"check, seed {seed}: {share:.1%} right on {test} by the model {model}, {verdict}")
