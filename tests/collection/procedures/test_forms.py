"""The paper's prompts word for word, the compact ones, and the way back from each."""

from __future__ import annotations

from random import Random

import pytest

from collection.procedures import compact, paper_forms
from collection.procedures.convert import COMPACT, PAPER, Form, detect, read, write
from collection.procedures.critical_path import critical_time
from collection.procedures.generator import EVERYDAY, FLOWS, Shape, flow, grow
from collection.procedures.instance import Plan, Step, outline
from collection.procedures.paper_readers import minutes, read_code, read_graph, read_natural, read_symbol
from collection.procedures.released_files import in_code_units, is_same
from collection.procedures.trace import trace, trace_accuracy
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import get as get_format
from symbol_llm.solvers import Job
from symbol_llm.solvers import get as get_solver
from tests.collection.procedures.plans import BREAD, plan_of, timed

NATURAL = """\
To bake bread, here are the steps and the times needed for each step.
Step 1. heat the oven (10 minutes)
Step 2. mix (well) the batter (1 min)
Step 3. bake (1 hour)
Step 4. say grace (20 seconds)


These ordering constraints need to be obeyed when executing above steps:
Step 1 must precede step 3.
Step 2 must precede step 3 and 4.


Question: Assume that you need to execute all the steps to complete the task and that infinite resources are \
available. What is the shortest possible time to bake bread? Think step by step. Then, encode your final answer in \
<answer></answer> (e.g. <answer>1 min</answer>)"""
GRAPH = """\
You have a graph whose adjacency list representation is as follows:
{'1': ['3'], '2': ['3', '4'], '3': ['END'], '4': ['END'], 'END': [], 'START': ['1', '2']}

The graph is a directed graph, and the nodes are labelled as follows (START and END are special nodes which takes no \
time to traverse):
{'4': '20 seconds', '1': '10 minutes', '2': '1 min', '3': '1 hour'}

Suppose you have to traverse from node 'START' to node 'END', how long does the longest path take? Think step by step. \
Then, encode your final answer in <answer></answer> (e.g. <answer>1 min</answer>)"""
CODE_END = """\
Suppose your inputs are as follows:
```python
adj_list = {321: [(247, 60.0)], 676: [(247, 60.0), (725, 0.33)], 247: [(57, 0.0)], 725: [(57, 0.0)], 57: [], \
520: [(321, 10.0), (676, 1.0)]}
source = 520
target = 57
```
Think step by step. Then, encode the output of the function in <answer></answer> (e.g. <answer>1</answer>)."""
AAVE = """\
Say you finna bake, here's what you gotta know 'fore everything goes down
Step 1. Get that oven hot (10 minutes)
Step 2.Mix the batter real good (1 min)            Step 3. Bake (1 hour)
Step 4. Say grace (20 seconds)


These ordering constraints gotta be followed when you doin' 'em steps above:
You gotta deal with 1 before hittin' the 3.
You gotta deal with 2 before hittin' the 3.
You gotta deal with 2 before hittin' the 4.


Question: Assumin' you outta do all 'em steps to finish up the task, and you got infinite resources. What the shortest \
time be? Then wrap that answer up in <answer></answer> (e.g., <answer>1 min</answer>)."""


def test_the_papers_prompts_word_for_word() -> None:
    assert paper_forms.natural(BREAD) == NATURAL
    assert paper_forms.graph(BREAD, [3, 0, 1, 2]) == GRAPH
    code = paper_forms.code(BREAD, [321, 676, 247, 725, 57, 520])
    assert code.endswith(CODE_END) and code.startswith("Below is a python function to search for the longest path")


def test_the_program_of_the_code_prompt_returns_the_label() -> None:
    code = paper_forms.code(BREAD, [321, 676, 247, 725, 57, 520])
    function, inputs = (part.split("```")[0] for part in code.split("```python\n")[1:])
    names: dict = {}
    exec(f"{function}\n{inputs}", names)
    returned = names["find_longest_path_from_source_to_target"](names["adj_list"], names["source"], names["target"])
    assert returned == paper_forms.code_label(BREAD) == 70.0


def test_the_labels() -> None:
    delta = "datetime.timedelta(seconds=4200)"
    assert paper_forms.label(critical_time(BREAD)) == f"[{delta}, {delta}]"
    month = plan_of([Step("1", "1 month")], [])
    assert paper_forms.label(critical_time(month)) == "[datetime.timedelta(days=28), datetime.timedelta(days=31)]"
    assert paper_forms.code_label(month) == 43_200.0
    assert paper_forms.weight("2 years") == 2 * 365 * 1_440.0


def test_reading_the_papers_prompts() -> None:
    assert read(NATURAL) == BREAD
    assert outline(read(GRAPH)) == outline(BREAD) == outline(read(AAVE))
    code = read(paper_forms.code(BREAD, [321, 676, 247, 725, 57, 520]))
    assert is_same(code, BREAD, Form.CODE)
    assert [step.time for step in code.steps] == ["10 min", "1 min", "60 min", "20 sec"]


def test_upstream_goes_through_many_steps_by_text() -> None:
    plan = timed(*range(1, 12), edges="9-10 10-11 2-3")
    natural, graph = paper_forms.natural(plan), paper_forms.graph(plan)
    assert "\nStep 10 must precede step 11.\nStep 2 must precede step 3.\nStep 9 must precede step 10.\n" in natural
    assert "{'1': ['END'], '10': ['11'], '11': ['END'], '2': ['3'], '3'" in graph
    assert "'START': ['1', '2', '4', '5', '6', '7', '8', '9']}" in graph
    assert read(natural) == plan and outline(read(graph)) == outline(plan)
    assert paper_forms.graph(read(graph)) == graph
    assert is_same(read(paper_forms.code(plan, list(range(100, 113)))), plan, Form.CODE)


@pytest.mark.parametrize("shape", [Shape(), EVERYDAY, FLOWS])
def test_every_form_leads_back_to_the_plan(shape: Shape) -> None:
    for seed in range(60):
        rng = Random(seed)
        plan = (flow if shape is FLOWS else grow)(rng, shape)
        for form in (*PAPER, Form.SYMBOL, *(COMPACT if shape == Shape() else ())):
            question = write(plan, form, rng).question
            assert detect(question) is form
            again = read(question)
            if "code" in form:
                assert is_same(again, plan, Form.CODE) or form is Form.COMPACT_CODE
                assert critical_time(again) == critical_time(in_code_units(plan))
            else:
                assert outline(again) == outline(plan)
            if form is Form.NATURAL:
                assert again == plan


def test_conversion_through_all_forms() -> None:
    plan = grow(Random(5))
    text, rng = paper_forms.natural(plan), Random(0)
    for form in (Form.GRAPH, Form.SYMBOL, Form.COMPACT_GRAPH, Form.COMPACT_NATURAL, Form.NATURAL):
        text = write(read(text), form, rng).question
    assert outline(read(text)) == outline(plan)


@pytest.mark.parametrize("written", [f"{n / 60:.2f}" for n in range(0, 7_300, 7)])
def test_whole_seconds_come_back_from_rounded_minutes(written: str) -> None:
    seconds = round(float(written) * 60)
    assert abs(seconds / 60 - float(written)) < 0.0051
    assert minutes(written) == (f"{seconds} sec" if seconds % 60 else f"{seconds // 60} min")


def test_minutes_that_no_whole_second_gives_stay() -> None:
    assert minutes("0.015") == "0.015 min" and minutes("30.0") == "30 min" and minutes("0.0") == "0 min"


def _broken(old: str, new: str, text: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_broken("Step 1 must precede step 3.", "Step 1 must precede step 7.", NATURAL), "there is no step 7"),
        (_broken("Step 1 must precede", "Step 7 must precede", NATURAL), "there is no step 7"),
        (_broken("Step 1 must precede step 3.", "Step 3 must precede step 2.", NATURAL), "cycle can start: "),
        (_broken("Step 1 must precede step 3.", "Step 1 must precede step 3, 3.", NATURAL), "waits for it twice"),
        (_broken("Step 1 must precede step 3.", "Step 1 must precede step 3 and 3.", NATURAL), "waits for it twice"),
        (_broken("Step 1 must precede step 3.", "First things first.", NATURAL), "expected a constraint"),
        (_broken("(1 hour)", "(-1 hour)", NATURAL), "expected a number and a unit"),
        (_broken("(1 hour)", "(a while)", NATURAL), "expected a number and a unit"),
        (_broken("(1 hour)", "(1 moon)", NATURAL), "expected sec, min"),
        (_broken(" (1 hour)", "", NATURAL), "expected a step such as"),
        (_broken("Step 4. say", "Step 3. say", NATURAL), "step 3 is defined twice"),
        (_broken("constraints", "rules", NATURAL), "ordering constraints"),
        (_broken("\n\n\nQuestion: ", "\nQuestion: ", NATURAL), "expected the question"),
        (_broken("'1 hour'", "'-1 hour'", GRAPH), "expected a number and a unit"),
        (_broken(", '3': '1 hour'", "", GRAPH), "a duration for each step; 3 has none"),
        (_broken("'1': ['3']", "'1': ['9']", GRAPH), "the node 9 has no entry"),
        (_broken("'3': ['END']", "'3': ['1']", GRAPH), "no step of a cycle can start: "),
        (_broken("['1', '2']}", "['1']}", GRAPH), "nothing leads to 2"),
        (_broken("'4': ['END']", "'4': []", GRAPH), "4 leads nowhere"),
        (_broken("'END': []", "'END': ['1']", GRAPH), "nothing after the end"),
        (_broken("'START': ['1', '2']", "'1x': ['1', '2']", GRAPH), "expected"),
        ("What is the time?", "expected a plan in one of the forms natural, graph, code"),
        ("", "expected a plan"),
    ],
)
def test_bad_prompts(text: str, message: str) -> None:
    with pytest.raises(SymbolError) as caught:
        read(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(725, 0.33)", "(725, -0.33)", "expected a weight"),
        ("321: [(247, 60.0)]", "321: [(247, 61.0)]", "node 247 takes 61.0 on one edge and 60.0 on another"),
        ("725: [(57, 0.0)]", "725: [(57, 1.0)]", "the edge to the target 57 takes 1.0, not 0"),
        ("725: [(57, 0.0)]", "725: [(999, 0.0)]", "the node 999 has no entry"),
        ("247: [(57, 0.0)]", "247: [(321, 10.0)]", "no step of a cycle can start: 321 → 247 → 321"),
        ("source = 520", "source = 5200", "the node 5200 has no entry"),
    ],
)
def test_bad_code(old: str, new: str, message: str) -> None:
    code = paper_forms.code(BREAD, [321, 676, 247, 725, 57, 520])
    with pytest.raises(SymbolError, match=message) as caught:
        read(_broken(old, new, code))
    assert caught.value.text.startswith("Below")


def test_the_place_of_a_fault_in_the_second_dictionary() -> None:
    with pytest.raises(SymbolError) as caught:
        read_graph(GRAPH.replace("'1 hour'", "'1 hoor'"))
    assert caught.value.text[caught.value.position :].startswith("hoor")


def test_no_form_reads_another() -> None:
    for reader, text in ((read_natural, GRAPH), (read_graph, NATURAL), (read_code, GRAPH), (read_symbol, NATURAL)):
        with pytest.raises(SymbolError):
            reader(text)


def test_ids_of_the_code_must_be_enough_and_different() -> None:
    for ids in ([1, 2, 3], [1, 1, 2, 3, 4, 5]):
        for write_code in (paper_forms.code, compact.code):
            with pytest.raises(UserError, match="different numbers"):
                write_code(BREAD, ids)


PLAN = timed(3, 4, 9, edges="1-3 2-3")
TRACE = "1 : 0 + 3 = 3 ; 2 : 0 + 4 = 4 ; 3 : max 3 4 + 9 = 13 ; end : 13 = 13 ; <answer> 13 minutes </answer>"


def test_compact_prompts_and_their_trace() -> None:
    assert compact.natural(PLAN) == (
        "to finish : step 1 . do task 1 ( 3 minutes ) step 2 . do task 2 ( 4 minutes ) step 3 . do task 3 "
        "( 9 minutes ) step 1 must precede step 3 . step 2 must precede step 3 . what is the shortest time ?"
    )
    assert compact.graph(PLAN, [2, 0, 1]) == (
        "{ 1 : [ 3 ] , 2 : [ 3 ] , 3 : [ E ] , E : [ ] , S : [ 1 , 2 ] } { 3 : 9 , 1 : 3 , 2 : 4 }"
    )
    assert compact.code(PLAN, [41, 77, 12, 60, 95]) == (
        "longest_path ( { 41 : [ ( 12 , 9 ) ] , 77 : [ ( 12 , 9 ) ] , 12 : [ ( 60 , 0 ) ] , 60 : [ ] , "
        "95 : [ ( 41 , 3 ) , ( 77 , 4 ) ] } , 95 , 60 )"
    )
    assert trace(PLAN) == TRACE
    assert trace(timed(3, 4)).startswith("1 : 0 + 3 = 3 ; 2 : 0 + 4 = 4 ; end : max 3 4 = 4 ;")


@pytest.mark.parametrize("wording", [*compact.WORDINGS, *compact.HELD_OUT_WORDINGS])
def test_every_wording_is_read_back(wording: str) -> None:
    plan = timed(1, 2, 3, 4, edges="1-2 1-3 1-4 2-4")
    assert outline(compact.read_natural(compact.natural(plan, wording))) == outline(plan)


def test_held_out_wordings_have_no_words_of_their_own() -> None:
    known = {word for wording in compact.WORDINGS for word in wording.split()} | {"before"}
    assert {word for wording in compact.HELD_OUT_WORDINGS for word in wording.split()} <= known
    assert not set(compact.WORDINGS) & set(compact.HELD_OUT_WORDINGS)


@pytest.mark.parametrize("time", ["30 sec", "1 month", "0.5 min", "1000000 min"])
def test_compact_forms_have_whole_minutes_only(time: str) -> None:
    with pytest.raises(UserError, match=r"step 1 takes .*: the compact forms have whole minutes"):
        compact.natural(plan_of([Step("1", time)], []))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("to finish : what is the shortest time ?", "expected a step"),
        (compact.natural(PLAN).replace("precede step 3 .", "precede step 8 .", 1), "there is no step 8"),
        (compact.natural(PLAN).replace("step 2 must", "step 1 must"), "waits for it twice"),
        (compact.natural(PLAN).replace("step 2 .", "step 1 ."), "step 1 is defined twice"),
        (compact.natural(PLAN).replace("step 1 must precede step 3", "step 3 must precede step 2"), "cycle"),
        (compact.natural(PLAN)[:-5], "expected a constraint"),
        (compact.graph(PLAN).replace("[ 3 ]", "[ 7 ]"), "the node 7 has no entry"),
        (compact.graph(PLAN).replace("[ E ]", "[ 1 ]"), "cycle"),
        (compact.graph(PLAN)[:-3], "expected '{ 1"),
        (compact.code(PLAN, [41, 77, 12, 60, 95])[:-3], "expected 'longest_path"),
    ],
)
def test_bad_compact_prompts(text: str, message: str) -> None:
    with pytest.raises(SymbolError) as caught:
        read(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("completion", "share"),
    [
        (TRACE, 1.0),
        (TRACE.replace("= 13 ; end", "= 14 ; end"), 0.75),
        (TRACE.replace("end : 13 = 13", "end : 13 = 12"), 0.75),
        (f"1 : 0 + 3 = 9 ; {TRACE}", 0.75),  # said twice
        ("2 : 0 + 4 = 4", 0.25),
        ("", 0.0),
        ("I think 13 minutes ;;; = = 4", 0.0),
    ],
)
def test_trace_accuracy(completion: str, share: float) -> None:
    assert trace_accuracy(PLAN, completion) == share


def test_the_trace_ends_with_the_right_time_in_every_form() -> None:
    for seed in range(40):
        rng = Random(seed)
        plan: Plan = grow(rng)
        total = critical_time(plan).high // 60
        for form in COMPACT:
            written = write(plan, form, rng)
            assert written.completion.endswith(f"<answer> {total} minutes </answer>")
            assert trace_accuracy(read(written.question), written.completion) == 1.0


def test_the_solver_agrees_on_the_symbol() -> None:
    plans = [grow(Random(seed), EVERYDAY) for seed in range(8)]
    symbols = [write(plan, Form.SYMBOL, Random(0)).question for plan in plans]
    language = get_format("graph")
    with get_solver("graph") as solver:
        for plan, symbol, solution in zip(plans, symbols, solver.solve_many([Job(symbol) for symbol in symbols])):
            assert language.accepts(symbol).holds
            assert (solution.answer["low"], solution.answer["high"]) == critical_time(plan)


@pytest.mark.full
def test_fuzz() -> None:
    """Broken prompts raise SymbolError and nothing else, and nothing takes long."""
    rng = Random(0)
    code = paper_forms.code(BREAD, [321, 676, 247, 725, 57, 520])
    good = (NATURAL, GRAPH, AAVE, code, compact.natural(PLAN), compact.graph(PLAN), compact.code(PLAN, range(10, 15)))
    noise = (
        "\x00",
        chr(0xD800),
        "\u202e",
        "{",
        "}",
        "[",
        "'",
        "(",
        ")",
        ":",
        ",",
        "-",
        "9" * 30,
        " 1",
        "END",
        "\n\n",
        "٣",
    )
    read_count = 0
    for index in range(20_000):
        text = good[index % len(good)]
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice((*noise, "")) + text[at + rng.randint(0, 3) :]
        try:
            critical_time(read(text))
        except SymbolError:
            continue
        read_count += 1
    assert 0 < read_count < 19_000
    for text in (
        NATURAL.replace("mix", " " * 1_000_000),
        NATURAL.replace("\n\n\n", "\n" * 1_000_000),
        NATURAL.replace("(well)", "(" * 500_000),
        NATURAL.replace("(well)", ")  " * 300_000),
        GRAPH.replace("['3']", "[" * 500_000),
        GRAPH.replace("'1'", f"'{'1' * 5_000}'"),
        compact.natural(PLAN).replace("1", "1" * 1_000_000),
        compact.graph(PLAN).replace(" 1 ", " " * 1_000_000),
    ):
        try:
            read(text)
        except SymbolError as error:
            assert str(error)
