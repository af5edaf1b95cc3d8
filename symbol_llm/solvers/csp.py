"""Constraint problems in Logic-LM's notation: which option holds in every arrangement?

    Domain:                        Constraints:
    1: leftmost                    owl == 1
    Variables:                     robin < raven
    quail [IN] [1, 2, 3]  …        Query:
                                   A) quail == 3        B) owl == 3        → "A"

The answer is the letter of the one option that holds in every assignment which satisfies the constraints. None or
several such options give NO_ANSWER, and the message says which ones could hold; constraints without any assignment
are INCONSISTENT.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import ClassVar

from symbol_llm.errors import SymbolError
from symbol_llm.formats import fol_z3
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.logic_program_parser import parse
from symbol_llm.formats.logic_program_tree import Problem
from symbol_llm.solvers import csp_z3
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool


class CspSolver(Solver):
    """Z3 in worker processes."""

    name: ClassVar[str] = "csp"

    def __init__(self) -> None:
        self._z3 = WorkerPool(csp_z3.TARGET, os.cpu_count() or 1, "Z3")

    @property
    def engine(self) -> str:
        return fol_z3.engine()

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Find the option that must hold. Facts and rules, which the same format writes, are REJECTED."""
        engine = self.engine
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there is no problem", engine=engine)
        try:
            problem = parse(symbol)
        except SymbolError as error:
            return Solution(Outcome.PARSE_ERROR, message=str(error), engine=engine)
        if not isinstance(problem, Problem):
            told = "facts and rules, which the solver logic_program takes, where a constraint problem is expected"
            return Solution(Outcome.REJECTED, message=told, engine=engine)
        solution = self._z3.call(problem, limits or self.limits)
        if solution.outcome is not None:
            return solution
        must, can = solution.answer["must"], solution.answer["can"]
        if len(must) == 1:
            return replace(solution, answer=must[0])
        if must:
            told = f"several options must hold: {', '.join(must)}"
        else:
            told = f"no option must hold; those that can: {', '.join(can) or 'none'}"
        return replace(solution, outcome=Outcome.NO_ANSWER, answer=None, message=told)

    def close(self) -> None:
        self._z3.close()
