"""Programs: ``def solution(): return 48 / 2`` gives 24.0. Mathematics and symbolic reasoning, sympy at hand.

    with PythonSolver() as solver:
        solver.solve("def solution():\\n    return 48 / 2").answer

The engine is CPython itself, in the sandbox; what a program may return is listed in plain_values.py. Programs that
speak of sympy go to zygotes that have it warm, the others to slim ones, whose forks are cheaper.
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
    """Runs programs in warm sandboxes, ``size`` side by side; the other arguments are the Sandbox's."""

    name = "python"

    def __init__(self, size: int = 2, *, allow_weak: bool | None = None) -> None:
        self.size = size
        self._slim = Sandbox("plain", size, allow_weak=allow_weak)
        self._sympy = Sandbox("python", size, allow_weak=allow_weak)

    @property
    def engine(self) -> str:
        return ENGINE

    @property
    def walls(self) -> tuple[str, tuple[str, ...]]:
        """The isolation level that programs run at, and why each stronger one was not reached. Starts a zygote.

        Raises UserError where the machine cannot isolate programs well enough.
        """
        return self._slim.isolation.value, self._slim.shortfalls

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there is no program", engine=ENGINE)
        # Only a matter of speed: a slim zygote can import sympy as well.
        sandbox = self._sympy if "sympy" in symbol else self._slim
        return sandbox.run(symbol, limits or self.limits)

    def solve_many(self, jobs: Iterable[Job], *, workers: int = 2, limits: Limits | None = None) -> Iterator[Solution]:
        """Execute jobs in order, as many side by side as there are workers and zygotes; jobs are read as needed."""
        workers = max(1, min(workers, self.size))
        with ThreadPoolExecutor(max_workers=workers) as pool:
            waiting = []
            for job in jobs:
                waiting.append(pool.submit(self.solve, job.symbol, job.context, limits))
                if len(waiting) > 4 * workers:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()

    def close(self) -> None:
        self._slim.close()
        self._sympy.close()
