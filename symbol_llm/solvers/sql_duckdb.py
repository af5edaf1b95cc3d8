"""Running a query in DuckDB instead of SQLite: ``SqlSolver(engine="duckdb")``.

    run({"query": "SELECT median(age) FROM pets", "world": {…}, "root": None, …}).answer  →  {…, "rows": [[4.0]]}

The tables of the world, SQLite file or inline, are copied into a DuckDB database in memory; DuckDB's columns have one
type each, taken from the values that SQLite holds. The copy is kept while its world stays the same. DuckDB opens no
file and no connection: external access is off and its configuration is locked. Like sql_engine.py, this is the target
of a worker process, which ends what takes too long.
"""

from __future__ import annotations

import json
import math
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.solvers import sql_world
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.sql_engine import MAX_ROWS, MAX_TEXT

if TYPE_CHECKING:
    import duckdb

TARGET = "symbol_llm.solvers.sql_duckdb:run"
RESERVED = 16 << 30  # bytes of address space that DuckDB asks for and does not use; its own limit is for memory
_KEPT_DATABASES = 4
_CONFIGURATION: dict[str, Any] = {"threads": 1, "temp_directory": ""}


@lru_cache(maxsize=1)
def engine() -> str:
    """Name and version, without loading it. Raises EngineMissing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"DuckDB {version('duckdb')}"
    except PackageNotFoundError as error:
        raise EngineMissing("DuckDB", 'pip install "symbol-llm[duckdb]"') from error


# The worker's side.


def prepare() -> None:
    import duckdb  # noqa: F401 - loading it belongs to no job
    import pyarrow  # noqa: F401


def run(job: dict[str, Any]) -> Solution:
    """Execute one query. ``job`` as for sql_engine.run."""
    import duckdb

    name = engine()
    root = Path(job["root"]) if job["root"] is not None else None
    try:
        database = _database(
            json.dumps(job["world"], sort_keys=True), root, _changed(job["world"], root), job["memory_bytes"]
        )
    except (UserError, sqlite3.Error, duckdb.Error) as error:
        return Solution(Outcome.SANDBOX_ERROR, message=f"the tables cannot be copied: {error}", engine=name)
    cursor = database.cursor()
    try:
        return _execute(cursor, job["query"], name)
    except duckdb.Error as error:
        return Solution(_outcome(error), message=str(error)[:500], engine=name)
    finally:
        cursor.close()


def _changed(world: dict[str, Any], root: Path | None) -> int:
    """When the database file was last written; 0 for inline tables."""
    return ((root or Path()) / world["database"]).stat().st_mtime_ns if "database" in world else 0


@lru_cache(maxsize=_KEPT_DATABASES)
def _database(world: str, root: Path | None, changed: int, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    import duckdb
    import pyarrow as pa

    source = sql_world.connect(json.loads(world), root)
    database = duckdb.connect(":memory:", config=_CONFIGURATION | {"memory_limit": f"{memory_bytes >> 20}MiB"})
    try:
        names = [row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        for name in names:
            if name.startswith("sqlite_"):
                continue
            cursor = source.execute(f"SELECT * FROM {_quoted(name)}")
            columns = [description[0] for description in cursor.description]
            values = list(zip(*cursor)) or [()] * len(columns)
            table = pa.table({column: _column(cells) for column, cells in zip(columns, values)})
            database.register("symbol_llm_copied", table)
            database.execute(f"CREATE TABLE {_quoted(name)} AS SELECT * FROM symbol_llm_copied")
            database.unregister("symbol_llm_copied")
    finally:
        source.close()
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(cells: tuple[Any, ...]) -> Any:
    """One typed column: whole numbers, numbers, or else texts. SQLite itself types each value."""
    import pyarrow as pa

    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {int}:
        return pa.array(cells, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return cell if cell is None else str(cell)


def _execute(cursor: duckdb.DuckDBPyConnection, query: str, name: str) -> Solution:
    import duckdb

    statements = cursor.extract_statements(query)
    if len(statements) != 1:
        return Solution(Outcome.PARSE_ERROR, message=f"{len(statements)} statements, not one", engine=name)
    if statements[0].type != duckdb.StatementType.SELECT:
        return Solution(Outcome.DENIED, message=f"{statements[0].type.name} is not reading", engine=name)
    if statements[0].named_parameters:
        return Solution(Outcome.PARSE_ERROR, message="the query has parameters", engine=name)
    cursor.execute(query)
    rows: list[list[Any]] = []
    size = 0
    while chunk := cursor.fetchmany(2_000):
        rows += [[_plain(value) for value in row] for row in chunk]
        size += sum(len(value) for row in rows[-len(chunk) :] for value in row if isinstance(value, str))
        if len(rows) > MAX_ROWS or size > MAX_TEXT:
            message = f"the result has more than {MAX_ROWS:,} rows or {MAX_TEXT:,} characters"
            return Solution(Outcome.OUT_OF_MEMORY, message=message, engine=name)
    return Solution(None, {"columns": len(cursor.description or ()), "rows": rows}, engine=name)


def _plain(value: Any) -> Any:
    """A JSON value: numbers and texts as they are, bytes decoded, everything else as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _outcome(error: duckdb.Error) -> Outcome:
    import duckdb

    kinds: tuple[tuple[type[BaseException], Outcome], ...] = (
        (duckdb.ParserException, Outcome.PARSE_ERROR),
        (duckdb.PermissionException, Outcome.DENIED),
        (duckdb.BinderException, Outcome.REJECTED),
        (duckdb.CatalogException, Outcome.REJECTED),
        (duckdb.OutOfMemoryException, Outcome.OUT_OF_MEMORY),
        (duckdb.SyntaxException, Outcome.PARSE_ERROR),
    )
    return next((outcome for kind, outcome in kinds if isinstance(error, kind)), Outcome.RUNTIME_ERROR)
