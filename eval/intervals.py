"""Confidence intervals: exact where a formula is, by bootstrap of whole clusters where items share a context.

    188 of 204 right, every item alone     wilson(188, 204)  ->  0.8764 .. 0.9511
    three conclusions about each story     mean_interval(values, groups=story of each)

Items of one story or schema fail together: resampling single items would make the interval too narrow, so whole
clusters are drawn (Field and Welsh 2007, "Bootstrapping clustered data", J. R. Statist. Soc. B 69).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

LEVEL = 0.95
RESAMPLES = 1000


class Interval(NamedTuple):
    """An interval within 0..1 at the 95 % level, and how it was made."""

    low: float
    high: float
    method: str


def wilson(num_hits: float, num_items: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927): sound for few items and for rates near 0 and 1."""
    if num_items == 0:
        return Interval(0.0, 1.0, "no items")
    z = NormalDist().inv_cdf((1 + level) / 2)
    rate = num_hits / num_items
    scale = 1 + z * z / num_items
    centre = (rate + z * z / (2 * num_items)) / scale
    half = z / scale * (rate * (1 - rate) / num_items + z * z / (4 * num_items**2)) ** 0.5
    # At 0 and 1 the formula gives the bound itself up to rounding.
    low = 0.0 if num_hits == 0 else max(0.0, centre - half)
    high = 1.0 if num_hits == num_items else min(1.0, centre + half)
    return Interval(low, high, "wilson")


def mean_interval(values: Sequence[float], groups: Sequence[str], seed: int = 0) -> Interval:
    """Interval of the mean of ``values`` (each in 0..1), where items with the same group form a cluster."""
    clusters = _clusters(groups)
    if len(clusters) == len(values) and set(values) <= {0.0, 1.0}:
        return wilson(sum(values), len(values))
    data = np.asarray(values, dtype=float)
    sums = np.array([data[members].sum() for members in clusters])
    sizes = np.array([len(members) for members in clusters])

    def resampled(drawn: np.ndarray) -> float:
        return float(sums[drawn].sum() / sizes[drawn].sum())

    return _bootstrap(len(clusters), resampled, seed)


def statistic_interval(groups: Sequence[str], statistic: Callable[[Sequence[int]], float], seed: int = 0) -> Interval:
    """Interval of any corpus statistic in 0..1; ``statistic`` is called with the positions of resampled items."""
    clusters = _clusters(groups)
    return _bootstrap(
        len(clusters), lambda drawn: statistic([item for cluster in drawn for item in clusters[cluster]]), seed
    )


def _clusters(groups: Sequence[str]) -> list[list[int]]:
    """Positions of the items of each cluster, clusters in order of appearance."""
    members: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    return list(members.values())


def _bootstrap(num_clusters: int, statistic: Callable[[np.ndarray], float], seed: int) -> Interval:
    if num_clusters == 0:
        return Interval(0.0, 1.0, "no items")
    if num_clusters == 1:
        return Interval(0.0, 1.0, "one cluster")  # says nothing about what another cluster would do
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, num_clusters, (RESAMPLES, num_clusters))
    low, high = np.quantile([statistic(draw) for draw in draws], [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    if high < 1e-9 or low > 1 - 1e-9:
        # All clusters hopeless, or all perfect (up to rounding): resampling sees no variation, Wilson on them does.
        return wilson(num_clusters * round(low), num_clusters)
    return Interval(low, high, "cluster bootstrap")
