"""AQuA-RAT: algebra questions to programs, for the rows whose correct option is one number."""

from __future__ import annotations

from pathlib import Path

from collection.distill.base import Demonstration, Question
from collection.distill.tasks.programs import ProgramTask
from collection.sources.aqua import option_number, read_fields
from collection.sources.base import Example, Rejected, Row
from collection.sources.worked_arithmetic import plain_number


class AquaCode(ProgramTask):
    """The options are not shown: a program computes the number, it does not choose."""

    name = "aqua_code"
    version = "1"
    demonstrations = (
        Demonstration(
            "A cyclist rides 36 km at 18 km/h and comes back at 12 km/h. What is her average speed in km/h?",
            "def solution():\n    there = 36 / 18\n    back = 36 / 12\n    hours = there + back\n"
            "    speed = 2 * 36 / hours\n    return speed",
        ),
        Demonstration(
            "The sum of two numbers is 50 and the larger is 8 more than twice the smaller. What is the smaller?",
            "def solution():\n    from sympy import Eq, solve, symbols\n    small, large = symbols('small large')\n"
            "    found = solve([Eq(small + large, 50), Eq(large, 2 * small + 8)], [small, large])\n"
            "    return found[small]",
        ),
        Demonstration(
            "In how many ways can 3 of 7 books be put side by side on a shelf?",
            "def solution():\n    from math import perm\n    ways = perm(7, 3)\n    return ways",
        ),
    )

    def to_question(self, row: Row, folder: Path) -> Question | None:
        fields = read_fields(row.data)
        number = None if isinstance(fields, Rejected) else option_number(fields.options[fields.correct])
        if isinstance(fields, Rejected) or number is None:
            return None
        return self.question_of(Example(input=fields.question, completion="", answer=plain_number(number[0])), row)


AQUA_CODE = AquaCode()
