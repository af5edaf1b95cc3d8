"""Running the ablation; a killed run goes on with what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recipes.evol_ablation.results import collect
from recipes.evol_ablation.story import Scale, story
from recipes.rounds import run_rounds
from symbol_llm.ledger import exclusive, make_folder, write_json


def run_ablation(out: Path, scale: Scale, processes: int = 2) -> dict[str, Any]:
    """Run all rounds, write ``out``/summary.json and return it.

    Raises UserError naming the step, its command and its log if a step fails.
    """
    with exclusive(make_folder(out)):
        seconds = run_rounds(story(out, scale), out, processes)
        result = collect(out, scale, seconds)
        write_json(out / "summary.json", result)
    return result
