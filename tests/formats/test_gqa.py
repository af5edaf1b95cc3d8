"""GQA programs: both texts and the list form, types, canonical form, running on scene graphs, renaming."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.gqa_operations import BY_GLOSS, OPERATIONS
from symbol_llm.formats.gqa_program import MAX_STEPS, Step, from_semantic, to_semantic, typed, without_objects
from symbol_llm.formats.gqa_scene import SceneFault, read_scene
from tests.formats.bad_input import check_bad_input
from tests.formats.fixture_lines import context, lines

RAW = os.environ.get("SYMBOL_LLM_RAW")
SCENE = context("gqa")
gqa = get("gqa")


def random_program(rng: Random) -> str:
    """A well-typed program: chains of one set, joined by and/or."""
    chains = []
    for _ in range(rng.randint(1, 3)):
        steps = [f"select: {rng.choice(['dog', 'man', 'hat', 'bench', 'cats'])}"]
        for _ in range(rng.randint(0, 3)):
            kinds = [
                "filter color: " + rng.choice(["brown", "not(brown)", "green"]),
                "filter size: " + rng.choice(["small", "large"]),
                f"relate: {rng.choice(['_', 'dog', 'man'])},{rng.choice(['on', 'wearing'])},{rng.choice('so')}",
            ]
            steps.append(rng.choice(kinds))
        chains.append(" --> ".join([*steps, "exist: ?"]))
    return " --> ".join([*chains, *(rng.choice(["and:", "or:"]) for _ in chains[1:])])


programs = st.integers(0, 10**9).map(lambda seed: random_program(Random(seed)))


def test_every_operation_has_a_gloss_of_its_own_and_a_valid_line() -> None:
    assert len(OPERATIONS) == len(BY_GLOSS) == 12
    assert {step.operation for line in lines("gqa", "valid.txt") for step in gqa.parse(line)} == set(OPERATIONS)
    assert {name.text: name.gloss for name in gqa.defined_names(SCENE)} == {
        operation.name: operation.gloss for operation in OPERATIONS.values()
    }


SEMANTIC = [
    {"operation": "select", "dependencies": [], "argument": "cup (-) "},
    {"operation": "filter color", "dependencies": [0], "argument": "not(light blue)"},
    {"operation": "exist", "dependencies": [1], "argument": "?"},
    {"operation": "select", "dependencies": [], "argument": "table (12, 13)"},
    {"operation": "verify rel", "dependencies": [3], "argument": "chair,to the left of,s (14)"},
    {"operation": "or", "dependencies": [2, 4], "argument": ""},
]
TEXT = (
    "select: cup (-) ->filter color: not(light blue) [0]->exist: ? [1]->select: table (12, 13)"
    "->verify rel: chair,to the left of,s (14) [3]->or:  [2, 4]"
)


def test_list_form_and_both_arrows_are_one_program() -> None:
    """Trailing blanks after ids and two blanks for an empty argument are upstream's."""
    program = from_semantic(SEMANTIC)
    assert program == gqa.parse(TEXT) == gqa.parse(TEXT.replace("->", " --> "))
    assert program[3] == Step("select", "", "table", ("12", "13"))
    assert program[1] == Step("filter", "color", "not(light blue)", (), (0,))
    back = to_semantic(program)
    assert back[0] == {"operation": "select", "dependencies": [], "argument": "cup (-)"}
    assert from_semantic(back) == program
    assert gqa.render(without_objects(program)).startswith("select: cup --> filter color: not(light blue) [0] --> ")


@pytest.mark.parametrize(
    ("semantic", "message"),
    [
        (None, "not a list"),
        ([], "not a list"),
        (["select"], "step 0 is not an object"),
        ([{"operation": "select", "argument": "dog"}], "step 0 lacks"),
        ([{"operation": "exist", "argument": "?", "dependencies": [0]}], "not earlier steps"),
        ([{"operation": "select", "argument": "dog -> cat", "dependencies": []}], "an arrow inside"),
        ([{"operation": "select", "argument": "dog (a)", "dependencies": []}], "an argument"),
    ],
)
def test_what_is_no_list_form_is_refused(semantic: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_semantic(semantic)


def test_left_out_inputs_are_the_last_results_that_are_free() -> None:
    text = "select: dog -> exist: ? -> select: cat -> exist: ? -> select: hat -> exist: ? -> or: -> and:"
    nodes = typed(gqa.parse(text), OPERATIONS)
    assert [node.inputs for node in nodes] == [(), (0,), (), (2,), (), (4,), (3, 5), (1, 6)]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("select: dog --> exist", 22, "':' after the operation"),
        ("select: dog --> : ?", 17, "an operation"),
        ("select: dog --> exist: ? [1]", 26, "earlier steps"),
        ("select: dog --> exist: ? []", 26, "earlier steps"),
        ("select: dog (x)", 13, "an argument"),
        ("select: dog\u202e", 12, "a printable character"),
        ("select: dog\n\nexist: ?", 12, "a printable character"),
    ],
)
def test_faults_are_where_they_are(text: str, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        gqa.parse(text)
    found = caught.value.position + 1
    assert found == column and expected in caught.value.expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select: dog", "ends in a set"),
        ("select: dog --> find: cat", "find is not an operation; there are select"),
        ("select: dog --> and: [0, 0]", "needs 'yes or no' but step 0 gives 'set'"),
        ("exist: ?", "takes the results of 1 steps, not of 0"),
        ("select: dog --> exist: dog", "exist has the argument '?'"),
        ("select color: dog --> exist: ?", "select has no category here"),
        ("select: not(dog) --> exist: ?", "nothing can be negated here"),
        ("select: dog --> relate: man,on --> exist: ?", "a relation is name,relation,s"),
        ("select: dog --> verify rel: man,on|by,s", "only choose has options"),
        ("select: dog --> choose rel: man,on,s", "only choose has options"),
        ("select: dog --> verify color: red (5)", "only select and relations name objects"),
        ("select: dog --> choose color: red", "choose has options"),
        ("select: dog --> select: cat --> choose:", "two objects are compared in a category"),
        ("select: dog --> verify color:", "the argument is missing"),
        ("select: dog --> exist: ? --> exist: ? [0] --> or: x", "or has no argument"),
    ],
)
def test_types(text: str, reason: str) -> None:
    verdict = gqa.accepts(text)
    assert verdict.holds is False and reason in verdict.reason


def answer(text: str, world: dict | None = None) -> str:
    verdict = gqa.accepts(text, Context("", SCENE.world if world is None else world))
    return verdict.reason.removeprefix("answers ") if verdict else f"{verdict.holds}: {verdict.reason}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select: dog -> verify color: brown", "yes"),
        ("select: men -> filter pose: sitting -> exist: ?", "no"),
        ("select: animal -> query: name", "dog"),
        ("select: animals (11) -> choose size: large|small", "small"),
        ("select: man -> relate: _,wearing,o -> query: name", "hat"),
        ("select: grass -> relate: bench,on,s -> query: material", "wooden"),
        ("select: man -> relate: dog,to the left of,s -> exist: ?", "yes"),
        ("select: man -> relate: cat,to the left of,s (-) -> exist: ?", "no"),
        ("select: man -> choose rel: dog,to the left of|to the right of,s", "to the left of"),
        ("select: dog -> query: hposition", "left"),
        ("select: dog -> choose vposition: top|bottom", "bottom"),
        ("select: dog -> select: man -> choose older:", "man"),
        ("select: dog -> select: man -> choose younger:", "dog"),
        ("select: dog -> select: bench -> same color:", "yes"),
        ("select: dog -> select: grass -> different color:", "yes"),
        ("select: hat -> select: bench -> common:", "color"),
        ("select: grass -> relate: _,on,s -> same: color", "yes"),
        ("select: scene -> query: weather", "sunny"),
        ("select: scene -> verify location: park", "yes"),
        # No answer, and no guess.
        ("select: cat -> query: name", "False: there is no object: query: name"),
        ("select: dog -> query: material", "False: it has no values of material: query: material"),
        (
            "select: bench -> choose hposition: left|right",
            "False: none of the options hold: choose hposition",
        ),
        ("select: man -> select: grass -> choose older: -> query: name", "False"),
        ("select: dog -> select: hat -> choose healthier:", "False: the attributes do not tell which is healthier"),
        ("select: grass -> relate: _,on,s -> query: size", "False: the objects differ in size: query: size"),
        ("select: dog -> query: breed", "None: it is not known which attributes are of the category 'breed'"),
        ("select: scene -> query: event", "None: the scene does not say its event"),
        ("select: dog (99) -> exist: ?", "None: the scene has no object 99"),
    ],
)
def test_answers(text: str, expected: str) -> None:
    assert answer(text).startswith(expected)


def test_a_scene_without_a_size_has_no_places() -> None:
    world = deepcopy(dict(SCENE.world))
    del world["scene"]["width"]
    assert answer("select: dog -> query: hposition", world).startswith("None: the scene does not say where the dog is")
    assert answer("select: dog -> query: vposition", world) == "bottom"


@pytest.mark.parametrize(
    "scene",
    [None, {}, {"objects": [1]}, {"objects": {"1": {}}}, {"objects": {"1": {"name": 3}}}]
    + [{"objects": {"1": {"name": "a", "relations": [{"name": "on", "object": "2"}]}}}]
    + [{"width": 5, "objects": {"1": {"name": "a", "x": "0", "w": 1}}}],
)
def test_a_broken_scene_is_not_the_programs_fault(scene: object) -> None:
    with pytest.raises(SceneFault):
        read_scene({"scene": scene})
    assert gqa.accepts("select: a -> exist: ?", Context("", {"scene": scene})).holds is None


def test_two_answers_are_a_witness_and_one_is_no_proof() -> None:
    a, b = "select: dog -> verify color: brown", "select: dog -> verify color: green"
    assert gqa.equivalent(a, b, SCENE).reason == "on the scene: yes against no"
    same = gqa.equivalent(a, "select: hat -> verify color: brown", SCENE)
    assert same.holds is None and "no proof" in same.reason
    assert gqa.equivalent(a, "select: dog -> query: color").holds is False, "another type of answer"
    assert gqa.equivalent(a, "select: cat -> query: color").holds is False
    assert gqa.equivalent(a, "select: dog").holds is False, "one is ill-typed"


@settings(deadline=None)
@given(programs)
def test_the_canonical_form_has_the_same_answer(text: str) -> None:
    canonical = gqa.canonical(text)
    assert gqa.canonical(canonical) == canonical
    assert answer(canonical) == answer(text) and answer(text) in ("yes", "no")
    assert gqa.equivalent(text, canonical).holds is True


def test_results_that_are_shared_do_not_blow_up() -> None:
    text = "select: dog --> exist: ?" + "".join(f" --> and: [{i}, {i}]" for i in range(1, MAX_STEPS - 2))
    assert len(gqa.parse(gqa.canonical(text))) == MAX_STEPS - 1
    with pytest.raises(SymbolError, match=f"at most {MAX_STEPS} steps"):
        gqa.parse(" --> ".join(["select: dog"] * (MAX_STEPS + 1)))


@settings(deadline=None, max_examples=50)
@given(programs, st.integers(0, 10**9))
def test_a_renamed_program_runs_by_its_renamed_definitions(text: str, seed: int) -> None:
    rng = Random(seed)
    mapping = {name: "".join(rng.choices("abcxyz", k=6)) for name in gqa.defined_names(SCENE)}
    if len(set(mapping.values())) < len(mapping):
        return
    moved = gqa.render(gqa.rename(gqa.parse(text), mapping))
    where = gqa.rename_context(SCENE, mapping)
    assert gqa.accepts(moved, where) == gqa.accepts(text, SCENE)
    renamed = gqa.rename(gqa.parse(gqa.canonical(text, SCENE)), mapping)
    assert gqa.canonical(moved, where) == gqa.render(renamed)
    assert gqa.accepts(moved, SCENE).holds is False, "the old definitions do not know the names"


def test_definitions_that_contradict_themselves_define_nothing() -> None:
    twice = Context("exist(set): is there any\nexist(set): is it so")
    assert gqa.accepts("select: dog -> exist: ?", twice).holds is None
    with pytest.raises(SymbolError, match="defined twice"):
        gqa.canonical("select: dog -> exist: ?", twice)
    with pytest.raises(ValueError, match="would both be called"):
        gqa.rename(gqa.parse("select: dog -> exist: ?"), {Name("operation", "select"): "exist"})


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("gqa", 20_000) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_program_is_read_and_gives_its_answer_where_its_scene_is_there() -> None:
    assert RAW
    scenes: dict = {}
    for path in sorted((Path(RAW) / "gqa" / "sceneGraphs").glob("*.json")):
        scenes |= json.loads(path.read_bytes())
    count = num_run = 0
    for path in sorted((Path(RAW) / "gqa" / "questions1.2").rglob("*.json")):
        for question in json.loads(path.read_bytes()).values():
            count += 1
            program = from_semantic(question["semantic"])
            assert gqa.parse(question["semanticStr"]) == program
            text = gqa.render(program)
            assert gqa.parse(text) == program
            assert gqa.accepts(text).holds is True, question["question"]
            canonical = gqa.canonical(text)
            assert gqa.canonical(canonical) == canonical
            if question["imageId"] in scenes:
                num_run += 1
                where = Context("", {"scene": scenes[question["imageId"]]})
                for shown in (text, canonical, gqa.render(without_objects(program))):
                    assert gqa.accepts(shown, where).reason == f"answers {question['answer']}"
    assert count >= 22 and num_run >= 2
