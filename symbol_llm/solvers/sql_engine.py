"""Running a query in SQLite under guard: reads only, with a deadline and bounds on memory and rows.

    run({"query": "SELECT count(*) FROM pets", "world": {…}, "root": None, …}).answer  ->  {"columns": 1, "rows": [[3]]}

This module is the target of a worker process (see worker.py), which is what ends a job for good when the guards
inside SQLite do not; it imports nothing heavy.
"""

from __future__ import annotations

import math
import sqlite3
import time
from pathlib import Path
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.solvers import sql_world
from symbol_llm.solvers.outcome import Outcome, Solution

ENGINE = f"SQLite {sqlite3.sqlite_version}"
MAX_ROWS = 100_000
MAX_TEXT = 1 << 25  # characters in a result
_MAX_VALUE = 10_000_000  # bytes of one value
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_FORBIDDEN_FUNCTIONS = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "zeroblob"}


def run(job: dict[str, Any]) -> Solution:
    """Execute one query. ``job``: query, world, root (text or None), cpu_seconds, memory_bytes.

    The answer is {"columns": number, "rows": lists of JSON values}; ``outcome`` is None if there is one.
    """
    root = Path(job["root"]) if job["root"] is not None else None
    try:
        connection = sql_world.connect(job["world"], root)
    except (UserError, sqlite3.Error) as error:
        return Solution(Outcome.SANDBOX_ERROR, message=str(error), engine=ENGINE)
    try:
        guard(connection, job["memory_bytes"])
        return execute(connection, job["query"], job["cpu_seconds"])
    except sqlite3.DatabaseError as error:  # the file is no database
        return Solution(Outcome.SANDBOX_ERROR, message=str(error), engine=ENGINE)
    finally:
        connection.close()


def guard(connection: sqlite3.Connection, memory_bytes: int) -> None:
    """Allow a connection nothing but reading, within a share of the memory."""
    connection.execute(f"PRAGMA hard_heap_limit = {memory_bytes // 2}")
    connection.execute("PRAGMA temp_store = MEMORY")  # or a sort would write files
    connection.execute("PRAGMA schema_version").fetchall()  # reads the file's header: fails here if it is broken
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_authorize)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _FORBIDDEN_FUNCTIONS else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def execute(connection: sqlite3.Connection, query: str, cpu_seconds: float) -> Solution:
    """Compile and run one query on a guarded connection."""
    deadline = time.process_time() + cpu_seconds
    connection.set_progress_handler(lambda: time.process_time() > deadline, 5_000)
    try:
        # Compiling first tells what the engine refuses from what fails while it runs.
        connection.execute("EXPLAIN " + query).close()
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return _failure(error, is_compiled=False)
    try:
        cursor = connection.execute(query)
        if cursor.description is None:
            return Solution(Outcome.NO_ANSWER, message="the statement gives no rows", engine=ENGINE)
        rows, size = [], 0
        for row in cursor:
            rows.append([_plain(value) for value in row])
            size += sum(len(value) for value in rows[-1] if isinstance(value, str))
            if len(rows) > MAX_ROWS or size > MAX_TEXT:
                message = f"the result has more than {MAX_ROWS:,} rows or {MAX_TEXT:,} characters"
                return Solution(Outcome.OUT_OF_MEMORY, message=message, engine=ENGINE)
        return Solution(None, {"columns": len(cursor.description), "rows": rows}, engine=ENGINE)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return _failure(error, is_compiled=True)
    except MemoryError:
        return Solution(Outcome.OUT_OF_MEMORY, message="SQLite ran out of memory", engine=ENGINE)
    finally:
        connection.set_progress_handler(None, 0)


def _plain(value: Any) -> Any:
    """A JSON value: bytes decoded, infinite numbers as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _failure(error: Exception, *, is_compiled: bool) -> Solution:
    return Solution(_outcome(error, is_compiled), message=str(error)[:500], engine=ENGINE)


def _outcome(error: Exception, is_compiled: bool) -> Outcome:
    code, said = getattr(error, "sqlite_errorcode", None), str(error)
    if code == sqlite3.SQLITE_AUTH or "not authorized" in said:
        return Outcome.DENIED
    if code == sqlite3.SQLITE_INTERRUPT:
        return Outcome.CPU_TIMEOUT
    if code in (sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM):
        return Outcome.OUT_OF_MEMORY
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return Outcome.SANDBOX_ERROR
    if is_compiled:
        return Outcome.RUNTIME_ERROR
    if code != sqlite3.SQLITE_ERROR:  # the module's own: several statements, NUL, bind parameters
        return Outcome.PARSE_ERROR
    is_syntax = "syntax error" in said or "incomplete input" in said or "unrecognized token" in said
    return Outcome.PARSE_ERROR if is_syntax else Outcome.REJECTED
