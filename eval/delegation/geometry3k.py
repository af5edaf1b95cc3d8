"""Visual reasoning on Geometry3K: the model writes the text of a problem as logic forms, the geometry solver solves it.

    In ⊙K, MN = 16. Find LN.  →  Circle(K)⏎Equals(LengthOf(Line(M,N)),16)⏎Find(LengthOf(Line(L,N)))  →  choice C

The forms of the diagram come with the item; the answer is one of four choices, and chance is a quarter. A solver that
cannot settle the goal does not choose: SOLVER_UNKNOWN and NO_ANSWER count as failures here, where Inter-GPS draws a
choice at random (which gives a quarter of its failures).
"""

from __future__ import annotations

from typing import Any, ClassVar

from collection.sources.base import Example, Row
from eval.delegation.base import Benchmark, Demonstration, Item, judged_equal
from symbol_llm.solvers.outcome import Outcome, Solution

# A triangle ABC with a right angle at C; and a line AB with D on it.
_TRIANGLE: dict[str, Any] = {
    "diagram": ["Perpendicular(Line(A,C),Line(B,C))"],
    "line_instances": ["AC", "BC", "AB"],
    "point_positions": {"A": [0.0, 80.0], "B": [60.0, 0.0], "C": [0.0, 0.0]},
}
_LINE: dict[str, Any] = {
    "diagram": ["PointLiesOnLine(D,Line(A,B))"],
    "line_instances": ["AD", "DB", "AB"],
    "point_positions": {"A": [0.0, 0.0], "B": [60.0, 0.0], "D": [30.0, 0.0]},
}


class Geometry3K(Benchmark):
    name = "geometry3k"
    scene = "visual"
    task = "geometry3k"
    solver = "geometry"
    language = "geometry"
    demonstrations: ClassVar = (
        Demonstration(
            "In the right triangle A B C, A C = 8 and B C = 6. Find A B.",
            "Triangle(A,B,C)\nEquals(LengthOf(Line(A,C)),8)\nEquals(LengthOf(Line(B,C)),6)\nFind(LengthOf(Line(A,B)))",
            {"choice": 2, "choices": [7, 9, 10, 14]},
            world={**_TRIANGLE, "choices": [7, 9, 10, 14]},
        ),
        Demonstration(
            "If m \\angle A = 35, find m \\angle B.",
            "Equals(MeasureOf(Angle(A)),35)\nFind(MeasureOf(Angle(B)))",
            {"choice": 0, "choices": [55, 65, 35, 145]},
            world={**_TRIANGLE, "choices": [55, 65, 35, 145]},
        ),
        Demonstration(
            "A D = 3x and D B = x + 4. D is the midpoint of A B. Find x.",
            "Equals(LengthOf(Line(A,D)),3x)\nEquals(LengthOf(Line(D,B)),x+4)\nIsMidpointOf(Point(D),Line(A,B))\nFind(x)",
            {"choice": 1, "choices": [1, 2, 3, 4]},
            world={**_LINE, "choices": [1, 2, 3, 4]},
        ),
    )

    def question(self, row: Row, example: Example) -> Example | None:
        """The answer with its choices: upstream gives some value twice, and then either choice is right."""
        choices = list(example.context.world["choices"])
        right = choices.index(choices["ABCD".index(row.data["answer"])])
        return Example(
            input=example.input,
            completion=example.completion,
            context=example.context,
            answer={"choice": right, "choices": choices},
            group=example.group,
        )

    def judge(self, solution: Solution, item: Item) -> Solution:
        answer = solution.answer
        if not isinstance(answer, dict) or not isinstance(answer.get("choice"), int):
            return solution.judged(Outcome.BAD_ANSWER, f"no choice: {answer!r:.80}")
        return judged_equal(solution, answer["choice"] == item.answer["choice"])
