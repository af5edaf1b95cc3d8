"""The comparators of the peers, so that our numbers can stand beside published ones: their rules, not ours.

    PAL        float(answer) within 0.001 of the target:  "72" = 72,  True = 1,  [72] is a failure
    Logic-LM   the first letter of the reply:             "A) True" = "A",  but "All of them" is "A" as well

Both are laxer and stricter than they should be; ``number`` and ``choice`` are the rules that we stand by. PAL
(Gao et al. 2023): scripts/gsm_eval.py of the authors' repository. Logic-LM (Pan et al. 2023): models/evaluation.py.
"""

from __future__ import annotations

import math
from typing import Any

from symbol_llm.solvers.answers import Comparator

PAL_TOLERANCE = 1e-3  # absolute, whatever the size: above 1e13 floats are further apart than that
LETTERS = "ABCDEFGH"
INDICATORS = (
    "the correct option is",
    "the correct answer is",
    "The correct answer is",
    "The correct option is",
    "Thus, the answer is",
)


def python_float(answer: Any) -> float | None:
    """What ``float(answer)`` gives for the value that the program returned, or None where that raises."""
    match answer:
        case bool() | int() | float():
            value: Any = answer
        case str():
            value = answer
        case {"int": str(text)} | {"decimal": str(text)} | {"float": str(text)}:
            value = text
        case {"fraction": str(text)} if text.count("/") == 1:
            above, below = text.split("/")
            try:
                return int(above) / int(below)
            except (ValueError, ArithmeticError):
                return None
        case {"sympy": str(), "number": (int() | float()) as value}:
            pass
        case _:
            return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def pal_float(answer: Any, gold: Any) -> bool:
    """PAL's rule: ``abs(float(answer) - target) < 1e-3``. A boolean is 0 or 1, a list fails, nan equals nothing."""
    a, b = python_float(answer), python_float(gold)
    return a is not None and b is not None and abs(a - b) < PAL_TOLERANCE


def logic_lm_letter(reply: str) -> str | None:
    """The letter that Logic-LM reads from a reply: its first character, else the one after the first indicator.

    Only the first indicator of the list that occurs anywhere is looked at, not the first in the reply.
    """
    reply = reply.strip()
    if reply[:1] and reply[0] in LETTERS:
        return reply[0]
    for indicator in INDICATORS:
        if indicator in reply:
            rest = reply.split(indicator)[1].strip()
            return rest[0] if rest[:1] and rest[0] in LETTERS else None
    return None


def logic_lm_choice(answer: Any, gold: Any) -> bool:
    """Logic-LM's rule: the letter read from the reply is the gold text without its brackets."""
    if not isinstance(answer, str) or not isinstance(gold, str):
        return False
    return logic_lm_letter(answer) == gold.replace("(", "").replace(")", "").strip()


def _is_number(value: Any) -> bool:
    number = python_float(value)
    return number is not None and math.isfinite(number)


PAL_FLOAT = Comparator(pal_float, _is_number)
LOGIC_LM_CHOICE = Comparator(logic_lm_choice, lambda value: isinstance(value, str))
