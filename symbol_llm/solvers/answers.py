"""Comparing answers: when is what a program returned the gold answer?

    72.0 = 72      "1,000" = 1000      {"fraction": "1/3"} = 0.333333      "50%" = 1/2      [5] = 5
    True ≠ 1       nan ≠ nan           "five" is no number at all           [5, 6] is none either

    judge(solution, gold, "number")    →   the solution as CORRECT, WRONG or BAD_ANSWER

An answer is a JSON value as plain_values.py writes it. Nothing is evaluated here: a sympy expression brings its
number along. Numbers are equal within 1e-3 or a millionth of the gold answer, whichever is wider: the absolute part
forgives a rounded fraction of a cent, the relative part keeps large answers of GSM-Hard from being compared with
fifteen digits (and does not forgive 1,000,000 for 1,000,002).

The other kinds of answer have modules of their own, answers_*.py and sql_compare.py; COMPARATORS names all of them.
Where a benchmark's own rule is laxer or stranger than ours, both are there under different names, so that a number can
be set beside published ones.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from symbol_llm.errors import unknown_name
from symbol_llm.solvers.outcome import Outcome, Solution


class Comparator(NamedTuple):
    """One rule of equality. ``same(answer, gold)`` is None where it cannot be decided, which is never guessed.

    ``is_answer`` says whether a value is of the kind that the rule compares: what is not is BAD_ANSWER (or, of the
    gold answer, GOLD_ERROR).
    """

    same: Callable[[Any, Any], bool | None]
    is_answer: Callable[[Any], bool]


# name -> module:constant. The first group are ours; the second follow the peers that they are named after.
COMPARATORS: dict[str, str] = {
    "number": "symbol_llm.solvers.answers:NUMBER",  # within 1e-3 or a millionth
    "text": "symbol_llm.solvers.answers:TEXT",  # up to case and what surrounds it
    "value": "symbol_llm.solvers.answers:VALUE",  # two programs gave the same
    "quantity": "symbol_llm.solvers.answers_units:QUANTITY",  # "5 km" = "5,000 m", "50 percent" = 0.5
    "date": "symbol_llm.solvers.answers_dates:DATE",  # "May 3, 2008" = "2008-05-03"
    "choice": "symbol_llm.solvers.answers_choices:CHOICE",  # "(B)" = "B"
    "set": "symbol_llm.solvers.answers_lists:SET",  # neither order nor repetition
    "multiset": "symbol_llm.solvers.answers_lists:MULTISET",  # repetition counts
    "list": "symbol_llm.solvers.answers_lists:LIST",  # order counts
    "expression": "symbol_llm.solvers.answers_expressions:EXPRESSION",  # sympy: (x+1)**2 = x**2 + 2*x + 1
    "latex": "symbol_llm.solvers.answers_expressions:LATEX",  # math-verify: \frac12 = 0.5
    "rows": "symbol_llm.solvers.sql_compare:ROWS",  # results of queries, columns in any order
    "ordered_rows": "symbol_llm.solvers.sql_compare:ORDERED_ROWS",  # the same rows and columns in the same order
    "spider_test_suite": "symbol_llm.solvers.sql_compare:SPIDER_TEST_SUITE",
    "bird_set": "symbol_llm.solvers.sql_compare:BIRD_SET",
    "wikitq_denotation": "symbol_llm.solvers.answers_wikitq:WIKITQ_DENOTATION",
    "pal_float": "symbol_llm.solvers.answers_peers:PAL_FLOAT",
    "logic_lm_choice": "symbol_llm.solvers.answers_peers:LOGIC_LM_CHOICE",
}


def comparator(name: str) -> Comparator:
    """The rule of that name. Raises UserError for an unknown one."""
    if name not in COMPARATORS:
        raise unknown_name("comparator", name, COMPARATORS, "symbol-llm solve comparators")
    module, constant = COMPARATORS[name].split(":")
    found: Comparator = getattr(importlib.import_module(module), constant)
    return found


def judge(solution: Solution, gold: Any, name: str) -> Solution:
    """A solution that has an answer, judged by the rule of that name; any other solution as it is.

    CORRECT, WRONG, BAD_ANSWER (not an answer of this kind), GOLD_ERROR (the gold answer is none), or SOLVER_UNKNOWN
    (the two could not be compared within the limits). Raises UserError for an unknown name.
    """
    rule = comparator(name)
    if solution.outcome is not None:
        return solution
    if not rule.is_answer(gold):
        return solution.judged(Outcome.GOLD_ERROR, f"the gold answer is not of the kind {name!r}: {gold!s:.80}")
    if not rule.is_answer(solution.answer):
        return solution.judged(Outcome.BAD_ANSWER, f"not of the kind {name!r}: {solution.answer!s:.80}")
    is_same = rule.same(solution.answer, gold)
    if is_same is None:
        return solution.judged(Outcome.SOLVER_UNKNOWN, "the answer and the gold answer could not be compared")
    return solution.judged(Outcome.CORRECT if is_same else Outcome.WRONG)


RELATIVE, ABSOLUTE = 1e-6, 1e-3
_ROUNDING = 1e-9  # relative: what the order of floating-point operations may change

_PLAIN_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+(?:[eE][+-]?\d{1,3})?"
_NUMBER = re.compile(
    rf"(?P<sign>[-+−]?)\s*[$€£]?\s*(?P<top>{_PLAIN_NUMBER})(?:\s*/\s*(?P<bottom>{_PLAIN_NUMBER}))?\s*(?P<percent>%?)\.?"
)
_LONGEST_NUMBER = 400  # characters


def as_number(answer: Any) -> Fraction | float | None:
    """The number that an answer is, exact where it can be. None if it is not one number. Never True, never a guess.

    A list of one number is that number, as sympy's ``solve`` returns it.
    """
    match answer:
        case bool() | None:
            return None
        case int():
            return Fraction(answer)
        case float():
            return Fraction(answer) if math.isfinite(answer) else answer
        case str():
            return _read_number(answer)
        case [only]:
            return as_number(only)
        case {"int": str(text)} | {"fraction": str(text)} | {"decimal": str(text)}:
            return _read_number(text)
        case {"float": str(text)} if text in ("nan", "inf", "-inf"):
            return float(text)
        case {"sympy": str(), "number": (int() | float()) as number}:
            return as_number(number)
    return None


def _read_number(text: str) -> Fraction | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    top = Fraction(found["top"].replace(",", ""))
    bottom = Fraction(found["bottom"].replace(",", "")) if found["bottom"] else Fraction(1)
    if bottom == 0:
        return None
    value = top / bottom / (100 if found["percent"] else 1)
    return -value if found["sign"] in ("-", "−") else value


def same_number(answer: Any, gold: Any, *, relative: float = RELATIVE, absolute: float = ABSOLUTE) -> bool:
    """Whether an answer is the gold number, within ``absolute`` or ``relative`` times it, whichever is wider.

    False if either is no finite number.
    """
    a, b = as_number(answer), as_number(gold)
    if not isinstance(a, Fraction) or not isinstance(b, Fraction):  # nan and infinity are no answers
        return False
    return abs(a - b) <= max(Fraction(absolute), abs(b) * Fraction(relative))


def as_text(answer: Any) -> str | None:
    """A text answer without what surrounds it: blanks, one pair of quotes, a final full stop. None if not a text."""
    if not isinstance(answer, str):
        return None
    text = answer.strip()
    if len(text) > 1 and text.endswith("."):
        text = text[:-1].rstrip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def same_text(answer: Any, gold: Any) -> bool:
    """Whether two texts are the same up to case and what surrounds them. False if either is no text."""
    a, b = as_text(answer), as_text(gold)
    return a is not None and b is not None and a.casefold() == b.casefold()


def same_value(a: Any, b: Any) -> bool:
    """Whether two programs gave the same value: exact, but for the rounding of floating-point numbers (1e-9)."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, str | list) or isinstance(b, str | list):
        return a == b
    first, second = as_number(a), as_number(b)
    if not isinstance(first, Fraction) or not isinstance(second, Fraction):
        if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            return all(same_value(value, b[key]) for key, value in a.items())
        return a == b and type(a) is type(b)
    if not _is_rounded(a) and not _is_rounded(b):
        return first == second
    return abs(first - second) <= _ROUNDING * max(abs(first), abs(second))


def _is_rounded(answer: Any) -> bool:
    return isinstance(answer, float) or (isinstance(answer, dict) and "sympy" in answer)


def show(answer: Any) -> str:
    """An answer in a sentence: 72.0 as 72, a fraction as 3/4."""
    match answer:
        case float() if answer.is_integer() and abs(answer) < 1e15:
            return str(int(answer))
        case dict() if len(answer) <= 2 and answer.keys() & {"int", "fraction", "decimal", "float", "sympy"}:
            return str(next(iter(answer.values())))
    return str(answer)


NUMBER = Comparator(same_number, lambda value: isinstance(as_number(value), Fraction))
TEXT = Comparator(same_text, lambda value: as_text(value) is not None)
VALUE = Comparator(same_value, lambda value: value is not None)
