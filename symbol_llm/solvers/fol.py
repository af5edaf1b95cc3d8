"""Entailment with Z3: does the last formula follow from the ones before it?

    ∀x (Cat(x) → Animal(x))
    Cat(tom)
    Animal(tom)                 → "True"

Open world: "True" if the conclusion follows, "False" if its negation does, "Uncertain" if neither does, and both
have a model to show for it. Premises that contradict each other are INCONSISTENT, whatever the conclusion; where Z3
cannot decide, the outcome is SOLVER_UNKNOWN. A single line is a conclusion from no premises.
"""

from __future__ import annotations

import os
from dataclasses import replace

from symbol_llm.errors import SymbolError
from symbol_llm.formats import fol_z3
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.fol_parser import parse_theory
from symbol_llm.formats.fol_smt import script
from symbol_llm.formats.fol_tree import warnings
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool


class FolSolver(Solver):
    """Z3 in worker processes. ``message`` of an answer mentions free variables and names with several arities."""

    name = "fol"

    def __init__(self) -> None:
        self._z3 = WorkerPool(fol_z3.TARGET, os.cpu_count() or 1, "Z3")

    @property
    def engine(self) -> str:
        return fol_z3.engine()

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        try:
            theory = parse_theory(symbol)
        except SymbolError as error:
            return Solution(Outcome.PARSE_ERROR, message=str(error), engine=self.engine)
        solution = self._z3.call(fol_z3.question("entails", script(theory)), limits or self.limits)
        if solution.outcome is None:
            return replace(solution, message="; ".join(warnings(theory)))
        return solution

    def close(self) -> None:
        self._z3.close()
