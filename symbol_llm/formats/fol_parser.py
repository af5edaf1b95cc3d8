"""The parser of first-order formulas: recursive descent over one line.

    ∀x (Cat(x) → Animal(x))            FOLIO, MALLS
    all x. (Cat(x) -> Animal(x))       Prover9, NLTK

    formula  := unary (op formula)*            op, weakest first: ↔ | → | ⊕ | ∨ | ∧
    unary    := (¬ | ∀v | ∃v) unary | ( formula ) | atom
    atom     := name ( term , … ) | term = term | term ≠ term
    term     := name | name ( term , … )

- A quantifier reaches over the next unary only: ``∀x P(x) → Q`` is ``(∀x P(x)) → Q``.
- → and ↔ associate to the right; ⊕ binds tighter than → and looser than ∨ and ∧, as FOLIO's formulas need.
- ``all x y. (…)`` binds both; a full stop may follow the variables and changes no scope (as in NLTK).
- A name is letters of any script, digits and _; hyphens and apostrophes may stand inside (``l-2021``),
  one or two plus signs at its end (``c++``). There is no arithmetic: ``x-1`` with a bound x is an error. Decimal
  numbers are constants.
- A term's name is a variable if it is bound, or one of u..z; everything else is a constant, ``a`` too.
- Blanks may stand before a parenthesis (``Eel (x)``), never inside a name (``captain america``).
- Atoms without arguments are no atoms here: no dataset has them, and ``True`` or a word of prose must not parse.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from symbol_llm.errors import SymbolError
from symbol_llm.formats.fol_tree import (
    FREE_VARIABLES,
    KEYWORDS,
    STRENGTH,
    Atom,
    Connective,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Term,
    Theory,
    Variable,
    depth,
)

NAME = r"[\w\u0300-\u036f]+(?:[-'’][\w\u0300-\u036f]+)*(?:\+{1,2}(?=[ \t]*[,)(=]))?"
# Levels of a tree: far above any formula of the datasets, far below what the interpreter's stack can take. Printing
# may need two recursions a level, and a text may have more parentheses than its tree has levels.
MAX_DEPTH = 64
_MAX_NESTING = 2 * MAX_DEPTH + 40
MAX_NAMES = 20_000  # predicates and terms of a symbol; printing and the canonical form add none

_SPELLINGS = {
    "↔": ("<->", "<=>", "↔", "⟷", "⇔"),
    "→": ("->", "=>", "→", "⟶", "⇒"),
    "⊕": ("⊕", "⊻"),
    "∨": ("||", "|", "∨"),
    "∧": ("&&", "&", "∧"),
    "≠": ("!=", "≠"),
    "¬": ("¬", "~", "-", "not"),
    "∀": ("∀", "forall", "all"),
    "∃": ("∃", "exists"),
}
_MEANING = {spelling: token for token, spellings in _SPELLINGS.items() for spelling in spellings}
_OPERATORS = sorted((s for s in _MEANING if not s.isalpha()), key=len, reverse=True)
_DECIMAL = r"\d+\.\d+(?!\w)"
_TOKEN = re.compile(rf"[ \t\r\u00a0]*(?:({_DECIMAL}|{NAME})|({'|'.join(map(re.escape, _OPERATORS))}|[=(),.]))")


class _Token(NamedTuple):
    kind: str  # "name", "end", or the token itself: "∧", "("
    text: str
    position: int


def parse_theory(text: str, max_depth: int = MAX_DEPTH) -> Theory:
    """Formulas of all lines. Raises SymbolError with the position in the whole text.

    ``max_depth`` is at most MAX_DEPTH + 8: a canonical form may be a little deeper than what it comes from.
    """
    formulas, start, names = [], 0, MAX_NAMES
    # Newlines at the end are none of the symbol; an empty line before it is a formula that is missing.
    for line in text.rstrip("\n").split("\n"):
        parser = _Parser(text, start, start + len(line), names)
        formula, names = parser.parse(), parser.names
        if depth(formula) > max_depth:
            raise SymbolError(text, start, f"at most {MAX_DEPTH} levels", f"nested deeper than {MAX_DEPTH} levels")
        formulas.append(formula)
        start += len(line) + 1
    return tuple(formulas)


def _tokens(text: str, start: int, end: int) -> list[_Token]:
    found, at = [], start
    while match := _TOKEN.match(text, at, end):
        name, operator = match.groups()
        if name is not None:
            found.append(_Token(_MEANING.get(name, "name"), name, match.start(1)))
        else:
            found.append(_Token(_MEANING.get(operator, operator), operator, match.start(2)))
        at = match.end()
    rest = text[at:end]
    at += len(rest) - len(rest.lstrip())
    found.append(_Token("end" if at >= end else "bad", text[at : at + 1], at))
    return found


class _Parser:
    """One line, from ``start`` to ``end`` of the text; positions are those of the text."""

    def __init__(self, text: str, start: int, end: int, names: int) -> None:
        self.text = text
        self.names = names  # how many predicates and terms may still come
        self.tokens = _tokens(text, start, end)
        self.index = 0
        self.bound: list[str] = []
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.index]

    def fail(self, expected: str, message: str = "") -> NoReturn:
        token = self.next
        if not message:
            what = {"end": "the line ends", "bad": f"{token.text!r} belongs to no formula"}
            message = f"expected {expected}; {what.get(token.kind, f'found {token.text!r}')}"
        raise SymbolError(self.text, token.position, expected, message)

    def take(self, kind: str, expected: str) -> _Token:
        if self.next.kind != kind:
            self.fail(expected)
        self.index += 1
        return self.tokens[self.index - 1]

    def take_name(self, expected: str) -> _Token:
        """The name of a predicate or term."""
        if self.next.kind == "name":
            self.names -= 1
            if self.names < 0:
                self.fail(f"at most {MAX_NAMES:,} predicates and terms")
        return self.take("name", expected)

    def accept(self, kind: str) -> bool:
        is_next = self.next.kind == kind
        self.index += is_next
        return is_next

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            self.fail(f"at most {MAX_DEPTH} levels", f"nested deeper than {MAX_DEPTH} levels")

    def parse(self) -> Formula:
        formula = self.formula(1)
        if self.next.kind != "end":
            self.fail("a connective or the end of the line")
        return formula

    def formula(self, strength: int) -> Formula:
        """A formula whose connectives bind at least that strongly."""
        self.enter()
        left = self.unary()
        while STRENGTH.get(op := self.next.kind, 0) >= strength:
            level = STRENGTH[op]
            if op in "→↔":
                self.index += 1
                left = Connective(op, (left, self.formula(level)))
                continue
            parts = [left]
            while self.accept(op):
                parts.append(self.formula(level + 1))
            left = Connective(op, tuple(parts))
        self.depth -= 1
        return left

    def unary(self) -> Formula:
        self.enter()
        if self.accept("¬"):
            result: Formula = Not(self.unary())
        elif self.next.kind in ("∀", "∃"):
            result = self.quantified()
        elif self.accept("("):
            result = self.formula(1)
            self.take(")", "a connective or ')'")
        else:
            result = self.atom()
        self.depth -= 1
        return result

    def quantified(self) -> Formula:
        quantifier = self.next.kind
        self.index += 1
        variables = [self.take("name", "a variable").text]
        # A second name is a variable only if a full stop ends the list; else it begins the body.
        ahead = self.index
        while self.tokens[ahead].kind == "name":
            ahead += 1
        if self.tokens[ahead].kind == ".":
            variables += [token.text for token in self.tokens[self.index : ahead]]
            self.index = ahead + 1
        for _ in variables[1:]:
            self.enter()
        self.bound += variables
        result = self.unary()
        del self.bound[len(self.bound) - len(variables) :]
        self.depth -= len(variables) - 1
        for name in reversed(variables):
            result = Quantified(quantifier, name, result)
        return result

    def atom(self) -> Formula:
        token = self.take_name("a formula")
        args = self.arguments()
        if self.next.kind in ("=", "≠"):
            op = self.next.kind
            self.index += 1
            equal = Equal(self.term(token, args), self.term(self.take_name("a term"), self.arguments()))
            return equal if op == "=" else Not(equal)
        if args is None:
            self.fail("'(' or '='")
        if token.text in self.bound:
            self.index = self.tokens.index(token)
            self.fail("a predicate", f"{token.text} is a variable here, and only terms can be quantified")
        return Atom(token.text, args)

    def arguments(self) -> tuple[Term, ...] | None:
        if not self.accept("("):
            return None
        self.enter()
        found = []
        while True:
            token = self.take_name("a term")
            found.append(self.term(token, self.arguments()))
            if not self.accept(","):
                break
        self.take(")", "',' or ')'")
        self.depth -= 1
        return tuple(found)

    def term(self, token: _Token, args: tuple[Term, ...] | None) -> Term:
        name = token.text
        if args is not None:
            return Function(name, args)
        if name in self.bound or name in FREE_VARIABLES:
            return Variable(name)
        if "-" in name and name.split("-")[0] in self.bound:
            self.index = self.tokens.index(token)
            self.fail("a term", f"{name!r} would be arithmetic, which is no part of first-order logic")
        return Constant(name)


def is_name(text: str) -> bool:
    """Whether a text can name a predicate or a constant that no quantifier binds."""
    match = re.match(rf"{_DECIMAL}|{NAME}", text + ",")
    return match is not None and match.end() == len(text) and text not in KEYWORDS and text not in FREE_VARIABLES
