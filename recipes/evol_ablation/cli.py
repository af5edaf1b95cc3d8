"""The command line of the ablation: runs it, or goes on with a killed one, and prints the table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbol_llm.console import emit, log, make_table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def ablation(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("runs/evol-ablation"),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Steps side by side, a core each.")] = 2,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Models of each kind.")] = 3,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Updates of each model; default: the full run.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Minutes; shows that it runs, and nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Train with and without evolved records, equally many updates, and score both on plain and evolved test sets."""
    from dataclasses import replace

    from recipes.evol_ablation.results import shown, written
    from recipes.evol_ablation.run import run_ablation
    from recipes.evol_ablation.story import Scale

    scale = Scale(rows=400, steps=20, items=8, seeds=1) if quick else Scale(seeds=seeds)
    if steps is not None:
        scale = replace(scale, steps=steps)
    result = run_ablation(out.absolute(), scale, processes)
    paths = written(result, out)
    columns = ("test set", "items", "without", "with", "difference (95 %)")
    emit(result, make_table("Exact symbols, mean of the seeds", columns, shown(result)), as_json=as_json)
    log(f"numbers: {out / 'summary.json'}; table: {paths[0]}; plot: {paths[1]}")
