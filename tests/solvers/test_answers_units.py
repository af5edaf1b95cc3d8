"""Quantities, worked by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from symbol_llm.solvers.answers_units import as_quantity, same_quantity


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("5 km", "5,000 m"),
        ("5km", "5000 meters"),
        ("90 km/h", "25 m/s"),  # 90,000 m in 3,600 s
        ("60 mph", "88 ft/s"),  # 60 * 5,280 ft in 3,600 s
        ("60 miles per hour", "88 feet per second"),
        ("2 1/2 hours", "150 min"),
        ("2-1/2 hours", "2.5 h"),
        ("$1.50", "150 cents"),
        ("-$3", "-300 cents"),
        ("$1,234.50", "1234.5 dollars"),
        ("50%", "50 percent"),
        ("50%", "0.5"),
        ("50 percent", 0.5),
        ("12 inches", "1 foot"),
        ("1 lb", "16 oz"),
        ("1 mile", "1.609344 km"),
        ("3 square feet", "432 square inches"),  # 3 * 144
        ("9.8 m/s^2", "9.8 m/s²"),
        ("9.8 meters per second squared", "9.8 m/s^2"),
        ("1 liter", "1000 cm^3"),
        ("1 liter", "0.001 cubic meters"),
        ("2 kg m/s", "2000 g m/s"),
        ("2 weeks", "14 days"),
        ("2 years", "24 months"),
        ("2 dozen", "24"),
        ("5 apples", "5 apple"),
        ("5 berries", "5 berry"),
        ("5 boxes", "5 box"),
        ("30°", "30 degrees"),
        # one side has no unit: it is in the other's
        (5, "5 apples"),
        ("5 apples", 5),
        ({"fraction": "5/2"}, "2 1/2 hours"),
        ("1,500", "1500 m"),
        # within the tolerance of numbers
        ("3.3333 m", "10/3 m"),
    ],
)
def test_equal(answer: Any, gold: Any) -> None:
    assert same_quantity(answer, gold) and same_quantity(gold, answer)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("5 km", "5 m"),
        ("5 km", "5 kg"),
        ("5 apples", "5 pears"),
        ("5 m", "5 m^2"),
        ("5 m/s", "5 m"),
        ("5 M", "5 m"),  # M is no metre
        (50, "50%"),
        ("50", "50 percent"),
        (0.5, "0.5%"),
        ("20 °C", "20 °F"),
        ("$5", "5 euros"),
        ("5 hours", "5 minutes"),
        ("30 days", "1 month"),  # a month has no fixed length
        ("five apples", "5 apples"),
        ("5 apples and 3 pears", "5 apples"),
        (True, "1 m"),
        (None, 5),
        ([5, 6], "5 m"),
        ("1 1/0 m", "1 m"),
        ("m", "m"),
    ],
)
def test_different(answer: Any, gold: Any) -> None:
    assert not same_quantity(answer, gold) and not same_quantity(gold, answer)


def test_values_are_exact() -> None:
    mile = as_quantity("1 mi")
    assert mile is not None and mile.value == Fraction("1609.344") and mile.dimensions == {("length", 1)}


@pytest.mark.parametrize(
    "answer", ["", "m", "9" * 500 + " m", "1 m" * 100, "5 m^", "5 (m", "1e999999999 m", "\ud800", "1 2 3"]
)
def test_what_is_no_quantity(answer: str) -> None:
    assert as_quantity(answer) is None
