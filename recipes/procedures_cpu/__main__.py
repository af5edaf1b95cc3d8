"""``python -m recipes.procedures_cpu --out runs/procedures-cpu``: runs it, or goes on with a killed run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from recipes.procedures_cpu.report import COLUMNS, shown, written
from recipes.procedures_cpu.results import CHECKED, ENOUGH, collect, right
from recipes.procedures_cpu.story import Scale, story
from recipes.steps import Step, run_rounds
from symbol_llm.cli import run
from symbol_llm.console import emit, log, make_table
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def experiment(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("runs/procedures-cpu"),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Steps side by side, a core each.")] = 2,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Models of each arm.")] = Scale().seeds,
    updates: Annotated[int, typer.Option("--updates", min=1, help="Updates of one stage.")] = Scale().updates,
    quick: Annotated[
        bool, typer.Option("--quick", help="Minutes, its own seeds and updates: shows that it runs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Teach graph, code and language in different orders, equally many updates, and ask for plans in language."""
    scale = Scale(updates=16, seeds=1, items=4, watched=4) if quick else Scale(seeds=seeds, updates=updates)
    folder = out.absolute()
    result = run_rounds(_checked(folder, scale), folder, processes, partial(collect, folder, scale))
    paths = written(result, out)
    emit(result, make_table("Right answers in language, mean of the seeds", COLUMNS, shown(result)), as_json=as_json)
    log(f"numbers: {out / 'summary.json'}; also written: {', '.join(map(str, paths))}")


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


if __name__ == "__main__":
    run(app)
