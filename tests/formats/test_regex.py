r"""Regular expressions: the meaning against a direct definition and against Python's re, the laws, the limits."""

from __future__ import annotations

import os
import re
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from symbol_llm.formats.regex import simplified
from symbol_llm.formats.regex_automaton import MAX_STATES, Alphabet, TooLarge, automaton, difference
from symbol_llm.formats.regex_parser import (
    MAX_LEAVES,
    MAX_NESTING,
    Boundary,
    Chars,
    Complement,
    Concat,
    Intersection,
    Node,
    Repeat,
    Union,
    parse,
    render,
)
from tests.formats.bad_input import check_bad_input

REGEX = get("regex")
RAW = os.environ.get("SYMBOL_LLM_RAW")
TEXTS = ["".join(marks) for length in range(5) for marks in product("a1 ", repeat=length)]

atoms = st.sampled_from(["a", "1", " ", ".", "[a1]", "[^a]", "\\b"])
marks = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{2,}"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Concatenation, union and repetition, which Python's re reads the same way."""
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("({}|{})".format, inner, inner),
        st.builds("({}){}".format, inner, marks),
    )


def grown_fully(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """With intersection and complement too."""
    return st.one_of(grown(inner), st.builds("({}&{})".format, inner, inner), st.builds("~({})".format, inner))


plain = st.recursive(atoms, grown, max_leaves=8)
full = st.recursive(atoms, grown_fully, max_leaves=8)


def spans(tree: Node, text: str) -> set[tuple[int, int]]:
    """The definition: all (i, j) such that the tree matches text[i:j] where it stands."""
    end = len(text)
    here = {(i, i) for i in range(end + 1)}

    def then(first: set[tuple[int, int]], second: set[tuple[int, int]]) -> set[tuple[int, int]]:
        return {(i, k) for i, j in first for start, k in second if start == j}

    def is_word(i: int) -> bool:
        return 0 <= i < end and (text[i].isalnum() or text[i] == "_")

    match tree:
        case Chars(ranges):
            return {(i, i + 1) for i in range(end) if any(low <= ord(text[i]) <= high for low, high in ranges)}
        case Boundary():
            return {(i, i) for i in range(end + 1) if is_word(i - 1) != is_word(i)}
        case Concat(parts):
            found = here
            for part in parts:
                found = then(found, spans(part, text))
            return found
        case Union(parts):
            return set().union(*(spans(part, text) for part in parts))
        case Intersection(parts):
            return set.intersection(*(spans(part, text) for part in parts))
        case Complement(part):
            return {(i, j) for i in range(end + 1) for j in range(i, end + 1)} - spans(part, text)
        case Repeat(part, low, high):
            once, found = spans(part, text), here
            for _ in range(low):
                found = then(found, once)
            total = set(found)
            for _ in range(end + 2 if high is None else high - low):
                found = then(found, once)
                total |= found
            return total
    raise AssertionError(tree)


@settings(max_examples=150, deadline=None)
@given(full)
def test_automaton_follows_the_definition(text: str) -> None:
    tree = parse(text)
    built = automaton(tree, Alphabet.of(tree, parse("a1 ")))
    for line in TEXTS:
        assert built.accepts_input(line) == ((0, len(line)) in spans(tree, line)), line


@settings(max_examples=150, deadline=None)
@given(plain)
def test_automaton_agrees_with_python(text: str) -> None:
    tree = parse(text)
    built = automaton(tree, Alphabet.of(tree, parse("a1 ")))
    for line in TEXTS:
        assert built.accepts_input(line) == bool(re.fullmatch(text, line, re.DOTALL | re.ASCII)), line


@settings(max_examples=200, deadline=None)
@given(full)
def test_normal_form_is_sound_idempotent_and_parses_back(text: str) -> None:
    tree = parse(text)
    assert parse(render(tree)) == tree
    short = simplified(tree)
    assert simplified(short) == short and parse(render(short)) == short
    alphabet = Alphabet.of(tree, short)
    assert automaton(tree, alphabet) == automaton(short, alphabet)


@settings(max_examples=150, deadline=None)
@given(full, full)
def test_witness_is_real_and_shortest(a: str, b: str) -> None:
    alphabet = Alphabet.of(parse(a), parse(b))
    left, right = automaton(parse(a), alphabet), automaton(parse(b), alphabet)
    witness = difference(left, right, alphabet)
    assert (witness is None) == (left == right)
    if witness is not None:
        assert left.accepts_input(witness) != right.accepts_input(witness)
        apart = left.symmetric_difference(right)
        assert apart.minimum_word_length() == len(witness)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("ab|cd", "(ab)|(cd)"),
        ("a|b&c", "a|(b&c)"),
        ("ab&cd", "(ab)&(cd)"),
        ("ab*", "a(b*)"),
        ("~(a)*", "(~(a))*"),
        ("~ab", "(~(a))b"),
        ("~~a", "a"),
        (r"\b(a)|(b)\b", r"(\ba)|(b\b)"),
        ("a{2}{3}", "(aa){3}"),
    ],
)
def test_precedence(text: str, same_as: str) -> None:
    assert REGEX.equivalent(text, same_as).holds is True


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("a*", "a+", "only the first matches ''"),
        (".*dog.*", r".*\bdog\b.*", "only the first matches"),
        ("[a-c]", "[a-d]", "only the second matches 'd'"),
        ("[ab]", "[^c]", "only the second matches"),
        ("x", "é", "only the first matches 'x'"),
    ],
)
def test_witness_is_told(a: str, b: str, reason: str) -> None:
    verdict = REGEX.equivalent(a, b)
    assert verdict.holds is False and reason in verdict.reason


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r".*\bdog\b.*", r"(.*[^A-Za-z0-9_])?dog([^A-Za-z0-9_].*)?"),
        ("~((.*a.*)|(.*b.*))", "(~(.*a.*))&(~(.*b.*))"),
        ("(.*a.*)&(.*b.*)", ".*a.*b.*|.*b.*a.*"),
        (r"(\ba\b)*", "a?"),
        ("(a|b)*", "(a*b*)*"),
        (r"~(.*\b.*)", r"\W*"),
    ],
)
def test_equal_by_automata_only(a: str, b: str) -> None:
    assert REGEX.canonical(a) != REGEX.canonical(b)
    verdict = REGEX.equivalent(a, b)
    assert verdict.holds is True and "automata" in verdict.reason


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("ab)", 2, "without its"),
        ("(ab", 3, "')'"),
        ("a|*", 2, "to repeat"),
        ("a{3,1}", 2, "not above"),
        ("a{1001}", 2, "at most 1000"),
        ("[z-a]", 1, "range"),
        ("a\\", 1, "escape"),
        ("x^", 1, "anchors"),
        ("[ab", 0, "closes the class"),
    ],
)
def test_position_of_a_fault(text: str, position: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        parse(text)
    assert caught.value.position == position and expected in caught.value.expected


@pytest.mark.parametrize(
    "text", ["(" * 10_000 + "a" + ")" * 10_000, "~" * 10_000 + "a", "a" + "*" * 10_000, "(a|" * 90]
)
def test_nesting_is_limited(text: str) -> None:
    with pytest.raises(SymbolError, match=f"{MAX_NESTING} levels"):
        parse(text)


def test_deepest_expression_works() -> None:
    text = "(a|" * 20 + "b" + ")c" * 20
    assert REGEX.accepts(text).holds is True
    assert REGEX.equivalent(text, REGEX.canonical(text)).holds is True


@pytest.mark.parametrize(
    "text",
    [
        "(a|b)*a(a|b){20}",
        "((.{100}){100}){100}",
        "&".join(f"(.*{mark}.*)" for mark in "abcdefghijklmno"),
        "x" * 5_000,
        "|".join(f"{chr(code)}*" for code in range(0x4E00, 0x5300)),
        "(" + "a?b?" * 2_000 + ")*",
    ],
)
def test_too_large_is_unknown(text: str) -> None:
    assert REGEX.accepts(text).holds is None
    assert "more than" in REGEX.accepts(text).reason
    assert REGEX.equivalent(text, "a").holds is None
    assert REGEX.equivalent(text, text).holds is True  # no automaton needed


def test_states_are_limited_exactly() -> None:
    tree = parse(".{1000}")
    assert len(automaton(tree, Alphabet.of(tree)).states) == 1_002
    tree = parse(".{1000}.{1000}")
    with pytest.raises(TooLarge, match=str(MAX_STATES)):
        automaton(tree, Alphabet.of(tree))


def test_counts_that_would_grow_too_high_are_not_merged() -> None:
    text = "a{900}a{900}"
    assert REGEX.canonical(text) == text


def test_spaces_are_literals() -> None:
    assert REGEX.equivalent("a b", "ab").holds is False
    assert REGEX.score("a ", "a").is_exact is False
    assert REGEX.score("a\n", "a").is_exact is True


def test_score_rewards_equivalence() -> None:
    score = REGEX.score("(.*b.*)&(.*a.*)", "(.*a.*)&(.*b.*)")
    assert score.is_equivalent is True and not score.is_exact
    assert REGEX.score("(a", "a").is_equivalent is False
    assert REGEX.score("a", "(a").is_equivalent is None


def test_size_is_limited_by_what_printing_keeps() -> None:
    """A limit in characters would refuse what is printed of a text just below it."""
    text = "\\d" * MAX_LEAVES
    printed = render(parse(text))
    assert len(printed) > len(text) and parse(printed) == parse(text)
    with pytest.raises(SymbolError, match="at most 20,000 characters, classes") as caught:
        parse(text + "()a")
    assert caught.value.position == len(text)


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("regex", 20_000, engine_every=5) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("name", ["NL-RX-Turk", "NL-RX-Synth", "KB13"])
def test_real_expressions(name: str) -> None:
    assert RAW
    text = (Path(RAW) / "nl_rx" / "datasets" / name / "targ.txt").read_text(encoding="utf-8")
    rows = [row for row in text.split("\n") if row]
    for row, following in pairwise(rows):
        tree = REGEX.parse(row)
        assert REGEX.parse(REGEX.render(tree)) == tree
        assert REGEX.accepts(row).holds is True
        canonical = REGEX.canonical(row)
        assert REGEX.canonical(canonical) == canonical
        alphabet = Alphabet.of(tree, parse(canonical))
        assert automaton(tree, alphabet) == automaton(parse(canonical), alphabet)
        assert REGEX.equivalent(row, following).holds is not None
