"""Whether two problems are the same task: by name where names agree, by a renaming of objects where they differ."""

from __future__ import annotations

import pytest

from symbol_llm.formats import get, pddl_equivalence

PDDL = get("pddl")


def problem(init: str, goal: str, objects: str = "a b c - floor tom ann - guest") -> str:
    return f"(define (problem p) (:domain lift) (:objects {objects}) (:init {init}) (:goal {goal}))"


def test_problems_with_other_object_names_are_matched_as_graphs() -> None:
    a = problem("(up a b) (up b c) (LIFT-AT a) (waits tom c)", "(inside tom)")
    b = problem("(up z y) (up y x) (LIFT-AT z) (waits eve x)", "(inside eve)", "x y z - floor eve bob - guest")
    verdict = PDDL.equivalent(a, b)
    assert verdict.holds is True
    assert "a→z, ann→bob, b→y, c→x, tom→eve" in verdict.reason
    other = b.replace("(LIFT-AT z)", "(LIFT-AT x)")
    assert PDDL.equivalent(a, other).holds is False


def test_objects_of_the_same_names_are_never_exchanged() -> None:
    a = problem("(waits tom a)", "(inside tom)")
    b = problem("(waits ann a)", "(inside ann)")
    verdict = PDDL.equivalent(a, b)
    assert verdict.holds is False
    assert (
        verdict.reason == "initial states differ: only the first has (waits tom a), only the second has (waits ann a)"
    )


def test_exchanged_types_are_no_renaming() -> None:
    a = problem("(waits x y)", "(inside x)", "x - guest y - floor")
    b = problem("(waits y x)", "(inside y)", "y - guest x - floor")
    verdict = PDDL.equivalent(a, b)
    assert verdict.holds is False and "different types" in verdict.reason


def test_constants_of_the_domain_keep_their_names() -> None:
    a = problem("(up ground a) (LIFT-AT ground)", "(LIFT-AT a)", "a - floor")
    b = problem("(up ground b) (LIFT-AT ground)", "(LIFT-AT b)", "b - floor")
    c = problem("(up cellar b) (LIFT-AT cellar)", "(LIFT-AT b)", "b - floor")
    assert PDDL.equivalent(a, b).holds is True
    assert PDDL.equivalent(a, c).holds is False


def test_a_large_symmetric_grid_is_matched() -> None:
    def grid(prefix: str, start: str) -> str:
        cells = [(row, column) for row in range(9) for column in range(9)]
        up = [f"(up {prefix}{r}-{c} {prefix}{r + 1}-{c})" for r, c in cells if r < 8]
        objects = " ".join(f"{prefix}{r}-{c}" for r, c in cells) + " - floor"
        return problem(" ".join([*up, f"(LIFT-AT {prefix}{start})"]), f"(LIFT-AT {prefix}8-8)", objects)

    assert PDDL.equivalent(grid("t", "0-0"), grid("u", "0-3")).holds is True
    assert PDDL.equivalent(grid("t", "0-0"), grid("u", "0-8")).holds is False


@pytest.mark.parametrize(("sizes", "holds"), [((6, 6), True), ((12,), False), ((4, 8), False), ((3, 3, 6), False)])
def test_rings_that_look_alike_from_everywhere_are_told_apart(sizes: tuple[int, ...], holds: bool) -> None:
    """Every object sees the same facts around it: only trying out a renaming decides."""

    def rings(prefix: str, sizes: tuple[int, ...]) -> str:
        names = [[f"{prefix}{ring}-{i}" for i in range(size)] for ring, size in enumerate(sizes)]
        ups = [f"(up {ring[i - 1]} {ring[i]})" for ring in names for i in range(len(ring))]
        return problem(" ".join(ups), "(locked)", " ".join(name for ring in names for name in ring) + " - floor")

    assert PDDL.equivalent(rings("a", (6, 6)), rings("b", sizes)).holds is holds


def test_a_search_without_end_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(pddl_equivalence, "MAX_WORK", 3)
    first = problem("(LIFT-AT a)", "(LIFT-AT b)", "a b c - floor")
    second = problem("(LIFT-AT x)", "(LIFT-AT y)", "x y z - floor")
    verdict = PDDL.equivalent(first, second)
    assert verdict.holds is None and "given up" in verdict.reason


def test_goals_beyond_literals_are_left_open() -> None:
    a = problem("", "(or (locked) (not (locked)))")
    b = problem("", "(or (seen a) (not (seen a)))")
    assert PDDL.equivalent(a, b).holds is None
    assert PDDL.equivalent(a, b.replace("tom", "bob")).holds is None
