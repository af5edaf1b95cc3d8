"""First-order formulas as SMT-LIB 2, the language that Z3 reads.

    ∀x (Cat(x) → Likes(x, tom))
    (declare-sort U 0)(declare-fun p0 (U) Bool)(declare-fun p1 (U U) Bool)(declare-fun c0 () U)
    (assert (forall ((v0 U)) (=> (p0 v0) (p1 v0 c0))))

One sort U, which SMT-LIB takes to be non-empty. Names are replaced by ASCII ones: the names of the datasets hold
apostrophes and letters of any script. The same name with another arity becomes another symbol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from symbol_llm.formats.fol_tree import (
    Atom,
    Connective,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Symbol,
    Term,
    Variable,
)

_OPERATORS = {"∧": "and", "∨": "or", "⊕": "xor", "→": "=>", "↔": "="}
_QUANTIFIERS = {"∀": "forall", "∃": "exists"}


@dataclass(frozen=True, slots=True)
class Script:
    """SMT-LIB text, and which symbol each of its names stands for."""

    text: str
    names: Mapping[Symbol, str]


def script(formulas: Sequence[Formula]) -> Script:
    """Declarations and one assertion per formula, in order. Free variables are closed universally."""
    writer = _Writer()
    assertions = [writer.assertion(formula) for formula in formulas]
    lines = ["(declare-sort U 0)", *(_declaration(name, symbol) for symbol, name in writer.names.items())]
    return Script("\n".join(lines + assertions), writer.names)


class Assertion(NamedTuple):
    """One formula. The names tell kind and number of arguments, so that they may be declared once for many formulas."""

    text: str
    declarations: list[str]
    symbols: list[Symbol]
    has_free: bool


def assertion(formula: Formula) -> Assertion:
    """``P(a)`` as ``(assert (p1_0 c0_1))``."""
    writer = _Writer(shows_arity=True)
    text = writer.assertion(formula)
    declarations = [_declaration(name, symbol) for symbol, name in writer.names.items()]
    return Assertion(text, declarations, list(writer.names), bool(writer.free))


def _declaration(name: str, symbol: Symbol) -> str:
    result = "Bool" if symbol.kind == "predicate" else "U"
    return f"(declare-fun {name} ({' '.join('U' * symbol.arity)}) {result})"


class _Writer:
    """Formulas as text, and the names that stand for their symbols and variables."""

    __slots__ = ("free", "names", "scope", "shows_arity")

    def __init__(self, *, shows_arity: bool = False) -> None:
        self.names: dict[Symbol, str] = {}
        self.shows_arity = shows_arity
        self.scope: list[tuple[str, str]] = []  # bound variables with their names, the innermost last
        self.free: dict[str, str] = {}

    def assertion(self, formula: Formula) -> str:
        self.free = {}
        text = self.formula(formula)
        for name in reversed(self.free.values()):
            text = f"(forall (({name} U)) {text})"
        return f"(assert {text})"

    def symbol(self, kind: str, text: str, arity: int) -> str:
        symbol = Symbol(kind, text, arity)
        name = self.names.get(symbol)
        if name is None:
            shown = f"{arity}_" if self.shows_arity else ""
            name = self.names[symbol] = f"{kind[0]}{shown}{len(self.names)}"
        return name

    def formula(self, formula: Formula) -> str:
        if isinstance(formula, Atom):
            args = formula.args
            return f"({self.symbol('predicate', formula.predicate, len(args))} {' '.join(map(self.term, args))})"
        if isinstance(formula, Connective):
            return f"({_OPERATORS[formula.op]} {' '.join(map(self.formula, formula.parts))})"
        if isinstance(formula, Not):
            return f"(not {self.formula(formula.body)})"
        if isinstance(formula, Quantified):
            fresh = f"v{len(self.scope)}"
            self.scope.append((formula.variable, fresh))
            body = self.formula(formula.body)
            self.scope.pop()
            return f"({_QUANTIFIERS[formula.quantifier]} (({fresh} U)) {body})"
        if isinstance(formula, Equal):
            return f"(= {self.term(formula.left)} {self.term(formula.right)})"
        raise AssertionError(formula)

    def term(self, term: Term) -> str:
        if isinstance(term, Constant):
            return self.symbol("constant", term.name, 0)
        if isinstance(term, Variable):
            for variable, fresh in reversed(self.scope):
                if variable == term.name:
                    return fresh
            return self.free.setdefault(term.name, f"u{len(self.free)}")
        if isinstance(term, Function):
            return f"({self.symbol('function', term.name, len(term.args))} {' '.join(map(self.term, term.args))})"
        raise AssertionError(term)
