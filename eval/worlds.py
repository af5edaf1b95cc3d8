"""What items are about, as readers see it: the table behind a query, the scene behind a question.

    RUN/delegate/worlds/tables.jsonl    {"items": ["tables-test-2d60…"], "tables": [{"name": "books", "columns":
                                         ["author", "title", "price"], "rows": [["eva", "moon", 7], …], "num_rows": 4}]}

One line per world, with the ids of its items. It is an excerpt for the report: the first rows of a table, a scene
without what no program asks for. Solvers never read it, they have the whole world.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from eval.store import cannot_write, json_bytes
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.sql_definitions import read_definitions
from symbol_llm.formats.sql_tokens import bare, fold
from symbol_llm.ledger import make_folder, write_bytes
from symbol_llm.solvers import sql_world

NUM_ROWS, NUM_TABLES, CELL = 5, 40, 60  # rows of a table, tables of a database, characters of a cell
FOLDER = "worlds"
_KEPT = ("scene", "point_positions", "line_instances", "diagram", "domain")  # as they are


def write_worlds(folder: Path, name: str, items: Iterable[tuple[str, Context]]) -> None:
    """Write ``folder``/worlds/NAME.jsonl for items with their contexts; nothing where there is nothing to see.

    Raises UserError if the folder cannot be written to.
    """
    items_of: dict[bytes, list[str]] = {}
    for item, context in items:
        if seen := excerpt(context):
            items_of.setdefault(json_bytes(seen)[1:], []).append(item)
    if not items_of:
        return
    path = make_folder(folder / FOLDER) / f"{name}.jsonl"
    try:
        lines = (b'{"items":' + json_bytes(ids) + b"," + text + b"\n" for text, ids in items_of.items())
        write_bytes(path, b"".join(lines))
    except OSError as error:
        raise cannot_write(path, error) from error


def read_worlds(folder: Path, name: str, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The worlds of those items that have one. Raises OSError or ValueError for a file that cannot be read."""
    left = set(wanted)
    found: dict[str, dict[str, Any]] = {}
    path = folder / FOLDER / f"{name}.jsonl"
    if not path.is_file():
        return {}
    with path.open("rb") as lines:
        for line in lines:
            world = orjson.loads(line)
            found |= dict.fromkeys(left.intersection(world.pop("items")), world)
    return found


def excerpt(context: Context) -> dict[str, Any]:
    """What a page shows of a context's world; empty where the prompt already says all."""
    world = context.world
    if "tables" in world or "database" in world or "CREATE TABLE" in context.definitions:
        tables = _tables(context)
        return {"tables": tables} if tables else {}
    return {key: world[key] for key in _KEPT if key in world}


def _tables(context: Context) -> list[dict[str, Any]]:
    labels = _labels(context.definitions)
    world = context.world
    if "tables" in world:
        found: Iterable[dict[str, Any]] = (
            {
                "name": name,
                "columns": table["columns"],
                "rows": [[_cell(cell) for cell in row] for row in table["rows"][:NUM_ROWS]],
                "num_rows": len(table["rows"]),
            }
            for name, table in world["tables"].items()
        )
    elif "database" in world and sql_world.has_database(world, context.root):
        found = _of_file(orjson.dumps(dict(world)), context.root)
    else:
        found = ({"name": name, "columns": list(columns)} for name, columns in labels.items())
    shown = []
    for table in list(found)[:NUM_TABLES]:
        said = {fold(column): label for column, label in labels.get(table["name"], {}).items()}
        own = [said.get(fold(column), "") for column in table["columns"]]
        shown.append({**table, "labels": own} if any(own) else table)
    return shown


@lru_cache(maxsize=8)
def _of_file(world: bytes, root: Path | None) -> list[dict[str, Any]]:
    """The tables of a database file; of a damaged one those that can be read."""
    tables = []
    try:
        opened = sql_world.connect(orjson.loads(world), root)
    except (sqlite3.Error, UserError):
        return []  # the solver says why, item by item
    with closing(opened) as connection:
        try:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        except sqlite3.Error:
            return []
        for name in names[:NUM_TABLES]:
            quoted = '"' + name.replace('"', '""') + '"'
            try:
                cursor = connection.execute(f"SELECT * FROM {quoted} LIMIT {NUM_ROWS}")
                rows = [[_cell(cell) for cell in row] for row in cursor]
                (number,) = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()
            except sqlite3.Error:
                continue
            columns = [column[0] for column in cursor.description]
            tables.append({"name": name, "columns": columns, "rows": rows, "num_rows": number})
    return tables


def _labels(definitions: str) -> dict[str, dict[str, str]]:
    """The tables and columns that a prompt defines, each column with what it says of it."""
    try:
        found = read_definitions(definitions)
    except UserError:
        return {}
    tables: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}
    for token, kind in found.defined if found else ():
        if kind == "table":
            columns = tables.setdefault(bare(token.text), {})
        else:
            columns[bare(token.text)] = found.glosses.get(token, "") if found else ""
    return tables


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return value if not isinstance(value, str) or len(value) <= CELL else f"{value[:CELL]}…"
