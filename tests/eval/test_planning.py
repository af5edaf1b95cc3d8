"""Planning benchmarks from item to verdict, with the real planner."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.delegation.base import Item
from eval.delegation.planning import (
    TRIVIAL,
    Blocksworld,
    BlocksworldGenerated,
    Floortile,
    Grippers,
    GrippersGenerated,
    Termes,
)
from symbol_llm.record import Split
from symbol_llm.solvers import Outcome, Solution, get

FIXTURES = Path(__file__).parent.parent / "collection" / "fixtures" / "raw"
ALL = [Blocksworld, Termes, Floortile, Grippers, BlocksworldGenerated, GrippersGenerated]


def items(kind: type) -> dict[str, Item]:
    benchmark = kind()
    found = {}
    for item in benchmark.items(FIXTURES):
        found[item.symbol] = item
        if len(found) == 8:
            break
    return found


@pytest.fixture(scope="module")
def crates() -> dict[str, Item]:
    return {item.symbol.split("(problem ")[1].split(")")[0]: item for item in items(Blocksworld).values()}


def judge(item: Item, symbol: str) -> Solution:
    with get("planner") as solver:
        return Blocksworld().judge(solver.solve(symbol, item.context), item)


@pytest.mark.parametrize("kind", ALL)
def test_items_are_test_rows_whose_gold_symbol_is_correct(kind: type) -> None:
    benchmark = kind()
    assert benchmark.scene == "planning" and benchmark.split is Split.TEST
    item = next(iter(items(kind).values()))
    with get(benchmark.solver) as solver:
        verdict = benchmark.judge(solver.solve(item.symbol, item.context), item)
    assert verdict.outcome is Outcome.CORRECT, verdict.message


def test_a_trivial_item_is_marked(crates: dict[str, Item]) -> None:
    verdict = judge(crates["crates-1"], crates["crates-1"].symbol)
    assert verdict.outcome is Outcome.CORRECT and verdict.answer == []
    assert TRIVIAL in verdict.message


def test_a_plan_for_a_weaker_goal_does_not_count(crates: dict[str, Item]) -> None:
    item = crates["crates-2"]
    verdict = judge(item, item.symbol.replace("(on c3 c2)", "(on c1 c2)"))
    assert verdict.outcome is Outcome.PLAN_INVALID
    assert "the goal (on c3 c2) does not hold" in verdict.message and TRIVIAL not in verdict.message


def test_a_plan_for_a_wrong_scene_does_not_count(crates: dict[str, Item]) -> None:
    item = crates["crates-2"]
    wrong = item.symbol.replace("(on-table c3)", "(on c3 c1)").replace("(clear c1)", "")
    verdict = judge(item, wrong)
    assert verdict.outcome is Outcome.PLAN_INVALID
    assert verdict.message == "step 1 (unpile c3 c1): the precondition (on c3 c1) does not hold"


def test_an_empty_plan_does_not_solve_a_real_task(crates: dict[str, Item]) -> None:
    item = crates["crates-2"]
    verdict = judge(item, item.symbol.replace("(on c3 c2)", "(clear c2)"))
    assert verdict.outcome is Outcome.PLAN_INVALID and verdict.answer == []


def test_other_problems_with_the_right_plan_count(crates: dict[str, Item]) -> None:
    item = crates["crates-2"]
    other = (
        item.symbol.replace("crates-2", "mine").replace("(fragile c3)", "").replace("(and (on c3 c2))", "(on c3 c2)")
    )
    assert judge(item, other).outcome is Outcome.CORRECT


def test_endings_of_the_solver_stay_and_odd_answers_are_no_plans(crates: dict[str, Item]) -> None:
    item = crates["crates-2"]
    benchmark = Blocksworld()
    timeout = Solution(Outcome.CPU_TIMEOUT)
    assert benchmark.judge(timeout, item) is timeout
    for answer in (None, "(lift c3)", [["lift", "c3"]]):
        assert benchmark.judge(Solution(None, answer=answer), item).outcome is Outcome.BAD_ANSWER


def test_a_broken_gold_problem_is_our_fault(crates: dict[str, Item]) -> None:
    for name in ("crates-6", "crates-8"):
        verdict = Blocksworld().judge(Solution(None, answer=["(lift c1)"]), crates[name])
        assert verdict.outcome is Outcome.GOLD_ERROR


def test_the_symbol_is_taken_out_of_a_fence(crates: dict[str, Item]) -> None:
    item = crates["crates-2"]
    symbol = Blocksworld().extract(f"Here it is:\n```pddl\n{item.symbol}\n```\nDone.")
    assert symbol == item.symbol
