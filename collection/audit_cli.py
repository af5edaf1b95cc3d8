"""``symbol-llm format audit``: every gold symbol of the datasets through its format."""

from __future__ import annotations

from typing import Annotated

import typer

from collection.cli import Workers, raw_folder
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import CheckFailed, UserError, unknown_name
from symbol_llm.options import Json, Raw

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def audit_command(
    raw: Raw = None,
    tasks: Annotated[str, typer.Option("--tasks", help="Comma-separated; default: all that have files.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Rows per task and split.")] = None,
    workers: Workers = 1,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As docs/format-audit.md shows it.")] = False,
) -> None:
    """Run every gold symbol of the datasets through its format: parser, engine, round trip, metric.

    Exit code 1 if a row failed for another reason than what upstream wrote: that is a bug of a format or a source.
    """
    from collection.audit import Stage, audit
    from collection.audit_report import COLUMNS, as_document, as_markdown, listing, table_rows
    from collection.sources import BY_NAME

    folder = raw_folder(raw)
    if folder is None:
        raise UserError("an audit reads raw files: pass the folder that holds the datasets with --raw")
    chosen = tuple(name.strip() for name in tasks.split(",") if name.strip())
    for name in chosen:
        if name not in BY_NAME:
            raise unknown_name("task", name, BY_NAME, "symbol-llm collect list")
    audits = []
    for found in audit(folder, chosen, limit, workers):
        audits.append(found)
        log(f"{found.task}: {found.counts[Stage.SYMBOL]:,} symbols, {len(found.failures):,} rows fail")
    if markdown:
        print(as_markdown(audits), end="")
    else:
        emit(as_document(audits), make_table("Gold symbols", COLUMNS, table_rows(audits)), as_json=as_json)
        if not as_json:
            print("\n".join(listing(audits)))
    if bugs := sum(not failure.is_explained for found in audits for failure in found.failures):
        raise CheckFailed(f"{bugs} rows failed for no reason of their own: each is a bug of a format or a source")
