"""MATH: competition problems to programs, for the rows whose boxed answer is a rational number."""

from __future__ import annotations

from pathlib import Path

from collection.distill.base import Demonstration, Question
from collection.distill.tasks.programs import ProgramTask
from collection.sources.base import Example, Rejected, Row
from collection.sources.hendrycks_math import number_of, read_fields
from collection.sources.worked_arithmetic import plain_number


class MathCode(ProgramTask):
    name = "math_code"
    version = "1"
    demonstrations = (
        Demonstration(
            "For what positive value of $k$ does $x^2 - kx + 49 = 0$ have exactly one real solution?",
            "def solution():\n    from sympy import Symbol, solve\n    k = Symbol('k', positive=True)\n"
            "    discriminant = k**2 - 4 * 49\n    return solve(discriminant, k)[0]",
        ),
        Demonstration(
            "How many positive multiples of $6$ below $500$ are not multiples of $4$?",
            "def solution():\n    count = 0\n    for number in range(6, 500, 6):\n        if number % 4 != 0:\n"
            "            count += 1\n    return count",
        ),
        Demonstration(
            "Two fair dice are rolled. What is the probability that their sum is $9$? Give a common fraction.",
            "def solution():\n    from fractions import Fraction\n"
            "    hits = [(a, b) for a in range(1, 7) for b in range(1, 7) if a + b == 9]\n"
            "    return Fraction(len(hits), 36)",
        ),
    )

    def to_question(self, row: Row, folder: Path) -> Question | None:
        fields = read_fields(row.data)
        value = None if isinstance(fields, Rejected) else number_of(fields.answer)
        if isinstance(fields, Rejected) or value is None:
            return None
        return self.question_of(Example(input=fields.problem, completion="", answer=plain_number(value)), row)


MATH_CODE = MathCode()
