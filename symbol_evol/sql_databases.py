"""Both queries on small generated databases that differ in nothing but the names of tables and columns.

    CREATE TABLE pets (name, age)    [["a", 1], ["b", 2]]    SELECT name FROM pets WHERE age > 1      -> [["b"]]
    CREATE TABLE qk3v (b71x, ma3t)   the same rows           SELECT b71x FROM qk3v WHERE ma3t > 1     -> [["b"]]

The target of a worker process (symbol_llm/solvers/worker.py); it imports nothing heavy.
"""

from __future__ import annotations

import sqlite3
from random import Random
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.solvers import sql_world
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.sql_compare import strict_list
from symbol_llm.solvers.sql_engine import ENGINE, execute, guard
from symbol_llm.solvers.sql_witness import filled, random_rows

_SECONDS = 1.0  # of CPU for one query on one database


def compare(job: dict[str, Any]) -> Solution:
    """Compare two queries. ``job``: queries, schemas (CREATE statements of both), literals, databases, memory_bytes.

    The answer is {"same": number of databases on which both give the same rows}; ``message`` says why the original
    did not run. WRONG with the two results if they differ.
    """
    try:
        return _compare(job)
    except (UserError, sqlite3.Error) as error:
        return Solution(Outcome.REJECTED, message=str(error), engine=ENGINE)


def _compare(job: dict[str, Any]) -> Solution:
    schemas = [tuple(statements) for statements in job["schemas"]]
    tables = [_tables(statements) for statements in schemas]
    same, message = 0, ""
    if not all(schemas):
        return Solution(None, {"same": 0}, "no schema", ENGINE)
    if len(tables[0]) != len(tables[1]):
        return Solution(Outcome.WRONG, message=f"{len(tables[0])} tables became {len(tables[1])}", engine=ENGINE)
    for number in range(job["databases"]):
        rows = random_rows(schemas[0], job["literals"], Random(f"evolve/{number}"))
        moved = {new: rows[old] for old, new in zip(*tables)}
        results = []
        for statements, content, query in zip(schemas, (rows, moved), job["queries"]):
            database = filled(statements, content)
            try:
                guard(database, job["memory_bytes"])
                results.append(execute(database, query, _SECONDS))
            finally:
                database.close()
        before, after = results
        if before.outcome is not None:
            message = f"{before.outcome}: {before.message}"
            continue
        if after.outcome is not None:
            return Solution(Outcome.WRONG, message=f"{after.outcome}: {after.message}", engine=ENGINE)
        if not strict_list(before.answer, after.answer):
            shown = f"{before.answer['rows'][:3]} became {after.answer['rows'][:3]}"
            return Solution(Outcome.WRONG, message=shown[:400], engine=ENGINE)
        same += 1
    return Solution(None, {"same": same}, message, ENGINE)


def _tables(statements: tuple[str, ...]) -> list[str]:
    """The tables in order of creation."""
    connection = sql_world.empty(statements)
    try:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    finally:
        connection.close()
