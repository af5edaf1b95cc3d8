"""Graphs of steps with durations: how long do all steps take at least, done side by side where that is allowed?

    {'1': ['3'], '2': ['3'], '3': ['END'], 'START': ['1', '2'], 'END': []}
    {'1': '10 min', '2': '5 min', '3': '30 min'}         →   {"low": 2400.0, "high": 2400.0, "path": ["START", "1", …]}

The time is that of the longest path, in seconds; in the code form (``adj_list = …``) in the unit of its weights.
``low`` and ``high`` differ only where durations are in months or years, whose length varies; the path is a longest one
with the longest months. networkx works on graphs in a worker process.
"""

from __future__ import annotations

import os
from typing import ClassVar

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.solvers import graph_paths_job
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool


class GraphSolver(Solver):
    """networkx in worker processes."""

    name: ClassVar[str] = "graph"

    def __init__(self) -> None:
        self._networkx = WorkerPool(graph_paths_job.TARGET, os.cpu_count() or 1, "networkx")

    @property
    def engine(self) -> str:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return f"networkx {version('networkx')}"
        except PackageNotFoundError as error:
            raise EngineMissing("networkx", "pip install networkx") from error

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Find the longest path. REJECTED: a cycle, or a step that is on no way from the start to the end."""
        engine = self.engine
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there is no graph", engine=engine)
        return self._networkx.call(symbol, limits or self.limits)

    def close(self) -> None:
        self._networkx.close()
