"""Which rows go into which pack: global best fit over one epoch, then shuffled.

    rows of 700, 500, 300, 250, 200 tokens, packs of 1000   ─▶   [700 300] [500 250 200]

A plan is a pure function of the rows, the seed and the epoch, so a run resumes exactly. Rows of a family that
begin alike travel together, up to ``max_branches`` of them, and their trunk counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbol_llm.errors import UserError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Plan:
    """Packs of one epoch: pack ``k`` holds ``rows[starts[k] : starts[k + 1]]``."""

    rows: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def pack(self, index: int) -> np.ndarray:
        """Row numbers of one pack."""
        pack: np.ndarray = self.rows[self.starts[index] : self.starts[index + 1]]
        return pack


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows cost: tokens per row, and the families that share a trunk (-1: no family). int arrays [rows]."""

    lengths: np.ndarray
    families: np.ndarray
    trunks: np.ndarray


def plan_epoch(
    rows: np.ndarray, shape: Shape, capacity: int, max_branches: int, multiple: int, seed: int, epoch: int
) -> Plan:
    """Pack ``rows`` (numbers, possibly repeated) into packs of ``capacity`` tokens.

    The number of packs is a multiple of ``multiple``, the packs of one global step, by cutting the packs with
    most rows in two. Raises UserError if there are fewer rows than that.
    """
    import numpy as np

    check_enough(rows, multiple)
    rng = np.random.default_rng([seed, epoch])
    shuffled = rows[rng.permutation(len(rows))]
    ordered, starts = _tie(shuffled, shape, capacity, max_branches)
    costs = _costs(ordered, starts, shape)
    bins = best_fit(costs, capacity)
    # Packs in shuffled order: best fit goes from long rows to short ones.
    place = rng.permutation(int(bins.max()) + 1)[bins]
    by_pack = np.argsort(place, kind="stable")
    sizes = np.diff(starts)[by_pack]
    taken = ordered[_ranges(starts[:-1][by_pack], sizes)]
    per_pack = np.bincount(place, weights=np.diff(starts)).astype(np.int64)
    return Plan(taken, np.concatenate([[0], np.cumsum(split_largest(per_pack.tolist(), multiple))]))


def check_enough(rows: np.ndarray, multiple: int) -> None:
    """Raises UserError if there are fewer rows than packs of a step."""
    if len(rows) < multiple:
        raise UserError(f"{len(rows)} rows are too few for {multiple} packs per step: use fewer processes or more data")


def best_fit(costs: np.ndarray, capacity: int) -> np.ndarray:
    """Bin number of each item by best-fit decreasing. Costs are whole numbers in 1..capacity.

    Bins wait in lists by the room they have left; one big integer has a bit set for each room that occurs, so the
    tightest bin that fits is its lowest bit at or above the cost.
    """
    import numpy as np

    order = np.argsort(-costs, kind="stable").tolist()
    sizes = costs.tolist()
    waiting: list[list[int]] = [[] for _ in range(capacity + 1)]
    rooms, num_bins = 0, 0
    bins = [0] * len(sizes)
    for item in order:
        size = sizes[item]
        fitting = rooms >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            chosen = waiting[room].pop()
            if not waiting[room]:
                rooms ^= 1 << room
        else:
            room, chosen = capacity, num_bins
            num_bins += 1
        bins[item] = chosen
        left = room - size
        if left:
            if not waiting[left]:
                rooms |= 1 << left
            waiting[left].append(chosen)
    return np.asarray(bins, np.int64)


def _tie(rows: np.ndarray, shape: Shape, capacity: int, max_branches: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows reordered so that ties are neighbours, and the start of each tie (one row, or branches of a family)."""
    import numpy as np

    families = shape.families[rows]
    # Rows without a family get one of their own, above all real ones.
    own = np.where(families >= 0, families, shape.families.max(initial=0) + 1 + np.arange(len(rows)))
    order = np.argsort(own, kind="stable")
    rows, own = rows[order], own[order]
    first = np.concatenate([[True], own[1:] != own[:-1]])
    start_of = np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))
    place = np.arange(len(rows)) - start_of  # within its family
    first |= place % max_branches == 0
    # A tie that is larger than a pack falls apart into halves, and so on down to its rows.
    branches = max_branches
    while True:
        starts = np.append(np.flatnonzero(first), len(rows))
        loose = _costs(rows, starts, shape) > capacity
        if branches == 1 or not loose.any():
            break
        branches //= 2
        first |= np.repeat(loose, np.diff(starts)) & (place % branches == 0)
    return rows, starts


def _costs(rows: np.ndarray, starts: np.ndarray, shape: Shape) -> np.ndarray:
    """Computed tokens of each tie: its rows, with the trunk counted once."""
    import numpy as np

    sizes = np.diff(starts)
    costs: np.ndarray = (
        np.add.reduceat(shape.lengths[rows], starts[:-1]) - (sizes - 1) * shape.trunks[rows[starts[:-1]]]
    )
    return costs


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Indices of many ranges, one after the other."""
    import numpy as np

    ends = np.cumsum(sizes)
    indices: np.ndarray = np.repeat(starts - (ends - sizes), sizes) + np.arange(int(ends[-1]))
    return indices


def split_largest(sizes: list[int], multiple: int) -> list[int]:
    """Rows per pack, with the largest packs cut in two until the number of packs is a multiple."""
    while len(sizes) % multiple:
        largest = max(range(len(sizes)), key=sizes.__getitem__)
        half = sizes[largest] // 2
        sizes[largest : largest + 1] = [half, sizes[largest] - half]
    return sizes
