"""``symbol-llm report RUN… --out DIR``: one page that shows what a run made, learnt and got right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbol_llm.console import emit, log
from symbol_llm.options import Json

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(help="A demo, evaluation, collection, training or experiment.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the page.")],
    items: Annotated[int, typer.Option("--items", min=0, help="Single items to show per task.")] = 300,
    as_json: Json = False,
) -> None:
    """Make the report page of one or several runs. It works from a file, without a network."""
    from eval.report import write_report

    counted = write_report(runs, out, items_per_task=items)
    if as_json:
        emit(counted, None, as_json=True)
    for note in counted["notes"]:
        log(f"note: {note}")
    log(f"wrote {counted['page']} ({counted['bytes']:,} bytes, {counted['items']:,} items). Open it in a browser")
