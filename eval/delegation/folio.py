"""Logical reasoning on FOLIO: the model writes the premises and the conclusion as formulas, Z3 judges the conclusion.

All cats are animals. Tom is a cat. Tom is an animal.  →  three formulas  →  "True"

Only the exact label counts; there is no default for what does not parse or cannot be decided. Chance is a third, the
most frequent label of the 204 rows ("True") 35.3 %. With the gold formulas 188 rows can be solved: the others have
broken formulas or formulas that do not give their label.
"""

from __future__ import annotations

from eval.delegation.base import Benchmark, Item, judged_equal
from symbol_llm.solvers.outcome import Outcome, Solution

_ANSWERS = {"True", "False", "Uncertain"}


class Folio(Benchmark):
    name = "folio"
    scene = "logic"
    task = "folio"
    solver = "fol"

    def judge(self, solution: Solution, item: Item) -> Solution:
        if not isinstance(solution.answer, str) or solution.answer not in _ANSWERS:
            return solution.judged(Outcome.BAD_ANSWER, f"not True, False or Uncertain: {solution.answer!r:.80}")
        return judged_equal(solution, solution.answer == item.answer)
