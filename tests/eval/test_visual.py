"""The visual scene: gold programs run to the gold answers, other endings are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.delegation import get
from symbol_llm.solvers import Outcome, Solution
from symbol_llm.solvers import get as get_solver

RAW = Path(__file__).parents[1] / "collection" / "fixtures" / "raw"
solver = get_solver("scene")


@pytest.mark.parametrize(("name", "raw", "count"), [("clevr", RAW, 2), ("clevr_generated", None, 300)])
def test_gold_programs_are_correct(name: str, raw: Path | None, count: int) -> None:
    benchmark = get(name)
    assert (benchmark.name, benchmark.scene) == (name, "visual")
    items = list(benchmark.items(raw))
    assert len(items) == count
    with get_solver(benchmark.solver) as engine:
        for item in items:
            symbol = benchmark.extract(f"```\n{item.symbol}\n```")
            assert symbol == item.symbol and item.symbol not in item.prompt
            assert benchmark.judge(engine.solve(symbol, item.context), item).outcome is Outcome.CORRECT


def test_wrong_answers_are_wrong_and_other_endings_stay() -> None:
    benchmark = get("clevr")
    item = next(item for item in benchmark.items(RAW) if item.answer == "small")
    wrong = solver.solve("query_size(unique(filter_shape(cube,filter_size(large,scene()))))", item.context)
    assert benchmark.judge(wrong, item).outcome is Outcome.WRONG
    assert solver.solve("query_size(unique(scene()))", item.context).outcome is Outcome.RUNTIME_ERROR
    assert solver.solve("size(scene())", item.context).outcome is Outcome.REJECTED


@pytest.mark.parametrize("answer", [None, 3, "green sphere", "left", ""])
def test_what_is_no_answer_of_the_benchmark_is_a_bad_answer(answer: object) -> None:
    benchmark = get("clevr")
    item = next(benchmark.items(RAW))
    assert benchmark.judge(Solution(None, answer), item).outcome is Outcome.BAD_ANSWER
