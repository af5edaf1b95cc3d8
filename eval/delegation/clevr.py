"""Visual reasoning: the model writes a CLEVR program, the scene solver runs it on the question's scene.

"How many blue cubes are there?"  →  count(filter_shape(cube,filter_color(blue,scene())))  →  "1"
"""

from __future__ import annotations

from eval.delegation.base import Benchmark, Item, judged_equal
from symbol_llm.formats.clevr_operations import VALUES, Type
from symbol_llm.solvers.outcome import Outcome, Solution

_WORDS = {"yes", "no", *(value for kind, values in VALUES.items() if kind is not Type.SIDE for value in values)}


class Clevr(Benchmark):
    name = "clevr"
    scene = "visual"
    task = "clevr"
    solver = "scene"

    def judge(self, solution: Solution, item: Item) -> Solution:
        """Answers are the dataset's own strings, so equal means the same text."""
        answer = solution.answer
        if not isinstance(answer, str) or not (answer in _WORDS or answer.isdecimal()):
            return solution.judged(Outcome.BAD_ANSWER, f"not yes, no, a number or an attribute: {answer!r:.80}")
        return judged_equal(solution, answer == item.answer)


class ClevrGenerated(Clevr):
    name = "clevr_generated"
    task = "clevr_generated"
