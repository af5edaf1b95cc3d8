"""Programs: ``def solution(): return 48 / 2`` gives 24.0. Mathematics and symbolic reasoning, sympy at hand.

    with PythonSolver() as solver:
        solver.solve("def solution():\\n    return 48 / 2").answer

The engine is CPython itself, in the sandbox; what a program may return is listed in plain_values.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.solvers.base import Job, Solver
from symbol_llm.solvers.ending import ENGINE
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.sandbox import Sandbox


class PythonSolver(Solver):
    """Runs programs in ``size`` warm sandboxes side by side. Arguments as for Sandbox."""

    name = "python"

    def __init__(self, size: int = 2, *, sandbox: Sandbox | None = None) -> None:
        self._sandbox = sandbox or Sandbox("python", size)

    @property
    def engine(self) -> str:
        return ENGINE

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there is no program")
        return self._sandbox.run(symbol, limits or self.limits)

    def solve_many(self, jobs: Iterable[Job], *, workers: int = 2, limits: Limits | None = None) -> Iterator[Solution]:
        """Execute jobs in order, as many side by side as there are workers and zygotes; jobs are read as needed."""
        workers = min(workers, self._sandbox.size)
        with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
            waiting = []
            for job in jobs:
                waiting.append(pool.submit(self.solve, job.symbol, job.context, limits))
                if len(waiting) > 4 * workers:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()

    def close(self) -> None:
        self._sandbox.close()
