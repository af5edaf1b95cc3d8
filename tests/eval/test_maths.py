"""The benchmarks that programs answer: GSM8K, stories, last letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eval.delegation import get
from eval.delegation.base import Item
from symbol_llm.formats.base import EMPTY
from symbol_llm.solvers import get as get_solver
from symbol_llm.solvers.outcome import Outcome, Solution

RAW = Path(__file__).parents[1] / "collection" / "fixtures" / "raw"


def item(answer: Any) -> Item:
    return Item("id", "prompt", "", answer, EMPTY, "id")


@pytest.mark.parametrize("name", ["gsm8k", "stories", "letters"])
def test_gold_symbols_solve_their_items(name: str) -> None:
    benchmark = get(name)
    items = list(benchmark.items(RAW))[:60]
    assert items and len({item.id for item in items}) > 0.9 * len(items)
    with get_solver(benchmark.solver) as solver:
        for one in items:
            if one.symbol:
                assert benchmark.extract(f"```python\n{one.symbol}\n```") == one.symbol
                solution = benchmark.judge(solver.solve(one.symbol, one.context), one)
                assert solution.outcome is Outcome.CORRECT, (one, solution)


def test_questions_without_a_program_stay_in_gsm8k() -> None:
    items = list(get("gsm8k").items(RAW))
    assert [one.answer for one in items] == [90, 30, 12, 9]
    assert [bool(one.symbol) for one in items] == [True, True, False, True]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (72.0, Outcome.CORRECT),
        ("72", Outcome.CORRECT),
        ([72], Outcome.CORRECT),
        ({"fraction": "145/2"}, Outcome.WRONG),
        ({"float": "nan"}, Outcome.BAD_ANSWER),
        (True, Outcome.BAD_ANSWER),
        ("many", Outcome.BAD_ANSWER),
        ([72, 3], Outcome.BAD_ANSWER),
    ],
)
def test_judging_numbers(answer: Any, outcome: Outcome) -> None:
    assert get("stories").judge(Solution(None, answer=answer), item(72)).outcome is outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("nb", Outcome.CORRECT),
        ("NB ", Outcome.CORRECT),
        ("bn", Outcome.WRONG),
        (5, Outcome.BAD_ANSWER),
        (["n"], Outcome.BAD_ANSWER),
    ],
)
def test_judging_texts(answer: Any, outcome: Outcome) -> None:
    assert get("letters").judge(Solution(None, answer=answer), item("nb")).outcome is outcome


def test_a_gold_answer_that_is_none_is_our_fault() -> None:
    assert get("gsm8k").judge(Solution(None, answer=5), item("five")).outcome is Outcome.GOLD_ERROR
