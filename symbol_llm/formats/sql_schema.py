"""The schema that a query is read against, from the prompt's definitions or from the database itself.

    CREATE TABLE pets (name, age)   ->   Schema.tables == {"pets": ("name", "age")}

Reading a schema costs more than compiling a query on it, so schemas are kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from symbol_llm.formats.base import Context, Name
from symbol_llm.formats.sql_definitions import read_definitions
from symbol_llm.formats.sql_tokens import fold
from symbol_llm.solvers import sql_world


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables with their columns, both folded, and empty databases that have them."""

    tables: Mapping[str, tuple[str, ...]]
    statements: tuple[str, ...]
    database: sql_world.PerThread = field(repr=False, compare=False)

    def refusal(self, query: str) -> str:
        """Why SQLite does not compile a query on this schema, or "" if it does."""
        try:
            self.database.get().execute("EXPLAIN " + query).close()
        except (sqlite3.Error, sqlite3.Warning) as error:
            return str(error)
        return ""

    @property
    def has_collations(self) -> bool:
        """Whether a column compares other than byte by byte, so that a = b may differ from b = a."""
        return any("collate" in statement.lower() for statement in self.statements)


def schema_of(context: Context) -> Schema | None:
    """The schema of a context: its world's database if there is one, else its definitions, else None.

    Raises UserError if definitions or database cannot be read.
    """
    if sql_world.has_database(context.world, context.root):
        world = dict(context.world)
        if "tables" in world:
            world["tables"] = {name: {**table, "rows": []} for name, table in world["tables"].items()}
        return _of_world(json.dumps(world), context.root)
    definitions = read_definitions(context.definitions)
    return _of_statements(tuple(definitions.statements)) if definitions else None


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
    return Schema(tables, statements, sql_world.PerThread(lambda: sql_world.empty(statements)))


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
