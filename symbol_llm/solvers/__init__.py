"""The solvers, one file per engine. ``get("planner")`` makes a solver; close it when done."""

from __future__ import annotations

import importlib
from typing import Any

from symbol_llm.errors import unknown_name
from symbol_llm.solvers.base import Job, Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

# solver name -> module:class
SOLVERS: dict[str, str] = {
    "python": "symbol_llm.solvers.python:PythonSolver",
    "fol": "symbol_llm.solvers.fol:FolSolver",
    "logic_program": "symbol_llm.solvers.logic_program:LogicProgramSolver",
    "csp": "symbol_llm.solvers.csp:CspSolver",
    "planner": "symbol_llm.solvers.planner:PlannerSolver",
    "sql": "symbol_llm.solvers.sql:SqlSolver",
    "scene": "symbol_llm.solvers.scene:SceneSolver",
    "geometry": "symbol_llm.solvers.geometry:GeometrySolver",
    "graph": "symbol_llm.solvers.graph:GraphSolver",
}

__all__ = ["SOLVERS", "Job", "Limits", "Outcome", "Solution", "Solver", "get"]


def get(name: str, **options: Any) -> Solver:
    """A new solver; ``options`` are its constructor's. Raises UserError for an unknown name."""
    if name not in SOLVERS:
        raise unknown_name("solver", name, SOLVERS, "symbol-llm solve --help")
    module, attribute = SOLVERS[name].split(":")
    return getattr(importlib.import_module(module), attribute)(**options)
