"""``python -m recipes.procedures_grpo --out runs/procedures-grpo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recipes.procedures_grpo.story import Scale
from symbol_llm.cli import run
from symbol_llm.console import log

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run; a run begun there goes on.")] = Path(
        "runs/procedures-grpo"
    ),
    updates: Annotated[int, typer.Option("--updates", min=1, help="Of each stage, two per arm.")] = Scale().updates,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each arm.")] = Scale().seeds,
    quick: Annotated[
        bool, typer.Option("--quick", help="Minutes, its own seeds and updates: shows that it runs.")
    ] = False,
) -> None:
    """Reinforcement from one warm model: language alone, graphs first, graphs last, mixed."""
    from recipes.procedures_grpo.page import write_page
    from recipes.procedures_grpo.run import run_arms

    scale = Scale(updates=updates, seeds=seeds)
    if quick:
        few = {"updates": 2, "seeds": 1, "items": 10, "sampled": 5}
        scale = Scale(plans=500, warm_steps=60, warm_every=30, warm_right=0.0, warm_plans=5, **few)
    result = run_arms(out, scale)
    table, plot = write_page(result, out)
    print(table.read_text(encoding="utf-8"))
    log(f"numbers: {out / 'summary.json'}; tables: {table}; curves: {plot}")


if __name__ == "__main__":
    run(app)
