"""The canonical form of a formula: one text for formulas that are equal by the cheap laws of logic.

    ∀y (¬Pet(y) → ¬(Cat(y) ∨ Dog(y)))   and   ∀x ((Dog(x) ∨ Cat(x)) → Pet(x))
    ∀x (Pet(x) ∨ (¬Cat(x) ∧ ¬Dog(x)))

The laws: free variables closed; bound variables named by depth; quantifiers that bind nothing dropped; → unfolded;
negations pushed to the atoms; ∧, ∨ and ⊕ flattened and sorted; repeated parts of ∧ and ∨ once; the sides of = sorted.
↔ is ⊕ with one part negated, and negations of ⊕'s parts cancel in pairs. The order of like quantifiers stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import NamedTuple

from symbol_llm.formats.fol_tree import (
    Atom,
    Connective,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Term,
    Variable,
    children,
    closed,
    free_variables,
    render,
    render_term,
    symbols,
)

_DUAL = {"∀": "∃", "∃": "∀"}


def canonical_formula(formula: Formula) -> Formula:
    """The canonical tree of one formula."""
    taken = {symbol.name for symbol in symbols(formula)}
    names = (name for name in chain("xyzuvw", (f"x{number}" for number in count(1))) if name not in taken)
    by_depth: list[str] = []

    def name_of(depth: int) -> str:
        while len(by_depth) <= depth:
            by_depth.append(next(names))
        return by_depth[depth]

    return _forms(closed(formula), {}, 0, name_of).positive


class _Forms(NamedTuple):
    """Canonical forms of a formula and of its negation: made together, so that the work stays linear.

    ``parts`` are those of a ⊕ or ↔, which join a surrounding ⊕; ``is_odd`` says that it is ↔, a negated ⊕.
    """

    positive: Formula
    negative: Formula
    parts: tuple[_Forms, ...] = ()
    is_odd: bool = False

    def negated(self) -> _Forms:
        return _Forms(self.negative, self.positive, self.parts, not self.is_odd)


def _forms(formula: Formula, scope: Mapping[str, str], depth: int, name_of: Callable[[int], str]) -> _Forms:
    match formula:
        case Atom(predicate, args):
            atom = Atom(predicate, tuple(_term(term, scope) for term in args))
            return _Forms(atom, Not(atom))
        case Equal(left, right):
            equal = Equal(*sorted((_term(left, scope), _term(right, scope)), key=render_term))
            return _Forms(equal, Not(equal))
        case Not(body):
            return _forms(body, scope, depth, name_of).negated()
        case Quantified(quantifier, variable, body):
            if variable not in free_variables(body):
                return _forms(body, scope, depth, name_of)
            name = name_of(depth)
            inner = _forms(body, {**scope, variable: name}, depth + 1, name_of)
            return _Forms(
                Quantified(quantifier, name, inner.positive), Quantified(_DUAL[quantifier], name, inner.negative)
            )
        case Connective(op, parts):
            below = [_forms(part, scope, depth, name_of) for part in parts]
            if op in "⊕↔":
                return _exclusive(below, is_odd=op == "↔")
            if op == "→":
                below[0] = below[0].negated()
            return _join("∧" if op == "∧" else "∨", below)
    raise AssertionError(formula)


def _join(op: str, below: list[_Forms]) -> _Forms:
    dual = "∨" if op == "∧" else "∧"
    positive, negative = _flat(op, [form.positive for form in below]), _flat(dual, [form.negative for form in below])
    if len(positive) == 1:  # all parts were the same
        return below[0]
    return _Forms(Connective(op, positive), Connective(dual, negative))


def _flat(op: str, formulas: list[Formula]) -> tuple[Formula, ...]:
    unique: dict[str, Formula] = {}
    for formula in formulas:
        is_chain = isinstance(formula, Connective) and formula.op == op
        for part in children(formula) if is_chain else (formula,):
            unique[render(part)] = part
    return tuple(unique[text] for text in sorted(unique))


def _exclusive(below: list[_Forms], is_odd: bool) -> _Forms:
    """⊕ of the parts, negated if ``is_odd``: each part in its shorter form, the parity kept apart."""
    parts: list[_Forms] = []
    for form in below:
        if form.parts:
            parts += form.parts
            is_odd ^= form.is_odd
        elif _size(form.negative) < _size(form.positive):
            parts.append(form.negated())
            is_odd = not is_odd
        else:
            parts.append(form)
    parts.sort(key=lambda form: render(form.positive))
    even = Connective("⊕", tuple(form.positive for form in parts))
    if len(parts) == 2:
        odd = Connective("↔", even.parts)
    else:
        odd = Connective("⊕", (parts[0].negative, *even.parts[1:]))
    forms = _Forms(even, odd, tuple(parts), False)
    return forms.negated() if is_odd else forms


def _size(formula: Formula) -> tuple[int, str]:
    text = render(formula)
    return len(text), text


def _term(term: Term, scope: Mapping[str, str]) -> Term:
    match term:
        case Variable(name):
            return Variable(scope[name])
        case Function(name, args):
            return Function(name, tuple(_term(argument, scope) for argument in args))
    return term
