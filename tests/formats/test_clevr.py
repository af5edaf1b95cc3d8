"""CLEVR programs: list form, types, canonical form, comparison on scenes, renaming."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.clevr_operations import BY_GLOSS, OPERATIONS
from symbol_llm.formats.clevr_program import MAX_DEPTH, MAX_NODES, Node, from_program, to_program, type_fault
from symbol_llm.formats.clevr_scene import random_scene
from tests.formats.bad_input import check_bad_input
from tests.formats.clevr_programs import random_program
from tests.formats.fixture_lines import context, lines

RAW = os.environ.get("SYMBOL_LLM_RAW")
DEFINITIONS = "\n".join(operation.definition for operation in OPERATIONS.values())
NAMES = list(OPERATIONS)
SCENE = context("clevr").world
clevr = get("clevr")

programs = st.integers(0, 10**9).map(lambda seed: random_program(Random(seed)))
scenes = st.integers(0, 10**9).map(lambda seed: random_scene(Random(seed), 1 + seed % 8))


def operations(names: dict[str, str]) -> dict[Name, str]:
    return {Name("operation", old): new for old, new in names.items()}


def random_names(rng: Random, count: int) -> list[str]:
    """Different names of one to six letters, digits and underscores."""
    names: set[str] = set()
    while len(names) < count:
        names.add(rng.choice(ascii_letters) + "".join(rng.choices(ascii_letters + digits + "_", k=rng.randint(0, 5))))
    return sorted(names, key=lambda name: rng.random())


def test_every_operation_of_the_language_is_there_with_a_gloss_of_its_own() -> None:
    assert len(OPERATIONS) == len(BY_GLOSS) == 27
    used = {node.function for line in lines("clevr", "valid.txt") for node in clevr.parse(line).walk()}
    assert used == set(OPERATIONS), "the valid lines use every operation"
    assert {name.text: name.gloss for name in clevr.defined_names(Context(DEFINITIONS))} == {
        operation.name: operation.gloss for operation in OPERATIONS.values()
    }


def test_list_form() -> None:
    program = [
        {"function": "scene", "inputs": [], "value_inputs": []},
        {"function": "filter_color", "inputs": [0], "value_inputs": ["blue"]},
        {"function": "count", "inputs": [1], "value_inputs": []},
    ]
    tree = from_program(program)
    assert clevr.render(tree) == "count(filter_color(blue,scene()))"
    assert to_program(tree) == program
    generator = [
        {"type": "scene", "inputs": []},
        {"type": "filter_color", "inputs": [0], "side_inputs": ["blue"]},
        {"type": "count", "inputs": [1], "_output": 3},
    ]
    assert from_program(generator) == tree


def test_a_result_that_is_used_twice_becomes_two_subtrees() -> None:
    program = [
        {"function": "scene", "inputs": [], "value_inputs": []},
        {"function": "count", "inputs": [0], "value_inputs": []},
        {"function": "equal_integer", "inputs": [1, 1], "value_inputs": []},
    ]
    assert clevr.render(from_program(program)) == "equal_integer(count(scene()),count(scene()))"


SCENE_STEP = {"function": "scene", "inputs": [], "value_inputs": []}


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (None, "not a list"),
        ([], "not a list"),
        (["scene"], "function 0 is not an object"),
        ([{"inputs": []}], "function 0 has no name"),
        ([{"function": "count(", "inputs": []}], "function 0 has no name"),
        ([SCENE_STEP, {"function": "count", "inputs": [1]}], "inputs are not earlier"),
        ([SCENE_STEP, {"function": "count", "inputs": [-1]}], "inputs are not earlier"),
        ([SCENE_STEP, {"function": "count", "inputs": [True]}], "inputs are not earlier"),
        ([SCENE_STEP, {"function": "filter_color", "inputs": [0], "value_inputs": ["a b"]}], "are not names"),
        ([SCENE_STEP, {"function": "filter_color", "inputs": [0], "value_inputs": "blue"}], "are not names"),
        ([SCENE_STEP, SCENE_STEP], "nothing uses the result of function 0"),
        ([SCENE_STEP, *({"function": "union", "inputs": [i, i]} for i in range(40))], "grows too large"),
        ([SCENE_STEP, *({"function": "unique", "inputs": [i]} for i in range(MAX_DEPTH))], "grows too large"),
    ],
)
def test_what_is_no_program_is_refused(program: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_program(program)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("count", 6, "'('"),
        ("count(scene()", 14, "',' or ')'"),
        ("count(scene()))", 15, "the end of the program"),
        ("count(filter_color(scene(),green))", 28, "values stand before programs"),
        ("count(,scene())", 7, "a value or an operation"),
        ("count(scene(),)", 15, "a value or an operation"),
        ("count(filter_color('green',scene()))", 20, "a value or an operation"),
    ],
)
def test_faults_are_where_they_are(text: str, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        clevr.parse(text)
    assert caught.value.column == column and expected in caught.value.expected


def test_depth_and_size_are_limited() -> None:
    deep = "filter_color(red," * (MAX_DEPTH - 2) + "scene()" + ")" * (MAX_DEPTH - 2)
    assert clevr.accepts(f"count({deep})", Context("", SCENE)).holds is True
    with pytest.raises(SymbolError, match="within each other"):
        clevr.parse(f"count(filter_color(red,{deep}))")
    with pytest.raises(SymbolError, match=f"at most {MAX_NODES} operations"):
        clevr.parse(f"union({','.join(['scene()'] * MAX_NODES)})")


@settings(deadline=None)
@given(programs)
def test_random_programs_are_well_typed_and_read_back(tree: Node) -> None:
    assert type_fault(tree, OPERATIONS) == ""
    assert clevr.parse(clevr.render(tree)) == tree
    assert from_program(to_program(tree)) == tree


@settings(deadline=None)
@given(programs, scenes)
def test_the_canonical_form_has_the_same_answer(tree: Node, scene: dict) -> None:
    text = clevr.render(tree)
    canonical = clevr.canonical(text)
    assert clevr.canonical(canonical) == canonical
    where = Context("", {"scene": scene})
    before, after = clevr.accepts(text, where), clevr.accepts(canonical, where)
    assert before.holds is after.holds
    assert not before or before.reason == after.reason
    assert clevr.equivalent(text, canonical).holds is True


def test_a_differing_answer_is_a_witness() -> None:
    red, blue = "count(filter_color(red,scene()))", "count(filter_color(blue,scene()))"
    seen = clevr.equivalent(red, blue, Context("", SCENE))
    assert seen.holds is False and seen.reason == "on the scene: 2 against 1"
    assert clevr.equivalent(red, blue).holds is False, "without a scene, one is found"
    rare = "query_size(unique(filter_shape(cube,filter_color(cyan,filter_material({},scene())))))"
    assert clevr.equivalent(rare.format("metal"), rare.format("rubber")).holds is False


def test_what_no_scene_tells_apart_is_unknown() -> None:
    """Equal by a law that the canonical form does not know: true, but not proved here."""
    red, none = "filter_color(red,scene())", "filter_color(blue,filter_color(red,scene()))"
    a, b = f"exist({red})", f"less_than(count({none}),count({red}))"
    verdict = clevr.equivalent(a, b)
    assert verdict.holds is None and "same answers on 64 scenes" in verdict.reason


def test_comparison_does_not_depend_on_the_order() -> None:
    a = "count(relate(left,unique(filter_color(red,scene()))))"
    b = "count(relate(left,unique(filter_shape(cube,scene()))))"
    assert clevr.equivalent(a, b).holds is clevr.equivalent(b, a).holds is False


def test_a_scene_or_definitions_that_cannot_be_used_are_not_the_programs_fault() -> None:
    assert clevr.accepts("count(scene())", Context("", {"scene": {"objects": []}})).holds is None
    twice = Context("count: how many\nnumber: how many")
    assert clevr.accepts("count(scene())", twice).holds is None
    assert clevr.score("count(scene())", "exist(scene())", twice).is_equivalent is None
    assert clevr.score("count(scene())", "exist(scene())", Context("", {"scene": 3})).is_equivalent is None


def test_definitions_close_the_set_of_operations() -> None:
    two = Context("all: all objects\nnumber: how many", SCENE)
    assert clevr.accepts("number(all())", two).reason == "answers 5"
    refused = clevr.accepts("number(scene())", two)
    assert refused.holds is False and "scene is not an operation; there are all, number" in refused.reason


@settings(deadline=None)
@given(programs, st.permutations(NAMES), scenes)
def test_swapped_names_are_renamed_at_once(tree: Node, swapped: list[str], scene: dict) -> None:
    """count for exist and exist for count: one after the other would make them the same."""
    mapping, inverse = operations(dict(zip(NAMES, swapped))), operations(dict(zip(swapped, NAMES)))
    where = Context(DEFINITIONS, {"scene": scene})
    moved, there = clevr.rename(tree, mapping), clevr.rename_context(where, mapping)
    text, moved_text = clevr.render(tree), clevr.render(moved)
    before, after = clevr.accepts(text, where), clevr.accepts(moved_text, there)
    assert before.holds is after.holds
    assert not before or before.reason == after.reason, "the same answer"
    assert clevr.rename(moved, inverse) == tree
    assert clevr.rename_context(there, inverse) == where
    renamed_canonical = clevr.render(clevr.rename(clevr.parse(clevr.canonical(text, where)), mapping))
    assert clevr.canonical(moved_text, there) == renamed_canonical


fresh_names = st.integers(0, 10**9).map(lambda seed: random_names(Random(seed), len(NAMES)))


@settings(deadline=None)
@given(programs, fresh_names)
def test_fresh_names(tree: Node, names: list[str]) -> None:
    mapping = operations(dict(zip(NAMES, names)))
    there = clevr.rename_context(Context(DEFINITIONS), mapping)
    moved = clevr.rename(tree, mapping)
    assert clevr.parse(clevr.render(moved)) == moved
    assert clevr.accepts(clevr.render(moved), there).holds is True
    assert clevr.rename(moved, operations(dict(zip(names, NAMES)))) == tree


def test_an_operation_may_be_called_like_a_value() -> None:
    mapping = operations({"filter_color": "green", "count": "color", "scene": "set"})
    there = clevr.rename_context(Context(DEFINITIONS + "\ncolor: green red", SCENE), mapping)
    moved = clevr.render(clevr.rename(clevr.parse("count(filter_color(green,scene()))"), mapping))
    assert moved == "color(green(green,set()))"
    assert clevr.accepts(moved, there).reason == "answers 2"
    assert there.definitions.endswith("\ncolor: green red"), "a line that defines no operation stays"


def test_mergers_are_refused() -> None:
    with pytest.raises(ValueError, match="would both be called scene"):
        clevr.rename(clevr.parse("count(scene())"), operations({"count": "scene"}))


def test_scores() -> None:
    gold = "count(filter_color(red,filter_size(small,scene())))"
    swapped = clevr.score("count(filter_size(small,filter_color(red,scene())))", gold)
    assert (swapped.value, swapped.is_exact, swapped.is_equivalent) == (0.0, False, True)
    wrong = clevr.score("count(filter_color(red,scene()))", gold)
    assert (wrong.value, wrong.is_equivalent) == (0.0, False)
    ill_typed = clevr.score("count(unique(scene()))", gold)
    assert (ill_typed.is_parsed, ill_typed.is_equivalent) == (True, False)
    broken = clevr.score("count(", gold)
    assert (broken.is_parsed, broken.is_equivalent) == (False, False)


def real_questions(raw: str) -> list[tuple[dict, dict]]:
    """CLEVR's and CLOSURE's questions that have programs, with their scenes."""
    folder, scenes = Path(raw, "clevr"), {}
    for path in sorted(folder.rglob("*_scenes.json")):
        scenes.update({scene["image_filename"]: scene for scene in json.loads(path.read_bytes())["scenes"]})
    files = [path for path in sorted(folder.rglob("*.json")) if not path.name.endswith("_scenes.json")]
    questions = [question for path in files for question in json.loads(path.read_bytes())["questions"]]
    return [(question, scenes[question["image_filename"]]) for question in questions if "program" in question]


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("clevr", 20_000) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_program_gives_its_answer() -> None:
    """CLEVR v1.0 and CLOSURE."""
    assert RAW
    questions = real_questions(RAW)
    assert len(questions) >= 826 + 47
    for question, scene in questions:
        tree = from_program(question["program"])
        text = clevr.render(tree)
        assert clevr.parse(text) == tree
        assert len(to_program(tree)) == len(question["program"])
        where = Context("", {"scene": scene})
        assert clevr.accepts(text, where).reason == f"answers {question['answer']}", question["question"]
        assert clevr.accepts(clevr.canonical(text), where).reason == f"answers {question['answer']}"
