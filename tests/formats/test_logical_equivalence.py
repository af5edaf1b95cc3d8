"""LE, the metric of formulas: against its definition, and where we differ from the original on purpose."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from symbol_llm.formats import get
from symbol_llm.formats.fol_tree import Atom, Connective, Formula, Not, Quantified, children, render
from symbol_llm.formats.logical_equivalence import logical_equivalence

FOL = get("fol")


def tree(text: str) -> Formula:
    (formula,) = FOL.parse(text)
    return formula


def brute_force(prediction: str, reference: str) -> float:
    """LE by its definition: all bindings, all rows, one at a time. For formulas with the same number of atoms."""

    def inputs(formula: Formula) -> list[str]:
        below = [render(formula)] if isinstance(formula, Atom) else []
        return list(dict.fromkeys(below + [text for child in children(formula) for text in inputs(child)]))

    def value(formula: Formula, row: dict[str, bool]) -> bool:
        match formula:
            case Atom():
                return row[render(formula)]
            case Not(body):
                return not value(body, row)
            case Quantified(_, _, body):
                return value(body, row)
            case Connective(op, parts):
                values = [value(part, row) for part in parts]
                if op in "→↔":
                    return (not values[0] or values[1]) if op == "→" else values[0] == values[1]
                return {"∧": all(values), "∨": any(values), "⊕": sum(values) % 2 == 1}[op]
        raise AssertionError

    mine, theirs = tree(reference), tree(prediction)
    wanted, given_inputs = inputs(mine), inputs(theirs)
    assert len(wanted) == len(given_inputs)
    rows = list(product([False, True], repeat=len(wanted)))
    return max(
        sum(value(mine, dict(zip(wanted, row))) == value(theirs, dict(zip(order, row))) for row in rows) / len(rows)
        for order in permutations(given_inputs)
    )


@pytest.mark.parametrize(
    ("prediction", "reference", "score"),
    [
        ("∀y (cat(y) → pet(y))", "∀x (Cat(x) → Animal(x))", 1.0),
        ("∀x (Cat(x) ∧ Animal(x))", "∀x (Cat(x) → Animal(x))", 0.5),
        ("∀x (Animal(x) → Cat(x))", "∀x (Cat(x) → Animal(x))", 1.0),  # the binding may swap them
        ("∃x (Cat(x))", "∀x (Cat(x))", 1.0),  # LE is blind to quantifiers
        ("P(a) ∧ Q(a) → R(a)", "P(a) ∨ Q(a) → R(a)", 0.75),
        ("P(a) ⊕ Q(a) ⊕ R(a)", "P(a) ∨ Q(a) ∨ R(a)", 0.625),
        ("P(a) ↔ ¬Q(a)", "P(a) ⊕ Q(a)", 1.0),
    ],
)
def test_logical_equivalence(prediction: str, reference: str, score: float) -> None:
    assert brute_force(prediction, reference) == score
    assert FOL.score(prediction, reference).value == score


def test_logical_equivalence_fills_up_with_dummies() -> None:
    # 4 rows of P, Q: P ∧ Q is true in 1, P in 2; they agree in 3.
    assert FOL.score("P(a)", "P(a) ∧ Q(a)").value == 0.75
    assert FOL.score("P(a) ∧ Q(a)", "P(a)").value == 0.75
    # Bound to P, not to its namesake: P and P ∧ (Q ∨ R) differ in one row of 8.
    assert FOL.score("Q(a)", "P(a) ∧ (Q(a) ∨ R(a))").value == 0.875


def test_logical_equivalence_of_large_formulas() -> None:
    names = [f"P{i}(a)" for i in range(30)]
    assert logical_equivalence(tree(" ∨ ".join(names)), tree(" ∨ ".join(reversed(names)))) == 1.0
    # An exclusive or of 30 against one of 29: half of the rows agree, estimated on 65,536.
    estimate = logical_equivalence(tree(" ⊕ ".join(names[:29])), tree(" ⊕ ".join(names)))
    assert estimate == pytest.approx(0.5, abs=0.01)


def test_lines_are_scored_one_by_one() -> None:
    reference = "∀x (Cat(x) → Animal(x))\nCat(tom)\nAnimal(tom)"
    one_broken = FOL.score("∀x (Cat(x) → Animal(x)\nCat(tom)\nAnimal(tom)", reference)
    assert one_broken.value == pytest.approx(2 / 3) and not one_broken.is_parsed
    assert one_broken.is_equivalent is False
    assert FOL.score("∀x (Cat(x) → Animal(x))\nCat(tom)", reference).value == pytest.approx(2 / 3)
    assert FOL.score(f"{reference}\nCat(tom)", reference).value == pytest.approx(3 / 4)
    spaced = FOL.score(" ∀x  (Cat(x) → Animal(x))\nCat(tom)\nAnimal(tom)\n", reference)
    assert spaced.is_exact and spaced.value == 1.0 and spaced.is_equivalent is True
    swapped = FOL.score("∀x (Animal(x) → Cat(x))\nCat(tom)\nAnimal(tom)", reference)
    assert swapped.value == 1.0 and swapped.is_equivalent is False, "ours is the honest one"
    broken = "Cat(tom"
    assert FOL.score(broken, broken).is_exact and FOL.score("Cat(tom)", broken).value == 0.0
