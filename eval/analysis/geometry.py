"""Alignment and uniformity of unit vectors (Wang and Isola 2020, arXiv 2005.10242), exact over all pairs.

    alignment   E |x - y|²  over positive pairs                       0 … 4, smaller: positives lie closer together
    uniformity  log E exp(-2 |x - y|²)  over pairs of records         -8 … 0, smaller: spread wider over the sphere

    x1 = (1, 0)  x2 = (0, 1)  x3 = (-1, 0):  |x1-x2|² = |x2-x3|² = 2, |x1-x3|² = 4
    alignment = 8/3      uniformity = log((2 exp(-4) + exp(-8)) / 3) = -4.396

No pair is sampled: on the sphere the mean squared distance of two sets follows from their mean vectors, and the
Gaussian potential is summed block by block. Intervals are the bootstrap of whole clusters within each family; a pair
of a record with itself, which resampling makes, never counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 1_000
LEVEL = 0.95
MIN_CLUSTERS = 5  # of fewer a bootstrap knows nothing
T = 2.0
BLOCK = 1_024


class Estimate(NamedTuple):
    """A value and its bootstrap draws; ``draws`` is empty where there are too few clusters."""

    value: float | None
    draws: np.ndarray

    def interval(self) -> list[float] | None:
        """The percentile interval at the 95 % level."""
        return interval_of(self.draws)


NOTHING = Estimate(None, np.empty(0))


def interval_of(draws: np.ndarray) -> list[float] | None:
    """The percentile interval of bootstrap draws; None without any."""
    kept = draws[np.isfinite(draws)]
    if not len(kept):
        return None
    ends: list[float] = np.quantile(kept, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return ends


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows (n, d) scaled to length 1, in double precision: distances of near neighbours are differences of ones."""
    rows = np.asarray(vectors, dtype=np.float64)
    scaled: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def draw_weights(families: Sequence[str], clusters: Sequence[str], seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """How often each resample takes each record: (resamples, n), clusters drawn with replacement in each family.

    A family of fewer than five clusters is taken as it is, and gets no interval.
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((resamples, len(families)), dtype=np.float32)
    for members in positions(families).values():
        own = positions([clusters[place] for place in members])
        if len(own) < MIN_CLUSTERS:
            weights[:, members] = 1
            continue
        drawn = rng.multinomial(len(own), [1 / len(own)] * len(own), size=resamples)
        for number, places in enumerate(own.values()):
            weights[:, members[places]] = drawn[:, number : number + 1]
    return weights


def positions(labels: Sequence[str]) -> dict[str, np.ndarray]:
    """Where each label stands, labels in order of appearance."""
    found: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        found.setdefault(label, []).append(place)
    return {label: np.array(places) for label, places in found.items()}


def spread(x: np.ndarray, weights: np.ndarray) -> Estimate:
    """Alignment where every two of the unit vectors ``x`` (n, d) are a positive pair; ``weights`` is (resamples, n)."""
    if len(x) < 2:
        return NOTHING

    def mean_distance(rows: np.ndarray) -> np.ndarray:
        total, same = rows.sum(1), (rows**2).sum(1)
        far = np.maximum(2 * (total**2 - ((rows @ x) ** 2).sum(1)), 0.0)  # below 0 by rounding alone
        return _divided(far, total**2 - same)

    value = float(mean_distance(np.ones((1, len(x))))[0])
    return Estimate(value, mean_distance(weights.astype(np.float64)) if _varies(weights) else np.empty(0))


def pair_alignment(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Estimate:
    """Alignment of the pairs (x[i], y[i]) of unit vectors, both (n, d); ``weights`` is (resamples, n)."""
    if not len(x):
        return NOTHING
    distances = ((x - y) ** 2).sum(1)
    draws = _divided(weights @ distances, weights.sum(1)) if _varies(weights) else np.empty(0)
    return Estimate(float(distances.mean()), draws)


def between(x: np.ndarray, y: np.ndarray) -> float:
    """Mean squared distance of all pairs of one unit vector of ``x`` and one of ``y``."""
    return float(max(0.0, 2 - 2 * (x.mean(0) @ y.mean(0))))


class Uniformity(NamedTuple):
    """Of all records, within each family, and between families, (families, families); NaN where no pair is."""

    overall: Estimate
    within: list[Estimate]
    matrix: np.ndarray


def uniformity(x: np.ndarray, groups: Sequence[np.ndarray], weights: np.ndarray, t: float = T) -> Uniformity:
    """Uniformity of unit vectors ``x`` (n, d), whose families are the positions in ``groups``.

    Memory: one block of rows by n, and (resamples, n).
    """
    num, num_groups = len(x), len(groups)
    belongs = np.zeros((num, num_groups))
    for number, places in enumerate(groups):
        belongs[places, number] = 1
    sums = np.zeros((num_groups, num_groups))
    totals = np.zeros(len(weights))
    own_totals = np.zeros((num_groups, len(weights)))
    for start in range(0, num, BLOCK):
        rows = slice(start, min(start + BLOCK, num))
        kernel = np.exp(-t * np.maximum(2 - 2 * (x[rows] @ x.T), 0.0))
        kernel[np.arange(rows.stop - start), np.arange(start, rows.stop)] = 0.0  # no record with itself
        sums += belongs[rows].T @ (kernel @ belongs)
        kernel = kernel.astype(np.float32)
        totals += ((weights @ kernel.T) * weights[:, rows]).sum(1)
        for number, places in enumerate(groups):
            own = places[(places >= start) & (places < rows.stop)]
            if len(own):
                inner = kernel[np.ix_(own - start, places)]
                own_totals[number] += ((weights[:, places] @ inner.T) * weights[:, own]).sum(1)
    sizes = belongs.sum(0)
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    matrix = _log(_divided(sums, pairs))
    within = [
        _estimate(matrix[number, number], own_totals[number], weights[:, places])
        for number, places in enumerate(groups)
    ]
    overall = _log(_divided(np.array([sums.sum()]), np.array([float(num * (num - 1))])))[0]
    return Uniformity(_estimate(overall, totals, weights), within, matrix)


def _estimate(value: float, totals: np.ndarray, weights: np.ndarray) -> Estimate:
    if not np.isfinite(value):
        return NOTHING
    wide = weights.astype(np.float64)
    draws = _log(_divided(totals, wide.sum(1) ** 2 - (wide**2).sum(1))) if _varies(weights) else np.empty(0)
    return Estimate(float(value), draws)


def _varies(weights: np.ndarray) -> bool:
    """Whether resampling moves anything: a few clusters are taken as they are."""
    return bool(len(weights)) and bool((weights != weights[:1]).any())


def _divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, NaN where there is no pair to divide by."""
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)


def plane(x: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The first two principal components of rows (n, d): coordinates (n, 2) and their shares of the variance."""
    centred = x - x.mean(0)
    total = float((centred**2).sum())
    if total < 1e-18:  # all in one place
        return np.zeros((len(x), 2)), [0.0, 0.0]
    # Subspace iteration: two directions of a matrix of thousands by thousands, without all the others.
    width = min(8, *centred.shape)
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((centred.shape[1], width)))[0]
    for _ in range(30):
        basis = np.linalg.qr(centred.T @ (centred @ basis))[0]
    values, vectors = np.linalg.eigh((seen := centred @ basis).T @ seen)
    order = np.argsort(values)[::-1][:2]
    axes = basis @ vectors[:, order]
    axes *= np.where(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])] < 0, -1.0, 1.0)  # a sign of its own choice
    points = np.zeros((len(x), 2))
    points[:, : axes.shape[1]] = centred @ axes
    return points, [float(value) / total for value in values[order]] + [0.0] * (2 - len(order))
