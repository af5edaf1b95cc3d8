"""``symbol-llm collect``: list, build and verify the collection; what reads it has files of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError, unknown_name
from symbol_llm.lazy_group import LazyGroup
from symbol_llm.options import Json, Raw

# What reads a collection: command -> (module:typer app, help).
READERS: dict[str, tuple[str, str]] = {
    "show": ("collection.show_cli:app", "Print records of a task readably."),
    "stats": ("collection.stats_cli:app", "Count and measure the records per task."),
    "export": ("collection.export_cli:app", "Write the records as a trainer reads them."),
}


class Commands(LazyGroup):
    table: ClassVar = {"fetch": ("collection.fetch_cli:app", "Bring upstream's files, pinned and verified."), **READERS}


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Out = Annotated[Path, typer.Option("--out", help="Folder of the collection.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes.")]


def raw_folder(raw: Path | None) -> Path | None:
    """The raw folder from the option or $SYMBOL_LLM_RAW. Raises UserError if it does not exist."""
    chosen = raw or (Path(os.environ["SYMBOL_LLM_RAW"]) if os.environ.get("SYMBOL_LLM_RAW") else None)
    if chosen is not None and not chosen.is_dir():
        raise UserError(f"the raw folder {chosen} does not exist. Pass the folder that holds the datasets with --raw")
    return chosen


@app.command("list")
def list_tasks(
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the README shows it.")] = False,
) -> None:
    """The tasks in the paper's order, with format, licence, sizes upstream and metric."""
    from collection.sources import VARIANTS
    from collection.task_table import COLUMNS, as_markdown, task_rows

    rows = task_rows()
    if markdown:
        print(as_markdown(rows))
        return
    emit(rows, make_table("Tasks", COLUMNS, [[row[column] for column in COLUMNS] for row in rows]), as_json=as_json)
    log(f"other settings of these, built where --tasks names them: {', '.join(VARIANTS)}")


@app.command("build")
def build_command(
    out: Out,
    raw: Raw = None,
    tasks: Annotated[
        str, typer.Option("--tasks", "--only", help="Comma-separated; default: all that can be built.")
    ] = "",
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="N|TASK=N", help="Rows per task and split; again with TASK=N for one task."),
    ] = None,
    commercial_only: Annotated[
        bool, typer.Option("--commercial-only", help="Only tasks whose licence allows commercial use.")
    ] = False,
    workers: Workers = 1,
    engine: Annotated[
        str, typer.Option("--engine", help="local: processes of this machine; ray: the cluster of $RAY_ADDRESS.")
    ] = "local",
    seed: Annotated[int, typer.Option("--seed")] = 0,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let tasks go that OUT holds and this build has not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read, verify, deduplicate and write the collection. Goes on where a killed run was."""
    from collection.build import BuildConfig, available_tasks, build
    from collection.sources import BY_NAME, SOURCES, get
    from collection.sources.base import GeneratedSource

    folder = raw_folder(raw)
    chosen = tuple(name.strip() for name in tasks.split(",") if name.strip())
    for name in chosen:
        if name not in BY_NAME:
            raise unknown_name("task", name, BY_NAME, "symbol-llm collect list")
    if not chosen:
        chosen = tuple(available_tasks(folder))
        absent = [name for name in SOURCES if name not in chosen and not isinstance(get(name), GeneratedSource)]
        if folder is not None and absent:
            log(f"left out, because their files are not in {folder}: {', '.join(absent)}")
    if commercial_only:
        barred = [name for name in chosen if not get(name).licence.commercial]
        chosen = tuple(name for name in chosen if name not in barred)
        if barred:
            log(f"left out, because their licences do not allow commercial use: {', '.join(barred)}")
        if not chosen:
            raise UserError("no task is left whose licence allows commercial use; see: symbol-llm collect list")
    config = BuildConfig(chosen, seed, *_limits(limit or []))
    manifest = build(config, folder, out, workers, engine, replace=replace)
    emit(manifest, _counts_table(manifest), as_json=as_json)
    log(f"wrote {out}; check it with: symbol-llm collect verify {out}")


def _limits(words: list[str]) -> tuple[int | None, dict[str, int]]:
    """``["3000", "scan=500"]`` as the limit for all tasks and those of single ones."""
    from collection.sources import BY_NAME

    for_all, for_one = None, {}
    for word in words:
        task, equals, number = word.rpartition("=")
        if equals and task not in BY_NAME:
            raise unknown_name("task", task, BY_NAME, "symbol-llm collect list")
        if not number.isdecimal() or not int(number):
            raise UserError(f"--limit {word}: expected a number of rows, or TASK=N for one task")
        if equals:
            for_one[task] = int(number)
        else:
            for_all = int(number)
    return for_all, for_one


def _counts_table(manifest: dict[str, Any]) -> Any:
    names = ("read", "kept", "rejected", "duplicates", "leaks")
    rows = [
        [
            task,
            entry["format"],
            *(entry["counts"][n] for n in names),
            ", ".join(f"{r} {c}" for r, c in entry["reasons"].items()),
        ]
        for task, entry in manifest["tasks"].items()
    ]
    totals = [sum(entry["counts"][n] for entry in manifest["tasks"].values()) for n in names]
    return make_table("Collection", ("task", "format", *names, "reasons"), [*rows, ["all", "", *totals, ""]])


@app.command("verify")
def verify_command(
    out: Annotated[Path, typer.Argument(help="Folder of a built collection.")],
    raw: Raw = None,
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Recompute hashes, counts, ids, prompts, canonical forms and engine verdicts; name the first difference."""
    from collection.verify import verify

    checked = verify(out, raw_folder(raw), workers)
    table = make_table(f"{out} holds", ("what", "checked"), checked.items())
    emit(checked, table, as_json=as_json)
