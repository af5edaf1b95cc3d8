"""SQL on SQLite: a query is executed on its database and gives its rows.

    SELECT name FROM pets WHERE age > 3 ORDER BY name   ->   {"columns": 1, "rows": [["ann"]], "ordered": true}

The query runs in a worker process that can be killed, on a read-only database, under SQLite's authorizer. The
isolation is "authorizer": SQLite executes no model-written code, only SELECT.

``SqlSolver(engine="duckdb")`` runs the same queries in DuckDB, on a copy of the tables; isolation "locked" then means
that its configuration allows no file and no connection, and only SELECT is run.
"""

from __future__ import annotations

from dataclasses import replace

from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.sql_syntax import is_ordered, read
from symbol_llm.solvers import sql_duckdb, sql_engine, sql_world
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool

ENGINES = {"sqlite": "symbol_llm.solvers.sql_engine:run", "duckdb": sql_duckdb.TARGET}
_GRACE_SECONDS = 1.0  # between SQLite's own deadline and the end of the process


class SqlSolver(Solver):
    """SQLite or DuckDB behind worker processes. Answers: {"columns", "rows", "ordered"}, see sql_compare.py."""

    name = "sql"

    def __init__(self, workers: int = 2, engine: str = "sqlite") -> None:
        if engine not in ENGINES:
            raise UserError(f"engine={engine!r} of the solver sql is none of {', '.join(ENGINES)}")
        self._is_duckdb = engine == "duckdb"
        self._pool = WorkerPool(ENGINES[engine], workers, engine)

    @property
    def engine(self) -> str:
        """Name and version of the database library. Raises EngineMissing."""
        return sql_duckdb.engine() if self._is_duckdb else sql_engine.ENGINE

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Execute a query on the database of ``context.world``.

        PARSE_ERROR: not a query. REJECTED: an unknown table, column or function. DENIED: anything but reading.
        SANDBOX_ERROR: the database file cannot be read. Raises UserError if the world names no database or the
        file is missing.
        """
        limits = limits or self.limits
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="the query is empty", engine=self.engine)
        if not sql_world.has_database(context.world, context.root):
            sql_world.connect(context.world, context.root)  # raises: says what is missing
        try:
            symbol.encode()
        except UnicodeEncodeError as error:
            return Solution(Outcome.PARSE_ERROR, message=f"not Unicode text: {error.reason}", engine=self.engine)
        solution = self._pool.call(
            {
                "query": symbol,
                "world": dict(context.world),
                "root": str(context.root) if context.root is not None else None,
                "cpu_seconds": limits.cpu_seconds,
                "memory_bytes": limits.memory_bytes,
            },
            replace(
                limits,
                cpu_seconds=limits.cpu_seconds + _GRACE_SECONDS,
                memory_bytes=limits.memory_bytes + (sql_duckdb.RESERVED if self._is_duckdb else 0),
            ),
        )
        solution = replace(solution, isolation="locked" if self._is_duckdb else "authorizer")
        if solution.outcome is not None:
            return solution
        try:
            query = read(symbol)
        except SymbolError as error:  # the engine runs it, but it is not one query of this language (VALUES, say)
            return replace(solution, outcome=Outcome.PARSE_ERROR, answer=None, message=str(error))
        return replace(solution, answer={**solution.answer, "ordered": is_ordered(query)})

    def close(self) -> None:
        """End the worker processes."""
        self._pool.close()
