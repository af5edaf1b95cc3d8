"""Judging what a program returned against a gold number, and worked examples of such programs.

```
gold 72:   72.0 → correct      {"fraction": "145/2"} → wrong      [72, 3] or "seventy-two" → bad answer
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from eval.delegation.base import Benchmark, Demonstration, Item
from symbol_llm.solvers.answers import judge
from symbol_llm.solvers.outcome import Solution

ARITHMETIC = (
    Demonstration(
        "A farm sells eggs in boxes of 12. On Friday it sold 9 boxes and 5 single eggs. How many eggs did it sell?",
        "def solution():\n    in_boxes = 12 * 9\n    return in_boxes + 5",
        113,
    ),
    Demonstration(
        "Vera saves $18 a week. She already has $45 and wants a bike for $189. How many weeks does she have to save?",
        "def solution():\n    missing = 189 - 45\n    return missing / 18",
        8,
    ),
    Demonstration(
        "A jacket costs 80 euros and is sold with 15% off. Nils buys it with a 100 euro note. What does he get back?",
        "def solution():\n    price = 80 * (1 - 15 / 100)\n    return 100 - price",
        32,
    ),
    Demonstration(
        "Some birds sat in a tree. 14 flew away and 6 came, and then there were 21. How many were there at first?",
        "def solution():\n    before_six_came = 21 - 6\n    return before_six_came + 14",
        29,
    ),
)


class ProgramBenchmark(Benchmark):
    """The symbol is a Python program."""

    solver = "python"
    language: ClassVar[str] = "python"


class NumberBenchmark(ProgramBenchmark):
    """Answers are numbers, equal within the tolerance of ``solvers/answers.py``."""

    scene: ClassVar[str] = "maths"
    demonstrations: ClassVar[Sequence[Demonstration]] = ARITHMETIC

    def judge(self, solution: Solution, item: Item) -> Solution:
        return judge(solution, item.answer, "number")
