r"""LaTeX answers: the reader, the canonical form, MATH's exact match, and math-verify with its traps."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get, latex_math
from symbol_llm.formats.latex_match import is_match, normalised
from symbol_llm.formats.latex_tree import MAX_DEPTH, Command, Group, Leaf, Script, parse
from symbol_llm.solvers.outcome import Limits
from tests.formats.mutated_symbols import check_only_symbol_errors

LATEX = get("latex_math")
RAW = os.environ.get("SYMBOL_LLM_RAW")

_atoms = st.sampled_from(["1", "x", "\\pi", "+", ".5", ",", "\\,", "\\text{a b}", "(", ")", "\\alpha", "~", "\\%"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{} {}".format, inner, inner),
        st.builds("{{{}}}".format, inner),
        st.builds("\\dfrac{{{}}}{{{}}}".format, inner, inner),
        st.builds("\\sqrt[3]{{{}}}".format, inner),
        st.builds("x^{{{}}}".format, inner),
        st.builds("\\left({}\\right.".format, inner),
        st.builds("\\begin{{pmatrix}}{}&{}\\\\\\end{{pmatrix}}".format, inner, inner),
    )


expressions = st.recursive(_atoms, _grown, max_leaves=10)


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_round_trip_and_canonical_form(text: str) -> None:
    try:
        tree = LATEX.parse(text)
    except SymbolError:
        return
    assert LATEX.parse(LATEX.render(tree)) == tree
    try:
        once = LATEX.canonical(text)
    except SymbolError as error:
        assert error.expected == "something that prints"
        return
    assert LATEX.canonical(once) == once


def test_arguments_are_read_as_tex_does() -> None:
    assert parse(r"\frac43") == (Command("frac", (Leaf("4"), Leaf("3"))),)
    assert parse(r"\frac1\pi") == (Command("frac", (Leaf("1"), Leaf("\\pi"))),)
    assert parse(r"\sqrt2 3") == (Command("sqrt", (Leaf("2"),)), Leaf("3"))
    assert parse(r"x^10") == (Leaf("x"), Script("^", Leaf("1")), Leaf("0"))
    assert parse(r"\sqrt[n]{2}") == (Command("sqrt", (Group((Leaf("2"),)),), (Leaf("n"),)),)


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        (r"\frac{1}{2", 8, "}"),
        (r"\frac{1}", 8, "2 arguments of \\frac"),
        ("1}", 1, "without its"),
        ("a^2^3", 3, "two scripts"),
        ("a_1^2_3", 5, "two scripts"),
        (r"1+\foo", 2, "known"),
        ("$5$", 0, "\\$"),
        (r"\left(1", 5, "\\right"),
        (r"\left x", 6, "delimiter"),
        (r"1 & 2", 2, "outside of a matrix"),
        (r"\begin{tabular}1", 6, "environment"),
        ("\\", 0, "command"),
        ("a\u202eb", 1, "printable"),
    ],
)
def test_position_of_a_fault(text: str, position: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        LATEX.parse(text)
    assert caught.value.position == position and expected in caught.value.expected


@pytest.mark.parametrize("opening", ["{", "x^{", "\\sqrt{", "\\frac{1}{", "\\left(", "^", "\\sqrt", "\\begin{matrix}"])
def test_nesting_is_limited(opening: str) -> None:
    with pytest.raises(SymbolError):
        LATEX.parse(opening * 150)
    with pytest.raises(SymbolError, match=f"{MAX_DEPTH} levels"):
        LATEX.parse("{" * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1))


def test_canonical_form_at_the_limits() -> None:
    for text in ("\\sqrt" * (MAX_DEPTH - 2) + "2", "x^2" * 600):
        once = LATEX.canonical(text)
        assert LATEX.canonical(once) == once
    with pytest.raises(SymbolError, match="prints"):
        LATEX.canonical("\\quad{}")
    assert LATEX.accepts("\\quad").holds is False


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (r"\dfrac 1{2}", r"\frac{1}{2}"),
        (r"\left[ 1, 2 \right)", "[1,2)"),
        (r"90{,}900{,}909", "90900909"),
        (r"1,\!234", "1234"),
        ("1,234", "1,234"),
        (r"(1,\!2)", "(1,2)"),
        ("{a+b}^2", "{a+b}^{2}"),
        ("{a}^2", "a^{2}"),
        ("-.5", "-0.5"),
        ("1.5", "1.5"),
        (r"12\mbox{ square~units}", r"12\text{square units}"),
        (r"\sin x", r"\sin x"),
        (r"\begin{pmatrix} 1 \\ 2 \\ \end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        (r"\alpha\!b", r"\alpha b"),
        ("3 + i.", "3+i"),
        ("90\\text{ square\nunits}", r"90\text{square units}"),
    ],
)
def test_canonical_form(text: str, canonical: str) -> None:
    assert LATEX.canonical(text) == canonical


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (r"\dfrac{1}{2}", r"\frac12", True),
        ("0.5", r"\frac{1}{2}", True),
        ("1/2", r"\frac{1}{2}", True),
        (r"\sqrt3", r"\sqrt{3}", True),
        (r"45^\circ", "45", True),
        (r"12\text{ cm}", "12", True),
        ("x=5", "5", True),
        ("abc=5", "5", False),
        (r"\left(1,2\right)", "(1, 2)", True),
        (r"50\%", "50", True),
        ("2+3", "3+2", False),
        ("0.25", r"\frac14", False),
        (r"\frac1{72}", r"\frac{1}{72}", True),
        ("", "0", False),
    ],
)
def test_exact_match_of_math(a: str, b: str, same: bool) -> None:
    assert is_match(a, b) is same
    assert normalised(normalised(a)) == normalised(a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"\frac{\sqrt3}{3}", r"\frac{1}{\sqrt3}"),
        ("(x+1)^2", "x^2+2x+1"),
        ("1, 2", "2, 1"),
        (r"50\%", "0.5"),
        ("a+b=c", "c=a+b"),
        (r"\sin 15^\circ", r"\frac{\sqrt6-\sqrt2}{4}"),
        (r"-2 \text{ or } -12", "-12, -2"),
        (r"12\text{ cm}", "12"),
        (r"45^\circ", "45"),
        (r"6\frac34", "6.75"),
    ],
)
def test_equal_values(a: str, b: str) -> None:
    verdict = LATEX.equivalent(a, b)
    assert verdict.holds is True, verdict.reason
    assert LATEX.equivalent(b, a).holds is True


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ("x+1", "x+2", "at x = 7/10: 1.70000 against 2.70000"),
        ("(1,2)", "(2,1)", "1.00000 against 2.00000"),
        ("1,2", "1,3", "only one has 2"),
        ("[0,1)", "[0,1]", "an end belongs to one"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\3\end{pmatrix}", "an entry differs"),
        ("443_5", "443_7", "123 against 227"),
    ],
)
def test_difference_has_a_witness(a: str, b: str, told: str) -> None:
    verdict = LATEX.equivalent(a, b)
    assert verdict.holds is False and told in verdict.reason


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"144\text{ m}", r"144\text{ cm}"),  # math-verify drops units and calls them equal
        (r"1\text{ m}", r"100\text{ cm}"),
        ("11_2", "3"),  # the same number in another base
        (r"45^\circ", r"\frac{\pi}{4}"),
        ("9^{9^{9^{9}}}", "9^{9^{9^{8}}}"),
    ],
)
def test_never_a_guess(a: str, b: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latex_math, "_LIMITS", Limits(cpu_seconds=2.0))
    verdict = LATEX.equivalent(a, b)
    assert verdict.holds is None and verdict.reason


def test_worker_lives_on_after_a_power_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latex_math, "_LIMITS", Limits(cpu_seconds=1.0))
    assert LATEX.equivalent("9^{9^{9^{9}}}", "3").holds is None
    monkeypatch.undo()
    assert LATEX.equivalent("1+1", "2").holds is True


def test_score() -> None:
    score = LATEX.score(r"\dfrac34", r"\frac{3}{4}")
    assert score.value == 1.0 and not score.is_exact and score.is_equivalent is True
    honest = LATEX.score("0.75", r"\frac{3}{4}")
    assert honest.value == 0.0 and honest.is_equivalent is True
    assert LATEX.score("$0.75$", r"\frac{3}{4}").is_equivalent is False
    assert LATEX.score("1", "$").is_equivalent is None


@pytest.mark.full
def test_fuzz() -> None:
    assert check_only_symbol_errors("latex_math", 25_000) > 1_000


def boxed(solution: str) -> str:
    r"""What stands in the last ``\boxed``."""
    start = solution.rindex("\\boxed") + len("\\boxed")
    rest = solution[start:].lstrip()
    if not rest.startswith("{"):
        return rest.split("$")[0].strip()
    level = 0
    for i, char in enumerate(rest):
        level += (char == "{") - (char == "}")
        if not level:
            return rest[1:i]
    raise AssertionError(solution)


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_answers() -> None:
    assert RAW
    count = 0
    for path in sorted((Path(RAW) / "math" / "MATH").rglob("*.json")):
        text = boxed(json.loads(path.read_text(encoding="utf-8"))["solution"])
        tree = LATEX.parse(text)
        assert LATEX.parse(LATEX.render(tree)) == tree
        verdict = LATEX.accepts(text)
        assert verdict.holds is True, (str(path), text, verdict.reason)
        canonical = LATEX.canonical(text)
        assert LATEX.canonical(canonical) == canonical
        count += 1
    assert count > 0
