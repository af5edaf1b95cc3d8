"""The scene solver on GQA's scene graphs: every operation, every ending."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from symbol_llm.formats import Context
from symbol_llm.formats.gqa_operations import OPERATIONS
from symbol_llm.solvers import Outcome, get
from tests.formats.fixture_lines import context

WORLD = context("gqa").world
solver = get("scene")


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("select: dog --> verify color: brown [0]", "yes"),
        ("select: dog --> filter color: black [0] --> exist: ? [1]", "no"),
        ("select: animal (11) --> exist: ? [0]", "yes"),
        ("select: man --> relate: _,wearing,o [0] --> query: name [1]", "hat"),
        ("select: dog --> exist: ? --> select: bench --> filter material: not(metal) --> exist: ? --> and:", "yes"),
        ("select: cat --> exist: ? [0] --> select: hat --> exist: ? [2] --> or: [1, 3]", "yes"),
        ("select: bench --> choose color: brown|white [0]", "brown"),
        ("select: man --> choose rel: dog,to the left of|to the right of,s [0]", "to the left of"),
        ("select: man --> verify rel: dog,to the left of,s [0]", "yes"),
        ("select: dog --> choose hposition: left|right [0]", "left"),
        ("select: dog --> select: man --> choose younger: [0, 1]", "dog"),
        ("select: hat --> select: dog --> same color: [0, 1]", "yes"),
        ("select: grass --> select: hat --> different color: [0, 1]", "yes"),
        ("select: hat (14) --> select: bench (15) --> common: [0, 1]", "color"),
        ("select: scene --> choose weather: sunny|rainy [0]", "sunny"),
        ("select: scene --> query: place [0]", "park"),
    ],
)
def test_answers(program: str, answer: str) -> None:
    solution = solver.solve(program, Context("", WORLD))
    assert (solution.outcome, solution.answer) == (None, answer), solution.message
    assert solution.engine.startswith("GQA executor") and solution.engine in solver.engine


@pytest.mark.parametrize(
    ("program", "outcome", "message"),
    [
        ("", Outcome.NO_SYMBOL, "no program"),
        ("The dog is brown.", Outcome.PARSE_ERROR, "column 4"),
        ("select: dog --> verify color: brown [7]", Outcome.PARSE_ERROR, "earlier steps"),
        ("select: dog --> bark: ? [0]", Outcome.REJECTED, "bark is not an operation"),
        ("select: dog", Outcome.REJECTED, "ends in a set"),
        ("count(scene())", Outcome.PARSE_ERROR, ""),
        ("select: bird --> query: name [0]", Outcome.RUNTIME_ERROR, "there is no object"),
        ("select: bench --> choose color: white|red [0]", Outcome.RUNTIME_ERROR, "none of the options hold"),
        ("select: bench (99) --> query: name [0]", Outcome.SOLVER_UNKNOWN, "the scene has no object 99"),
        ("select: dog --> query: price [0]", Outcome.SOLVER_UNKNOWN, "category 'price'"),
        ("select: dog --> " * 10_000, Outcome.PARSE_ERROR, "10,000 characters"),
        ("\0", Outcome.PARSE_ERROR, ""),
        ("select: \udc80 --> exist: ?", Outcome.PARSE_ERROR, ""),
    ],
)
def test_endings(program: str, outcome: Outcome, message: str) -> None:
    solution = solver.solve(program, Context("", WORLD))
    assert (solution.outcome, solution.answer) == (outcome, None), solution
    assert message in solution.message


@pytest.mark.parametrize(
    "objects",
    [
        {"1": None},
        {"1": {"x": 3}},
        {"1": {"name": 5}},
        {"1": {"name": "dog", "relations": [{"name": "on", "object": "2"}]}},
        {"1": {"name": "dog", "attributes": 7}},
    ],
)
def test_a_broken_scene_is_our_fault(objects: Any) -> None:
    solution = solver.solve("select: dog --> exist: ? [0]", Context("", {"scene": {"objects": objects}}))
    assert solution.outcome is Outcome.GOLD_ERROR and solution.message


def test_renamed_operations_run_by_their_definitions() -> None:
    definitions = "\n".join(
        operation.definition.replace("select(", "pick(").replace("exist(", "isThere(")
        for operation in OPERATIONS.values()
    )
    renamed = Context(definitions, WORLD)
    assert solver.solve("pick: dog --> isThere: ? [0]", renamed).answer == "yes"
    assert solver.solve("select: dog --> exist: ? [0]", renamed).outcome is Outcome.REJECTED


def test_random_programs_always_end_in_an_outcome() -> None:
    rng, seen = Random(4), set()
    steps = ("select: {0}", "filter color: {1}", "relate: _,{2},s", "exist: ?", "verify color: {1}", "query: name")
    steps += ("query: color", "choose color: {1}|red", "same color:", "same: color", "common:", "and:", "or:")
    steps += (
        "choose younger:",
        "different color:",
        "verify hposition: left",
        "choose rel: {0},on|{2},s",
        "query: place",
    )
    for _ in range(3_000):
        words = (
            rng.choice(("dog", "man", "hat", "scene", "animal", "bird")),
            rng.choice(("brown", "not(brown)")),
            rng.choice(("on", "wearing", "to the left of", "same color")),
        )
        program = " --> ".join(rng.choice(steps).format(*words) for _ in range(rng.randint(1, 6)))
        solution = solver.solve(f"select: {words[0]} --> {program}", Context("", WORLD))
        assert (solution.outcome is None) == isinstance(solution.answer, str), (program, solution)
        seen.add(solution.outcome)
    assert {None, Outcome.REJECTED, Outcome.RUNTIME_ERROR} <= seen
