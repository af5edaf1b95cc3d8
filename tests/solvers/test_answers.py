"""When is what a program returned the gold answer?"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbol_llm.solvers.answers import as_number, as_text, same_number, same_text, same_value, show


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        (72, 72),
        (72.0, 72),
        (-0.0, 0),
        ("72", 72),
        (" $1,234.50 ", Fraction(2469, 2)),
        ("1,000,000", 1_000_000),
        ("50%", Fraction(1, 2)),
        ("12.5 %", Fraction(1, 8)),
        ("3/4", Fraction(3, 4)),
        ("-3 / 4", Fraction(-3, 4)),
        ("−3", -3),
        ("+3", 3),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1e3", 1000),
        ([5], 5),
        ([[2.5]], Fraction(5, 2)),
        ({"int": "1" + "0" * 30}, 10**30),
        ({"fraction": "-1/3"}, Fraction(-1, 3)),
        ({"decimal": "1E+3"}, 1000),
        ({"sympy": "7/2", "number": 3.5}, Fraction(7, 2)),
    ],
)
def test_numbers(answer: Any, number: Fraction | int) -> None:
    assert as_number(answer) == number


@pytest.mark.parametrize(
    "answer",
    [True, False, None, "", "five", "5 apples", "3 1/2", "1,00", "1,0000", "1/0", "--3", "1 2", "__import__('os')",
     [], [1, 2], {}, {"x": 5}, {"sympy": "x + 1"}, {"decimal": "NaN"}, "9" * 1000],
)  # fmt: skip
def test_what_is_no_number(answer: Any) -> None:
    assert as_number(answer) is None
    assert not same_number(answer, 5) and not same_number(5, answer)


@pytest.mark.parametrize("answer", [math.nan, math.inf, {"float": "nan"}, {"float": "-inf"}])
def test_nan_and_infinity_equal_nothing(answer: Any) -> None:
    assert isinstance(as_number(answer), float)
    assert not same_number(answer, answer)


@pytest.mark.parametrize(
    ("answer", "gold", "is_same"),
    [
        (72.0, 72, True),
        (72.0009, 72, True),
        (72.002, 72, False),
        (True, 1, False),
        (1_000_000.9, 1_000_000, True),
        (1_000_002, 1_000_000, False),
        (-72, 72, False),
        (0, -0.0, True),
        (1 / 3, "1/3", True),
        (0.5, "50%", True),
        (50, "50%", False),
        (10**30, {"int": str(10**30)}, True),
    ],
)
def test_tolerance(answer: Any, gold: Any, is_same: bool) -> None:
    assert same_number(answer, gold) is is_same


@given(st.integers(-(10**12), 10**12))
def test_a_number_is_itself_however_it_is_written(value: int) -> None:
    for written in (value, float(value), str(value), f"{value:,}", [value], {"int": str(value)}):
        assert same_number(written, value)


@pytest.mark.parametrize("answer", ["nb", " nb\n", '"nb"', "'nb'", "nb.", "NB"])
def test_texts(answer: str) -> None:
    assert same_text(answer, "nb")


@pytest.mark.parametrize("answer", ["n b", "bn", "", None, 5, ["nb"], True])
def test_other_texts(answer: Any) -> None:
    assert not same_text(answer, "nb")


def test_a_text_of_punctuation_stays() -> None:
    assert [as_text(text) for text in (".", "'", "''", 5)] == [".", "'", "", None]


@pytest.mark.parametrize(
    ("a", "b", "is_same"),
    [
        (72, 72.0, True),
        (0.1 + 0.2, 0.3, True),
        (72.0009, 72.0, False),
        (10**15 + 1, 10**15, False),
        ({"int": str(10**30)}, {"int": str(10**30 + 1)}, False),
        ({"fraction": "1/3"}, 1 / 3, True),
        (True, 1, False),
        (True, True, True),
        ("5", 5, False),
        ("ab", "ab", True),
        ("ab", "AB", False),
        ([1, 2], [1.0, 2], True),
        ([1, 2], [2, 1], False),
        ([1], 1, False),
        ([], [], True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"sympy": "x"}, {"sympy": "x"}, True),
        ({"sympy": "x"}, {"sympy": "y"}, False),
        (None, None, True),
        (None, 0, False),
    ],
)
def test_same_value_is_stricter(a: Any, b: Any, is_same: bool) -> None:
    assert same_value(a, b) is is_same and same_value(b, a) is is_same


def test_show() -> None:
    values = [72.0, 0.5, {"fraction": "3/4"}, {"sympy": "sqrt(2)", "number": 1.4}, "ab", [1]]
    assert [show(value) for value in values] == ["72", "0.5", "3/4", "sqrt(2)", "ab", "[1]"]
