"""``symbol-llm demo``: the whole line at tiny scale, and a table of what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path("runs/demo"),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Training processes, and workers.")] = 2,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="A minute of everything; the model learns little.")] = False,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Only print a finished run as the README does.")] = False,
) -> None:
    """Build, evolve, inject, infuse, evaluate, report. A killed demo goes on with the step it was in."""
    from recipes.demo.markdown import as_markdown
    from recipes.demo.run import run_demo
    from recipes.demo.story import Scale

    if markdown:
        if not (out / "summary.json").is_file():
            raise UserError(f"{out} holds no finished demo: run symbol-llm demo --out {out} first")
        print(as_markdown(orjson.loads((out / "summary.json").read_bytes())))
        return

    scale = Scale(rows=120, injection_steps=20, infusion_steps=10, items=4) if quick else Scale()
    summary = run_demo(out.absolute(), scale, seed, processes)
    emit(summary, _scenes(summary), as_json=as_json)
    if not as_json:
        emit(summary, _tasks(summary), as_json=False)
    minutes, rest = divmod(round(summary["seconds"]["total"]), 60)
    log(f"{minutes} min {rest} s. All numbers: {out}/summary.json; to look at: {out}/report/index.html")


def _scenes(summary: dict[str, Any]) -> Any:
    rows = [
        [scene, part["benchmark"], part["solver"], part["items"], part["executed"], part["correct"], _interval(part)]
        + [part["gold_correct"]]
        for scene, entry in summary["scenes"].items()
        for part in entry["parts"]
    ]
    columns = ("scene", "benchmark", "solver", "items", "executed", "correct", "accuracy (95 %)", "with gold symbols")
    return make_table("Delegation: the tiny model writes, a solver executes", columns, rows)


def _tasks(summary: dict[str, Any]) -> Any:
    rows = [
        [task, entry["items"], entry["metric"], _percent(entry["value"]), entry["exact"], entry["parsed"]]
        for task, entry in summary["tasks"].items()
    ]
    return make_table("Held-out symbols", ("task", "items", "metric", "value", "exact", "parsed"), rows)


def _interval(part: dict[str, Any]) -> str:
    low, high = part["interval"]
    return f"{_percent(part['accuracy'])} ({100 * low:.0f}–{100 * high:.0f})"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
