"""The command line of the experiment: runs it, or goes on with a killed one, and prints the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from symbol_llm.console import emit, log, make_table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def experiment(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("runs/procedures-cpu"),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Steps side by side, a core each.")] = 2,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Models of each arm.")] = 3,
    updates: Annotated[
        int | None, typer.Option("--updates", min=1, help="Updates of one stage; default: the full run.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Minutes; shows that it runs, and nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Teach graph, code and language in different orders, equally many updates, and ask for plans in language."""
    from recipes.procedures_cpu.report import COLUMNS, shown, written
    from recipes.procedures_cpu.run import run_experiment
    from recipes.procedures_cpu.story import Scale

    scale = Scale(updates=16, seeds=1, items=4, watched=4) if quick else Scale(seeds=seeds)
    if updates is not None:
        scale = replace(scale, updates=updates)
    result = run_experiment(out.absolute(), scale, processes)
    paths = written(result, out)
    emit(result, make_table("Right answers in language, mean of the seeds", COLUMNS, shown(result)), as_json=as_json)
    log(f"numbers: {out / 'summary.json'}; also written: {', '.join(map(str, paths))}")
