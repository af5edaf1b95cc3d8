"""Last-letter concatenation, solved by programs: "ann bob" gives "nb".

``letters`` is generated; ``last_letters`` is the file of Kojima et al. 2022, where about three names in a hundred are
two words: the gold program gives all words' letters there, so it cannot reach upstream's answer.
"""

from __future__ import annotations

from typing import ClassVar

from eval.delegation.base import Demonstration, Item
from eval.delegation.program_answers import ProgramBenchmark
from symbol_llm.solvers.answers import judge
from symbol_llm.solvers.outcome import Solution


class Letters(ProgramBenchmark):
    """The test split of the generated source. Case and surrounding blanks do not count."""

    name = "letters"
    scene = "symbolic"
    task = "letters"
    demonstrations: ClassVar = (
        Demonstration(
            'Take the last letters of each words in "Otto Hilda Wim" and concatenate them.',
            'def solution():\n    words = "Otto Hilda Wim".split()\n    return "".join(word[-1] for word in words)',
            "oam",
        ),
        Demonstration(
            'Take the last letters of each words in "Pavel Noor Ines G" and concatenate them.',
            'def solution():\n    words = "Pavel Noor Ines G".split()\n    return "".join(word[-1] for word in words)',
            "lrsG",
        ),
        Demonstration(
            'Take the last letters of each words in "Yara Tadeo" and concatenate them.',
            'def solution():\n    words = "Yara Tadeo".split()\n    return "".join(word[-1] for word in words)',
            "ao",
        ),
    )

    def judge(self, solution: Solution, item: Item) -> Solution:
        return judge(solution, item.answer, "text")


class LastLetters(Letters):
    """500 items with the whole file."""

    name = task = "last_letters"
    where = "collection.sources.last_letters:LAST_LETTERS"
