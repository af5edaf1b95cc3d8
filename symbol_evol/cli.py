"""``symbol-llm evolve IN --out OUT``: rename symbol definitions, and prove each renaming."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from symbol_llm.console import emit, log, make_table
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evolve(
    folder: Annotated[Path, typer.Argument(metavar="IN", help="A built collection.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the evolved records.")],
    tasks: Annotated[str, typer.Option(help="Comma-separated; default: all that can be evolved.")] = "",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Evolved records, as a share of the collection.")
    ] = 0.06,
    style: Annotated[
        str,
        typer.Option(
            help="Comma-separated, one is drawn per record: "
            "paper, nonsense, short, snake, camel, kebab, opaque, foreign, shuffled."
        ),
    ] = "paper",
    depth: Annotated[
        str,
        typer.Option(
            help="Comma-separated, one is drawn per record: names alone, or also the order of arguments, "
            "the surface syntax, merged or split operations (macros)."
        ),
    ] = "names",
    held_out_styles: Annotated[
        str, typer.Option("--held-out-styles", help="Styles for half of the validation and test records alone.")
    ] = "",
    test_sets: Annotated[
        bool,
        typer.Option(
            "--test-sets",
            help="Training and validation records to OUT; test records to OUT/evolved-seen-names, "
            "…-seen-style, …-held-out-style and …-held-out-task.",
        ),
    ] = False,
    held_out_tasks: Annotated[
        str, typer.Option("--held-out-tasks", help="With --test-sets: tasks that are only evolved for testing.")
    ] = "",
    test_records: Annotated[
        int, typer.Option("--test-records", min=1, help="With --test-sets: records of a task in each, at most.")
    ] = 500,
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", help="Model folder or tokenizer.json: also count tokens before and after."),
    ] = None,
    raw: Annotated[
        Path | None,
        typer.Option("--raw", help="Folder of the raw datasets, for their databases; default $SYMBOL_LLM_RAW."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    seed: Annotated[int, typer.Option()] = 0,
    as_json: Json = False,
) -> None:
    """Rename what the definitions introduce, leave the glosses, and prove that the meaning stays.

    Goes on where a killed run was.
    """
    from collection.cli import raw_folder
    from symbol_evol.costs import tokenizer_file
    from symbol_evol.evolve import EvolveConfig, evolve
    from symbol_evol.test_sets import evolve_with_test_sets

    config = EvolveConfig(
        _words(tasks),
        share,
        _words(style),
        _words(held_out_styles),
        seed,
        depths=_words(depth),
        tokenizer=tokenizer_file(tokenizer) if tokenizer else None,
    )
    if test_sets:
        held_out = _words(held_out_tasks)
        manifests = evolve_with_test_sets(config, folder, out, held_out, test_records, workers, raw_folder(raw))
        rows = [[name or "training", *row] for name, manifest in manifests.items() for row in _rows(manifest)]
        emit(manifests, make_table("Evolved", ("set", *_COLUMNS), rows), as_json=as_json)
    else:
        manifest = evolve(config, folder, out, workers, raw_folder(raw))
        emit(manifest, make_table("Evolved", _COLUMNS, _rows(manifest)), as_json=as_json)
    log(f"wrote {out}; check it with: symbol-llm collect verify {out}")


_COLUMNS = ("task", "format", "chosen", "proved", "refused", "proof", "style", "depth", "reasons", "length")


def _rows(manifest: dict[str, Any]) -> list[list[Any]]:
    """A line of the table for each task; length is the growth in tokens where they were counted."""
    from symbol_evol.report import by_format, growth

    rows = []
    for task, entry in manifest["tasks"].items():
        counts = entry["counts"]
        told = [
            ", ".join(f"{name} {count}" for name, count in entry[key].items()) for key in ("proofs", "styles", "depths")
        ]
        reasons = ", ".join(f"{reason} {count}" for reason, count in entry["reasons"].items())
        costs = by_format({task: entry})[entry["format"]]["costs"]
        unit = "tokens" if "tokens" in costs else "characters"
        grown = f"{growth(costs, unit)} {unit}"
        rows.append([task, entry["format"], counts["read"], counts["kept"], counts["rejected"], *told, reasons, grown])
    return rows


def _words(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
