"""Visual reasoning: the model writes a CLEVR program, the scene solver runs it on the question's scene.

"How many blue cubes are there?"  →  count(filter_shape(cube,filter_color(blue,scene())))  →  "1"

``closure`` asks questions of CLEVR's form whose programs combine what CLEVR's training questions keep apart: a test of
generalisation on CLEVR's validation scenes.
"""

from __future__ import annotations

from typing import Any, ClassVar

from eval.delegation.base import Benchmark, Demonstration, Item, judged_equal
from symbol_llm.formats.clevr_operations import VALUES, Type
from symbol_llm.solvers.outcome import Outcome, Solution

_WORDS = {"yes", "no", *(value for kind, values in VALUES.items() if kind is not Type.SIDE for value in values)}


def _thing(size: str, color: str, material: str, shape: str) -> dict[str, str]:
    return {"size": size, "color": color, "material": material, "shape": shape}


# From left to right, all in one row.
_SCENE: dict[str, Any] = {
    "objects": [
        _thing("large", "red", "metal", "cube"),
        _thing("small", "blue", "rubber", "sphere"),
        _thing("small", "red", "rubber", "cylinder"),
    ],
    "relationships": {
        "left": [[], [0], [0, 1]],
        "right": [[1, 2], [2], []],
        "front": [[], [], []],
        "behind": [[], [], []],
    },
}


class Clevr(Benchmark):
    name = "clevr"
    scene = "visual"
    task = "clevr"
    solver = "scene"
    language = "clevr"
    files: ClassVar[str] = "CLEVR_v1.0/questions/CLEVR_val_questions.json"
    demonstrations: ClassVar = (
        Demonstration(
            "What number of other things have the same color as the large metal block?",
            "count(same_color(unique(filter_shape(cube,filter_material(metal,filter_size(large,scene()))))))",
            "1",
            world={"scene": _SCENE},
        ),
        Demonstration(
            "What is the shape of the small matte object right of the blue ball?",
            "query_shape(unique(filter_material(rubber,filter_size(small,"
            "relate(right,unique(filter_shape(sphere,filter_color(blue,scene()))))))))",
            "cylinder",
            world={"scene": _SCENE},
        ),
        Demonstration(
            "Are there more tiny things than red cylinders?",
            "greater_than(count(filter_size(small,scene())),count(filter_shape(cylinder,filter_color(red,scene()))))",
            "yes",
            world={"scene": _SCENE},
        ),
    )

    def judge(self, solution: Solution, item: Item) -> Solution:
        """Answers are the dataset's own strings, so equal means the same text."""
        answer = solution.answer
        if not isinstance(answer, str) or not (answer in _WORDS or answer.isdecimal()):
            return solution.judged(Outcome.BAD_ANSWER, f"not yes, no, a number or an attribute: {answer!r:.80}")
        return judged_equal(solution, answer == item.answer)


class ClevrGenerated(Clevr):
    name = "clevr_generated"
    task = "clevr_generated"


class Closure(Clevr):
    name = task = "closure"
    where = "collection.sources.closure:CLOSURE"
    files = "closure/*.json"
