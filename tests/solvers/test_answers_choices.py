"""Choices and lists, worked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from symbol_llm.solvers.answers_choices import as_choice, same_choice
from symbol_llm.solvers.answers_lists import same_list, same_multiset, same_set

CARS = ["a bus", "the red car", "B", "none of them"]


@pytest.mark.parametrize(
    "text",
    ["B", "b", "(B)", "( b )", "[B]", "B)", "B.", "B:", "Option B", "option: (B)", "Answer: B", "The answer is B.", 
     "the correct option is (B)",
     "'B'", " B\n"],
)  # fmt: skip
def test_letters(text: str) -> None:
    assert as_choice(text) == "B" and same_choice(text, "B") and same_choice(text, "(B)")


@pytest.mark.parametrize(
    "text", ["", "A car", "BC", "B C", "B) the bus", "A or B", "Because", "2", 2, True, None, ["B"], "Ä", "I think B"]
)
def test_what_chooses_nothing(text: Any) -> None:
    assert as_choice(text) is None and not same_choice(text, "B")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("the red car", "B"),
        ("The Red Car.", "B"),
        ("B) the red car", "B"),
        ("(B) The red car", "B"),
        ("B) a bus", None),  # contradicts itself
        ("B", "C"),  # an option's own text comes before the letters
        ("A", "A"),
        ("E", None),  # there is no fifth option
        ("the car", None),
    ],
)
def test_with_the_options_at_hand(text: str, letter: str | None) -> None:
    assert as_choice(text, CARS) == letter
    for gold in "ABCD":
        assert same_choice(text, {"choice": gold, "options": CARS}) is (gold == letter)


def test_an_option_given_twice_is_no_choice() -> None:
    assert as_choice("3", ["3", "4", "3"]) is None and as_choice("A", ["3", "4", "3"]) == "A"


@pytest.mark.parametrize(
    ("a", "b", "as_set", "as_multiset", "as_list"),
    [
        ([1, 2], [1, 2], True, True, True),
        ([2, 1], [1, 2], True, True, False),
        ([2, 1, 1], [1, 2], True, False, False),
        ([1, 1, 2], [1, 2, 2], True, False, False),
        (["Red", "blue"], ["blue", "red"], True, True, False),
        ([1, 2], [1, 3], False, False, False),
        ([], [], True, True, True),
        ([], [1], False, False, False),
        (5, [5], True, True, True),
        ("1,000", [1000], True, True, True),
        ([True], [1], False, False, False),
        ([None], [0], False, False, False),
        ([None], [None], True, True, True),
        (["5"], [5], True, True, True),
        ([[1, 2], [3, 4]], [[3, 4], [1, 2]], True, True, False),
        ([[1, 2]], [[2, 1]], False, False, False),
        # equal within 0.001, which is not transitive: 0.0016 fits 0.0008 alone, so 0 must take -0.0005
        ([0, 0.0016], [0.0008, -0.0005], True, True, False),
        ([0, 0.0016], [0, -0.0005], False, False, False),
    ],
)
def test_lists(a: Any, b: Any, as_set: bool, as_multiset: bool, as_list: bool) -> None:
    for one, other in ((a, b), (b, a)):
        assert (same_set(one, other), same_multiset(one, other), same_list(one, other)) == (
            as_set,
            as_multiset,
            as_list,
        )
