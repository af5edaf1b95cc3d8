"""The numbers that LaTeX answers are, and what a program's answer looks like in LaTeX."""

from __future__ import annotations

import math
from typing import Any

import pytest

from eval.delegation.base import Item
from eval.delegation.hendrycks_math import Math, as_latex
from eval.delegation.latex_values import latex_value
from symbol_llm.formats.base import EMPTY
from symbol_llm.solvers import Outcome, Solution


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("43", 43),
        ("-\\frac{3}{4}", -0.75),
        ("\\dfrac12", 0.5),
        ("\\frac1{12}", 1 / 12),
        ("3\\frac{1}{2}", 3.5),
        ("\\frac{3\\sqrt{2}}{4}", 3 * math.sqrt(2) / 4),
        ("6\\sqrt2", 6 * math.sqrt(2)),
        ("\\sqrt[3]{27}", 3),
        ("12\\pi", 12 * math.pi),
        ("2^{10}", 1024),
        ("2^3", 8),
        ("\\$1,234.50", 1234.5),
        ("1,\\!200", 1200),
        ("8{,}880", 8880),
        ("11,\\! 111,\\! 100", 11_111_100),
        ("\\cfrac{25}{16}", 25 / 16),
        ("25\\%", 25),
        ("45^\\circ", 45),
        ("12 \\text{ square units}", 12),
        ("(3+4)\\cdot2 - 6/3", 12),
        ("-\\frac{-1}{2}", 0.5),
    ],
)
def test_numbers(text: str, value: float) -> None:
    found = latex_value(text)
    assert found is not None and found == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x + 1", "1, 2", "5, 100", "(1,2)", "[1,2)", "\\text{Monday}", "\\frac{1}{0}", "\\sqrt{-1}"),
        *("2^{2^{2^{20}}}", "1 = 1", "{" * 300, "3x", "\\infty"),
    ],
)
def test_no_numbers(text: str) -> None:
    assert latex_value(text) is None


@pytest.mark.parametrize(
    ("answer", "gold", "latex"),
    [
        ({"sympy": "6*sqrt(2)"}, "", "(6) \\cdot (\\sqrt{2})"),
        ({"sympy": "x**2/3 - pi"}, "", "(\\frac{(x)^{2}}{3})-(\\pi)"),
        ([1, 2], "(1,2)", "(1, 2)"),
        ([1, 2], "\\left[ 1,2 \\right)", "[1, 2)"),
        ([1, 2], "1, 2", "1, 2"),
        ("x+1", "", "x+1"),
        ({"fraction": "1/3"}, "", "1/3"),
        (True, "", None),
        ({"sympy": "f(x)"}, "", None),
        ([], "", None),
        ([None], "", None),
    ],
)
def test_answers_as_latex(answer: Any, gold: str, latex: str | None) -> None:
    assert as_latex(answer, gold) == latex


@pytest.mark.parametrize(
    ("answer", "gold", "outcome"),
    [
        (1_562_501, "1{,}562{,}500", Outcome.WRONG),
        (1_562_500.0, "1,\\!562,\\!500", Outcome.CORRECT),
        (1_562_500.0000001, "1562500", Outcome.CORRECT),
        (2.8284271247, "2\\sqrt{2}", Outcome.CORRECT),
        ({"float": "inf"}, "12", Outcome.WRONG),
    ],
)
def test_whole_numbers_are_the_same_or_not(answer: Any, gold: str, outcome: Outcome) -> None:
    item = Item("m", "", "", gold, EMPTY, "m")
    assert Math().judge(Solution(None, answer=answer), item).outcome is outcome
