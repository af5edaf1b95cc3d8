"""What a long job says while it runs: progress on standard error, results on standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from rich.table import Table

_SECONDS_BETWEEN_LINES = 10.0


def log(message: str) -> None:
    """One line on standard error."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Any]:
    """A callable ``advance(n)``: a bar on a terminal, a plain line every ten seconds elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            job = bar.add_task(label, total=total)
            yield lambda count=1: bar.advance(job, count)
        return
    done, last = 0, time.monotonic()

    def advance(count: int = 1) -> None:
        nonlocal done, last
        done += count
        if time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            log(f"{label}: {done}" + (f" of {total}" if total else ""))

    yield advance


def emit(document: Any, table: Table | None, *, as_json: bool) -> None:
    """Print a command's result: one JSON document, or a table for people."""
    if as_json or table is None:
        print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        return
    from rich.console import Console

    # Piped output is not squeezed into 80 columns.
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def make_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    """A table with numbers right-aligned."""
    from rich import box
    from rich.table import Table

    cells = [list(row) for row in rows]
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for i, name in enumerate(columns):
        is_number = bool(cells) and all(_is_number(row[i]) or row[i] is None for row in cells)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number)
    for row in cells:
        table.add_row(*map(_shown, row))
    return table


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _shown(cell: Any) -> str:
    if cell is None or isinstance(cell, bool):
        return {None: "–", True: "yes", False: "no"}[cell]
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
