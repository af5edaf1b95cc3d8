"""The tables of WikiSQL: finding one in a file of thousands, and the layouts in which a prompt shows it.

    {"id": "1-77-2", "header": ["Hiker", "Distance (km)"], "types": ["text", "real"], "rows": [["Ann Lee", 12.5]], …}
    ->  Table("table_1_77_2", …), in upstream's naming; columns are col0, col1, …

Only the places of the tables in the file are held in memory, not the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Reason, Rejected
from collection.sources.upstream_files import open_file
from symbol_llm.errors import UserError
from symbol_llm.formats.sql_tokens import written

ROWS_SHOWN = 10  # UnifiedSKG cuts long tables by the tokens of its model


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``types`` are "text" or "real"; cells are text, numbers or None."""

    name: str
    header: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def world(self) -> dict[str, Any]:
        """The table as upstream's database holds it: text in lower case."""
        rows = [[_stored(cell) for cell in row] for row in self.rows]
        columns = [f"col{number}" for number in range(len(self.header))]
        return {self.name: {"columns": columns, "types": list(self.types), "rows": rows}}


def _stored(cell: Any) -> Any:
    if isinstance(cell, int) and not -(2**63) <= cell < 2**63:  # SQLite's integers have 64 bits
        return float(cell)
    return cell.lower() if isinstance(cell, str) else cell


def definitions(table: Table) -> str:
    """CREATE TABLE, a column a line, with the header as comments."""
    lines = []
    for number, (title, kind) in enumerate(zip(table.header, table.types)):
        comma = "," if number + 1 < len(table.header) else ""
        gloss = " ".join("".join(c if c.isprintable() else " " for c in title).split())
        lines.append(f"col{number} {kind}{comma}" + (f" -- {gloss}" if gloss else ""))
    return "\n".join([f"CREATE TABLE {written(table.name)} (", *lines, ")"])


def unifiedskg(table: Table) -> str:
    """The names that SQL uses, then header and first rows as UnifiedSKG writes them."""
    columns = " | ".join(f"col{number}" for number in range(len(table.header)))
    return f"{written(table.name)} : {columns}\n{linear_table(table.header, table.rows[:ROWS_SHOWN])}"


def linear_table(header: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]) -> str:
    """UnifiedSKG's table: ``col : hiker | distance (km) row 1 : ann lee | 12.5``."""
    parts = [f"col : {' | '.join(header)}"]
    for number, row in enumerate(rows, 1):
        parts.append(f"row {number} : {' | '.join('' if cell is None else str(cell) for cell in row)}")
    return " ".join(parts).lower()


def find_table(path: Path, table_id: str) -> Table | Rejected:
    """A table of a .tables.jsonl file by its id. Raises UserError if the file is broken."""
    if not path.is_file():
        return Rejected(Reason.MISSING_CONTEXT, f"the tables of this split are missing: {path.name}")
    offset = _offsets(path).get(table_id)
    if offset is None:
        return Rejected(Reason.MISSING_CONTEXT, f"table {table_id!r} is not in {path.name}")
    return _table_at(path, offset)


@lru_cache(maxsize=4)
def _offsets(path: Path) -> dict[str, int]:
    """Where the line of each table begins, by id."""
    offsets: dict[str, int] = {}
    with open_file(path) as lines:
        at = lines.tell()
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    data = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise UserError(
                        f"{path}, line {number}: not JSON ({error.msg}). The file may be truncated: fetch it again"
                    ) from error
                if isinstance(data, dict) and isinstance(data.get("id"), str):
                    offsets[data["id"]] = at
            at += len(line)
    return offsets


@lru_cache(maxsize=64)  # the questions about a table mostly follow each other
def _table_at(path: Path, offset: int) -> Table | Rejected:
    with path.open("rb") as file:
        file.seek(offset)
        data = orjson.loads(file.readline())
    header, types, rows = data.get("header"), data.get("types"), data.get("rows")
    is_known = (
        isinstance(header, list)
        and isinstance(types, list)
        and isinstance(rows, list)
        and len(header) == len(types) > 0
        and all(isinstance(title, str) for title in header)
        and all(kind in ("text", "real") for kind in types)
        and all(isinstance(row, list) and len(row) == len(header) for row in rows)
        and all(cell is None or type(cell) in (str, int, float) for row in rows for cell in row)
    )
    if not is_known:
        return Rejected(Reason.MISSING_CONTEXT, f"{path.name} describes table {data['id']!r} in another form")
    name = "table_" + data["id"].replace("-", "_")
    return Table(name, tuple(header), tuple(types), tuple(map(tuple, rows)))
