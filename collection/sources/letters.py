"""Last letters, generated: the symbolic task of Wei et al. 2022, as a program.

    {"words": ["ann", "bob"], "wording": 0}
→
    input       join the last letters of "ann bob"
    completion  def solution():
                    return "".join(w[-1] for w in "ann bob".split())
    answer      "nb"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from collection.sources.base import Example, GeneratedSource, Prompt, Row
from symbol_llm.record import Split

_WORDS = """
    ann bob tom sam max kate paul mary john lily jack rose
    book cat tree milk bread water door lamp ship moon rain bird
"""
_WORDINGS = (
    'join the last letters of "{}"',
    'take the last letter of each word in "{}" and join them',
    'what are the last letters of "{}" together?',
    'the last letters of the words "{}", in order',
    'concatenate the last letters of "{}"',
    'for "{}", put the last letters in one word',
)


class Letters(GeneratedSource):
    """Two to four different words a row."""

    task = "letters"
    format = "math_program"
    family = "Symbolic"
    sizes: Mapping[Split, int] = {Split.TRAIN: 8_000, Split.VALIDATION: 100, Split.TEST: 300}
    prompt = Prompt(
        instructions=(
            "Write a Python program.",
            "Do it in Python.",
            "Solve the request with Python.",
            "Write solution() for the request.",
            "Turn the request into Python.",
            "Answer with a Python function.",
            "Give a program for the request.",
            "Translate the request to Python.",
        ),
        input_label="The request is:",
        cue="The program is:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        words = rng.sample(_WORDS.split(), rng.choice((2, 3, 3, 4)))
        return {"words": words, "wording": rng.randrange(len(_WORDINGS))}

    def to_example(self, row: Row, folder: Path) -> Example:
        words = " ".join(row.data["words"])
        return Example(
            input=_WORDINGS[row.data["wording"]].format(words),
            completion=f'def solution():\n    return "".join(w[-1] for w in "{words}".split())',
            answer="".join(word[-1] for word in row.data["words"]),
        )


LETTERS = Letters()
