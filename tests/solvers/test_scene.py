"""The scene solver: answers, endings, and a second executor as referee."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.formats import Context, Name
from symbol_llm.formats import get as get_format
from symbol_llm.formats.clevr_operations import OPERATIONS
from symbol_llm.formats.clevr_program import render_program, to_program
from symbol_llm.formats.clevr_scene import compact_scene, random_scene
from symbol_llm.solvers import Job, Outcome, get
from tests.formats.clevr_programs import random_program, run_slowly
from tests.formats.fixture_lines import context

SCENE = context("clevr").world
solver = get("scene")


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("count(scene())", "5"),
        ("count(filter_color(purple,scene()))", "0"),
        ("exist(filter_color(green,scene()))", "yes"),
        ("exist(filter_color(purple,scene()))", "no"),
        ("query_shape(unique(filter_color(blue,scene())))", "sphere"),
        # one thing of the same colour is left when the cylinder itself is not counted
        ("count(same_color(unique(filter_shape(cylinder,scene()))))", "1"),
        ("count(relate(left,unique(filter_color(blue,scene()))))", "3"),
        ("count(relate(right,unique(filter_color(blue,scene()))))", "1"),
        ("query_color(unique(relate(behind,unique(filter_color(blue,scene())))))", "green"),
        ("count(relate(front,unique(filter_color(blue,scene()))))", "3"),
        ("count(union(filter_color(red,scene()),filter_shape(cube,scene())))", "3"),
        ("count(intersect(filter_color(red,scene()),filter_shape(cube,scene())))", "1"),
        ("less_than(count(filter_color(blue,scene())),count(filter_color(red,scene())))", "yes"),
        ("greater_than(count(filter_color(green,scene())),count(filter_color(red,scene())))", "no"),
        ("equal_integer(count(filter_color(green,scene())),count(filter_color(red,scene())))", "yes"),
    ],
)
def test_answers(program: str, answer: str) -> None:
    solution = solver.solve(program, Context("", SCENE))
    assert (solution.outcome, solution.answer) == (None, answer), solution.message
    assert solution.engine and solution.engine in solver.engine and solution.wall_seconds > 0


@pytest.mark.parametrize(
    ("program", "outcome", "message"),
    [
        ("", Outcome.NO_SYMBOL, "no program"),
        (" \n", Outcome.NO_SYMBOL, "no program"),
        ("The answer is 3.", Outcome.PARSE_ERROR, "column 5"),
        ("count(scene()", Outcome.PARSE_ERROR, "column 14"),
        ("count(filter_color(pink,scene()))", Outcome.REJECTED, "not pink"),
        ("number(scene())", Outcome.REJECTED, "number is not an operation"),
        ("query_color(scene())", Outcome.REJECTED, "needs 'object' but gets 'set' from scene()"),
        ("scene()", Outcome.REJECTED, "not an answer"),
        ("query_color(unique(scene()))", Outcome.RUNTIME_ERROR, "5 objects where one is needed: unique(scene())"),
        ("query_color(unique(filter_color(purple,scene())))", Outcome.RUNTIME_ERROR, "no object where one is needed"),
        ("(" * 10_000, Outcome.PARSE_ERROR, "column 1"),
        ("count(" * 10_000, Outcome.PARSE_ERROR, "within each other"),
    ],
)
def test_endings(program: str, outcome: Outcome, message: str) -> None:
    solution = solver.solve(program, Context("", SCENE))
    assert (solution.outcome, solution.answer) == (outcome, None)
    assert message in solution.message


OBJECT = {"color": "red", "shape": "cube", "size": "small", "material": "metal"}
SIDES: dict[str, Any] = {side: [[]] for side in ("left", "right", "behind", "front")}


BROKEN_SCENES: list[Any] = [
    None,
    [],
    {"objects": [OBJECT]},
    {"objects": [{**OBJECT, "color": "pink"}], "relationships": SIDES},
    {"objects": [{"color": "red"}], "relationships": SIDES},
    {"objects": [OBJECT], "relationships": {**SIDES, "left": []}},
    {"objects": [OBJECT], "relationships": {**SIDES, "left": [[1]]}},
    {"objects": [OBJECT], "relationships": {**SIDES, "left": [["0"]]}},
    {"objects": [OBJECT], "relationships": {**SIDES, "left": 3}},
]


@pytest.mark.parametrize("scene", BROKEN_SCENES)
def test_a_broken_scene_is_never_blamed_on_the_program(scene: Any) -> None:
    solution = solver.solve("count(scene())", Context("", {"scene": scene}))
    assert solution.outcome is Outcome.GOLD_ERROR and solution.outcome.is_ours and solution.message


def test_no_scene_and_contradicting_definitions_are_ours_too() -> None:
    assert solver.solve("count(scene())").outcome is Outcome.GOLD_ERROR
    twice = solver.solve("count(scene())", Context("count: how many\nnumber: how many", SCENE))
    assert twice.outcome is Outcome.GOLD_ERROR and "two names mean" in twice.message


def test_an_empty_scene_is_a_scene() -> None:
    empty = {"objects": [], "relationships": {side: [] for side in SIDES}}
    assert solver.solve("count(scene())", Context("", {"scene": empty})).answer == "0"


def test_renamed_operations_run_in_their_definitions() -> None:
    language, where = get_format("clevr"), context("clevr")
    mapping = {Name("operation", "count"): "exist", Name("operation", "exist"): "count"}
    there = language.rename_context(where, mapping)
    assert solver.solve("exist(filter_color(red,scene()))", there).answer == "2"
    assert solver.solve("count(filter_color(red,scene()))", there).answer == "yes"


def test_a_scene_file_entry_and_its_compact_form_are_the_same_scene() -> None:
    entry = {**SCENE["scene"], "image_index": 3, "directions": {"left": [0.0, 1.0, 0.0]}}
    entry["objects"] = [{**item, "3d_coords": [0.0, 0.0, 0.7], "rotation": 1.5} for item in entry["objects"]]
    assert compact_scene(entry) == SCENE["scene"]
    assert solver.solve("count(scene())", Context("", {"scene": entry})).answer == "5"


def test_many_jobs_in_order() -> None:
    jobs = [Job(f"count(filter_color({color},scene()))", Context("", SCENE)) for color in ("red", "blue", "cyan")] * 20
    assert [solution.answer for solution in solver.solve_many(jobs, workers=3)] == ["2", "1", "0"] * 20


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_a_second_executor_agrees(seed: int) -> None:
    rng = Random(seed)
    tree, scene = random_program(rng), random_scene(rng, rng.choice((0, 1, 1, 2, 5)))
    solution = solver.solve(render_program(tree), Context("", {"scene": scene}))
    expected = run_slowly(to_program(tree), scene)
    if expected is None:
        assert solution.outcome is Outcome.RUNTIME_ERROR
    else:
        assert (solution.outcome, solution.answer) == (None, expected)


def test_random_programs_reach_every_operation_and_mostly_answer() -> None:
    """The referee test above is only worth something if programs run."""
    rng = Random(0)
    trees = [random_program(rng) for _ in range(600)]
    assert {node.function for tree in trees for node in tree.walk()} == set(OPERATIONS)
    scenes = [random_scene(rng, rng.choice((0, 1, 1, 2, 5))) for _ in trees]
    assert sum(run_slowly(to_program(tree), scene) is not None for tree, scene in zip(trees, scenes)) > 150
