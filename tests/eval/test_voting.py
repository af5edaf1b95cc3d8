"""pass@k and votes, by hand."""

from __future__ import annotations

from itertools import combinations

import pytest

from eval.voting import answer_key, by_item, pass_at, pass_rates, sizes, winner


def test_pass_at_k_is_the_share_of_subsets_with_a_hit() -> None:
    """5 samples, 2 right, k = 2: 1 - C(3,2)/C(5,2) = 7/10; and every case up to 7 by enumeration."""
    assert pass_at(5, 2, 2) == 0.7
    for number in range(1, 8):
        for right in range(number + 1):
            for k in range(1, number + 1):
                subsets = list(combinations(range(number), k))
                share = sum(any(place < right for place in subset) for subset in subsets) / len(subsets)
                assert pass_at(number, right, k) == pytest.approx(share)


def test_sizes() -> None:
    assert sizes(1) == [1] and sizes(5) == [1, 2, 4, 5] and sizes(8) == [1, 2, 4, 8]


def test_rates_over_items() -> None:
    """Item a: 1 of 2 right, item b: 0 of 2. pass@1 = (1/2 + 0)/2, pass@2 = (1 + 0)/2."""
    rows = [{"id": name, "group": "", "hit": hit} for name, hit in (("a", 1), ("b", 0), ("a", 0), ("b", 0))]
    rates = pass_rates(by_item(rows), lambda row: bool(row["hit"]))
    assert {k: part["value"] for k, part in rates.items()} == {"1": 0.25, "2": 0.5}
    assert pass_rates([], bool) == {}


def test_the_vote() -> None:
    """18 and 18.0 are one vote, the sample without an answer abstains, ties go to the first."""
    rows = [{"answer": answer} for answer in (20, 18, None, 18.0, 20, 18)]

    def key(row: dict) -> str | None:
        return None if row["answer"] is None else answer_key(row["answer"])

    assert winner(rows, key) == {"answer": 18}
    assert winner(rows[:2], key) == {"answer": 20}
    assert winner(rows[2:3], key) is None and winner([], key) is None


def test_what_is_one_answer() -> None:
    assert answer_key(" Yes ") == answer_key("yes") and answer_key([1, "a"]) != answer_key(["a", 1])
    assert answer_key(True) != answer_key(1) and answer_key(0.1 + 0.2) == answer_key(0.3)
    assert answer_key({"b": 1, "a": 2}) == answer_key({"a": 2, "b": 1}) and answer_key(10**400)
