"""Another surface: brackets, separators, and where a head stands among its arguments.

    Terms: "[" name { " ; " term } "]"                           [relate ; right ; [scene]]
    Terms: name "<" [ term { " | " term } ] ">"                  relate<right | scene<>>
    Terms: "{" { term ", " } name "}"                            {right, {scene}, relate}
    Terms: "(" [ term " / " name { " / " term } | name ] ")"     (right / relate / (scene))

    Terms: "«" [ term { "; " term } ] "»"                        «I_JUMP; I_RUN»      a sequence, which has no head

Where a line is a program of steps, its outermost term has no name: ``Terms, the outermost nameless: …``. Atoms stay as
they are.
"""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

from symbol_llm.notation.terms import Term, Terms, walk

LABEL, NAMELESS_LABEL = "Terms: ", "Terms, the outermost nameless: "
BRACKETS = ("()", "[]", "{}", "<>", "«»", "⟨⟩")
SEPARATORS = (", ", "; ", " ; ", " | ", " / ", " & ")
FIRST, OUTSIDE, LAST, SECOND, NOWHERE = range(5)  # where the head stands
_SHAPES = {
    FIRST: '"{o}" name {{ "{s}" term }} "{c}"',
    OUTSIDE: 'name "{o}" [ term {{ "{s}" term }} ] "{c}"',
    LAST: '"{o}" {{ term "{s}" }} name "{c}"',
    NOWHERE: '"{o}" [ term {{ "{s}" term }} ] "{c}"',
    SECOND: '"{o}" [ term "{s}" name {{ "{s}" term }} | name ] "{c}"',
}


class Syntax(NamedTuple):
    """Brackets of one character each, a separator with its blanks, and the place of the head."""

    opening: str
    closing: str
    separator: str
    place: int


def choose_syntax(terms: Terms, rng: Random) -> Syntax | None:
    """A surface whose marks stand in no word of the symbol, or None."""
    text = "".join(term.head for term in walk(terms))
    brackets = [pair for pair in BRACKETS if not set(pair) & set(text)]
    separators = [mark for mark in SEPARATORS if mark.strip() not in text]
    if not brackets or not separators:
        return None
    pair, is_flat = rng.choice(brackets), all(term.args is None for outer in terms for term in outer.args or ())
    place = NOWHERE if is_flat and not terms[0].head else rng.choice((FIRST, OUTSIDE, LAST, SECOND))
    return Syntax(pair[0], pair[1], rng.choice(separators), place)


def write(terms: Terms, syntax: Syntax) -> str:
    return "\n".join(_write(term, syntax) for term in terms)


def _write(term: Term, syntax: Syntax) -> str:
    if term.args is None:
        return term.head
    args = [_write(arg, syntax) for arg in term.args]
    if not term.head:
        return f"{syntax.opening}{syntax.separator.join(args)}{syntax.closing}"
    if syntax.place == OUTSIDE:
        return f"{term.head}{syntax.opening}{syntax.separator.join(args)}{syntax.closing}"
    place = {FIRST: 0, LAST: len(args), SECOND: min(1, len(args))}[syntax.place]
    return f"{syntax.opening}{syntax.separator.join([*args[:place], term.head, *args[place:]])}{syntax.closing}"


def read(text: str, syntax: Syntax, is_headless: bool) -> Terms:
    """Inverse of ``write``. ``is_headless``: whether the outermost term of each line has no head.

    Raises ValueError where the text does not follow the grammar.
    """
    return tuple(_Line(line, syntax).read(is_headless) for line in text.split("\n"))


class _Line:
    """Reads one line from left to right."""

    def __init__(self, text: str, syntax: Syntax) -> None:
        self.text, self.syntax, self.at = text, syntax, 0
        marks = re.escape(syntax.opening + syntax.closing)
        self.atom = re.compile(rf"(?:(?!{re.escape(syntax.separator)})[^{marks}\n])+")

    def read(self, is_headless: bool) -> Term:
        term = self._term(is_headless)
        if self.at != len(self.text):
            raise ValueError(f"more than a term: {self.text[self.at : self.at + 40]}")
        return term

    def _term(self, is_headless: bool = False) -> Term:
        syntax, head = self.syntax, ""
        if not self.text.startswith(syntax.opening, self.at):
            match = self.atom.match(self.text, self.at)
            if match is None:
                raise ValueError(f"a term is missing at {self.text[self.at : self.at + 40]!r}")
            self.at, head = match.end(), match[0]
            if syntax.place != OUTSIDE or not self.text.startswith(syntax.opening, self.at):
                return Term(head)
        self.at += len(syntax.opening)
        items = self._items()
        if syntax.place in (OUTSIDE, NOWHERE) or is_headless:
            return Term(head, tuple(items))
        place = {FIRST: 0, LAST: len(items) - 1, SECOND: min(1, len(items) - 1)}[syntax.place]
        if not items or items[place].args is not None:
            raise ValueError(f"a term without a name in {self.text[:80]}")
        return Term(items[place].head, tuple(items[:place] + items[place + 1 :]))

    def _items(self) -> list[Term]:
        syntax, items = self.syntax, list[Term]()
        while not self.text.startswith(syntax.closing, self.at):
            if items:
                if not self.text.startswith(syntax.separator, self.at):
                    raise ValueError(f"{syntax.separator!r} is missing at {self.text[self.at : self.at + 40]!r}")
                self.at += len(syntax.separator)
            items.append(self._term())
        self.at += len(syntax.closing)
        return items


def tell(syntax: Syntax, is_headless: bool = False) -> str:
    """The grammar, as a line of the prompt."""
    shape = _SHAPES[syntax.place].format(o=syntax.opening, c=syntax.closing, s=syntax.separator)
    return (NAMELESS_LABEL if is_headless and syntax.place != NOWHERE else LABEL) + shape


def heard(line: str, is_headless: bool = False) -> Syntax:
    """Inverse of ``tell``. Raises ValueError for a line that is no such grammar."""
    marks = re.findall(r'"([^"]*)"', line)
    for place in _SHAPES:
        if len(marks) > 2:
            found = Syntax(marks[0], marks[-1], marks[1], place)
            if tell(found, is_headless) == line:
                return found
    raise ValueError(f"not a grammar of terms: {line[:80]}")
