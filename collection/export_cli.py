"""``symbol-llm collect export``: a collection for other trainers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.options import Json
from symbol_llm.record import Origin, Split

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_TARGETS = "trl, llamafactory, llamafactory-sharegpt, openai, jsonl or datasets"


@app.command()
def export_command(
    out: Annotated[Path, typer.Argument(help="Folder of a built (or evolved) collection.")],
    dest: Annotated[Path, typer.Argument(help="Folder to write; an earlier export there is replaced.")],
    to: Annotated[str, typer.Option("--to", help=f"Who reads it: {_TARGETS}.")],
    tasks: Annotated[str, typer.Option("--tasks", help="Comma-separated; default: all of the collection.")] = "",
    split: Annotated[str, typer.Option("--split", help="Comma-separated, each to its own file.")] = ",".join(Split),
    origin: Annotated[str, typer.Option("--origin", help="Comma-separated.")] = ",".join(Origin),
    commercial_only: Annotated[
        bool, typer.Option("--commercial-only", help="Only records whose licence allows commercial use.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the records as a trainer reads them. Rejected rows are never exported, and splits never mixed."""
    from collection.export import export
    from collection.export_targets import TARGETS
    from collection.selection import Selection, names_in

    selection = Selection(names_in(tasks), names_in(split), names_in(origin), commercial_only)
    document = export(out, dest, to, selection)
    files = document["files"].items()
    rows = [[name, file["split"], len(file["tasks"]), file["rows"], file["bytes"]] for name, file in files]
    emit(document, make_table(f"{dest} for {to}", ("file", "split", "tasks", "rows", "bytes"), rows), as_json=as_json)
    if document["left_out"]:
        log("left out: " + ", ".join(f"{reason} {count:,}" for reason, count in document["left_out"].items()))
    usage = TARGETS[to].usage.format(
        dest=dest, task=next(iter(document["tasks"])), split=next(iter(document["files"].values()))["split"]
    )
    log(f"wrote {dest}; read it with: {usage}")
