"""``symbol-llm eval compare A B``: which differences between two runs are real."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def compare_command(
    a: Annotated[Path, typer.Argument(help="Folder of a run (--out of eval symbolic or eval delegate).")],
    b: Annotated[Path, typer.Argument(help="Folder of another run over the same items.")],
    seed: Annotated[int, typer.Option("--seed", help="Of resampling.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare two runs item by item: differences with intervals, and which of them are real."""
    from eval.compare import compare

    document = compare(a, b, seed)
    rows: list[list[Any]] = [_row(task["task"], task) for task in document["tasks"]]
    rows += [_row(f"plain mean, {kind}", part) for kind, part in document["overall"].items()]
    columns = ("task", "items", "A %", "B %", "B - A", "95 % interval", "p", "p (Holm)", "real", "how")
    emit(document, make_table(f"{a} → {b}", columns, rows), as_json=as_json)
    for task in document["tasks"]:
        if task["only_a"] or task["only_b"] or task["set_aside"]:
            said = (
                f"{task['only_a']} items only in A, {task['only_b']} only in B, {task['set_aside']} failed by machine"
            )
            log(f"warning: {task['task']}: {said}: left out")
        if task["other_prompts"]:
            log(f"note: {task['task']}: {task['other_prompts']} items had other prompts in the two runs")
    num_real, number = sum(task["is_real"] for task in document["tasks"]), len(document["tasks"])
    log(
        f"{num_real} of {number} differences are real at the {100 * document['alpha']:.0f} % level, corrected by Holm "
        f"for {number} tests. What is not called real may be chance, or too small for so few items"
    )


def _row(name: str, part: dict[str, Any]) -> list[Any]:
    low, high = part["interval"]
    how = part.get("method", "bootstrap")
    if "lost" in part:
        how = f"{how}: {part['lost']} lost, {part['won']} won"
    return [
        name,
        part.get("items"),
        f"{100 * part['value_a']:.1f}",
        f"{100 * part['value_b']:.1f}",
        f"{100 * part['difference']:+.1f}",
        f"{100 * low:+.1f} … {100 * high:+.1f}",
        f"{part['p']:.2g}" if "p" in part else "",
        f"{part['p_holm']:.2g}" if "p_holm" in part else "",
        "yes" if part["is_real"] else "no",
        how,
    ]
