"""From an equation with at most one unknown to a program: the gold symbols of arithmetic word problems.

    "X = 70 - 27"         def solution():⏎    return 70 - 27
    "( 76.0 - 25.0 )"     def solution():⏎    return 76 - 25
    "70-x=27"             … x = Symbol("x")⏎    return solve(70 - x - (27), x)[0]

The equation is taken as upstream wrote it: one that does not give upstream's answer becomes a program that does not,
so that a fault of the label can be seen.
"""

from __future__ import annotations

import re
from fractions import Fraction

from collection.sources.gsm8k_arithmetic import parse_arithmetic, to_python
from symbol_llm.errors import SymbolError

# The parser of arithmetic has no names: the unknown travels through it as a number that no word problem holds.
_UNKNOWN = Fraction(987_654_321_123_456_789)


def program_of(equation: str) -> str:
    """The program that computes the unknown. Raises SymbolError where the text is no such equation."""
    sides = re.sub(r"[Xx]", f"({_UNKNOWN})", equation).split("=")
    if len(sides) > 2:
        raise SymbolError(equation, equation.rfind("="), "one equals sign")
    unknown = f"({_UNKNOWN})"
    others = [side for side in sides if side.strip() != unknown]
    if len(others) == 1 and unknown not in others[0]:
        return f"def solution():\n    return {_python(others[0])}"
    if len(sides) != 2 or not any(unknown in side for side in sides):
        raise SymbolError(equation, 0, "an equation with the unknown x, or an expression without it")
    left, right = map(_python, sides)
    return (
        "def solution():\n    from sympy import Symbol, solve\n\n"
        f'    x = Symbol("x")\n    return solve({left} - ({right}), x)[0]'
    )


def _python(side: str) -> str:
    return to_python(parse_arithmetic(side), lambda value: "x" if value == _UNKNOWN else None)
