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
from functools import lru_cache
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
_BLANK = "[ \\t\\r\\u00a0]"
_TOKEN = re.compile(rf"{_BLANK}*({_DECIMAL}|{NAME}|{'|'.join(map(re.escape, _OPERATORS))}|[=(),.]|.)", re.DOTALL)
_NAME = re.compile(rf"{_DECIMAL}|{NAME}")
_MOST_WORDS_KEPT, _LONGEST_WORD_KEPT = 20_000, 100
LONGEST_KEPT = 1_000  # characters of a line


class _Kinds(dict[str, str]):
    """The kinds of tokens: "name", "bad", or the token itself in its first spelling: "∧", "("."""

    def __missing__(self, token: str) -> str:
        kind = "name" if _NAME.match(token) else "bad"
        if len(self) < _MOST_WORDS_KEPT and len(token) <= _LONGEST_WORD_KEPT:
            self[token] = kind
        return kind


_KINDS = _Kinds(_MEANING | {mark: mark for mark in "=(),."})


class Line(NamedTuple):
    """A formula, its levels or more than those, and how many predicates and terms it has."""

    formula: Formula
    depth: int
    num_names: int


def parse_theory(text: str, max_depth: int = MAX_DEPTH) -> Theory:
    """Formulas of all lines. Raises SymbolError with the position in the whole text.

    ``max_depth`` is at most MAX_DEPTH + 8: a canonical form may be a little deeper than what it comes from.
    """
    formulas: list[Formula] = []
    lines, names = theory_lines(text), MAX_NAMES
    try:
        for line in lines:
            found = parse_line(line)
            names -= found.num_names
            if names < 0:
                _parse(line, names + found.num_names)
            if found.depth > max_depth:
                raise SymbolError(line, 0, f"at most {MAX_DEPTH} levels", f"nested deeper than {MAX_DEPTH} levels")
            formulas.append(found.formula)
    except SymbolError as error:
        start = sum(len(line) + 1 for line in lines[: len(formulas)])
        raise SymbolError(text, start + error.position, error.expected, error.message) from None
    return tuple(formulas)


def theory_lines(text: str) -> list[str]:
    """The lines of a theory. Newlines at the end are none of the symbol; an empty line before it lacks a formula."""
    return text.rstrip("\n").split("\n")


def parse_line(line: str) -> Line:
    """The formula of one line. Raises SymbolError. Theories of one story share lines, so these are kept."""
    return _kept(line) if len(line) <= LONGEST_KEPT else _parse(line, MAX_NAMES)


@lru_cache(maxsize=4_096)
def _kept(line: str) -> Line:
    return _parse(line, MAX_NAMES)


def _parse(line: str, names: int) -> Line:
    parser = _Parser(line, names)
    formula = parser.parse()
    num_tokens = len(parser.tokens)  # each level has a token of its own
    return Line(formula, num_tokens if num_tokens <= MAX_DEPTH else depth(formula), names - parser.names)


class _Parser:
    """One line. ``kinds`` are those of the tokens, and "end"."""

    __slots__ = ("bound", "depth", "index", "kinds", "names", "text", "tokens")

    def __init__(self, text: str, names: int) -> None:
        self.text = text
        self.names = names  # how many predicates and terms may still come
        self.tokens = _TOKEN.findall(text.rstrip())
        self.kinds = [*map(_KINDS.__getitem__, self.tokens), "end"]
        self.index = 0
        self.bound: list[str] = []
        self.depth = 0

    def fail(self, expected: str, message: str = "") -> NoReturn:
        kind = self.kinds[self.index]
        token = self.tokens[self.index] if kind != "end" else ""
        places = [match.start(1) for match in _TOKEN.finditer(self.text.rstrip())]
        if not message:
            what = {"end": "the line ends", "bad": f"{token!r} belongs to no formula"}
            message = f"expected {expected}; {what.get(kind, f'found {token!r}')}"
        raise SymbolError(self.text, [*places, len(self.text)][self.index], expected, message)

    def take(self, kind: str, expected: str) -> None:
        if self.kinds[self.index] != kind:
            self.fail(expected)
        self.index += 1

    def take_name(self, expected: str) -> str:
        """The name of a predicate or term."""
        index = self.index
        if self.kinds[index] != "name":
            self.fail(expected)
        self.names -= 1
        if self.names < 0:
            self.fail(f"at most {MAX_NAMES:,} predicates and terms")
        self.index = index + 1
        return self.tokens[index]

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            self.fail(f"at most {MAX_DEPTH} levels", f"nested deeper than {MAX_DEPTH} levels")

    def parse(self) -> Formula:
        formula = self.formula(1)
        if self.kinds[self.index] != "end":
            self.fail("a connective or the end of the line")
        return formula

    def formula(self, strength: int) -> Formula:
        """A formula whose connectives bind at least that strongly."""
        self.enter()
        left = self.unary()
        kinds = self.kinds
        while (level := _STRENGTH(op := kinds[self.index], 0)) >= strength:
            if level <= 2:  # → and ↔
                self.index += 1
                left = Connective(op, (left, self.formula(level)))
                continue
            parts = [left]
            while kinds[self.index] == op:
                self.index += 1
                parts.append(self.formula(level + 1))
            left = Connective(op, tuple(parts))
        self.depth -= 1
        return left

    def unary(self) -> Formula:
        kind = self.kinds[self.index]
        self.enter()
        result: Formula
        if kind == "name":
            result = self.atom()
        elif kind == "(":
            self.index += 1
            result = self.formula(1)
            self.take(")", "a connective or ')'")
        elif kind == "¬":
            self.index += 1
            result = Not(self.unary())
        elif kind in "∀∃":
            result = self.quantified()
        else:
            self.fail("a formula")
        self.depth -= 1
        return result

    def quantified(self) -> Formula:
        kinds, first = self.kinds, self.index + 1
        quantifier = kinds[self.index]
        self.index = first
        self.take("name", "a variable")
        # A second name is a variable only if a full stop ends the list; else it begins the body.
        ahead = self.index
        while kinds[ahead] == "name":
            ahead += 1
        if kinds[ahead] == ".":
            variables = self.tokens[first:ahead]
            self.index = ahead + 1
        else:
            variables = self.tokens[first : first + 1]
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
        start = self.index
        name = self.take_name("a formula")
        args = self.arguments()
        op = self.kinds[self.index]
        if op == "=" or op == "≠":
            left = self.term(start, args)
            self.index += 1
            start = self.index
            self.take_name("a term")
            equal = Equal(left, self.term(start, self.arguments()))
            return equal if op == "=" else Not(equal)
        if args is None:
            self.fail("'(' or '='")
        if name in self.bound:
            self.index = start
            self.fail("a predicate", f"{name} is a variable here, and only terms can be quantified")
        return Atom(name, args)

    def arguments(self) -> tuple[Term, ...] | None:
        kinds = self.kinds
        if kinds[self.index] != "(":
            return None
        self.index += 1
        self.enter()
        found = []
        while True:
            start = self.index
            self.take_name("a term")
            found.append(self.term(start, self.arguments()))
            if kinds[self.index] != ",":
                break
            self.index += 1
        self.take(")", "',' or ')'")
        self.depth -= 1
        return tuple(found)

    def term(self, start: int, args: tuple[Term, ...] | None) -> Term:
        """The term whose name is the token at ``start``."""
        name = self.tokens[start]
        if args is not None:
            return Function(name, args)
        if name in self.bound or name in FREE_VARIABLES:
            return _variable(name) if len(name) <= _LONGEST_WORD_KEPT else Variable(name)
        if "-" in name and name.split("-")[0] in self.bound:
            self.index = start
            self.fail("a term", f"{name!r} would be arithmetic, which is no part of first-order logic")
        return _constant(name) if len(name) <= _LONGEST_WORD_KEPT else Constant(name)


_STRENGTH = STRENGTH.get
_variable = lru_cache(maxsize=256)(Variable)
_constant = lru_cache(maxsize=4_096)(Constant)


def is_name(text: str) -> bool:
    """Whether a text can name a predicate or a constant that no quantifier binds."""
    match = re.match(rf"{_DECIMAL}|{NAME}", text + ",")
    return match is not None and match.end() == len(text) and text not in KEYWORDS and text not in FREE_VARIABLES
