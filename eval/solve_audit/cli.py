"""``symbol-llm solve audit``: every gold symbol of the datasets through its solver, against its gold answer."""

from __future__ import annotations

from typing import Annotated

import typer

from collection.cli import raw_folder
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError
from symbol_llm.options import Json, Raw

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def audit_command(
    raw: Raw = None,
    tasks: Annotated[str, typer.Option("--tasks", help="Comma-separated; default: all that have files.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Rows per task and split.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Jobs side by side.")] = 2,
    cpu_seconds: Annotated[
        float | None, typer.Option("--cpu-seconds", min=0.01, help="CPU time a job may use; default: the solver's.")
    ] = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As docs/solve-audit.md shows it.")] = False,
) -> None:
    """Execute every gold symbol of the datasets and compare the answer with the gold one.

    Lists rows, executed, agreeing, and each disagreement with its reason. What disagrees is for people to judge: most
    of it are faults of upstream's labels, so the exit code is 0.
    """
    from eval.solve_audit.report import COLUMNS, as_document, as_markdown, listing, table_rows
    from eval.solve_audit.run import audit, available
    from eval.solve_audit.tasks import get

    folder = raw_folder(raw)
    if folder is None:
        raise UserError("an audit reads raw files: pass the folder that holds the datasets with --raw")
    chosen = [name.strip() for name in tasks.split(",") if name.strip()]
    chosen = [get(name).name for name in chosen] or available(folder)
    if not chosen:
        raise UserError(f"{folder} holds none of the audited datasets. Pass the folder that holds them with --raw")
    audits = []
    for found in audit(folder, chosen, limit, workers, cpu_seconds):
        audits.append(found)
        log(f"{found.task.name}: {found.gold:,} gold rows, {found.executed:,} executed, {found.agreeing:,} agree")
    if markdown:
        print(as_markdown(audits), end="")
        return
    emit(as_document(audits), make_table("Gold symbols, executed", COLUMNS, table_rows(audits)), as_json=as_json)
    if not as_json:
        print("\n".join(listing(audits)))
