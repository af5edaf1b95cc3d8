"""Answers that choose one of several options: "B", "(B)", "b.", "Option B", "B) the red car", or the option itself.

    same_choice("(B)", "B")                                                →   yes
    same_choice("the red car", {"choice": "B", "options": ["a bus", "the red car"]})   →   yes
    same_choice("A car", "A")                                              →   no: a text that begins with A is none

``gold`` is a letter, or the letter with the options in their order. A letter beside the text of another option
contradicts itself and is no choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from symbol_llm.solvers.answers import Comparator, as_text

_LABEL = re.compile(
    r"(?:(?:the\s+)?(?:correct\s+)?(?:answer|option|choice)\s*(?:is|:)?\s*)?"
    r"(?:\(\s*([A-Za-z])\s*\)|\[\s*([A-Za-z])\s*\]|([A-Za-z])(?=\s*[).:]|\s*$))\s*[).:]?\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)


def as_choice(answer: Any, options: Sequence[str] = ()) -> str | None:
    """The letter that an answer chooses, in upper case. None if it chooses none, or more than one."""
    text = as_text(answer)
    if text is None:
        return None
    named = [chr(ord("A") + i) for i, option in enumerate(options) if _same(option, text)]
    if named:  # an option may itself look like a letter
        return named[0] if len(named) == 1 else None
    found = _LABEL.fullmatch(text)
    if found is None:
        return None
    letter = (found[1] or found[2] or found[3]).upper()
    position, rest = ord(letter) - ord("A"), found[4]
    if options and position >= len(options):
        return None
    if rest and not (options and _same(options[position], rest)):
        return None
    return letter


def _same(option: Any, text: str) -> bool:
    a, b = as_text(str(option)), as_text(text)
    return a is not None and b is not None and a.casefold() == b.casefold()


def same_choice(answer: Any, gold: Any) -> bool:
    """Whether an answer chooses the gold letter. False if it chooses none."""
    letter, options = _gold(gold)
    return letter is not None and as_choice(answer, options) == letter


def _gold(gold: Any) -> tuple[str | None, Sequence[str]]:
    match gold:
        case {"choice": str(letter), "options": list(options)}:
            return as_choice(letter), options
    return as_choice(gold), ()


CHOICE = Comparator(same_choice, lambda value: isinstance(value, str) or _gold(value)[0] is not None)
