"""The notations of formulas, what they mean, and the metric."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, fol_z3, get
from symbol_llm.formats.fol_canonical import canonical_formula
from symbol_llm.formats.fol_parser import MAX_NAMES
from symbol_llm.formats.fol_smt import script
from symbol_llm.formats.fol_tree import (
    Atom,
    Connective,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Term,
    Variable,
    render,
    warnings,
)
from symbol_llm.formats.logical_equivalence import logical_equivalence
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.worker import Worker
from tests.formats.bad_input import check_bad_input

FOL = get("fol")
RAW = os.environ.get("SYMBOL_LLM_RAW")


def tree(text: str) -> Formula:
    (formula,) = FOL.parse(text)
    return formula


P, Q, R = (Atom(name, (Constant("a"),)) for name in "PQR")
X, Y = Variable("x"), Variable("y")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("P(a) ∧ Q(a) ∨ R(a)", Connective("∨", (Connective("∧", (P, Q)), R))),
        ("P(a) ∨ Q(a) ⊕ R(a)", Connective("⊕", (Connective("∨", (P, Q)), R))),
        ("P(a) ⊕ Q(a) → R(a)", Connective("→", (Connective("⊕", (P, Q)), R))),
        ("P(a) → Q(a) → R(a)", Connective("→", (P, Connective("→", (Q, R))))),
        ("P(a) → Q(a) ↔ R(a)", Connective("↔", (Connective("→", (P, Q)), R))),
        ("P(a) ↔ Q(a) ↔ R(a)", Connective("↔", (P, Connective("↔", (Q, R))))),
        ("P(a) ∧ Q(a) ∧ R(a)", Connective("∧", (P, Q, R))),
        ("(P(a) ∧ Q(a)) ∧ R(a)", Connective("∧", (Connective("∧", (P, Q)), R))),
        ("¬P(a) ∧ Q(a)", Connective("∧", (Not(P), Q))),
        ("∀x P(x) → Q(a)", Connective("→", (Quantified("∀", "x", Atom("P", (X,))), Q))),
        ("∀x ¬∃y L(x, y)", Quantified("∀", "x", Not(Quantified("∃", "y", Atom("L", (X, Y)))))),
        ("all x y. L(x,y)", Quantified("∀", "x", Quantified("∀", "y", Atom("L", (X, Y))))),
        ("¬x = y", Not(Equal(X, Y))),
        ("f(a) != y", Not(Equal(Function("f", (Constant("a"),)), Y))),
        ("P(x)", Atom("P", (X,))),
        ("P(t)", Atom("P", (Constant("t"),))),
        ("∀t P(t)", Quantified("∀", "t", Atom("P", (Variable("t"),)))),
        ("∀x P(x) ∧ L(x, x)", Connective("∧", (Quantified("∀", "x", Atom("P", (X,))), Atom("L", (X, X))))),
    ],
)
def test_precedence_and_scope(text: str, meant: Formula) -> None:
    assert tree(text) == meant
    assert tree(render(meant)) == meant


@pytest.mark.parametrize(
    ("ascii_text", "unicode_text"),
    [
        ("all x (P(x) -> -Q(x))", "∀x (P(x) → ¬Q(x))"),
        ("forall x. (P(x) => not Q(x))", "∀x (P(x) → ¬Q(x))"),
        ("exists x.(P(x) & ~Q(x) | x != a)", "∃x (P(x) ∧ ¬Q(x) ∨ x ≠ a)"),
        ("P(a)<->Q(a) && R(a)", "P(a) ↔ Q(a) ∧ R(a)"),
        ("(P(a) || Q(a)) <=> R(a)", "P(a) ∨ Q(a) ⟷ R(a)"),
        ("∀x∀y(L(x,y))", " ∀x  ∀y (L (x , y)) "),
        ("P-Q(a) -> -P-Q(b)", "P-Q(a)→¬P-Q(b)"),
    ],
)
def test_notations_agree(ascii_text: str, unicode_text: str) -> None:
    assert tree(ascii_text) == tree(unicode_text)


def test_an_error_has_a_caret_in_the_right_line() -> None:
    text = "∀x (Cat(x) → Animal(x))\nAmerican(captain america)\nCat(tom)"
    with pytest.raises(SymbolError) as caught:
        FOL.parse(text)
    assert (caught.value.line, caught.value.column) == (2, 18)
    assert str(caught.value) == (
        "expected ',' or ')'; found 'america' at line 2, column 18\n  American(captain america)\n                   ^"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("∀x (x(a))", "x is a variable here"),
        ("∀x (P(x-1))", "arithmetic"),
        ("P(a) ^ Q(a)", "'^' belongs to no formula"),
        ("P(a) ∧", "the line ends"),
        ("Rainy", r"expected '\(' or '='"),
    ],
)
def test_errors_say_why(text: str, message: str) -> None:
    with pytest.raises(SymbolError, match=message.replace("^", r"\^")):
        FOL.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60 + "P(a)" + ")" * 60,
        "¬" * 60 + "P(a)",
        " → ".join(["P(a)"] * 60),
        "P(" + "f(" * 60 + "a" + ")" * 61,
        "∀x " * 60 + "P(x)",
        "∀x (" * 30 + "P(x) ∧ Q(x)" + ")" * 30,
        "P(a) ⊕ (Q(a) ∨ " * 30 + "R(a)" + ")" * 30,
    ],
)
def test_deep_formulas_either_work_everywhere_or_are_refused(text: str) -> None:
    formula = tree(text)
    assert tree(render(formula)) == formula
    assert FOL.accepts(text).holds is True
    once = FOL.canonical(text)
    assert FOL.canonical(once) == once
    for deeper in (text.replace("P(a)", "¬" * 70 + "P(a)"), "¬" * 70 + text, "(" * 5_000 + text + ")" * 5_000):
        if deeper != text:
            with pytest.raises(SymbolError, match="nested deeper than 64 levels"):
                FOL.parse(deeper)


def test_long_chains_are_no_depth() -> None:
    text = " ∧ ".join(f"P{i}(a)" for i in range(2_000))
    assert len(FOL.parse(text)[0].parts) == 2_000
    assert FOL.score(text, text).value == 1.0
    assert FOL.score(text, text + " ∧ Q(a)").value == 0.0, "too many inputs to compare"


def test_legal_but_hardly_meant_is_mentioned() -> None:
    theory = FOL.parse("∀x Cat(x) → Animal(x)\nCat(tom)\nCat(tom, jerry)")
    assert warnings(theory) == (
        "line 1: free variable x read as universally quantified",
        "predicate Cat occurs with 1 and 2 arguments",
    )
    verdict = FOL.accepts("Cat(tom) ∧ Cat(tom, jerry)")
    assert verdict.holds and "1 and 2 arguments" in verdict.reason and verdict.engine.startswith("Z3 ")
    assert warnings(FOL.parse("∀x (Cat(x))\nCat(a)")) == ()


# Formulas over two unary, one binary predicate, one function and equality.
leaves: list[Term] = [X, Y, Variable("z"), Constant("a"), Constant("b")]
terms: st.SearchStrategy[Term] = st.recursive(
    st.sampled_from(leaves), lambda inner: st.builds(Function, st.just("f"), st.tuples(inner)), max_leaves=3
)
atoms = (
    st.builds(lambda name, term: Atom(name, (term,)), st.sampled_from("PQ"), terms)
    | st.builds(lambda a, b: Atom("L", (a, b)), terms, terms)
    | st.builds(Equal, terms, terms)
)
formulas: st.SearchStrategy[Formula] = st.recursive(
    atoms,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Quantified, st.sampled_from("∀∃"), st.sampled_from("xyz"), inner)
        | st.builds(Connective, st.sampled_from("∧∨⊕"), st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Connective, st.sampled_from("→↔"), st.tuples(inner, inner))
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(formulas)
def test_any_formula_survives_printing_and_canonical_form(formula: Formula) -> None:
    assert tree(render(formula)) == formula
    once = render(canonical_formula(formula))
    assert FOL.canonical(once) == once


@pytest.fixture(scope="module")
def z3() -> Iterator[Worker]:
    worker = Worker(fol_z3.TARGET)
    yield worker
    worker.close()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(formula=formulas)
def test_the_canonical_form_means_the_same(z3: Worker, formula: Formula) -> None:
    """Judged by Z3 on the trees, past the shortcut for equal canonical forms."""
    job = fol_z3.question("equivalent", script([formula, canonical_formula(formula)]))
    solution = z3.call(job, Limits())
    assert solution.answer == "yes" or solution.outcome is Outcome.SOLVER_UNKNOWN, solution.message


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("∀y (¬Pet(y) → ¬(Cat(y) ∨ Dog(y)))", "∀x (Pet(x) ∨ ¬Cat(x) ∧ ¬Dog(x))"),
        ("P(x, y)", "∀x ∀y (P(x, y))"),
        ("∀x ∃y (P(a))", "P(a)"),
        ("¬(P(a) ⊕ ¬Q(a) ⊕ R(a))", "P(a) ⊕ Q(a) ⊕ R(a)"),
        ("(P(a) ⊕ Q(a)) ∧ (Q(a) ⊕ P(a)) ↔ R(a)", "¬P(a) ⊕ Q(a) ⊕ R(a)"),
        ("∀x (x(a) = y)", "∀y (x(a) = y)"),
        ("∃z (y(z) ∧ x(z))", "∃z (x(z) ∧ y(z))"),
    ],
)
def test_canonical_form(text: str, canonical: str) -> None:
    assert FOL.canonical(text) == canonical


def test_equivalence_beyond_the_canonical_form_is_proved() -> None:
    a, b = "∀x (P(x) ∧ Q(x))", "∀x (P(x)) ∧ ∀y (Q(y))"
    assert FOL.canonical(a) != FOL.canonical(b)
    verdict = FOL.equivalent(a, b)
    assert verdict.holds is True and verdict.reason.startswith("proved")


def test_a_difference_has_a_witness() -> None:
    verdict = FOL.equivalent("∀x (Cat(x) → Animal(x))\nCat(tom)", "∀x (Cat(x) → Animal(x))\nAnimal(tom)")
    assert verdict.holds is False
    assert verdict.reason.startswith("line 2: counter-model over {tom}: ")
    assert "Cat(tom)" in verdict.reason and "Animal(tom)" in verdict.reason
    functions = FOL.equivalent("f(a) = b", "f(b) = a")
    assert functions.holds is False and "f(" in functions.reason


def test_unlike_names_are_never_taken_for_each_other() -> None:
    cat = "∀x (Cat(x) → Animal(x))"
    spelled = FOL.equivalent(cat, "∀x (cats(x) → animal(x))")
    assert spelled.holds is True and "cats = Cat" in spelled.reason
    other = FOL.equivalent(cat, "∀x (Cat(x) → Pet(x))")
    assert other.holds is None and "Pet = Animal" in other.reason
    assert FOL.equivalent("Likes(tom, x)", "Dislikes(tom, x)").holds is None
    wrong = FOL.equivalent(cat, "∀x (cats(x) ∧ animal(x))")
    assert wrong.holds is False and "counter-model" in wrong.reason
    shapes = FOL.equivalent("Cat(tom)", "Cat(tom, jerry)")
    assert shapes.holds is None and "do not pair up" in shapes.reason
    # A name that makes no difference needs no partner.
    assert FOL.equivalent("Cat(tom)", "Cat(tom) ∧ (Pet(tom) ∨ ¬Pet(tom))").holds is True


def test_defined_names_are_what_they_are() -> None:
    context = Context("Animal(x): x is an animal\nPet(x): x is a pet")
    verdict = FOL.equivalent("∀x (Cat(x) → Animal(x))", "∀x (Cat(x) → Pet(x))", context)
    assert verdict.holds is False and "counter-model" in verdict.reason
    half = FOL.equivalent("Animal(tom)", "Beast(tom)", context)
    assert half.holds is None and "not defined" in half.reason


def test_what_z3_cannot_decide_is_unknown() -> None:
    successor = "∀x (f(x) ≠ a) ∧ ∀x ∀y (f(x) = f(y) → x = y)"
    verdict = FOL.equivalent(f"{successor} ∧ ¬P(a)", f"{successor} ∧ P(a)")
    assert verdict.holds is None and "could not decide" in verdict.reason
    assert FOL.equivalent("P(a", "P(a)").holds is None


def test_renaming_is_simultaneous_and_captures_nothing() -> None:
    theory = FOL.parse("∀person (Cat(person) → Likes(person, tom))\nCat(jerry)")
    cat, likes = Name("predicate", "Cat"), Name("predicate", "Likes")
    tom, jerry = Name("constant", "tom"), Name("constant", "jerry")
    assert FOL.names(theory) == {cat, likes, tom, jerry}
    swapped = FOL.rename(theory, {tom: "jerry", jerry: "tom", cat: "Likes", likes: "Cat"})
    assert FOL.render(swapped) == "∀person (Likes(person) → Cat(person, jerry))\nLikes(tom)"
    # The constant would be captured by the quantifier: the variable gives way.
    safe = FOL.rename(theory, {tom: "person"})
    assert FOL.render(safe) == "∀x (Cat(x) → Likes(x, person))\nCat(jerry)"
    assert FOL.parse(FOL.render(safe)) == safe
    for mapping in ({tom: "jerry"}, {cat: "Likes"}, {tom: "x"}, {tom: "two words"}, {cat: "all"}, {cat: ""}):
        with pytest.raises(ValueError, match=r"would both be called|cannot be renamed"):
            FOL.rename(theory, mapping)
    # A constant and a predicate may share a name; only the one that is named changes.
    both = FOL.parse("cat(cat)")
    assert FOL.render(FOL.rename(both, {Name("constant", "cat"): "tom"})) == "cat(tom)"


def test_definitions_are_lines_and_keep_their_glosses() -> None:
    text = "Predicates and constants:\nCat(x): x is a Cat\nmother(x) = the mother of x\ntom: the Cat Tom \nx: nothing"
    context = Context(text)
    assert [(n.kind, n.text, n.gloss) for n in FOL.defined_names(context)] == [
        ("predicate", "Cat", "x is a Cat"),
        ("function", "mother", "the mother of x"),
        ("constant", "tom", "the Cat Tom"),
    ]
    renamed = FOL.rename_context(context, {Name("predicate", "Cat"): "kq7", Name("constant", "tom"): "Cat"})
    assert renamed.definitions == text.replace("\nCat(x)", "\nkq7(x)").replace("\ntom", "\nCat")
    with pytest.raises(ValueError, match="would both be called"):
        FOL.rename_context(Context("a: one\nb: two"), {Name("constant", "a"): "b"})


def test_size_is_limited_by_what_printing_keeps() -> None:
    """A limit in characters would refuse what is printed of a text just below it."""
    text = " ∧ ".join(["(a=b)"] * (MAX_NAMES // 2))
    printed = FOL.render(FOL.parse(text))
    assert len(printed) > len(text) and FOL.parse(printed) == FOL.parse(text)
    with pytest.raises(SymbolError, match="at most 20,000 predicates and terms") as caught:
        FOL.parse(text + " ∧ P(c)")
    assert caught.value.position == len(text) + 3


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("fol", 20_000, engine_every=5) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("file", ["MALLS-v0.1-test.json", "folio_parsed.json"])
def test_real_formulas(file: str) -> None:
    """Nearly all parse, are taken by Z3, and have a canonical form; the faulty ones show their fault."""
    assert RAW
    rows = json.loads((Path(RAW) / "malls" / file).read_text(encoding="utf-8"))
    good = [row["FOL"] for row in rows if FOL.parses(row["FOL"])]
    assert len(good) >= 0.99 * len(rows)
    for text in good:
        formula = tree(text)
        assert tree(render(formula)) == formula
        once = FOL.canonical(text)
        assert FOL.canonical(once) == once
        assert FOL.accepts(text).holds is True
        assert logical_equivalence(formula, formula) == 1.0
    for row in rows:
        if not FOL.parses(row["FOL"]):
            text = row["FOL"]
            is_unbalanced = text.count("(") != text.count(")")
            assert is_unbalanced or any(mark in text for mark in '.<^"+') or not text.strip(), text
