"""``symbol-llm eval general``: MMLU and BBH, the paper's figures beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from eval.backends.options import BatchSize, Concurrency, Endpoint, Model, TemplateName, Timeout
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import unknown_name
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def general_command(
    out: Annotated[Path, typer.Option("--out", help="Folder of the run; a run begun there goes on.")],
    model: Model = None,
    endpoint: Endpoint = "",
    tasks: Annotated[str, typer.Option("--tasks", help="mmlu, bbh or both, with a comma.")] = "mmlu,bbh",
    raw: Annotated[
        Path | None, typer.Option("--raw", help="Holds mmlu/ and bbh/ as upstream has them; default $SYMBOL_LLM_RAW.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Items per subject or task.")] = None,
    batch_size: BatchSize = 8,
    template: TemplateName = None,
    concurrency: Concurrency = 16,
    timeout: Timeout = 600.0,
    offline: Annotated[bool, typer.Option("--offline", help="Never ask the hub for rows.")] = False,
    as_json: Json = False,
) -> None:
    """MMLU (5-shot) and BBH (0-shot) through lm-evaluation-harness: what is left of general ability."""
    from collection.cli import raw_folder
    from eval.backends.prompting import Template
    from eval.general import Writer, run_general

    if template is not None and template not in list(Template):
        raise unknown_name("--template", template, list(Template), "symbol-llm eval general --help")
    writer = Writer(
        model,
        [url.strip() for url in endpoint.split(",") if url.strip()],
        batch_size,
        Template(template) if template else None,
        concurrency,
        timeout,
    )
    names = [name.strip() for name in tasks.split(",") if name.strip()]
    document = run_general(writer, out, suites=names, raw=raw_folder(raw), limit=limit, is_offline=offline)
    emit(document, _table(document), as_json=as_json)
    num_items = sum(part["items"] for part in document["tasks"].values())
    log(f"wrote {num_items:,} items of {len(document['tasks'])} tasks to {out / 'general'}")


def _table(document: dict[str, Any]) -> Any:
    from eval.result_tables import PAPER, between, percent

    published = document["published"]["rows"]
    rows: list[list[Any]] = []
    for name, part in document["totals"].items():
        paper = " / ".join(f"{published[model][name]:.1f}" for model in PAPER)
        rows.append([name, part["tasks"], part["items"], percent(part["value"]), between(part["interval"]), paper])
    if document["mean"] is not None:
        rows.append(["mean of MMLU and BBH", None, None, percent(document["mean"]), "", "44.3 / 48.4"])
    columns = ("what", "tasks", "items", "%", "95 % interval", "paper 7B / 13B")
    return make_table("General", columns, rows)
