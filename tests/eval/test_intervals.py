"""Intervals against values worked out by hand or printed in the literature."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eval.intervals import mean_interval, statistic_interval, wilson


def test_wilson_known_values() -> None:
    """With z = 1.959964 and one hit of two: centre 1/2, half width z/(2+z²)·sqrt(1/2+z²/4)·… = 0.4055."""
    low, high, method = wilson(1, 2)
    z2 = 3.841459
    half = (z2**0.5 / (1 + z2 / 2)) * (0.25 / 2 + z2 / 16) ** 0.5
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)
    assert method == "wilson"
    # Newcombe 1998, table I: 81/263 and 15/148 by the score method without continuity correction.
    assert wilson(81, 263)[:2] == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148)[:2] == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20)[:2] == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(20, 20)[:2] == pytest.approx((0.8389, 1.0), abs=5e-5)


def test_items_that_stand_alone_get_the_exact_formula() -> None:
    assert mean_interval([1.0, 0.0, 1.0], ["a", "b", "c"]) == wilson(2, 3)


def test_two_clusters_can_be_enumerated() -> None:
    """Clusters {1, 1} and {0, 0, 0, 0}: the four equally likely draws have means 1, 1/3, 1/3 and 0."""
    interval = mean_interval([1.0, 1.0, 0.0, 0.0, 0.0, 0.0], list("aabbbb"))
    assert interval == (0.0, 1.0, "cluster bootstrap")


def test_clusters_widen_the_interval() -> None:
    """20 stories of 5 equal items each carry as much as 20 items, not as 100."""
    values = [float(i % 2) for i in range(20) for _ in range(5)]
    clustered = mean_interval(values, [str(i) for i in range(20) for _ in range(5)])
    alone = wilson(50, 100)
    assert clustered.high - clustered.low > 1.8 * (alone.high - alone.low)
    assert clustered.low < 0.5 < clustered.high


def test_no_variation_is_not_certainty() -> None:
    """All of 4 clusters right: Wilson on 4, not the empty interval [1, 1]."""
    assert mean_interval([1.0] * 8, list("aabbccdd"))[:2] == wilson(4, 4)[:2]
    assert mean_interval([0.0] * 8, list("aabbccdd"))[:2] == wilson(0, 4)[:2]
    # A corpus metric of perfect items may miss 1 by a rounding error.
    assert statistic_interval(list("abcd"), lambda drawn: 1 - 1e-15) == wilson(4, 4)


def test_one_cluster_and_no_items_say_nothing() -> None:
    assert mean_interval([1.0, 0.0], ["a", "a"]) == (0.0, 1.0, "one cluster")
    assert mean_interval([], []) == (0.0, 1.0, "no items")
    assert statistic_interval([], lambda drawn: 0.5) == (0.0, 1.0, "no items")


def test_statistic_sees_whole_clusters_and_the_seed_decides() -> None:
    seen: set[tuple[int, ...]] = set()

    def statistic(drawn: Sequence[int]) -> float:
        seen.add(tuple(drawn))
        return sum(position < 2 for position in drawn) / len(drawn)

    first = statistic_interval(list("aabb"), statistic, seed=1)
    assert seen == {(0, 1, 0, 1), (0, 1, 2, 3), (2, 3, 0, 1), (2, 3, 2, 3)}
    assert first == (0.0, 1.0, "cluster bootstrap")
    values, groups = [0.1 * (i % 7) for i in range(60)], [str(i // 3) for i in range(60)]
    assert mean_interval(values, groups, 1) == mean_interval(values, groups, 1)
    assert mean_interval(values, groups, 1) != mean_interval(values, groups, 2)


def test_mean_and_general_statistic_agree() -> None:
    values, groups = [0.1 * (i % 7) for i in range(60)], [str(i // 4) for i in range(60)]
    general = statistic_interval(groups, lambda drawn: sum(values[i] for i in drawn) / len(drawn), 3)
    assert mean_interval(values, groups, 3)[:2] == pytest.approx(general[:2])
