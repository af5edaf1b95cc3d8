"""Reading a theory as LogicNLI does: being true and being false are two things that rules establish.

    ¬Blue(a) → Concerned(a)      BlueFalse(a) → ConcernedTrue(a)
    Blue(a) ↔ ¬Tall(a)           (BlueTrue(a) → TallFalse(a)) ∧ (TallFalse(a) → BlueTrue(a))

Every theory of LogicNLI contradicts itself somewhere, since one of its four labels says that a statement is established
as true and as false. In classical logic everything follows from it; here a contradiction stays where it is, and no
rule runs backwards.
"""

from __future__ import annotations

from symbol_llm.formats.fol_tree import Atom, Connective, Equal, Formula, Not, Quantified

_DUAL = {"∧": "∨", "∨": "∧", "∀": "∃", "∃": "∀"}


def established(formula: Formula, value: bool = True) -> Formula:
    """What establishes a formula as true, or as false, over two predicates ``…True`` and ``…False`` for each one."""
    match formula:
        case Atom(predicate, args):
            return Atom(f"{predicate}{value}", args)
        case Equal():
            return formula if value else Not(formula)
        case Not(body):
            return established(body, not value)
        case Quantified(quantifier, variable, body):
            return Quantified(quantifier if value else _DUAL[quantifier], variable, established(body, value))
        case Connective("∧" | "∨" as op, parts):
            return Connective(op if value else _DUAL[op], tuple(established(part, value) for part in parts))
        case Connective("→", (condition, consequence)):
            if value:
                return Connective("→", (established(condition), established(consequence)))
            return Connective("∧", (established(condition), established(consequence, False)))
        case Connective("↔", (a, b)):
            there, back = Connective("→", (a, b)), Connective("→", (b, a))
            return established(Connective("∧", (there, back)), value)
        case Connective("⊕", (a, b)):
            both = Connective("∧", (Connective("∨", (a, b)), Connective("∨", (Not(a), Not(b)))))
            return established(both, value)
    raise ValueError(f"not read: {formula}")
