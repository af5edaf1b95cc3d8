"""Last-letter concatenation, solved by programs: "ann bob" gives "nb"."""

from __future__ import annotations

from eval.delegation.base import Benchmark, Item, judged_equal
from symbol_llm.solvers.answers import as_text, same_text
from symbol_llm.solvers.outcome import Outcome, Solution


class Letters(Benchmark):
    """The test split of the generated source. Case and surrounding blanks do not count."""

    name = "letters"
    scene = "symbolic"
    task = "letters"
    solver = "python"

    def judge(self, solution: Solution, item: Item) -> Solution:
        if as_text(solution.answer) is None:
            return solution.judged(Outcome.BAD_ANSWER, "the answer is not a text")
        return judged_equal(solution, same_text(solution.answer, item.answer))
