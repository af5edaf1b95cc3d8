r"""The number that a LaTeX answer is: ``\frac{3\sqrt{2}}{4}`` is 1.0606…, ``12\pi`` is 37.69…, ``x + 1`` is none.

A small grammar, read strictly: numbers, + - * /, \frac, \sqrt, powers, \pi, brackets, and products without a sign.
What else stands in the text makes it no number; nothing is evaluated as code.
"""

from __future__ import annotations

import math
import re

_NOISE = re.compile(
    r"\\(?:left|right|displaystyle|[!,;: ])|\\text(?:bf|rm)?\s*\{\s*\}|[$\s]|\\\$|\^\s*\{?\\circ\}?|"
    r"(?:\\text|\\mbox|\\mathrm)\s*\{\s*(?:square |cubic )?[a-zA-Z. ]+\}(?:\^\{?\d\}?)?\Z"
)
# 1,000 and 1{,}000 and 1,\! 000; without a mark and with a blank, "5, 100" is two numbers.
_THOUSANDS = re.compile(r"(?<=\d)(?:,\\!\s*|,|\{,\})(?=\d{3}(?!\d))")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|\.\d+|\\[cdt]?frac|\\sqrt|\\pi|\\cdot|\\times|\\div|\\%|[-+*/^(){}\[\]!]|[a-z]")
_DEEPEST = 60


class _NotNumber(ValueError):
    pass


def latex_value(text: str) -> float | None:
    """The value of a LaTeX expression without variables; None if it is not one."""
    if len(text) > 400:
        return None
    plain = _NOISE.sub("", _THOUSANDS.sub("", text))
    tokens, place = [], 0
    while place < len(plain):
        found = _TOKEN.match(plain, place)
        if found is None:
            return None
        tokens.append(found[0])
        place = found.end()
    try:
        value = _Reader([*tokens, ""]).whole()
    except (_NotNumber, ArithmeticError, ValueError):
        return None
    return value if math.isfinite(value) else None


class _Reader:
    """Recursive descent: sum → product → power → atom."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    @property
    def next(self) -> str:
        return self.tokens[self.place]

    def take(self, wanted: str = "") -> str:
        token = self.next
        if wanted and token != wanted:
            raise _NotNumber(f"{wanted} expected, not {token}")
        self.place += 1
        return token

    def whole(self) -> float:
        value = self.sum()
        if self.next == "\\%":
            self.take()
        self.take_end()
        return value

    def take_end(self) -> None:
        if self.next:
            raise _NotNumber(f"{self.next} after the number")

    def sum(self) -> float:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _NotNumber("too deep")
        sign = -1 if self.next == "-" else 1
        if self.next in ("-", "+"):
            self.take()
        value = sign * self.product()
        while self.next in ("+", "-"):
            value += self.product() if self.take() == "+" else -self.product()
        self.depth -= 1
        return value

    def product(self) -> float:
        # A fraction right after a whole number is a mixed number: 3\frac12 is 3.5.
        start = self.next
        value = self.power()
        if start.isdigit() and "frac" in self.next:
            value += self.power()
        while True:
            if self.next in ("*", "\\cdot", "\\times"):
                self.take()
                value *= self.power()
            elif self.next in ("/", "\\div"):
                self.take()
                value /= self.power()
            elif self.next in ("(", "\\pi", "\\sqrt") or "frac" in self.next:
                value *= self.power()
            else:
                return value

    def power(self) -> float:
        base = self.atom()
        if self.next != "^":
            return base
        self.take()
        exponent = self.argument()
        if abs(exponent) > 1_000:
            raise _NotNumber("too large a power")
        value = base**exponent
        if isinstance(value, complex):
            raise _NotNumber("not real")
        return float(value)

    def atom(self) -> float:
        token = self.take()
        if token[:1].isdigit() or token[:1] == ".":
            return float(token)
        if token == "\\pi":
            return math.pi
        if token in ("(", "{"):
            value = self.sum()
            self.take(")" if token == "(" else "}")
            return value
        if "frac" in token:
            top = self.argument()
            return top / self.argument()
        if token == "\\sqrt":
            degree = 2.0
            if self.next == "[":
                self.take()
                degree = self.sum()
                self.take("]")
            value = self.argument()
            if value < 0:
                raise _NotNumber("not real")
            return float(value ** (1 / degree))
        raise _NotNumber(f"{token!r} is no number")

    def argument(self) -> float:
        """A group, or one digit: \\frac12 is a half, \\frac1{12} a twelfth."""
        if self.next[:1].isdigit() and len(self.next) > 1:
            token = self.take()
            if "." in token:
                raise _NotNumber("a decimal without brackets")
            self.place -= 1
            self.tokens[self.place : self.place + 1] = [token[0], token[1:]]
        sign = -1 if self.next == "-" else 1
        if sign < 0:
            self.take()
        return sign * self.atom()
