"""What the paper reports, as data: beside a run of the same task, and for the report page.

    beside("symbolic", "spider")    {"metric": "EM", "values": {"7B Symbol-LLM": 63.8, …}, "source": "…"}

One TSV a table, values in percent as printed. Lines that begin with ``#`` say where a table was read. The split sizes
and prompts behind the printed numbers are not published: a difference of a point or two says little.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

TABLES = ("symbolic", "delegate", "general", "summary")


class Table(NamedTuple):
    """``rows``: name of a task or model → column → value in percent, or text."""

    source: str
    columns: tuple[str, ...]
    rows: dict[str, dict[str, Any]]


@cache
def load(name: str) -> Table:
    """One of TABLES. The first column names the row."""
    notes, lines = [], []
    for line in (files("eval.published") / f"{name}.tsv").read_text("utf-8").splitlines():
        if line.startswith("#"):
            notes.append(line.removeprefix("#").strip())
        elif line:
            lines.append(line.split("\t"))
    columns = tuple(lines[0])
    rows = {row[0]: {key: _value(cell) for key, cell in zip(columns[1:], row[1:]) if cell} for row in lines[1:]}
    return Table(" ".join(notes), columns, rows)


def beside(kind: str, task: str) -> dict[str, Any] | None:
    """The published values of a task of ``eval symbolic`` or ``eval delegate``, or None. Names ignore underscores."""
    table = load(kind)
    wanted = task.replace("_", "")
    for name, row in table.rows.items():
        if name.replace("_", "") == wanted:
            values = {column: value for column, value in row.items() if not isinstance(value, str)}
            return {"metric": row.get("metric"), "unit": "percent", "values": values, "source": table.source}
    return None


def paper_tasks() -> tuple[str, ...]:
    """The 34 tasks in the paper's order: its average is their plain mean."""
    return tuple(load("symbolic").rows)


def _value(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell
