r"""The algebra inside of Geometry3K's logic forms, e.g. ``4y-10``, ``\frac{1}{2}x+12``, ``3\sqrt{2}``, ``2x^{2}-10``.

Letters stand for quantities and multiply where they meet. Our own reader checks the text and bounds its size, then
SymPy brings it into one form: ``2(y-10)`` and ``-20 + 2*y`` become ``2 y - 20``. Decimals are exact: 2.5 is 5/2.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from symbol_llm.errors import SymbolError

if TYPE_CHECKING:
    from sympy import Expr

MAX_DEPTH = 20
MAX_EXPONENT = 10
MAX_TERMS = 500  # of the sum that an expression may become when its products are written out

_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)|(?P<word>[A-Za-z]{4,})|(?P<letter>[A-Za-z])"
    r"|(?P<command>\\(?:sqrt|frac|pi|cdot|times))|(?P<mark>[-+*/^(){}\[\]π])|(?P<blank>\s+)"
)
_MAX_DIGITS = 12
_SIGNS = {"\\cdot": "*", "\\times": "*", "π": "\\pi"}


@lru_cache(maxsize=16_384)
def normal_algebra(text: str) -> str:
    """The one form of an expression, in LaTeX. Raises SymbolError if the text is none, or its value grows too large."""
    result = _evaluated(text)
    for _ in range(3):
        try:
            again = _evaluated(result)
        except SymbolError as error:  # more digits, say, than a text may have
            raise SymbolError(text, 0, "a smaller expression", f"the value is too large: {error.message}") from None
        if again == result:
            return result
        result = again
    raise SymbolError(text, 0, "a simpler expression", "the expression has no one form")


def read_algebra(text: str) -> Expr:
    """The expression as SymPy has it. Raises SymbolError if the text is none."""
    return _Reader(text).read()[0]


def _evaluated(text: str) -> str:
    from sympy import I, latex, nan, zoo

    expression, terms = _Reader(text).read()
    if terms <= MAX_TERMS:
        expression = expression.expand()
    if expression.has(nan, zoo, I) or expression.is_extended_real is False:
        raise SymbolError(text, 0, "a number", "the expression has no value")
    return str(latex(expression)).replace("\\left", "").replace("\\right", "")


class _Reader:
    """Recursive descent; each method gives an expression and how many terms it may have when written out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise SymbolError(text, at, "a number, a letter or an operator")
            kind = match.lastgroup or ""
            if kind == "word":
                raise SymbolError(text, at, "an expression", f"{match[0]!r} is a word, not a product of letters")
            if kind == "number" and len(match[0]) > _MAX_DIGITS:
                raise SymbolError(text, at, f"a number of at most {_MAX_DIGITS} digits")
            if kind != "blank":
                self.tokens.append((kind, _SIGNS.get(match[0], match[0]), at))
            at = match.end()
        self.next = 0
        self.depth = 0

    def read(self) -> tuple[Expr, int]:
        result = self.sum()
        if self.next < len(self.tokens):
            self.fail("the end of the expression")
        return result

    def peek(self) -> str:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else ""

    def fail(self, expected: str) -> None:
        position = self.tokens[self.next][2] if self.next < len(self.tokens) else len(self.text)
        raise SymbolError(self.text, position, expected)

    def expect(self, mark: str) -> None:
        if self.peek() != mark:
            self.fail(f"'{mark}'")
        self.next += 1

    def sum(self) -> tuple[Expr, int]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} levels of nesting")
        total, terms = self.product()
        while self.peek() in ("+", "-"):
            sign = 1 if self.peek() == "+" else -1
            self.next += 1
            value, more = self.product()
            total, terms = total + sign * value, terms + more
        self.depth -= 1
        return total, terms

    def product(self) -> tuple[Expr, int]:
        value, terms = self.signed()
        while self.peek() not in ("", "+", "-", ")", "}", "]"):
            is_quotient = self.peek() == "/"
            if self.peek() in ("*", "/"):
                self.next += 1
            factor, more = self.signed() if is_quotient or self.tokens[self.next - 1][1] == "*" else self.power()
            value, terms = (value / factor if is_quotient else value * factor), min(terms * more, MAX_TERMS + 1)
        return value, terms

    def signed(self) -> tuple[Expr, int]:
        sign = 1
        while self.peek() in ("+", "-"):
            sign = -sign if self.peek() == "-" else sign
            self.next += 1
        value, terms = self.power()
        return sign * value, terms

    def power(self) -> tuple[Expr, int]:
        value, terms = self.base()
        if self.peek() != "^":
            return value, terms
        self.next += 1
        exponent, _ = self.base()
        if not exponent.is_Rational or max(abs(exponent.p), exponent.q) > MAX_EXPONENT:
            self.fail(f"an exponent of at most {MAX_EXPONENT}")
        if self.peek() == "^":
            self.fail("brackets around a power of a power")
        if self.depth > 3:
            self.fail("a power outside of so many brackets")
        return value**exponent, min(terms ** max(1, int(abs(exponent))), MAX_TERMS + 1)

    def base(self) -> tuple[Expr, int]:
        from sympy import Rational, Symbol, pi, root

        if self.next >= len(self.tokens):
            self.fail("a number or a letter")
        kind, token, _ = self.tokens[self.next]
        self.next += 1
        if kind == "number":
            return Rational(token), 1
        if kind == "letter":
            return Symbol(token), 1
        if token == "\\pi":
            return pi, 1
        if token in ("(", "{"):
            return self.closed(")" if token == "(" else "}")
        if token == "\\sqrt":
            index = 2
            if self.peek() == "[":
                self.next += 1
                kind, token, _ = self.tokens[self.next] if self.next < len(self.tokens) else ("", "", 0)
                if kind != "number" or token not in map(str, range(2, MAX_EXPONENT + 1)):
                    self.fail(f"the index of a root, 2 to {MAX_EXPONENT}")
                index = int(token)
                self.next += 1
                self.expect("]")
            self.expect("{")
            return root(self.closed("}")[0], index), 1
        if token == "\\frac":
            self.expect("{")
            above, terms = self.closed("}")
            self.expect("{")
            below, _ = self.closed("}")
            return above / below, terms
        self.next -= 1
        self.fail("a number or a letter")
        raise AssertionError

    def closed(self, mark: str) -> tuple[Expr, int]:
        result = self.sum()
        self.expect(mark)
        return result
