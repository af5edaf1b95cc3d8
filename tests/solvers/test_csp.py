"""Constraint problems by Z3, with trying all assignments as referee."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from symbol_llm.formats.logic_program_tree import Comparison, Constraint, Option, Problem, Term
from symbol_llm.solvers import Limits, Outcome, Solver, get
from tests.formats.fixture_lines import lines


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with get("csp") as one:
        yield one


def text(variables: str, constraints: str, options: str) -> str:
    parts = ("\n".join(part.strip() for part in half.split(";")) for half in (variables, constraints, options))
    return "Domain:\nVariables:\n{}\nConstraints:\n{}\nQuery:\n{}".format(*parts)


ROW = "owl [IN] [1, 2, 3]; jay [IN] [1, 2, 3]; crow [IN] [1, 2, 3]"
ALL = "AllDifferentConstraint([owl, jay, crow])"


@pytest.mark.parametrize(
    ("constraints", "options", "answer"),
    [
        (f"owl == 1; jay < crow; {ALL}", "A) jay == 3; B) crow == 3; C) owl == 3", "B"),
        (f"owl > jay; jay > crow; {ALL}", "A) owl == 2; B) jay == 2", "B"),
        ("owl == 1 or owl == 2; owl != 1", "A) owl == 1; B) owl == 2", "B"),
        ("owl == jay + 1; jay == crow + 1", "A) owl == 3; B) owl == 1", "A"),
        ("crow - 1 >= owl; owl >= jay + 1", "A) owl == 2; B) owl == 3", "A"),
        # a constraint between two numbers, true, and options that speak of numbers alone
        ("1 < 2", "A) 2 == 3; B) 3 == 3", "B"),
        ("2 == 1 or jay == 2", "A) jay == 2; B) jay == 1", "A"),
    ],
)
def test_answers(solver: Solver, constraints: str, options: str, answer: str) -> None:
    solution = solver.solve(text(ROW, constraints, options))
    assert (solution.outcome, solution.answer) == (None, answer), solution
    assert solution.engine == solver.engine and solution.engine.startswith("Z3 ")


@pytest.mark.parametrize(
    ("constraints", "options", "outcome", "message"),
    [
        (ALL, "A) owl == 1; B) jay == 4", Outcome.NO_ANSWER, "no option must hold; those that can: A"),
        (ALL, "A) owl == 7", Outcome.NO_ANSWER, "those that can: none"),
        ("owl == 1", "A) owl == 1; B) owl < 2", Outcome.NO_ANSWER, "several options must hold: A, B"),
        ("owl < jay; jay < owl", "A) owl == 1", Outcome.INCONSISTENT, "no assignment"),
        ("2 == 1", "A) owl == 1", Outcome.INCONSISTENT, "no assignment"),
        ("AllDifferentConstraint([owl, owl])", "A) owl == 1", Outcome.INCONSISTENT, "no assignment"),
        ("owl == hen", "A) owl == 1", Outcome.PARSE_ERROR, "hen is not among the variables"),
        ("__import__('os')", "A) owl == 1", Outcome.PARSE_ERROR, "line 7"),
        ("owl == 1", "A) owl == 1; A) owl == 2", Outcome.PARSE_ERROR, "new letter"),
        ("owl == 99999999999999999999", "A) owl == 1", Outcome.PARSE_ERROR, "whole number"),
        ("owl == 1" + " or owl == 1" * 20_000, "A) owl == 1", None, ""),
    ],
)
def test_endings(solver: Solver, constraints: str, options: str, outcome: Outcome | None, message: str) -> None:
    solution = solver.solve(text(ROW, constraints, options))
    assert solution.outcome is outcome and message in solution.message, solution
    assert (solution.answer is None) == (outcome is not None)


@pytest.mark.parametrize(
    ("symbol", "outcome"),
    [
        ("", Outcome.NO_SYMBOL),
        ("\n \n", Outcome.NO_SYMBOL),
        ("Domain:\n" * 100_000, Outcome.PARSE_ERROR),
        ("\0", Outcome.PARSE_ERROR),
        ("Domain:\nVariables:\n\u202eowl [IN] [1]", Outcome.PARSE_ERROR),
        ("Domain:\nVariables:\n\udcff", Outcome.PARSE_ERROR),
        (lines("logic_program", "valid.txt")[0], Outcome.REJECTED),
    ],
)
def test_what_is_no_problem(solver: Solver, symbol: str, outcome: Outcome) -> None:
    solution = solver.solve(symbol)
    assert (solution.outcome, solution.answer) == (outcome, None) and solution.engine


def test_a_hard_problem_is_stopped(solver: Solver) -> None:
    """Fourteen pigeons in thirteen holes, said pair by pair."""
    pigeons = [f"p{i}" for i in range(14)]
    holes = ", ".join(map(str, range(1, 14)))
    variables = "; ".join(f"{name} [IN] [{holes}]" for name in pigeons)
    apart = "; ".join(f"{a} != {b}" for i, a in enumerate(pigeons) for b in pigeons[:i])
    solution = solver.solve(text(variables, apart, "A) p0 == 1"), limits=Limits(cpu_seconds=0.2, wall_seconds=600))
    assert solution.outcome in (Outcome.CPU_TIMEOUT, Outcome.OUT_OF_MEMORY, Outcome.INCONSISTENT)
    assert solver.solve(text(ROW, "owl == 1", "A) owl == 1")).answer == "A"


OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def random_problem(rng: Random) -> Problem:
    names = ("a", "b", "c")[: rng.randint(1, 3)]

    def comparison() -> Comparison:
        left, right = (
            Term(name, rng.randint(-1, 2)) if name else Term("", rng.randint(1, 4))
            for name in rng.choices(("", *names), k=2)
        )
        return Comparison(left, rng.choice([*OPERATORS]), right)

    constraints = [Constraint(tuple(comparison() for _ in range(rng.randint(1, 2)))) for _ in range(rng.randint(0, 3))]
    if rng.random() < 0.5:
        constraints.append(Constraint((), names))
    variables = tuple((name, tuple(rng.sample(range(1, 5), rng.randint(1, 4)))) for name in names)
    return Problem((), variables, tuple(constraints), tuple(Option(letter, comparison()) for letter in "ABC"))


def holds(comparison: Comparison, values: dict[str, int]) -> bool:
    left, right = (values.get(term.variable, 0) + term.number for term in (comparison.left, comparison.right))
    return bool(OPERATORS[comparison.operator](left, right))


def test_random_problems_agree_with_trying_everything(solver: Solver) -> None:
    rng, endings = Random(3), set()
    for _ in range(200):
        problem = random_problem(rng)
        names = [name for name, _ in problem.variables]
        worlds = [dict(zip(names, values)) for values in product(*(values for _, values in problem.variables))]
        for constraint in problem.constraints:
            worlds = [
                world
                for world in worlds
                if any(holds(choice, world) for choice in constraint.choices)
                or (constraint.different and len({world[n] for n in constraint.different}) == len(constraint.different))
            ]
        must = [option.letter for option in problem.options if all(holds(option.comparison, world) for world in worlds)]
        solution = solver.solve(str(problem))
        endings.add(solution.outcome)
        if not worlds:
            assert solution.outcome is Outcome.INCONSISTENT, str(problem)
        else:
            assert solution.answer == (must[0] if len(must) == 1 else None), str(problem)
    assert endings == {None, Outcome.INCONSISTENT, Outcome.NO_ANSWER}
