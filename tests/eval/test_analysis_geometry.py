"""Alignment and uniformity against numbers worked out by hand, and against all pairs written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eval.analysis import geometry
from eval.analysis.geometry import (
    between,
    draw_weights,
    interval_of,
    pair_alignment,
    plane,
    positions,
    spread,
    uniformity,
    unit,
)

NONE = np.zeros((0, 3), dtype=np.float32)
CORNER = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])


def cloud(number: int, width: int, seed: int = 0) -> np.ndarray:
    return unit(np.random.default_rng(seed).standard_normal((number, width)) + 0.5)


def test_three_points_by_hand() -> None:
    """Squared distances 2, 2 and 4."""
    assert spread(CORNER, NONE).value == pytest.approx(8 / 3)
    found = uniformity(CORNER, [np.arange(3)], NONE)
    assert found.overall.value == pytest.approx(math.log((2 * math.exp(-4) + math.exp(-8)) / 3))
    assert found.overall.value == pytest.approx(found.within[0].value)
    assert pair_alignment(CORNER[:2], CORNER[1:], NONE).value == pytest.approx(2.0)
    assert between(CORNER[:1], CORNER[1:]) == pytest.approx(3.0)


def test_the_same_as_the_formulas_of_the_paper_in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their reference code: norm(x - y).pow(2).mean() and pdist(x).pow(2).mul(-t).exp().mean().log()."""
    import torch

    monkeypatch.setattr(geometry, "BLOCK", 7)  # blocks that divide nothing evenly
    x, y = cloud(50, 12), cloud(50, 12, seed=1)
    a, b = torch.from_numpy(x), torch.from_numpy(y)
    assert pair_alignment(x, y, NONE).value == pytest.approx((a - b).norm(dim=1).pow(2).mean().item())
    assert spread(x, NONE).value == pytest.approx(torch.pdist(a).pow(2).mean().item())
    assert between(x, y) == pytest.approx(torch.cdist(a, b).pow(2).mean().item())
    groups = [np.arange(20), np.arange(20, 50)]
    found = uniformity(x, groups, np.ones((1, 50), dtype=np.float32))
    assert found.overall.value == pytest.approx(torch.pdist(a).pow(2).mul(-2).exp().mean().log().item())
    for part, places in zip(found.within, groups):
        assert part.value == pytest.approx(torch.pdist(a[places]).pow(2).mul(-2).exp().mean().log().item())
    crossed = torch.cdist(a[:20], a[20:]).pow(2).mul(-2).exp().mean().log().item()
    assert found.matrix[0, 1] == pytest.approx(crossed) and found.matrix[1, 0] == pytest.approx(crossed)


def test_a_resample_counts_pairs_of_different_records_alone() -> None:
    """A draw written out record by record: pairs of a record with its own copy are left out."""
    x = cloud(6, 4)
    weights = np.array([[2, 0, 1, 3, 0, 0], [1, 1, 1, 1, 1, 1]], dtype=np.float32)
    written = [0, 0, 2, 3, 3, 3]
    distances = [((x[i] - x[j]) ** 2).sum() for i in written for j in written if i != j]
    assert spread(x, weights).draws[0] == pytest.approx(np.mean(distances))
    drawn = uniformity(x, [np.arange(6)], weights)
    expected = math.log(np.mean(np.exp(-2 * np.array(distances))))
    assert drawn.overall.draws[0] == pytest.approx(expected, rel=1e-5)
    assert drawn.within[0].draws[0] == pytest.approx(expected, rel=1e-5)
    assert drawn.overall.draws[1] == pytest.approx(drawn.overall.value, rel=1e-5)


def test_clusters_are_drawn_whole_within_their_family() -> None:
    families = ["a"] * 10 + ["b"] * 6
    clusters = [str(place // 2) for place in range(10)] + list("uvwxyz")
    weights = draw_weights(families, clusters, seed=3, resamples=40)
    assert (weights[:, 0:10:2] == weights[:, 1:10:2]).all()
    assert (weights[:, :10].sum(1) == 10).all() and (weights[:, 10:].sum(1) == 6).all()
    assert (weights == draw_weights(families, clusters, seed=3, resamples=40)).all()
    assert (weights != draw_weights(families, clusters, seed=4, resamples=40)).any()


def test_few_clusters_have_no_interval() -> None:
    weights = draw_weights(["a"] * 8, ["one"] * 4 + ["two"] * 4, seed=0)
    assert (weights == 1).all()
    estimate = spread(cloud(8, 3), weights)
    assert estimate.value is not None and estimate.interval() is None


def test_an_interval_of_many_records_holds_the_value() -> None:
    x = cloud(60, 5)
    weights = draw_weights(["a"] * 60, [str(place) for place in range(60)], seed=0)
    for estimate in (spread(x, weights), uniformity(x, [np.arange(60)], weights).overall):
        ends = estimate.interval()
        assert ends is not None and estimate.value is not None and ends[0] < estimate.value < ends[1]
    assert interval_of(np.array([np.nan, np.nan])) is None


def test_one_record_has_no_pair() -> None:
    found = uniformity(CORNER, [np.array([0]), np.array([1, 2])], np.ones((4, 3), dtype=np.float32))
    assert found.within[0].value is None and found.within[1].value == pytest.approx(-4.0)
    assert np.isnan(found.matrix[0, 0]) and np.isfinite(found.matrix[0, 1])
    assert spread(CORNER[:1], NONE).value is None and pair_alignment(CORNER[:0], CORNER[:0], NONE).value is None


def test_near_neighbours_keep_their_digits() -> None:
    """Hidden states of language models fill a narrow cone: distances of a billionth must not drown."""
    x = unit(np.array([[1.0, 0.0], [1.0, 1e-4]]))
    assert spread(x, NONE).value == pytest.approx(1e-8, rel=1e-6)


def test_the_plane_is_that_of_the_singular_vectors() -> None:
    x = np.random.default_rng(0).standard_normal((40, 9)) * [9, 5, 2, 1, 1, 1, 1, 1, 1]
    points, shares = plane(x)
    left, values, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    assert shares == pytest.approx((values**2 / (values**2).sum())[:2])
    assert np.abs(points) == pytest.approx(np.abs(left[:, :2] * values[:2]), abs=1e-6)
    flat, none = plane(np.ones((3, 4)))
    assert not flat.any() and none == [0.0, 0.0]
    assert plane(np.array([[1.0], [2.0]]))[0].shape == (2, 2)


def test_positions() -> None:
    assert {name: places.tolist() for name, places in positions(["b", "a", "b"]).items()} == {"b": [0, 2], "a": [1]}
