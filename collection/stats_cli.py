"""``symbol-llm collect stats``: counts, lengths, licences and losses of a collection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from symbol_llm.console import emit, make_table
from symbol_llm.options import Json
from symbol_llm.record import Split

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def stats_command(
    out: Annotated[Path, typer.Argument(help="Folder of a built (or evolved) collection.")],
    tasks: Annotated[str, typer.Option("--tasks", help="Comma-separated; default: all of the collection.")] = "",
    tokenizer: Annotated[str, typer.Option("--tokenizer", help="Folder or hub name: lengths in its tokens too.")] = "",
    as_json: Json = False,
) -> None:
    """Count and measure the records per task: splits, licences, lengths, what the engine took, what was left out."""
    from collection.selection import names_in
    from collection.stats import stats

    found = stats(out, names_in(tasks), tokenizer)
    if as_json:
        emit(found, None, as_json=True)
        return
    for table in tables(found):
        emit(found, table, as_json=False)


def tables(found: dict[str, Any]) -> list[Any]:
    """The tables that show what ``stats`` found: records, rows, and lengths in each unit."""
    named = {**found["tasks"], "all": found["all"]}
    records = [
        [
            name,
            " ".join(entry["formats"]) if name != "all" else "",
            *(entry["splits"].get(split, 0) for split in Split),
            " ".join(entry["origins"]) if name != "all" else "",
            ", ".join(entry["licences"]) if name != "all" else "",
            _share(entry["commercial"], entry["records"]),
            "–" if entry["undecided"] == entry["records"] else _share(entry["accepted"], entry["records"]),
        ]
        for name, entry in named.items()
    ]
    counts = ("read", "kept", "rejected", "duplicates", "leaks")
    rows = [
        [
            name,
            *(entry["rows"].get(column, 0) for column in counts),
            ", ".join(f"{reason} {count:,}" for reason, count in entry.get("reasons", {}).items()),
        ]
        for name, entry in named.items()
    ]
    shown = [
        make_table("Records", ("task", "format", *Split, "origin", "licence", "commercial", "accepted"), records),
        make_table("Rows of the sources", ("task", *counts, "rejected for"), rows),
    ]
    measures = ("mean", "median", "p95", "max")
    for unit in found["all"]["prompt"]:
        lengths = [
            [name, *(_length(entry[text][unit], m) for text in ("prompt", "completion") for m in measures)]
            for name, entry in named.items()
        ]
        columns = ("task", *(f"{text} {m}" for text in ("prompt", "completion") for m in measures))
        shown.append(make_table(f"Lengths in {unit}", columns, lengths))
    return shown


def _length(lengths: dict[str, Any] | None, measure: str) -> int | None:
    return None if lengths is None else round(lengths[measure])


def _share(part: int, whole: int) -> str:
    """``all``, ``none``, or percent to one decimal, which never rounds up to all or down to none."""
    if part in (0, whole):
        return "–" if not whole else "all" if part else "none"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"
