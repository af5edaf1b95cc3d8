"""Entailment with Z3: does the last formula follow from the ones before it?

    ∀x (Cat(x) → Animal(x))
    Cat(tom)
    Animal(tom)                 → "True"

Open world: "True" if the conclusion follows, "False" if its negation does, "Uncertain" if neither does, and both
have a model to show for it. Premises that contradict each other are INCONSISTENT, whatever the conclusion; where Z3
cannot decide, the outcome is SOLVER_UNKNOWN. A single line is a conclusion from no premises. Free variables are closed
universally, each over its line, and the message says so.

A second prover, E, can be asked as well: ``FolSolver(second="fallback")`` where Z3 does not decide,
``second="always"`` for every theory. Where the two disagree, nobody guesses: SOLVER_UNKNOWN says who found what.
"""

from __future__ import annotations

import os
from dataclasses import replace

from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import fol_z3
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.fol_parser import parse_theory
from symbol_llm.formats.fol_smt import script
from symbol_llm.formats.fol_tree import Theory, warnings
from symbol_llm.solvers import eprover
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool

SECOND = ("never", "fallback", "always")
_UNDECIDED = (Outcome.SOLVER_UNKNOWN, Outcome.CPU_TIMEOUT)


class FolSolver(Solver):
    """Z3 in worker processes. ``message`` of an answer mentions free variables and names with several arities."""

    name = "fol"

    def __init__(self, second: str = "never") -> None:
        if second not in SECOND:
            raise UserError(f"second={second!r} of the solver fol is none of {', '.join(SECOND)}")
        self.second = second
        self._z3 = WorkerPool(fol_z3.TARGET, os.cpu_count() or 1, "Z3")
        self._e = eprover.Prover()

    @property
    def engine(self) -> str:
        if self.second == "never":
            return fol_z3.engine()
        return f"{fol_z3.engine()}, {eprover.engine()} ({self.second})"

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Decide a theory. Raises EngineMissing."""
        limits = limits or self.limits
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there are no formulas", engine=self.engine)
        try:
            theory = parse_theory(symbol)
        except SymbolError as error:
            return Solution(Outcome.PARSE_ERROR, message=str(error), engine=self.engine)
        solution = self._z3.call(fol_z3.question("entails", script(theory)), limits)
        if self.second == "always" or (self.second == "fallback" and solution.outcome in _UNDECIDED):
            solution = _together(solution, self._e.entails(theory, limits))
        return _with_warnings(solution, theory)

    def close(self) -> None:
        self._z3.close()
        self._e.close()


def _with_warnings(solution: Solution, theory: Theory) -> Solution:
    said = [solution.message] if solution.message else []
    return replace(solution, message="; ".join([*said, *warnings(theory)]))


def _together(first: Solution, second: Solution) -> Solution:
    """What two provers found: what both say, or what one says where the other cannot tell."""
    both = replace(
        first,
        engine=f"{first.engine}, {second.engine}",
        cpu_seconds=first.cpu_seconds + second.cpu_seconds,
        wall_seconds=first.wall_seconds + second.wall_seconds,
    )
    if _verdict(second) is None:
        return replace(both, message="; ".join(filter(None, (first.message, second.message))))
    if _verdict(first) is None:
        said = f"decided by {second.engine}; {first.engine}: {first.message}"
        return replace(both, outcome=second.outcome, answer=second.answer, message=said)
    if _verdict(first) == _verdict(second):
        return both
    said = f"the provers disagree: {first.engine} finds {_verdict(first)}, {second.engine} {_verdict(second)}"
    return replace(both, outcome=Outcome.SOLVER_UNKNOWN, answer=None, message=said)


def _verdict(solution: Solution) -> str | None:
    """The answer, or "inconsistent"; None where the prover did not decide."""
    if solution.outcome is Outcome.INCONSISTENT:
        return "inconsistent"
    return str(solution.answer) if solution.outcome is None else None
