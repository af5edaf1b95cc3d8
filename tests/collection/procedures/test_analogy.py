"""Analogy strengths worked out by hand, and correlations that size alone explains."""

from __future__ import annotations

import numpy as np
import pytest

from collection.procedures.analogy import Correlation, correlation, report, strengths
from collection.procedures.instance import Step
from collection.procedures.splits import Split, plans_of
from symbol_llm.errors import UserError
from tests.collection.procedures.plans import plan_of, timed

CHAIN, FORK = timed(3, 3, 4, edges="1-2 2-3"), timed(3, 3, 4, edges="1-2 1-3")


def test_a_plan_is_like_itself_under_any_names() -> None:
    other = plan_of([Step("9", "240 sec"), Step("7", "3 min"), Step("8", "180 sec")], [("7", "8"), ("8", "9")])
    assert strengths([CHAIN], [CHAIN, other]) == pytest.approx(np.ones((1, 2)))
    assert strengths([CHAIN], [FORK])[0, 0] < 1


def test_histograms_of_times() -> None:
    # of 3, 3, 4 and 3, 4, 4 the multisets share 3 and 4, and have 3, 3, 4, 4 together
    assert strengths([timed(3, 3, 4)], [timed(3, 4, 4)], times_weight=1)[0, 0] == pytest.approx(2 / 4)
    assert strengths([timed(3, 3)], [timed(3)], times_weight=1)[0, 0] == pytest.approx(1 / 2)
    assert strengths([timed(3)], [timed(4)], times_weight=1)[0, 0] == 0


def test_the_kernel() -> None:
    # One step against two side by side. Counted labels of one: S, 1, E and their refinements.
    one, two = timed(1), timed(1, 1)
    # Round 0: S 1, E 1, inner 1 against 2. The inner step looks alike in round 1 (from S to E); S and E, which see one
    # or two inner steps, do not, and so nothing is alike in rounds 2 and 3.
    shared = 1 + 1 + 2 + 2
    own = 3 + 3 + 3 + 3
    others = (1 + 1 + 4) * 4
    expected = shared / np.sqrt(own * others)
    assert strengths([one], [two], times_weight=0)[0, 0] == pytest.approx(expected)


def test_direction_counts() -> None:
    fork, join = timed(1, 1, 1, edges="1-2 1-3"), timed(1, 1, 1, edges="1-3 2-3")
    assert strengths([fork], [join], times_weight=0)[0, 0] < 0.9


def test_all_pairs_lie_between_0_and_1() -> None:
    test, train = list(plans_of(Split.ID, 20)), list(plans_of(Split.TRAIN, 40))
    found = strengths(test, train)
    assert found.shape == (20, 40) and found.min() > 0 and found.max() <= 1 + 1e-12
    assert found == pytest.approx(strengths(train, test).T)


def test_size_alone_explains_a_correlation() -> None:
    rng = np.random.default_rng(0)
    size = rng.integers(3, 15, 400).astype(float)
    predictor = -size + rng.normal(0, 2, 400)
    outcome = (rng.random(400) < 1 / size * 3).astype(float)
    found = correlation(predictor, outcome, size[:, None])
    assert found.r is not None and found.r > 0.3
    assert found.partial is not None and abs(found.partial) < 0.12
    assert found.low is not None and found.high is not None and found.low < found.partial < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(400 - 1 - 3), rel=0.02)


def test_partial_correlation_is_the_textbooks() -> None:
    rng = np.random.default_rng(1)
    x, y, z = rng.normal(size=(3, 50))
    x, y = x + z, y + z
    xy, xz, yz = np.corrcoef(x, y)[0, 1], np.corrcoef(x, z)[0, 1], np.corrcoef(y, z)[0, 1]
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    found = correlation(x, y, z[:, None])
    assert found.partial == pytest.approx(expected) and found.r == pytest.approx(xy)


def test_what_is_not_defined_is_none() -> None:
    flat = correlation(np.ones(9), np.arange(9.0), np.zeros((9, 1)))
    assert flat == Correlation(None, None, None, None)
    explained = correlation(np.arange(9.0), np.arange(9.0) % 2, np.arange(9.0)[:, None])
    assert explained.r is not None and explained.partial is None


def test_a_report() -> None:
    test, train = list(plans_of(Split.ID, 30)), list(plans_of(Split.TRAIN, 60))
    nearest = strengths(test, train).max(axis=1)
    found = report(test, train, list(nearest > np.median(nearest)))
    assert found.plans == 30 and 0.4 <= found.accuracy <= 0.5
    assert found.nearest.r is not None and found.nearest.r > 0.6
    assert found.nearest.partial is not None and found.nearest.partial > 0.4
    assert found.to_json()["nearest"]["r"] == found.nearest.r
    with pytest.raises(UserError, match="30 test plans, but 2 values"):
        report(test, train, [True, False])
    with pytest.raises(UserError, match="one of the two is empty"):
        report([], train, [])
