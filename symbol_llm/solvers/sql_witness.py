"""Telling two queries apart: a database on which their results differ.

    CREATE TABLE t (a int, b int)    SELECT a FROM t WHERE a > 1    SELECT a FROM t WHERE a >= 1
    ->  on a database with a = 1: [] against [[1]]

Tried are the given database and small random ones that keep the schema's constraints, with values around those that
the queries mention. Each query also runs on the same rows stored the other way round: where its own result changes,
the query leaves a choice to SQLite (ties under LIMIT, say), and that database proves nothing.

The target of a worker process; it imports nothing heavy.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.solvers import sql_world
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.sql_compare import spider_ts
from symbol_llm.solvers.sql_engine import ENGINE, execute, guard

NUM_RANDOM = 16
_SECONDS = 1.0  # of CPU for one query on one small database
_SECONDS_GIVEN = 3.0  # on the given one


def compare(job: dict[str, Any]) -> Solution:
    """Look for a witness. ``job``: queries (two), literals, ordered, world or None, root, memory_bytes, statements.

    The answer is {"is_different", "witness", "databases": number on which both ran}. With ``is_single`` only the
    given database is tried, stored as it is, and "refused" says why the reference (the second query) did not run.
    """
    try:
        return _compare(job)
    except (UserError, sqlite3.Error) as error:
        return Solution(Outcome.SANDBOX_ERROR, message=str(error), engine=ENGINE)


def _compare(job: dict[str, Any]) -> Solution:
    tried = 0
    if job["world"] is not None:
        root = Path(job["root"]) if job["root"] is not None else None
        connection = sql_world.connect(job["world"], root)
        if job.get("is_single"):
            return _on_given(connection, job)
        databases = [connection, _visited_backwards(sql_world.connect(job["world"], root))]
        difference = _difference(databases, job, _SECONDS_GIVEN)
        if difference:
            return _found("the given database", difference)
        tried += difference is not None
    for number in range(NUM_RANDOM):
        rows = random_rows(job["statements"], job["literals"], Random(f"witness/{number}"))
        databases = [filled(job["statements"], rows), filled(job["statements"], rows, is_reversed=True)]
        databases.append(_visited_backwards(filled(job["statements"], rows)))
        difference = _difference(databases, job, _SECONDS)
        if difference:
            where = ", ".join(f"{table} {json.dumps(values)}" for table, values in rows.items())
            return _found(f"random database {number} ({where})", difference)
        tried += difference is not None
    return Solution(None, {"is_different": False, "witness": "", "databases": tried}, engine=ENGINE)


def _found(where: str, difference: str) -> Solution:
    witness = f"{difference[:600]} on {where[:1500]}"
    return Solution(None, {"is_different": True, "witness": witness, "databases": 1}, engine=ENGINE)


def _on_given(connection: sqlite3.Connection, job: dict[str, Any]) -> Solution:
    guard(connection, job["memory_bytes"])
    try:
        prediction, reference = (execute(connection, query, _SECONDS_GIVEN) for query in job["queries"])
    finally:
        connection.close()
    refused = reference.message if reference.outcome is not None else ""
    if prediction.outcome in (Outcome.CPU_TIMEOUT, Outcome.OUT_OF_MEMORY):
        refused = refused or prediction.message
    is_same = prediction.outcome is None and not refused and _is_same(reference, prediction, job["ordered"])
    answer = {"is_different": not is_same, "witness": "", "databases": 1, "refused": refused}
    return Solution(None, answer, engine=ENGINE)


def _visited_backwards(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA reverse_unordered_selects = ON")
    return connection


def _difference(databases: list[sqlite3.Connection], job: dict[str, Any], seconds: float) -> str | None:
    """The two results if they differ, "" if they do not, None if nothing is proved; closes the databases.

    The databases hold the same rows; the results on the first are compared with each other.
    """
    runs: list[list[Solution]] = []
    try:
        for database in databases:
            guard(database, job["memory_bytes"])
            runs.append([execute(database, query, seconds) for query in job["queries"]])
    finally:
        for database in databases:
            database.close()
    if any(solution.outcome is not None for run in runs for solution in run):
        return None
    first, second = runs[0]
    for other_first, other_second in runs[1:]:
        if not (_is_same(first, other_first, job["ordered"]) and _is_same(second, other_second, job["ordered"])):
            return None
    if _is_same(first, second, job["ordered"]):
        return ""
    return f"{json.dumps(first.answer['rows'])[:250]} against {json.dumps(second.answer['rows'])[:250]}"


def _is_same(gold: Solution, other: Solution, ordered: bool) -> bool:
    return spider_ts({**gold.answer, "ordered": ordered}, {**other.answer, "ordered": ordered})


# Random databases

Rows = dict[str, list[tuple[Any, ...]]]


def random_rows(statements: tuple[str, ...], literals: list[str], rng: Random) -> Rows:
    """Rows for every table that keep primary keys, NOT NULL, UNIQUE, CHECK and foreign keys.

    Values come from one small pool per kind, so that joins meet; ``literals`` and their neighbours are in it.
    """
    connection = sql_world.empty(statements)
    try:
        numbers, texts = _pools(literals, rng)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
            pools = [_pool(column[2], numbers, texts, rng) for column in columns]
            for place, column in enumerate(columns):
                if column[5] and column[2].upper() == "INTEGER":
                    # It may be the row's own number: a fraction there is an error that OR IGNORE does not ignore.
                    pools[place] = [number for number in numbers if isinstance(number, int)]
            names = ", ".join(_quoted(column[1]) for column in columns)
            places = ", ".join("?" * len(columns))
            null_share = rng.choice([0.0, 0.0, 0.15])
            for _ in range(rng.randint(3, 10)):
                values = [
                    # SQLite lets NULL into most primary keys, but no real table has it there.
                    None if not column[5] and rng.random() < null_share else rng.choice(pool)
                    for column, pool in zip(columns, pools)
                ]
                # A row that breaks a constraint is left out by SQLite itself.
                connection.execute(f"INSERT OR IGNORE INTO {_quoted(table)} ({names}) VALUES ({places})", values)
        _drop_orphans(connection, tables)
        return {table: connection.execute(f"SELECT * FROM {_quoted(table)}").fetchall() for table in tables}
    finally:
        connection.close()


def filled(statements: tuple[str, ...], rows: Rows, *, is_reversed: bool = False) -> sqlite3.Connection:
    """A database in memory with these rows, on demand stored in reverse order."""
    connection = sql_world.empty(statements)
    for table, values in rows.items():
        if values:
            columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
            names = ", ".join(_quoted(column[1]) for column in columns)
            places = ", ".join("?" * len(columns))
            ordered = values[::-1] if is_reversed else values
            connection.executemany(f"INSERT INTO {_quoted(table)} ({names}) VALUES ({places})", ordered)
    return connection


def _pools(literals: list[str], rng: Random) -> tuple[list[Any], list[str]]:
    numbers: list[Any] = [0, 1, 2, 3]
    texts = ["a", "b", "B"]
    for literal in literals:
        try:
            value = float(literal)
        except ValueError:
            core = literal.replace("%", "").replace("_", "a")
            texts += [core, f"x{core}y", core.swapcase()] if "%" in literal or "_" in literal else [core, core]
            texts += [literal + "s"]
        else:
            whole: Any = int(value) if value.is_integer() and abs(value) < 2**53 else value
            numbers += [whole, whole + 1, whole - 1]
            texts.append(literal)
    rng.shuffle(numbers)
    rng.shuffle(texts)
    return numbers[: max(5, len(numbers) - 3)], texts[: max(4, len(texts) - 2)]


def _pool(declared: str, numbers: list[Any], texts: list[str], rng: Random) -> list[Any]:
    """Values for a column by SQLite's rules of affinity; a column without a type gets either kind."""
    kind = declared.upper()
    if any(word in kind for word in ("CHAR", "CLOB", "TEXT")):
        return texts
    if any(word in kind for word in ("DATE", "TIME", "YEAR")):
        return rng.choice([numbers, texts])
    if not kind or "BLOB" in kind or kind in ("OTHERS", "BOOLEAN", "BOOL"):
        return rng.choice([numbers, texts])
    return numbers


def _drop_orphans(connection: sqlite3.Connection, tables: list[str]) -> None:
    """Delete rows whose foreign key has no parent, until none is left."""
    is_changed = True
    while is_changed:
        is_changed = False
        for table in tables:
            keys: dict[int, list[tuple[Any, ...]]] = {}
            for row in connection.execute(f"PRAGMA foreign_key_list({_quoted(table)})"):
                keys.setdefault(row[0], []).append(row)
            for parts in keys.values():
                parent, child_columns = parts[0][2], [part[3] for part in parts]
                parent_columns = _parent_columns(connection, parts)
                if not parent_columns:
                    continue  # the schema names a table that is not there
                child = ", ".join(f"c.{_quoted(column)}" for column in child_columns)
                present = " AND ".join(f"c.{_quoted(column)} IS NOT NULL" for column in child_columns)
                wanted = ", ".join(_quoted(column) for column in parent_columns)
                query = (
                    f"DELETE FROM {_quoted(table)} AS c WHERE {present} "
                    f"AND ({child}) NOT IN (SELECT {wanted} FROM {_quoted(parent)} WHERE "
                    + " AND ".join(f"{_quoted(column)} IS NOT NULL" for column in parent_columns)
                    + ")"
                )
                is_changed |= connection.execute(query).rowcount > 0


def _parent_columns(connection: sqlite3.Connection, parts: list[tuple[Any, ...]]) -> list[str]:
    """The referenced columns; without a list they are the parent's primary key. Empty if they do not exist."""
    info = connection.execute(f"PRAGMA table_info({_quoted(parts[0][2])})").fetchall()
    if parts[0][4] is None:
        primary = [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]
        return primary if len(primary) == len(parts) else []
    known = {row[1].lower() for row in info}
    wanted = [part[4] for part in parts]
    return wanted if all(column.lower() in known for column in wanted) else []


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
