"""Constraint problems asked of Z3. ``run`` works in a worker's process (symbol_llm/solvers/worker.py).

    quail [IN] [1, 2, 3], quail < owl, A) owl == 3     →     {"must": [], "can": ["A"]}

Each variable is an integer out of its values. An option must hold if no assignment that satisfies the constraints
makes it false, and can hold if one makes it true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from symbol_llm.formats import fol_z3
from symbol_llm.formats.logic_program_tree import Comparison, Constraint, Problem, Term
from symbol_llm.solvers.outcome import Outcome, Solution

if TYPE_CHECKING:
    import z3

TARGET = "symbol_llm.solvers.csp_z3:run"
prepare = fol_z3.prepare

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def run(problem: Problem) -> Solution:
    """The letters of the options that must hold and can hold. INCONSISTENT if no assignment satisfies all."""
    import z3

    engine = f"Z3 {z3.get_version_string()}"
    variables = {name: z3.Int(name) for name, _ in problem.variables}
    solver = z3.SimpleSolver()
    for name, values in problem.variables:
        solver.add(z3.Or([variables[name] == value for value in dict.fromkeys(values)]))
    for constraint in problem.constraints:
        solver.add(_constraint(constraint, variables))
    status = solver.check()
    if status == z3.unsat:
        told = "no assignment satisfies all constraints"
        return Solution(Outcome.INCONSISTENT, message=told, engine=engine)
    must, can = [], []
    for option in problem.options:
        condition = _comparison(option.comparison, variables)
        can_fail, can_hold = solver.check(z3.Not(condition)), solver.check(condition)
        if z3.unknown in (status, can_fail, can_hold):
            told = f"Z3 could not decide: {solver.reason_unknown()}"
            return Solution(Outcome.SOLVER_UNKNOWN, message=told, engine=engine)
        must += [option.letter] * (can_fail == z3.unsat)
        can += [option.letter] * (can_hold == z3.sat)
    return Solution(None, answer={"must": must, "can": can}, engine=engine)


def _constraint(constraint: Constraint, variables: Mapping[str, z3.ArithRef]) -> z3.BoolRef:
    import z3

    if constraint.different:
        # A variable that is listed twice cannot differ from itself: Distinct says so, as python-constraint does.
        return z3.Distinct([variables[name] for name in constraint.different])
    return z3.Or([_comparison(choice, variables) for choice in constraint.choices])


def _comparison(comparison: Comparison, variables: Mapping[str, z3.ArithRef]) -> z3.BoolRef:
    import z3

    holds = _OPERATORS[comparison.operator](_term(comparison.left, variables), _term(comparison.right, variables))
    return z3.BoolVal(holds) if isinstance(holds, bool) else holds  # two numbers compare in Python


def _term(term: Term, variables: Mapping[str, z3.ArithRef]) -> z3.ArithRef | int:
    return variables[term.variable] + term.number if term.variable else term.number
