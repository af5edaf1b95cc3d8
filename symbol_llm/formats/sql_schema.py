"""The schema that a query is read against, from the prompt's definitions or from the database itself.

    CREATE TABLE pets (name, age)   ->   Schema.tables == {"pets": ("name", "age")}

Reading a schema costs more than compiling a query on it, so schemas are kept, those of database files, too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from symbol_llm.formats.base import Context, Name
from symbol_llm.formats.sql_definitions import read_definitions
from symbol_llm.formats.sql_plain import NAMES_NOT_PLAIN
from symbol_llm.formats.sql_syntax import MAX_DEPTH
from symbol_llm.formats.sql_tokens import fold
from symbol_llm.solvers import sql_world


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables with their columns, both folded, and empty databases that have them."""

    tables: Mapping[str, tuple[str, ...]]
    statements: tuple[str, ...]
    database: sql_world.PerThread = field(repr=False, compare=False)
    is_plain: bool = field(init=False)  # see sql_plain.py

    def __post_init__(self) -> None:
        names = {*self.tables, *chain.from_iterable(self.tables.values())}
        object.__setattr__(self, "is_plain", NAMES_NOT_PLAIN.isdisjoint(names))

    def refusal(self, query: str) -> str:
        """Why SQLite does not compile a query on this schema, or "" if it does."""
        connection = self.database.get()
        connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 1_000_000)  # its own limit: a view may nest more deeply
        try:
            connection.execute("EXPLAIN " + query).close()
        except (sqlite3.Error, sqlite3.Warning) as error:
            return str(error)
        finally:
            connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, MAX_DEPTH)
        return ""

    def compiles(self, query: str) -> bool:
        """Whether SQLite compiles a query on this schema, and nothing in it nests more deeply than may be read."""
        try:
            self.database.get()(query)  # compiles and does not run it, as EXPLAIN, which lists the program besides
        except (sqlite3.Error, sqlite3.Warning):
            return False
        return True

    @property
    def has_collations(self) -> bool:
        """Whether a column compares other than byte by byte, so that a = b may differ from b = a."""
        return any("collate" in statement.lower() for statement in self.statements)


def schema_of(context: Context) -> Schema | None:
    """The schema of a context: its world's database if there is one, else its definitions, else None.

    Raises UserError if definitions or database cannot be read.
    """
    if len(context.world) == 1 and "database" in context.world:
        try:
            return _of_file(context.world["database"], context.root)
        except FileNotFoundError:
            pass
    elif "tables" in context.world:
        tables = context.world["tables"].items()
        return _of_tables(tuple((name, tuple(t["columns"]), tuple(t.get("types") or ())) for name, t in tables))
    elif sql_world.has_database(context.world, context.root):
        return _of_world(json.dumps(dict(context.world)), context.root)
    definitions = read_definitions(context.definitions)
    return _of_statements(tuple(definitions.statements)) if definitions else None


@lru_cache(maxsize=128)
def _of_file(database: str, root: Path | None) -> Schema:
    """Raises FileNotFoundError, which is not kept: the file may come."""
    world = {"database": database}
    if not sql_world.has_database(world, root):
        raise FileNotFoundError(database)
    return _of_statements(sql_world.statements(world, root))


@lru_cache(maxsize=128)
def _of_tables(tables: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]) -> Schema:
    world = {"tables": {name: {"columns": columns, "types": types} for name, columns, types in tables}}
    return _of_statements(sql_world.statements(world))


@lru_cache(maxsize=128)
def _of_world(world: str, root: Path | None) -> Schema:
    return _of_statements(sql_world.statements(json.loads(world), root))


@lru_cache(maxsize=128)
def _of_statements(statements: tuple[str, ...]) -> Schema:
    connection = sql_world.empty(statements)
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
    tables: dict[str, tuple[str, ...]] = {}
    for (name,) in rows:
        quoted = name.replace('"', '""')
        # Unlike table_info, table_xinfo lists generated columns, too.
        columns = connection.execute(f'PRAGMA table_xinfo("{quoted}")').fetchall()
        tables[fold(name)] = tuple(fold(column[1]) for column in columns)
    connection.close()
    return Schema(tables, statements, sql_world.PerThread(lambda: _shallow(statements)))


def _shallow(statements: tuple[str, ...]) -> sqlite3.Connection:
    connection = sql_world.empty(statements)
    connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, MAX_DEPTH)
    return connection


def renamed_world(world: Mapping[str, Any], mapping: Mapping[Name, str]) -> dict[str, Any]:
    """A world with other names: inline tables are renamed, a database file gets a note how to rename its copy.

    The inverse mapping gives the same world back.
    """
    changes = {(old.kind, fold(old.text)): new for old, new in mapping.items()}

    def moved(kind: str, name: str) -> str:
        return changes.get((kind, fold(name)), name)

    changed = dict(world)
    if "tables" in world:
        changed["tables"] = {
            moved("table", name): {**table, "columns": [moved("column", column) for column in table["columns"]]}
            for name, table in world["tables"].items()
        }
    elif "database" in world:
        notes = {kind: dict(names) for kind, names in world.get("renamed", {}).items()}
        for kind in ("table", "column"):
            known = {fold(new): old for old, new in notes.get(kind, {}).items()}
            for old, new in mapping.items():
                if old.kind == kind:
                    original = known.get(fold(old.text), old.text)
                    notes.setdefault(kind, {})[original] = new
            notes[kind] = {old: new for old, new in notes.get(kind, {}).items() if old != new}
        changed["renamed"] = {kind: names for kind, names in notes.items() if names}
        if not changed["renamed"]:
            del changed["renamed"]
    return changed
