"""``symbol-llm collect show``: a look at the data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from collection.cli import raw_folder
from symbol_llm.console import emit
from symbol_llm.errors import UserError
from symbol_llm.options import Json, Raw
from symbol_llm.record import Record, Split

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def show_command(
    task: Annotated[str, typer.Argument(help="Task name.")],
    number: Annotated[int, typer.Argument(min=1, help="How many records.")] = 3,
    out: Annotated[
        Path | None, typer.Option("--out", help="A built collection; default: straight from the source.")
    ] = None,
    raw: Raw = None,
    split: Annotated[Split | None, typer.Option("--split", help="Of this split only.")] = None,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Pass over so many first.")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="Also the parts, the canonical form, the world.")] = False,
    rejected: Annotated[bool, typer.Option("--rejected", help="What a build left out, with the reason.")] = False,
    as_json: Json = False,
) -> None:
    """Print records of a task readably."""
    from collection.show import pick, shown, shown_reject

    if rejected:
        if out is None or split is not None:
            raise UserError("--rejected shows rows that a build left out: give its folder with --out, and no --split")
        entries = pick(_rejects(out, task), number, skip=skip)
        pages = [shown_reject(entry, skip + i, colour=sys.stdout.isatty()) for i, entry in enumerate(entries, 1)]
        document = entries
    else:
        found = _built(out, task) if out is not None else _from_source(task, raw)
        records = pick((r for r in found if split in (None, r.split)), number, skip=skip)
        pages = [
            shown(record, skip + i, colour=sys.stdout.isatty(), everything=everything)
            for i, record in enumerate(records, 1)
        ]
        document = [record.to_json() for record in records]
    if as_json:
        emit(document, None, as_json=True)
    elif pages:
        print("\n".join(pages), end="")
    else:
        of = f" of split {split}" if split else ""
        print(f"{task}: no {'row was left out' if rejected else 'record'}{of}{f' after the first {skip}' * bool(skip)}")


def _built(out: Path, task: str) -> Iterator[Record]:
    """The records of a built collection. Raises UserError if the task is not in it."""
    from collection.built import Built
    from symbol_llm.record import read_parquet

    Built(out).tasks([task])
    return read_parquet(out / "records" / f"{task}.parquet")


def _rejects(out: Path, task: str) -> Iterator[dict]:
    """What a build left out of a task."""
    from collection.built import Built

    Built(out).tasks([task])
    with (out / "rejects" / f"{task}.jsonl").open("rb") as lines:
        yield from map(orjson.loads, lines)


def _from_source(task: str, raw: Path | None) -> Iterator[Record]:
    """Records straight from the raw files, checked as in a build, duplicates and leaks among them."""
    import collection.sources
    from collection.build import require_folders
    from collection.check import Chunk, check_row

    source = collection.sources.get(task)
    folder = raw_folder(raw)
    require_folders([task], folder)
    chunk = Chunk(task, [], folder, 0, {}, Path())
    for row in source.read((folder or Path()) / source.upstream.dataset):
        if record := check_row(source, row, chunk).record:
            yield record
