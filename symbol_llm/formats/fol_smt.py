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
    closed,
    symbols,
)

_OPERATORS = {"∧": "and", "∨": "or", "⊕": "xor", "→": "=>", "↔": "="}


@dataclass(frozen=True, slots=True)
class Script:
    """SMT-LIB text, and which symbol each of its names stands for."""

    text: str
    names: Mapping[Symbol, str]


def script(formulas: Sequence[Formula]) -> Script:
    """Declarations and one assertion per formula, in order. Free variables are closed universally."""
    found = dict.fromkeys(symbol for formula in formulas for symbol in symbols(formula))
    names = {symbol: f"{symbol.kind[0]}{number}" for number, symbol in enumerate(found)}
    lines = ["(declare-sort U 0)"]
    for symbol, name in names.items():
        result = "Bool" if symbol.kind == "predicate" else "U"
        lines.append(f"(declare-fun {name} ({' '.join('U' * symbol.arity)}) {result})")
    lines += [f"(assert {_formula(closed(formula), names, {})})" for formula in formulas]
    return Script("\n".join(lines), names)


def _formula(formula: Formula, names: Mapping[Symbol, str], scope: Mapping[str, str]) -> str:
    match formula:
        case Atom(predicate, args):
            terms = " ".join(_term(term, names, scope) for term in args)
            return f"({names[Symbol('predicate', predicate, len(args))]} {terms})"
        case Equal(left, right):
            return f"(= {_term(left, names, scope)} {_term(right, names, scope)})"
        case Not(body):
            return f"(not {_formula(body, names, scope)})"
        case Connective(op, parts):
            return f"({_OPERATORS[op]} {' '.join(_formula(part, names, scope) for part in parts)})"
        case Quantified(quantifier, variable, body):
            fresh = f"v{len(scope)}"
            word = "forall" if quantifier == "∀" else "exists"
            # Shadowed variables stay in the scope under a key of their own, so that every depth has one name.
            inner = {**scope, f"shadowed {fresh}": scope.get(variable, ""), variable: fresh}
            return f"({word} (({fresh} U)) {_formula(body, names, inner)})"
    raise AssertionError(formula)


def _term(term: Term, names: Mapping[Symbol, str], scope: Mapping[str, str]) -> str:
    match term:
        case Variable(name):
            return scope[name]
        case Constant(name):
            return names[Symbol("constant", name, 0)]
        case Function(name, args):
            terms = " ".join(_term(argument, names, scope) for argument in args)
            return f"({names[Symbol('function', name, len(args))]} {terms})"
    raise AssertionError(term)
