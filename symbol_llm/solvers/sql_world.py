"""The databases that queries run on: a SQLite file, inline tables, or CREATE TABLE statements.

    {"database": "spider/database/pets_1/pets_1.sqlite"}                       relative to the raw folder
    {"tables": {"pets": {"columns": ["name", "age"], "rows": [["tom", 3]]}}}   "types" is optional
    {"database": …, "renamed": {"table": {"Pets": "qk3v9d"}, "column": {"age": "b71xpe"}}}

A database file is opened read-only and never changed: a renamed one is a copy in memory.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.formats.sql_tokens import fold, written


class NoDatabase(UserError):
    """A world names no database, or one that is not there."""


class PerThread:
    """A connection of its own for every thread that asks.

    Threads must not share one: an authorizer written in Python then deadlocks between SQLite's mutex and the
    interpreter's lock, and without one they still read each other's error messages.
    """

    def __init__(self, make: Callable[[], sqlite3.Connection]) -> None:
        self._make = make
        self._local = threading.local()

    def get(self) -> sqlite3.Connection:
        """This thread's connection, made at its first call."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._make()
        return self._local.connection


def has_database(world: Mapping[str, Any], root: Path | None) -> bool:
    """Whether a world names a database that is there."""
    return "tables" in world or ("database" in world and _path(world, root).is_file())


def connect(world: Mapping[str, Any], root: Path | None = None) -> sqlite3.Connection:
    """Open the database of a world, unguarded. Raises NoDatabase if the world has none or the file is missing."""
    if "tables" in world:
        return _inline(world["tables"])
    if "database" not in world:
        raise NoDatabase('the world names no database: give {"database": "file.sqlite"} or {"tables": {…}}')
    path = _path(world, root)
    if not path.is_file():
        raise NoDatabase(f"{path}: no such database. Place the dataset's database folder there, or check --raw")
    if world.get("renamed"):
        return _renamed_copy(path, path.stat().st_mtime_ns, _frozen(world["renamed"]))
    return _read_only(path)


def empty(statements: Iterable[str]) -> sqlite3.Connection:
    """A database in memory with the tables of these statements and no rows. Raises UserError if SQLite refuses."""
    connection = _memory()
    for statement in statements:
        try:
            connection.execute(statement)
        except sqlite3.Error as error:
            connection.close()
            raise UserError(f"SQLite refuses a definition ({error}): {statement[:200]}") from error
    return connection


def statements(world: Mapping[str, Any], root: Path | None = None) -> tuple[str, ...]:
    """The CREATE statements of a world's tables and views, renamed where the world says so."""
    if "tables" in world:
        return tuple(create_statement(name, table) for name, table in world["tables"].items())
    with_data = {key: value for key, value in world.items() if key != "renamed"}
    file = connect(with_data, root)
    try:
        found = _statements(file)
    finally:
        file.close()
    if not world.get("renamed"):
        return found
    bare = empty(found)
    try:
        rename(bare, world["renamed"])
        return _statements(bare)
    finally:
        bare.close()


def create_statement(name: str, table: Mapping[str, Any]) -> str:
    """The CREATE TABLE statement of an inline table: ``CREATE TABLE pets (name, age)``."""
    types = table.get("types") or [""] * len(table["columns"])
    columns = ", ".join(f"{written(c)} {t}".rstrip() for c, t in zip(table["columns"], types, strict=True))
    return f"CREATE TABLE {written(name)} ({columns})"


def rename(connection: sqlite3.Connection, renamed: Mapping[str, Mapping[str, str]]) -> None:
    """Rename tables and columns of an open database in place, all at once (names may be swapped).

    Raises UserError if SQLite refuses, for instance because a view is broken.
    """
    tables = {fold(old): new for old, new in renamed.get("table", {}).items()}
    columns = {fold(old): new for old, new in renamed.get("column", {}).items()}
    present = _tables(connection)
    try:
        for table in present:
            here = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
            for old, new in _steps({name: columns[fold(name)] for name in here if fold(name) in columns}):
                connection.execute(f"ALTER TABLE {_quoted(table)} RENAME COLUMN {_quoted(old)} TO {_quoted(new)}")
        for old, new in _steps({name: tables[fold(name)] for name in present if fold(name) in tables}):
            connection.execute(f"ALTER TABLE {_quoted(old)} RENAME TO {_quoted(new)}")
    except sqlite3.Error as error:
        raise UserError(f"SQLite cannot rename in this database: {error}") from error


def _steps(moves: dict[str, str]) -> list[tuple[str, str]]:
    """The single renamings; through names that nothing bears where one is both old and new."""
    if not {fold(old) for old in moves} & {fold(new) for new in moves.values()}:
        return list(moves.items())
    between = {old: f"between_{i}_{old}" for i, old in enumerate(moves)}
    return [*between.items(), *((between[old], new) for old, new in moves.items())]


def _path(world: Mapping[str, Any], root: Path | None) -> Path:
    return (root or Path()) / world["database"]


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")  # Spider's databases hold Latin-1 bytes in places


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.text_factory = _decoded
    return connection


def _read_only(path: Path) -> sqlite3.Connection:
    # Immutable: no lock, no journal, nothing written beside the file. as_uri quotes "?" and "#".
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.text_factory = _decoded
    return connection


def _inline(tables: Mapping[str, Any]) -> sqlite3.Connection:
    connection = empty(create_statement(name, table) for name, table in tables.items())
    for name, table in tables.items():
        places = ", ".join("?" * len(table["columns"]))
        try:
            connection.executemany(f"INSERT INTO {written(name)} VALUES ({places})", table["rows"])
        except sqlite3.Error as error:
            connection.close()
            raise UserError(f"table {name}: a row does not fit its columns ({error})") from error
    return connection


_Frozen = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def _frozen(renamed: Mapping[str, Mapping[str, str]]) -> _Frozen:
    return tuple((kind, tuple(names.items())) for kind, names in renamed.items())


def _renamed_copy(path: Path, changed: int, renamed: _Frozen) -> sqlite3.Connection:
    """A fresh connection on the renamed database; the copying itself is done once."""
    copy = _memory()
    copy.deserialize(_renamed_bytes(path, changed, renamed))
    return copy


@lru_cache(maxsize=2)
def _renamed_bytes(path: Path, changed: int, renamed: _Frozen) -> bytes:
    copy, file = _memory(), _read_only(path)
    try:
        file.backup(copy)
        rename(copy, {kind: dict(names) for kind, names in renamed})
        return copy.serialize()
    finally:
        file.close()
        copy.close()


_OURS = "name NOT LIKE 'sqlite^_%' ESCAPE '^'"  # not SQLite's own tables


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(f"SELECT name FROM sqlite_master WHERE type = 'table' AND {_OURS}")
    return [name for (name,) in rows]


def _statements(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute(
        f"SELECT sql FROM sqlite_master WHERE type IN ('table', 'view') AND {_OURS} ORDER BY type, rowid"
    )
    return tuple(sql for (sql,) in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
