r"""Reading and printing the regular expressions of NL-RX and KB13.

    (.*dog.*)&(~(.*\btruck\b.*))      lines with "dog" and without the word "truck"

Operators from loose to tight, as in dk.brics.automaton, which the data sets were built with:

    x|y   union                 x&y   intersection          xy   concatenation
    x*  x+  x?  x{n}  x{n,}  x{n,m}   repetition            ~x   complement of the next atom or group

Atoms: a literal, ``.`` (any character), a class ``[A-Za-z]`` or ``[^b]``, a group ``(x)``, the empty string ``()``,
``\b`` (word boundary), ``\d \D \w \W \s \S`` (ASCII), ``\n \t \r``, and ``\`` before any punctuation mark for
the mark itself. There are no anchors: an expression matches a whole line. A union or intersection inside a group
of the same operator is flattened, so groups leave no trace in the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from symbol_llm.errors import SymbolError

MAX_NESTING = 64
MAX_COUNT = 1_000
MAX_LEAVES = 20_000  # characters, classes and boundaries; an automaton of that size is never built
LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set, given as sorted, disjoint, non-adjacent code point ranges, both ends included."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Boundary:
    """The empty string between a word character and a non-word character or the end of the line."""


@dataclass(frozen=True, slots=True)
class Concat:
    """Parts one after the other; no parts: the empty string."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Union:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Intersection:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``low`` to ``high`` times; ``high`` None: without end."""

    part: Node
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Complement:
    part: Node


Node = Chars | Boundary | Concat | Union | Intersection | Repeat | Complement


def ranges_of(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Sorted, disjoint, non-adjacent ranges that cover the same code points."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def inverted(ranges: Ranges) -> Ranges:
    """The code points outside."""
    result, start = [], 0
    for low, high in ranges:
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        result.append((start, LAST))
    return tuple(result)


def common(a: Ranges, b: Ranges) -> Ranges:
    """The code points in both."""
    return inverted(ranges_of(inverted(a) + inverted(b)))


ANY = Chars(((0, LAST),))
EVERYTHING = Repeat(ANY, 0, None)
NOTHING = Complement(EVERYTHING)
EMPTY_STRING = Concat(())
DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 13), (32, 32))
_SETS = {"d": DIGIT, "w": WORD, "s": SPACE, "D": inverted(DIGIT), "W": inverted(WORD), "S": inverted(SPACE)}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_SPECIAL = frozenset("|&*+?{}~.[]()\\^$")


def parse(text: str) -> Node:
    """The tree of an expression. Raises SymbolError with position and expectation."""
    return _Parser(text).whole()


class _Parser:
    """Recursive descent, one method a level of precedence; each gives a tree and its height."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.leaves = 0

    def whole(self) -> Node:
        if not self.text:
            raise SymbolError(self.text, 0, "a regular expression")
        tree, _ = self._union()
        if self.at < len(self.text):
            self._fail("an operator or the end" if self._peek() != ")" else "no ')' without its '('")
        return tree

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _fail(self, expected: str, at: int | None = None) -> NoReturn:
        raise SymbolError(self.text, self.at if at is None else at, expected)

    def _grown(self, height: int, at: int) -> int:
        if height >= MAX_NESTING:
            self._fail(f"at most {MAX_NESTING} levels of nesting", at)
        return height + 1

    def _union(self) -> tuple[Node, int]:
        return self._operands("|", Union)

    def _operands(self, operator: str, kind: type[Union] | type[Intersection]) -> tuple[Node, int]:
        parts: list[Node] = []
        start, height = self.at, 0
        while True:
            part, inner = self._operands("&", Intersection) if kind is Union else self._concat()
            parts.extend(part.parts if isinstance(part, kind) else (part,))
            height = max(height, inner)
            if self._peek() != operator:
                break
            self.at += 1
        return (parts[0], height) if len(parts) == 1 else (kind(tuple(parts)), self._grown(height, start))

    def _concat(self) -> tuple[Node, int]:
        parts: list[Node] = []
        start, height = self.at, 0
        while self._peek() not in ("", "|", "&", ")"):
            part, inner = self._repeat()
            parts.extend(part.parts if isinstance(part, Concat) else (part,))
            height = max(height, inner)
        if self.at == start:
            self._fail("a character, a class, a group or '~'")
        return (parts[0], height) if len(parts) == 1 else (Concat(tuple(parts)), self._grown(height, start))

    def _repeat(self) -> tuple[Node, int]:
        start = self.at
        tree, height = self._complement()
        while (mark := self._peek()) in ("*", "+", "?", "{"):
            self.at += 1
            low, high = self._counts() if mark == "{" else (int(mark == "+"), 1 if mark == "?" else None)
            tree, height = Repeat(tree, low, high), self._grown(height, start)
        return tree, height

    def _counts(self) -> tuple[int, int | None]:
        start = self.at
        low = self._number()
        high: int | None = low
        if self._peek() == ",":
            self.at += 1
            high = None if self._peek() == "}" else self._number()
        if self._peek() != "}":
            self._fail("',' or '}'" if high == low else "'}'")
        self.at += 1
        if high is not None and high < low:
            self._fail("a lower count that is not above the upper one", start)
        return low, high

    def _number(self) -> int:
        start = self.at
        while self._peek() in tuple("0123456789"):
            self.at += 1
        digits = self.text[start : self.at].lstrip("0") or self.text[start : self.at][-1:]
        if not digits:
            self._fail("a number")
        if len(digits) > 4 or int(digits) > MAX_COUNT:
            self._fail(f"a count of at most {MAX_COUNT}", start)
        return int(digits)

    def _complement(self) -> tuple[Node, int]:
        start, marks = self.at, 0
        while self._peek() == "~":
            self.at, marks = self.at + 1, marks + 1
        tree, height = self._atom()
        for _ in range(marks):
            tree, height = Complement(tree), self._grown(height, start)
        return tree, height

    def _atom(self) -> tuple[Node, int]:
        mark, start = self._peek(), self.at
        if mark == "(" and not self.text.startswith("()", start):
            return self._group()
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            self._fail(f"at most {MAX_LEAVES:,} characters, classes and boundaries")
        if mark == "(":
            self.at += 2
            return EMPTY_STRING, 1
        if mark == "[":
            return self._class(), 1
        if mark in ("", *"|&)"):
            self._fail("a character, a class or a group")
        if mark in ("*", "+", "?", "{"):
            self._fail("something to repeat before the repetition")
        if mark in ("}", "]"):
            self._fail(f"'\\{mark}' for a literal '{mark}'")
        if mark in ("^", "$"):
            self._fail(f"no anchors (an expression matches the whole line), or '\\{mark}' for the character")
        self.at += 1
        if mark == ".":
            return ANY, 1
        if mark != "\\":
            return Chars(((ord(mark), ord(mark)),)), 1
        if self._peek() == "b":
            self.at += 1
            return Boundary(), 1
        return Chars(self._escape(start)), 1

    def _group(self) -> tuple[Node, int]:
        start = self.at
        self.depth = self._grown(self.depth, start)
        self.at += 1
        tree, height = self._union()
        if self._peek() != ")":
            self._fail("')'")
        self.at += 1
        self.depth -= 1
        return tree, height

    def _escape(self, start: int) -> Ranges:
        """The set after a backslash that has just been read."""
        mark = self._peek()
        self.at += 1
        if mark in _SETS:
            return _SETS[mark]
        mark = _CONTROLS.get(mark, mark)
        if not mark or mark.isalnum():
            self._fail("an escape: \\b, \\d, \\w, \\s, \\n, \\t, \\r or '\\' before a punctuation mark", start)
        return ((ord(mark), ord(mark)),)

    def _class(self) -> Node:
        start = self.at
        self.at += 1
        negated = self._peek() == "^"
        self.at += negated
        pairs: list[tuple[int, int]] = []
        while self._peek() != "]" or not pairs:
            pairs.extend(self._class_item(start))
        self.at += 1
        ranges = inverted(ranges_of(pairs)) if negated else ranges_of(pairs)
        return Chars(ranges) if ranges else NOTHING

    def _class_item(self, start: int) -> Ranges:
        item_at = self.at
        first = self._class_mark(start)
        if self._peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("", "]"):
            return first
        self.at += 1
        last = self._class_mark(start)
        single = len(first) == len(last) == 1 and first[0][0] == first[0][1] and last[0][0] == last[0][1]
        if not single or first[0][0] > last[0][0]:
            self._fail("a range from a lower to a higher character", item_at)
        return ((first[0][0], last[0][0]),)

    def _class_mark(self, start: int) -> Ranges:
        mark, at = self._peek(), self.at
        if not mark:
            self._fail("']' that closes the class", start)
        if mark in ("[", "]"):
            self._fail(f"a character ('\\{mark}' for a literal '{mark}')")
        self.at += 1
        return self._escape(at) if mark == "\\" else ((ord(mark), ord(mark)),)


def render(tree: Node) -> str:
    """The expression with no more groups than needed; ``parse`` gives the tree back."""
    return _render(tree, 0)


def _render(tree: Node, level: int) -> str:
    """``level`` 0..4: the loosest operator that may stand here without a group (union … atom)."""
    match tree:
        case Chars(ranges):
            return _chars(ranges)
        case Boundary():
            return "\\b"
        case Complement(part):
            return f"~({_render(part, 0)})"
        case Repeat(part, low, high):
            text, own = _render(part, 4) + _count(low, high), 3
        case Concat(()):
            return "()"
        case Concat(parts):
            text, own = "".join(_render(part, 3) for part in parts), 2
        case Intersection(parts):
            text, own = "&".join(_render(part, 2) for part in parts), 1
        case Union(parts):
            text, own = "|".join(_render(part, 1) for part in parts), 0
    return f"({text})" if own < level else text


def _count(low: int, high: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    if short:
        return short
    return f"{{{low}}}" if low == high else f"{{{low},{'' if high is None else high}}}"


def _chars(ranges: Ranges) -> str:
    if ranges == ANY.ranges:
        return "."
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _literal(chr(ranges[0][0]), _SPECIAL)
    outside = inverted(ranges)
    negated = len(outside) < len(ranges) or (len(outside) == len(ranges) and ranges[0][0] == 0)
    items = "".join(_range(low, high) for low, high in (outside if negated else ranges))
    return f"[{'^' if negated else ''}{items}]"


def _range(low: int, high: int) -> str:
    first, last = (_literal(chr(code), frozenset("[]\\^-")) for code in (low, high))
    if high - low < 2:
        return first if low == high else first + last
    return f"{first}-{last}"


def _literal(mark: str, special: frozenset[str]) -> str:
    for name, control in _CONTROLS.items():
        if mark == control:
            return "\\" + name
    return "\\" + mark if mark in special else mark
