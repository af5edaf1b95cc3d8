"""Arithmetic as GSM8K's annotators typed it: ``.5*05``, ``3 x 1,200``, ``50%*80``, ``2(3+4)``.

A parser of our own, because the text is data: nothing of it is ever evaluated as Python. Values are exact fractions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from symbol_llm.errors import SymbolError

_TOKEN = re.compile(
    r"\s*(?:[$€£]\s*)?(?:(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?P<percent>\s*%)?"
    r"|(?P<sign>\*\*|[-+*/()^x×X÷−–]))"
)
_SAME = {"x": "*", "X": "*", "×": "*", "÷": "/", "−": "-", "–": "-", "^": "**"}
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
_NEGATION_STRENGTH, _ATOM_STRENGTH = 3, 5
_DEEPEST, _LARGEST_POWER = 40, 1_000


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Negation:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    sign: str  # + - * / **
    left: Expression
    right: Expression


Expression = Number | Negation | Operation


def parse_arithmetic(text: str) -> Expression:
    """Read an expression. Raises SymbolError with the position of the first fault."""
    return _Parser(text).parse()


class _Parser:
    """Recursive descent: sum → product → negation → power → number | (sum)."""

    def __init__(self, text: str) -> None:
        self.text, self.depth = text, 0
        self.tokens: list[tuple[int, str | Fraction]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position, end)
            if found is None:
                raise SymbolError(text, position, "a number, an operator or a bracket")
            if found["number"]:
                value = Fraction(found["number"].replace(",", "")) / (100 if found["percent"] else 1)
                self.tokens.append((position, value))
            else:
                self.tokens.append((position, _SAME.get(found["sign"], found["sign"])))
            position = found.end()
        self.tokens.append((end, ""))
        self.place = 0

    def parse(self) -> Expression:
        expression = self._sum()
        if self._next != "":
            raise self._error("an operator, or the end")
        return expression

    @property
    def _next(self) -> str | Fraction:
        return self.tokens[self.place][1]

    def _take(self) -> str | Fraction:
        self.place += 1
        return self.tokens[self.place - 1][1]

    def _error(self, expected: str) -> SymbolError:
        return SymbolError(self.text, self.tokens[self.place][0], expected)

    def _sum(self) -> Expression:
        left = self._product()
        while self._next in ("+", "-"):
            left = Operation(str(self._take()), left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._negation()
        while self._next in ("*", "/", "("):
            sign = "*" if self._next == "(" else str(self._take())  # 2(3+4)
            left = Operation(sign, left, self._negation())
        return left

    def _negation(self) -> Expression:
        if self._next not in ("-", "+"):
            return self._power()
        self._descend()
        sign = self._take()
        operand = self._negation()
        self.depth -= 1
        return Negation(operand) if sign == "-" else operand

    def _power(self) -> Expression:
        base = self._atom()
        if self._next != "**":
            return base
        self._descend()
        self._take()
        exponent = self._negation()
        self.depth -= 1
        return Operation("**", base, exponent)

    def _atom(self) -> Expression:
        token = self._next
        if isinstance(token, Fraction):
            self._take()
            return Number(token)
        if token != "(":
            raise self._error("a number or an opening bracket")
        self._descend()
        self._take()
        inner = self._sum()
        if self._next != ")":
            raise self._error("a closing bracket")
        self._take()
        self.depth -= 1
        return inner

    def _descend(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error(f"at most {_DEEPEST} brackets and signs inside each other")


def evaluate(expression: Expression, value_of: Callable[[Fraction], Fraction]) -> Fraction:
    """The exact value, each number standing for ``value_of`` it. Raises ZeroDivisionError, or ValueError for a
    power that is not a small whole number.
    """
    match expression:
        case Number(value):
            return value_of(value)
        case Negation(operand):
            return -evaluate(operand, value_of)
        case Operation(sign, left, right):
            a, b = evaluate(left, value_of), evaluate(right, value_of)
            match sign:
                case "+":
                    return a + b
                case "-":
                    return a - b
                case "*":
                    return a * b
                case "/":
                    return a / b
            if b.denominator != 1 or abs(b) > _LARGEST_POWER or a.numerator.bit_length() > _LARGEST_POWER:
                raise ValueError(f"the power {b} is not a small whole number")
            return a**b.numerator
    raise AssertionError(expression)


def to_python(expression: Expression, name_of: Callable[[Fraction], str | None]) -> str:
    """The expression in Python, with no more brackets than needed. ``name_of`` gives the variable for a number."""
    return _print(expression, name_of, 0)


def _print(expression: Expression, name_of: Callable[[Fraction], str | None], strength: int) -> str:
    match expression:
        case Number(value):
            return name_of(value) or number_text(value)
        case Negation(operand):
            text, own = f"-{_print(operand, name_of, _NEGATION_STRENGTH)}", _NEGATION_STRENGTH
        case Operation(sign, left, right):
            own = _STRENGTH[sign]
            # The right side of - and / must bind tighter, and so must the base of a power.
            a = _print(left, name_of, own + (sign == "**"))
            b = _print(right, name_of, _NEGATION_STRENGTH if sign == "**" else own + 1)
            text = f"{a} {sign} {b}"
    return f"({text})" if own < strength else text


def number_text(value: Fraction) -> str:
    """A decimal number as Python writes it: 1200, 0.5. (Every number that the parser reads is one.)"""
    if value.denominator == 1:
        return str(value.numerator)
    digits = 1
    while (value * 10**digits).denominator != 1:
        digits += 1
    text = str((value * 10**digits).numerator).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"
