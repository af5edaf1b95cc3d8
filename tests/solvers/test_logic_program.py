"""Logic programs in an open world by Z3 and in a closed world by clingo, with another evaluator as referee."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from symbol_llm.formats import Context
from symbol_llm.formats import get as get_format
from symbol_llm.formats.logic_program import LogicProgram
from symbol_llm.formats.logic_program_tree import Literal, Program, Rule, Statement
from symbol_llm.solvers import Job, Limits, Outcome, Solver, get

CLOSED = Context(world={"assumption": "closed"})


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with get("logic_program") as one:
        yield one


def text(facts: str, rules: str, query: str) -> str:
    """A program from statements that are separated by semicolons."""
    parts = ("\n".join(part.strip() for part in half.split(";")) for half in (facts, rules))
    return "Predicates:\nFacts:\n{}\nRules:\n{}\nQuery:\n{}".format(*parts, query)


CHAIN = ("Cat(Tom, True)", "Cat($x, True) >>> Pet($x, True); Pet($x, True) >>> Wild($x, False)")

MUTUAL = ("Sees(Tom, Ann, True)", "Sees($x, $y, True) >>> Sees($y, $x, True)")


@pytest.mark.parametrize(
    ("facts", "rules", "query", "opened", "closed"),
    [
        (*CHAIN, "Pet(Tom, True)", "True", "True"),
        (*CHAIN, "Wild(Tom, True)", "False", "False"),
        (*CHAIN, "Wild(Tom, False)", "True", "True"),
        (*CHAIN, "Pet(Tom, False)", "False", "False"),
        (*CHAIN, "Pet(Ann, True)", "Unknown", "False"),
        (*CHAIN, "Pet(Ann, False)", "Unknown", "True"),
        # a rule does not run backwards: from "not a pet" nothing follows about cats
        ("Pet(Tom, False)", "Cat($x, True) >>> Pet($x, True)", "Cat(Tom, True)", "Unknown", "False"),
        # a condition that is false must be established in an open world, in a closed one it only must not be true
        ("Cat(Tom, True)", "Cat($x, True) && Wild($x, False) >>> Pet($x, True)", "Pet(Tom, True)", "Unknown", "True"),
        ("Wild(Tom, False)", "Wild($x, False) >>> Pet($x, True)", "Pet(Tom, True)", "True", "True"),
        # variables that only the conclusion or only a negated condition has
        ("Cat(Tom, True)", "Cat($x, True) >>> Likes($y, $x, True)", "Likes(Ann, Tom, True)", "True", "True"),
        ("Cat(Tom, True)", "Wild($y, False) >>> Calm($y, True)", "Calm(Tom, True)", "Unknown", "True"),
        # two conclusions, two places, a constant in a rule
        (
            "Cat(Tom, True)",
            "Cat(Tom, True) >>> Pet(Tom, True) && Wild(Tom, False)",
            "Wild(Tom, True)",
            "False",
            "False",
        ),
        ("Sees(Tom, Ann, True)", "Sees($x, $y, True) >>> Sees($y, $x, True)", "Sees(Ann, Tom, True)", "True", "True"),
        (
            "Sees(Tom, Ann, True)",
            "Sees($x, $y, True) >>> Sees($y, $x, True)",
            "Sees(Ann, Ann, True)",
            "Unknown",
            "False",
        ),
        # a name may be anything that is a name: nothing of the engines' languages leaks through
        ("Not(Not, True)", "Not($not, True) >>> And($not, True)", "And(Not, True)", "True", "True"),
        # a contradiction about something else does not matter
        ("Cat(Tom, True); Cat(Ann, True); Cat(Ann, False)", "", "Cat(Tom, True)", "True", "True"),
    ],
)
def test_answers(solver: Solver, facts: str, rules: str, query: str, opened: str, closed: str) -> None:
    program = text(facts, rules, query)
    for context, answer, engine in ((Context(), opened, "Z3 "), (CLOSED, closed, "clingo ")):
        solution = solver.solve(program, context)
        assert (solution.outcome, solution.answer) == (None, answer), solution
        assert solution.engine.startswith(engine) and solution.engine in solver.engine


@pytest.mark.parametrize("context", [Context(), CLOSED])
def test_a_query_that_is_both_is_inconsistent(solver: Solver, context: Context) -> None:
    solution = solver.solve(text("Cat(Tom, True)", "Cat($x, True) >>> Cat($x, False)", "Cat(Tom, True)"), context)
    assert (solution.outcome, solution.answer) == (Outcome.INCONSISTENT, None)


def test_stable_models_that_disagree_are_not_decided(solver: Solver) -> None:
    either = "Cat($x, False) >>> Dog($x, True); Dog($x, False) >>> Cat($x, True)"
    solution = solver.solve(text("Pet(Tom, True)", either, "Dog(Tom, True)"), CLOSED)
    assert (solution.outcome, solution.answer) == (Outcome.SOLVER_UNKNOWN, None)
    assert "several stable models" in solution.message
    # what does not depend on the choice is decided
    assert solver.solve(text("Pet(Tom, True)", either, "Pet(Tom, True)"), CLOSED).answer == "True"


def test_a_paradox_has_no_stable_model(solver: Solver) -> None:
    program = text("Man(Tom, True)", "Shaves($x, $x, False) >>> Shaves($x, $x, True)", "Man(Tom, True)")
    solution = solver.solve(program, CLOSED)
    assert solution.outcome is Outcome.INCONSISTENT and "no stable model" in solution.message


@pytest.mark.parametrize(
    ("symbol", "outcome", "message"),
    [
        ("", Outcome.NO_SYMBOL, "no program"),
        (" \n\t", Outcome.NO_SYMBOL, "no program"),
        ("Tom is a cat.", Outcome.PARSE_ERROR, "'Predicates:'"),
        ("Predicates:\nFacts:\nRules:\nQuery:", Outcome.PARSE_ERROR, "one query"),
        ("Predicates:\nFacts:\nCat($x, True)\nRules:\nQuery:\nCat(Tom, True)", Outcome.PARSE_ERROR, "line 3, column 5"),
        ('Predicates:\nFacts:\nCat("Tom", True)\nRules:\nQuery:\nCat(Tom, True)', Outcome.PARSE_ERROR, "line 3"),
        ("Predicates:\nFacts:\nCat(T\0m, True)", Outcome.PARSE_ERROR, "printable"),
        ("Predicates:\nFacts:\n#script(python)", Outcome.PARSE_ERROR, "line 3"),
        ("Predicates:\n" * 10_000, Outcome.PARSE_ERROR, ""),
        ("(" * 1_000_000, Outcome.PARSE_ERROR, ""),
        ("\ud800", Outcome.PARSE_ERROR, ""),
        ("Predicates:\nCat($x, bool)\nFacts:\nRules:\nQuery:\nCat(Tom, Ann, True)", Outcome.REJECTED, "1 are declared"),
        ("Domain:\nVariables:\na [IN] [1]\nConstraints:\nQuery:\nA) a == 1", Outcome.REJECTED, "csp"),
    ],
)
@pytest.mark.parametrize("context", [Context(), CLOSED])
def test_endings(solver: Solver, context: Context, symbol: str, outcome: Outcome, message: str) -> None:
    solution = solver.solve(symbol, context)
    assert (solution.outcome, solution.answer) == (outcome, None), solution
    assert message in solution.message and solution.engine


@pytest.mark.parametrize("assumption", ["half", "", None, 3, ["open"]])
def test_an_unknown_assumption_is_our_fault(solver: Solver, assumption: object) -> None:
    program = text(*CHAIN, "Pet(Tom, True)")
    solution = solver.solve(program, Context(world={"assumption": assumption}))
    assert solution.outcome is Outcome.GOLD_ERROR and repr(assumption) in solution.message


def test_a_program_that_grounds_without_end_is_stopped(solver: Solver) -> None:
    """Eight variables over 40 names: clingo would ground 6.5 billion rules."""
    names = [f"N{i}" for i in range(40)]
    literal = ", ".join(f"$v{i}" for i in range(8))
    rules = f"Sees({literal}, False) >>> Likes({literal}, True)"
    facts = "; ".join(f"Cat({name}, True)" for name in names)
    program = text(facts, rules, "Cat(N0, True)")
    solution = solver.solve(program, CLOSED, Limits(cpu_seconds=0.3, wall_seconds=600))
    assert solution.outcome in (Outcome.CPU_TIMEOUT, Outcome.OUT_OF_MEMORY)
    assert solver.solve(text(*CHAIN, "Pet(Tom, True)"), CLOSED).answer == "True", "the next job has a new worker"


def test_jobs_run_side_by_side_and_stay_in_order(solver: Solver) -> None:
    jobs = [
        Job(text(*CHAIN, f"Pet({'Tom' if i % 2 else 'Ann'}, True)"), CLOSED if i % 3 else Context()) for i in range(30)
    ]
    expected = ["True" if i % 2 else "False" if i % 3 else "Unknown" for i in range(30)]
    assert [solution.answer for solution in solver.solve_many(jobs, workers=3)] == expected


def random_program(rng: Random, may_deny: bool) -> Program:
    def literal(terms: tuple[str, ...]) -> Literal:
        return Literal(rng.choice("PQR"), (rng.choice(terms),), rng.random() < 0.7 or not may_deny)

    facts = tuple(Statement(literal(("A", "B"))) for _ in range(rng.randint(1, 3)))
    rules = []
    for _ in range(rng.randint(0, 5)):
        terms = rng.choice((("$x",), ("$x", "$y"), ("A", "$x")))
        rules.append(Rule(tuple(literal(terms) for _ in range(rng.randint(1, 2))), (literal(terms),)))
    return Program(
        (), facts, tuple(rules), Statement(Literal(rng.choice("PQR"), (rng.choice("AB"),), rng.random() < 0.5))
    )


def least_model(program: Program) -> set[Literal]:
    """What follows when True and False are two values, by trying all rules on all names until nothing is new."""
    known = {fact.literal for fact in program.facts}
    while True:
        found = set(known)
        for rule in program.rules:
            names = sorted({a for part in (*rule.body, *rule.head) for a in part.arguments if a[0] == "$"})
            for values in product("AB", repeat=len(names)):
                place = dict(zip(names, values))
                body, head = (
                    [part._replace(arguments=tuple(place.get(a, a) for a in part.arguments)) for part in side]
                    for side in (rule.body, rule.head)
                )
                if all(part in known for part in body):
                    found.update(head)
        if found == known:
            return known
        known = found


def test_random_programs_agree_with_a_plain_evaluator_and_with_the_format(solver: Solver) -> None:
    rng, language = Random(5), get_format("logic_program")
    assert isinstance(language, LogicProgram)
    for _ in range(150):
        program = random_program(rng, may_deny=True)
        known, asked = least_model(program), program.query.literal
        holds, fails = asked in known, asked._replace(value=not asked.value) in known
        expected = "True" if holds else "False" if fails else "Unknown"
        solution = solver.solve(str(program))
        assert solution.answer == (None if holds and fails else expected), str(program)
        by_clingo = language.query_value(str(program))  # None where a conclusion has a variable of its own
        assert by_clingo in (None, solution.answer or "Inconsistent"), str(program)


def test_random_programs_without_denial_agree_in_a_closed_world(solver: Solver) -> None:
    rng = Random(6)
    for _ in range(100):
        program = random_program(rng, may_deny=False)
        asked = program.query.literal
        holds = (asked._replace(value=True) in least_model(program)) == asked.value
        assert solver.solve(str(program), CLOSED).answer == str(holds), str(program)
