"""Verdicts of Z3: what follows, what does not, and what nobody may guess."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.formats.fol_parser import parse_theory
from symbol_llm.solvers import Job, Limits, Outcome, Solution, Solver, eprover, get
from symbol_llm.solvers.fol import _together

CATS = "∀x (Cat(x) → Animal(x))\nCat(tom)\n"


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with get("fol") as one:
        yield one


@pytest.mark.parametrize(
    ("symbol", "answer"),
    [
        (CATS + "Animal(tom)", "True"),
        (CATS + "¬Animal(tom)", "False"),
        (CATS + "Animal(jerry)", "Uncertain"),
        (CATS + "∃x (Animal(x))", "True"),
        (CATS + "∀x (Animal(x) → Cat(x))", "Uncertain"),
        # ⊕ binds looser than ∧ and tighter than →
        ("P(a) ⊕ Q(a) → R(a)\nP(a)\n¬Q(a)\nR(a)", "True"),
        ("P(a) ⊕ Q(a) ∧ R(a)\nQ(a) ∧ R(a)\nP(a)", "False"),
        # a domain is never empty
        ("∀x (Cat(x))\n∃x (Cat(x))", "True"),
        # a single letter is a constant unless it is bound; free u..z are closed universally
        ("P(a)\nP(b)", "Uncertain"),
        ("P(x)\nP(b)", "True"),
        ("Female(x) ∨ Male(x)\n¬Female(kim)\nMale(kim)", "True"),
        # ∀x P(x) → Q(x) is (∀x P(x)) → Q(x), for every x
        ("∀x P(x) → Q(x)\nP(a)\nQ(a)", "Uncertain"),
        ("∀x (P(x) → Q(x))\nP(a)\nQ(a)", "True"),
        # the same name with other arguments is another symbol
        ("Play(tom)\nPlay(tom, chess)", "Uncertain"),
        # equality is identity, names may name the same
        ("tom = jerry\nCat(tom)\nCat(jerry)", "True"),
        ("Cat(tom)\n¬Cat(jerry)\ntom = jerry", "False"),
        ("Cat(tom)\nCat(jerry)\ntom = jerry", "Uncertain"),
        ("mother(tom) = anna\nKind(anna)\nKind(mother(tom))", "True"),
        # no premises
        ("P(a) ∨ ¬P(a)", "True"),
        # one dialect or the other
        ("all x. (Cat(x) -> Animal(x))\nCat(tom)\nAnimal(tom)\n", "True"),
    ],
)
def test_verdicts(solver: Solver, symbol: str, answer: str) -> None:
    solution = solver.solve(symbol)
    assert solution.outcome is None and solution.answer == answer, solution
    assert solution.engine.startswith("Z3 ") and solution.wall_seconds > 0


@pytest.mark.parametrize("conclusion", ["Animal(tom)", "¬Animal(tom)", "Dog(rex)", "∃x (Cat(x) ∧ ¬Cat(x))"])
def test_contradicting_premises_prove_nothing(solver: Solver, conclusion: str) -> None:
    solution = solver.solve(f"{CATS}¬Animal(tom)\n{conclusion}")
    assert solution.outcome is Outcome.INCONSISTENT and solution.answer is None


def test_a_broken_line_is_a_parse_error_with_a_caret(solver: Solver) -> None:
    solution = solver.solve(CATS + "Animal(tom))")
    assert solution.outcome is Outcome.PARSE_ERROR
    assert "line 3, column 12" in solution.message and solution.message.endswith("\n             ^")
    assert solver.solve("").outcome is Outcome.NO_SYMBOL
    assert solver.solve(CATS + "\nAnimal(tom)").outcome is Outcome.PARSE_ERROR, "a formula is missing"


def test_doubtful_readings_are_mentioned(solver: Solver) -> None:
    assert "free variable x" in solver.solve("P(x)\nP(b)").message
    assert "1 and 2 arguments" in solver.solve("Play(tom)\nPlay(tom, chess)").message


def test_what_z3_cannot_decide_is_said(solver: Solver) -> None:
    # A strict order without a last element has only infinite models.
    order = "∀x ∃y (Less(x, y))\n∀x (¬Less(x, x))\n∀x ∀y ∀z (Less(x, y) ∧ Less(y, z) → Less(x, z))\n"
    solution = solver.solve(order + "Even(zero)", limits=Limits(cpu_seconds=600, wall_seconds=600))
    assert solution.outcome is Outcome.SOLVER_UNKNOWN and "could not decide" in solution.message
    # Irreflexivity refutes this, but whether the premises themselves have a model stays open.
    assert solver.solve(order + "Less(zero, zero)", limits=Limits(600, 600)).outcome is Outcome.SOLVER_UNKNOWN


def test_endless_work_is_stopped(solver: Solver) -> None:
    group = "∀x ∀y ∀z (m(x, m(y, z)) = m(m(x, y), z))\n∀x (m(x, e) = x)\n∀x (m(x, i(x)) = e)\n"
    solution = solver.solve(group + "∀x ∀y (m(x, y) = m(y, x))", limits=Limits(cpu_seconds=0.3, wall_seconds=600))
    assert solution.outcome in (Outcome.CPU_TIMEOUT, Outcome.SOLVER_UNKNOWN)
    assert solver.solve(CATS + "Animal(tom)").answer == "True"


def test_jobs_run_side_by_side_and_stay_in_order(solver: Solver) -> None:
    jobs = [Job(CATS + f"Animal({'tom' if i % 2 else 'kim'})") for i in range(40)]
    answers = [solution.answer for solution in solver.solve_many(jobs, workers=3)]
    assert answers == ["Uncertain", "True"] * 20


def test_a_closed_solver_works_again() -> None:
    solver = get("fol")
    with solver:
        assert solver.solve("P(a)\nP(a)").answer == "True"
    assert solver.solve("P(a)\n¬P(a)").answer == "False"
    solver.close()


def test_warnings_stand_beside_an_outcome_as_well(solver: Solver) -> None:
    solution = solver.solve("P(x)\n¬P(a)\nQ(b)")
    assert solution.outcome is Outcome.INCONSISTENT
    assert "contradict" in solution.message and "free variable x" in solution.message


# The second prover

has_e = pytest.mark.skipif(not eprover.is_installed(), reason="E is not installed: apt-get install eprover")
ORDER = "∀x ∃y (Less(x, y))\n∀x (¬Less(x, x))\n∀x ∀y ∀z (Less(x, y) ∧ Less(y, z) → Less(x, z))\n"
THEORIES = [
    CATS + "Animal(tom)",
    CATS + "¬Animal(tom)",
    CATS + "Animal(jerry)",
    "P(a) ⊕ Q(a) → R(a)\nP(a)\n¬Q(a)\nR(a)",
    "P(a) ⊕ Q(a) ⊕ R(a)\n¬P(a)\nR(a)\nQ(a)",
    "(P(a) ↔ Q(a)) ∨ R(a)\n¬R(a)\nQ(a)\nP(a)",
    "∀x (∃x (P(x)) → Q(x))\nP(a)\nQ(b)",
    "mother(tom) = anna\nKind(anna)\nKind(mother(tom))",
    "tom = jerry\nCat(tom)\nCat(jerry)",
    "Female(x) ∨ Male(x)\n¬Female(kim)\nMale(kim)",
    "P(x)\nP(y)",
    "Play(tom)\nPlay(tom, chess)",
    "P(a) ∨ ¬P(a)",
    f"{CATS}¬Animal(tom)\nDog(rex)",
    "Né(Müller)\nNé(Müller)",
]


def test_the_problem_as_e_reads_it() -> None:
    theory = parse_theory("∀x (Cat(x) → ∃x (Likes(x, tom)))\nTall(y) ⊕ ¬(tom = f(y)) ⊕ Tall(tom)")
    assert eprover.tptp(theory) == (
        "fof(l1, axiom, (! [V0] : (p0(V0) => (? [V2] : p1(V2, c2))))).\n"
        "fof(l2, conjecture, (! [V0] : ((p3(V0) <~> ~ ((c2 = f4(V0)))) <~> p3(c2)))).\n"
    )


@has_e
@pytest.mark.parametrize("symbol", THEORIES)
def test_the_two_provers_agree(solver: Solver, symbol: str) -> None:
    with get("fol", second="always") as both:
        alone, together = solver.solve(symbol), both.solve(symbol)
    assert (together.outcome, together.answer) == (alone.outcome, alone.answer), together
    assert together.engine.startswith("Z3 ") and ", E 2" in together.engine


# Numbers that go on for ever: all models are infinite, which Z3 cannot see and E can.
NUMBERS = "∀x (¬(s(x) = zero))\n∀x ∀y (s(x) = s(y) → x = y)\n"


@has_e
@pytest.mark.parametrize(
    ("conclusion", "answer"),
    [("Even(zero)", "Uncertain"), ("¬(s(zero) = zero)", "True"), ("s(s(zero)) = s(zero)", "False")],
)
def test_e_decides_what_z3_does_not(solver: Solver, conclusion: str, answer: str) -> None:
    limits = Limits(cpu_seconds=60, wall_seconds=3600)
    assert solver.solve(NUMBERS + conclusion, limits=limits).outcome is Outcome.SOLVER_UNKNOWN
    with get("fol", second="fallback") as both:
        solution = both.solve(NUMBERS + conclusion, limits=limits)
    assert solution.outcome is None and solution.answer == answer
    assert "decided by E 2" in solution.message and "Z3 could not decide" in solution.message


@has_e
def test_what_neither_decides_stays_open() -> None:
    with get("fol", second="fallback") as both:
        solution = both.solve(ORDER + "Even(zero)", limits=Limits(cpu_seconds=2, wall_seconds=600))
    assert solution.outcome is Outcome.SOLVER_UNKNOWN and "Z3 could not decide" in solution.message
    assert "E ended with" in solution.message


def solved(outcome: Outcome | None, answer: str | None, engine: str) -> Solution:
    return Solution(outcome, answer, "said", engine, cpu_seconds=1.0)


@pytest.mark.parametrize(
    ("first", "second", "outcome", "answer"),
    [
        ((None, "True"), (None, "True"), None, "True"),
        ((None, "True"), (None, "Uncertain"), Outcome.SOLVER_UNKNOWN, None),
        ((None, "True"), (Outcome.INCONSISTENT, None), Outcome.SOLVER_UNKNOWN, None),
        ((None, "True"), (Outcome.SOLVER_UNKNOWN, None), None, "True"),
        ((Outcome.CPU_TIMEOUT, None), (None, "False"), None, "False"),
        ((Outcome.SOLVER_UNKNOWN, None), (Outcome.INCONSISTENT, None), Outcome.INCONSISTENT, None),
        ((Outcome.SOLVER_UNKNOWN, None), (Outcome.SOLVER_UNKNOWN, None), Outcome.SOLVER_UNKNOWN, None),
    ],
)
def test_two_verdicts_together(first: Any, second: Any, outcome: Outcome | None, answer: str | None) -> None:
    found = _together(solved(*first, "Z3 4"), solved(*second, "E 2"))
    assert (found.outcome, found.answer, found.engine, found.cpu_seconds) == (outcome, answer, "Z3 4, E 2", 2.0)
    if first[0] is None and second[0] in (None, Outcome.INCONSISTENT) and outcome is not None:
        assert "disagree: Z3 4 finds True, E 2" in found.message


def test_a_missing_prover_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eprover.shutil, "which", lambda name: None)
    eprover.engine.cache_clear()
    try:
        with pytest.raises(EngineMissing, match=r"engine missing: E .*apt-get install eprover"):
            get("fol", second="always").engine  # noqa: B018
        with get("fol") as alone:
            assert alone.engine.startswith("Z3 ")
    finally:
        eprover.engine.cache_clear()
    with pytest.raises(UserError, match="never, fallback, always"):
        get("fol", second="perhaps")
