"""Other notations: each is told by a block of the prompt, and taken back by that block alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbol_llm.notation import arguments, block, macros, syntax
from symbol_llm.notation.block import undo
from symbol_llm.notation.terms import Term, read_terms, write_terms

SYMBOLS = {
    "clevr": "query_color(unique(relate(right,unique(filter_shape(cube,scene())))))",
    "geometry": "Rhombus(A,B,C,D)\nEquals(LengthOf(Line(A,B)),2(x+3))\nFind(LengthOf(Line(A,B)))",
    "kb_sexpr": '(AND book.book (JOIN (R book.author) "a b"^^xsd:string))',
    "pddl": "(define (problem p) (:objects a b) (:init (on a b) (free)) (:goal (on b a)))",
    "top": "[IN:MAKE_CALL Call [SL:PERSON Ann ] at noon ]",
    "fol": "∀x (Cat(x) ∧ ¬Likes(x, tom) → ∃y ((y = x) ∨ Wet(y)))\nCat(tom)",
    "gqa": "select: duck (12) --> filter color: white [0] --> exist: ? [1]",
    "scan": "I_RUN I_JUMP I_RUN I_JUMP I_JUMP",
}


@pytest.mark.parametrize("name", SYMBOLS)
def test_terms_are_printed_as_they_were(name: str) -> None:
    assert write_terms(name, read_terms(name, SYMBOLS[name])) == SYMBOLS[name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("clevr", "count( scene())x)"),
        ("kb_sexpr", "(AND a"),
        ("kb_sexpr", "(AND a  b)"),
        ("kb_sexpr", "a b"),
        ("gqa", "select duck"),
        ("fol", "∀x (Cat(x)"),
        ("top", "[IN:A [SL:B x ]"),
        ("sql", "SELECT 1"),
    ],
)
def test_what_is_not_printed_again_is_not_read(name: str, text: str) -> None:
    if name == "clevr":  # an atom, whatever is in it
        assert read_terms(name, text) == (Term(text),)
        return
    with pytest.raises(ValueError):
        read_terms(name, text)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("name", SYMBOLS)
def test_every_surface_is_taken_back(name: str, place: int) -> None:
    terms = read_terms(name, SYMBOLS[name])
    chosen = syntax.choose_syntax(terms, Random(place))
    assert chosen is not None
    surface = chosen if chosen.place == syntax.NOWHERE else chosen._replace(place=place)
    notation = block.Notation(surface=surface)
    text = block.apply(notation, name, SYMBOLS[name])
    assert text != SYMBOLS[name]
    definitions = block.with_block("a: b", notation, name)
    assert undo(name, text, definitions) == (SYMBOLS[name], "a: b")


def test_surfaces_look_as_they_are_told() -> None:
    terms = read_terms("clevr", "relate(right,scene())")
    shown = [syntax.write(terms, syntax.Syntax("[", "]", " ; ", place)) for place in range(4)]
    first, outside, last, second = shown
    assert first == "[relate ; right ; [scene]]" and outside == "relate[right ; scene[]]"
    assert last == "[right ; [scene] ; relate]" and second == "[right ; relate ; [scene]]"
    sequence = syntax.Syntax("«", "»", "; ", syntax.NOWHERE)
    assert syntax.write(read_terms("scan", "I_RUN I_WALK"), sequence) == "«I_RUN; I_WALK»"


_WORDS = st.sampled_from(["a", "bc", "x_1", "IN:GET", "2x+3", "дом", "?x"])
_TERMS = st.recursive(
    _WORDS.map(lambda word: Term(word)),
    lambda inner: st.builds(lambda head, args: Term(head, tuple(args)), _WORDS, st.lists(inner, max_size=3)),
    max_leaves=12,
)


@given(
    st.lists(_TERMS, min_size=1, max_size=3).map(tuple),
    st.sampled_from(syntax.BRACKETS),
    st.sampled_from(syntax.SEPARATORS),
    st.integers(0, 3),
)
def test_any_terms_on_any_surface(terms: tuple[Term, ...], brackets: str, separator: str, place: int) -> None:
    surface = syntax.Syntax(brackets[0], brackets[1], separator, place)
    assert syntax.read(syntax.write(terms, surface), surface, is_headless=False) == terms
    assert syntax.heard(syntax.tell(surface)) == surface


@pytest.mark.parametrize("text", ["[a ; [b]", "[a ; [b]]]", "[]", "[[a] ; b]", "[a ;b]", "[a ; ]"])
def test_what_does_not_follow_the_grammar_is_refused(text: str) -> None:
    surface = syntax.Syntax("[", "]", " ; ", syntax.FIRST)
    if text == "[a ;b]":
        assert syntax.read(text, surface, is_headless=False) == (Term("a ;b", ()),)
        return
    with pytest.raises(ValueError):
        syntax.read(text, surface, is_headless=False)


def test_arguments_move_everywhere_and_back() -> None:
    text = "f(a,g(b,f(c,d)))"
    orders = {"f": (1, 0), "g": (1, 0)}
    moved = write_terms("clevr", arguments.reorder(read_terms("clevr", text), orders))
    assert moved == "f(g(f(d,c),b),a)"
    assert arguments.read(arguments.tell(orders)) == orders
    three = {"h": (2, 0, 1)}
    there = arguments.reorder(read_terms("clevr", "h(a,b,c)"), three)
    assert write_terms("clevr", there) == "h(c,a,b)"
    assert write_terms("clevr", arguments.reorder(there, arguments.inverse(three))) == "h(a,b,c)"
    with pytest.raises(ValueError, match="has 1 arguments"):
        arguments.reorder(read_terms("clevr", "f(a)"), orders)
    with pytest.raises(ValueError, match="not an order"):
        arguments.read(["Order of arguments: f 2 2"])


@pytest.mark.parametrize(
    ("name", "text", "rule", "written"),
    [
        ("clevr", "c(u(f(a,u(f(b,s())))))", "k(?1,?2) stands for u(f(?1,?2))", "c(k(a,k(b,s())))"),
        ("clevr", "count(count(a))", "k(l(?1)) stands for count(?1)", "k(l(k(l(a))))"),
        ("clevr", "n(n(n(a)))", "k(?1) stands for n(n(?1))", "k(n(a))"),
        ("kb_sexpr", "(JOIN (R p) m.0a)", "(k ?1 ?2) stands for (JOIN (R ?1) ?2)", "(k p m.0a)"),
        ("scan", "a a a b", "k stands for a a", "k a b"),
        ("scan", "a b a", "k l stands for a", "k l b k l"),
    ],
)  # fmt: skip
def test_rules_are_written_everywhere_and_put_back(name: str, text: str, rule: str, written: str) -> None:
    definitions = f"a: b\n{block.MARK}\n{rule}"
    plain, notation = block.read_block(definitions, name)
    assert notation is not None and plain == "a: b"
    assert block.apply(notation, name, text) == written
    assert undo(name, written, definitions) == (text, "a: b")
    assert block.with_block("a: b", notation, name) == definitions


@pytest.mark.parametrize(
    "rule", ["k(?1)", "k(?1) stands for f(?2)", "k(?1,?1) stands for f(?1,?1)", "k stands for f(a)", "k(?1) stands for"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError):
        macros.heard(rule, "clevr")


def test_a_block_that_says_nonsense_is_refused() -> None:
    for lines in ("Terms: [ x ]", 'Terms: "[" name { " ; " term } "]"\nTerms: "[" name { " ; " term } "]"'):
        with pytest.raises(ValueError):
            block.read_block(f"{block.MARK}\n{lines}", "clevr")
    assert undo("clevr", "scene()", "scene: all objects") == ("scene()", "scene: all objects")
