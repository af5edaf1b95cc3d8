"""``symbol-llm collect fetch``: the upstream files into ``RAW/<dataset>/``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError, unknown_name
from symbol_llm.options import Json

if TYPE_CHECKING:
    from collection.fetch_files.kinds import Dataset


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def fetch_command(
    tasks: Annotated[
        str, typer.Option("--tasks", help="Tasks or datasets, comma-separated; default: every dataset.")
    ] = "",
    raw: Annotated[
        Path | None, typer.Option("--raw", help="Folder for one folder per dataset; default $SYMBOL_LLM_RAW.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put upstream's files in the place of others that are in the way.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.001, help="Seconds to wait for a server that sends nothing.")
    ] = 60.0,
    as_json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Fetch nothing: print where the files are, as docs/raw-data.md shows it.")
    ] = False,
) -> None:
    """Fetch upstream's files: pinned, verified, resumed where a transfer broke off. Says what has to be got by hand.

    Exit code 1 if a checksum did not hold, 2 if files did not come for another reason; the others are in place then.
    """
    from collection.fetch import Options, fetch
    from collection.fetch_http import Patience
    from collection.fetch_outcomes import COLUMNS, as_document, as_rows, failure, listing
    from collection.fetch_table import as_markdown

    datasets = choose(tasks)
    if markdown:
        print(as_markdown(datasets), end="")
        return
    folder = raw or (Path(os.environ["SYMBOL_LLM_RAW"]) if os.environ.get("SYMBOL_LLM_RAW") else None)
    if folder is None:
        raise UserError("where to? Pass the folder that shall hold the datasets with --raw")
    outcomes = fetch(datasets, folder, Options(Patience(timeout=timeout), replace=replace))
    emit(
        as_document(datasets, outcomes),
        make_table(f"Upstream files in {folder}", COLUMNS, as_rows(datasets, outcomes)),
        as_json=as_json,
    )
    for line in listing(outcomes):
        log(line)
    if error := failure(outcomes):
        raise error
    log(f"build from it with: symbol-llm collect build --raw {folder} --out OUT")


def choose(words: str) -> list[Dataset]:
    """The datasets that tasks or datasets name; all of them for no word. Raises UserError for an unknown name."""
    from collection.fetch_files import DATASETS
    from collection.fetch_table import datasets_of_tasks

    names = [word.strip() for word in words.split(",") if word.strip()]
    if not names:
        return list(DATASETS.values())
    of_tasks = datasets_of_tasks()
    chosen: dict[str, Dataset] = {}
    for name in names:
        dataset = of_tasks.get(name, name)
        if not dataset:
            log(f"{name} is generated and needs no files")
        elif dataset == "distilled":
            log(f"{name} is not fetched: symbol-llm distill makes it")
        elif dataset in DATASETS:
            chosen[dataset] = DATASETS[dataset]
        else:
            raise unknown_name("task or dataset", name, {*of_tasks, *DATASETS}, "symbol-llm collect fetch --markdown")
    return list(chosen.values())
