"""Judging what a program returned against a gold number.

gold 72:   72.0 → correct      {"fraction": "145/2"} → wrong      [72, 3] or "seventy-two" → bad answer
"""

from __future__ import annotations

from eval.delegation.base import Benchmark, Item, judged_equal
from symbol_llm.solvers.answers import as_number, same_number
from symbol_llm.solvers.outcome import Outcome, Solution


class NumberBenchmark(Benchmark):
    """Answers are numbers, equal within the tolerance of ``solvers/answers.py``."""

    solver = "python"

    def judge(self, solution: Solution, item: Item) -> Solution:
        if as_number(item.answer) is None:
            return solution.judged(Outcome.GOLD_ERROR, f"the gold answer {item.answer!r} is no number")
        if as_number(solution.answer) is None:
            return solution.judged(Outcome.BAD_ANSWER, "the answer is not a number")
        return judged_equal(solution, same_number(solution.answer, item.answer))
