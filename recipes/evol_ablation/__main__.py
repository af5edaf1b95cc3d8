"""``python -m recipes.evol_ablation --out runs/evol-ablation``: runs it, or goes on with a killed run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from recipes.evol_ablation.results import collect, shown, written
from recipes.evol_ablation.story import Scale, story
from recipes.steps import run_rounds
from symbol_llm.cli import run
from symbol_llm.console import emit, log, make_table
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def ablation(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("runs/evol-ablation"),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Steps side by side, a core each.")] = 2,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Models of each kind.")] = Scale().seeds,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Updates of each model.")] = Scale().steps,
    quick: Annotated[
        bool, typer.Option("--quick", help="Minutes, its own seeds and steps: shows that it runs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train with and without evolved records, equally many updates, and score both on plain and evolved test sets."""
    scale = Scale(rows=400, steps=20, items=8, seeds=1) if quick else Scale(seeds=seeds, steps=steps)
    folder = out.absolute()
    result = run_rounds(story(folder, scale), folder, processes, partial(collect, folder, scale))
    paths = written(result, out)
    columns = ("test set", "items", "without", "with", "difference (95 %)")
    emit(result, make_table("Exact symbols, mean of the seeds", columns, shown(result)), as_json=as_json)
    log(f"numbers: {out / 'summary.json'}; table: {paths[0]}; plot: {paths[1]}")


if __name__ == "__main__":
    run(app)
