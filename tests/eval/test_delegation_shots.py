"""Few-shot prompts: every demonstration is true when it is executed, and no item's own words give the answer away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import eval.delegation
from eval.delegation import BENCHMARKS
from eval.delegation.base import Demonstration, Item
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.solvers import Outcome
from symbol_llm.solvers import get as get_solver
from tests.eval.small_sets import write_all

FIXTURES = Path(__file__).parents[1] / "collection" / "fixtures" / "raw" / "llm_pddl" / "domains"
GENERATED = ("blocksworld_generated", "grippers_generated")
WITH_SHOTS = [name for name in BENCHMARKS if name not in GENERATED]


def domain_of(task: str, problem: str) -> str:
    """The fixture's domain under the name that the problem bears: fixtures have names of their own.

    The fixture of Floortile is one column wide: moves to the right and to the left are made from those up.
    """
    text = (FIXTURES / task / "domain.pddl").read_text(encoding="utf-8")
    named = re.search(r"\(:domain ([\w-]+)\)", problem)
    assert named
    text = re.sub(r"\(domain [\w-]+\)", f"(domain {named[1]})", text, count=1)
    if task == "floortile":
        up = text[text.index("(:action up") : text.index("(:action down")]
        for side in ("right", "left"):
            move = up.replace("(:action up", f"(:action {side}").replace("(up ?y", f"({side} ?y")
            text = text.replace("(clear ?x - tile)", f"(clear ?x - tile) ({side} ?x - tile ?y - tile)", 1)
            text = text.rstrip().removesuffix(")") + move + ")"
    return text


@pytest.mark.parametrize("name", WITH_SHOTS)
def test_demonstrations_are_true(name: str) -> None:
    benchmark = eval.delegation.get(name)
    assert len(benchmark.demonstrations) >= 3
    with get_solver(benchmark.solver) as solver:
        for shown in benchmark.demonstrations:
            assert isinstance(shown, Demonstration)
            assert benchmark.extract(shown.symbol) == shown.symbol, "a model that copies the layout is understood"
            world = dict(shown.world)
            if benchmark.scene == "planning":
                world = {"domain": domain_of(benchmark.task, shown.symbol), "problem": shown.symbol}
            context = Context(shown.definitions, world)
            solution = solver.solve(shown.symbol, context)
            assert solution.outcome is None, (shown.input, solution)
            item = Item("demonstration", "", shown.symbol, shown.answer, context, "")
            assert benchmark.judge(solution, item).outcome is Outcome.CORRECT, (shown.input, solution.answer)


@pytest.mark.parametrize("name", GENERATED)
def test_generated_planning_has_no_demonstrations(name: str) -> None:
    with pytest.raises(UserError, match=r"has 0 demonstrations, not 1\. Lower --shots"):
        eval.delegation.get(name, shots=1)


def test_the_layout_of_a_few_shot_prompt(tmp_path: Path) -> None:
    raw = write_all(tmp_path)
    zero, two = (list(eval.delegation.get("gsm8k", shots=k).items(raw)) for k in (0, 2))
    assert [item.id for item in zero] == [item.id for item in two], "the same items"
    instruction, rest = zero[0].prompt.split("\n", 1)
    first, second = eval.delegation.get("gsm8k").demonstrations[:2]
    assert two[0].prompt == (
        f"{instruction}\n\nExample 1\nThe question is: {first.input}\nThe Python program is:\n{first.symbol}\n"
        f"\nExample 2\nThe question is: {second.input}\nThe Python program is:\n{second.symbol}\n\nYour turn\n{rest}"
    )
    assert zero[0].prompt.endswith("The Python program is:\n") and zero[0].symbol not in two[0].prompt


def test_definitions_come_once_where_they_are_shared_and_with_each_example_where_not(tmp_path: Path) -> None:
    raw = write_all(tmp_path)
    (scene,) = eval.delegation.get("clevr", shots=3).items(raw)
    assert scene.prompt.count("filter_color(color,set)") == 1
    assert scene.prompt.index("filter_color(color,set)") < scene.prompt.index("Example 1")
    (table,) = eval.delegation.get("wikisql", shots=3).items(raw)
    assert (
        table.prompt.count("CREATE TABLE table_9_1 (") == 3 and table.prompt.count("CREATE TABLE table_1_77_2 (") == 1
    )
    assert table.prompt.index("Your turn") < table.prompt.index("CREATE TABLE table_1_77_2 (")


def test_an_output_that_goes_on_with_another_example_is_cut(tmp_path: Path) -> None:
    benchmark = eval.delegation.get("gsm8k", shots=2)
    program = "def solution():\n    return 7"
    for mark in ("Example 3\n", "Your turn\n", "The question is: what?"):
        assert (
            benchmark.extract(f"{program}\n\n{mark}\nThe Python program is:\ndef solution():\n    return 8") == program
        )


def test_unknown_benchmark_and_too_many_shots() -> None:
    with pytest.raises(UserError, match="Did you mean gsm8k"):
        eval.delegation.get("gsm8")
    with pytest.raises(UserError, match="gsm8k has 4 demonstrations, not 9"):
        eval.delegation.get("gsm8k", shots=9)
