"""Packs hold every row once, never overflow, come in whole steps, and depend on seed and epoch alone."""

from __future__ import annotations

import numpy as np
import pytest

from symbol_llm.errors import UserError
from symbol_llm.training.packing import Shape, best_fit, plan_epoch
from symbol_llm.training.prefixes import SHORTEST_TRUNK, cut_families, find_families
from symbol_llm.training.summary import tasks_per_step

CAPACITY = 512


def random_shape(num_rows: int, seed: int = 0) -> Shape:
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(4.2, 0.8, num_rows), 8, CAPACITY).astype(np.int64)
    families = rng.integers(-1, 6, num_rows).astype(np.int32)
    trunks = np.where(families >= 0, 8, 0).astype(np.int32)
    return Shape(lengths, families, trunks)


def cost(rows: np.ndarray, shape: Shape) -> int:
    """Tokens of a pack with each family's trunk counted once, the least that the planner can have counted."""
    shared = sum((n - 1) * 8 for f, n in zip(*np.unique(shape.families[rows], return_counts=True)) if f >= 0)
    return int(shape.lengths[rows].sum() - shared)


@pytest.mark.parametrize("multiple", [1, 2, 7])
def test_every_row_once_and_no_overflow(multiple: int) -> None:
    shape = random_shape(1_003)
    plan = plan_epoch(np.arange(1_003), shape, CAPACITY, 4, multiple, seed=3, epoch=0)
    assert sorted(plan.rows.tolist()) == list(range(1_003))
    assert len(plan) % multiple == 0
    for index in range(len(plan)):
        assert len(plan.pack(index)) and cost(plan.pack(index), shape) <= CAPACITY


def test_repeated_rows_stay_repeated() -> None:
    rows = np.repeat(np.arange(50), 3)
    plan = plan_epoch(rows, random_shape(50), CAPACITY, 4, 1, 0, 0)
    assert sorted(plan.rows.tolist()) == rows.tolist()


def test_a_plan_is_a_function_of_seed_and_epoch() -> None:
    shape, rows = random_shape(400), np.arange(400)

    def plan(seed: int, epoch: int) -> list[int]:
        return plan_epoch(rows, shape, CAPACITY, 4, 2, seed, epoch).rows.tolist()

    assert plan(1, 0) == plan(1, 0)
    assert plan(1, 0) != plan(1, 1) and plan(1, 0) != plan(2, 0)


def test_packs_are_full_and_shuffled() -> None:
    shape = Shape(random_shape(5_000).lengths, np.full(5_000, -1, np.int32), np.zeros(5_000, np.int32))
    plan = plan_epoch(np.arange(5_000), shape, CAPACITY, 1, 1, 0, 0)
    sizes = np.diff(plan.starts)
    fill = shape.lengths.sum() / (len(plan) * CAPACITY)
    assert fill > 0.99
    assert abs(np.corrcoef(np.arange(len(plan)), sizes)[0, 1]) < 0.2, "long rows do not all come first"


def test_best_fit_is_what_its_definition_says() -> None:
    rng = np.random.default_rng(1)
    costs = rng.integers(1, 101, 300)
    room: list[int] = []
    for size in sorted(costs.tolist(), reverse=True):
        fitting = [i for i, left in enumerate(room) if left >= size]
        if fitting:
            room[min(fitting, key=room.__getitem__)] -= size
        else:
            room.append(100 - size)
    bins = best_fit(costs, 100)
    assert sorted((100 - np.bincount(bins, weights=costs)).tolist()) == sorted(room)


def test_families_travel_together() -> None:
    shape = Shape(np.full(64, 60), np.repeat(np.arange(8), 8).astype(np.int32), np.full(64, 50, np.int32))
    plan = plan_epoch(np.arange(64), shape, CAPACITY, 4, 1, 0, 0)
    # Four branches of ten tokens and a trunk of fifty: five such ties, or twenty rows, to a pack.
    assert len(plan) == 4
    together = [len(set(shape.families[plan.pack(k)].tolist())) for k in range(4)]
    assert max(together) <= 5


def test_a_tie_larger_than_a_pack_falls_apart() -> None:
    shape = Shape(np.full(4, 400), np.zeros(4, np.int32), np.full(4, 10, np.int32))
    assert len(plan_epoch(np.arange(4), shape, CAPACITY, 4, 1, 0, 0)) == 4


def test_a_tie_larger_than_a_pack_falls_apart_no_further_than_it_must() -> None:
    """Eight rows of 110 tokens, 50 of them shared: 470 tokens do not fit into 300, four rows (290) do."""
    shape = Shape(np.full(8, 110), np.zeros(8, np.int32), np.full(8, 50, np.int32))
    plan = plan_epoch(np.arange(8), shape, 300, 8, 1, 0, 0)
    assert np.diff(plan.starts).tolist() == [4, 4]


def test_what_travelling_together_costs_in_mixture() -> None:
    """Four tasks, a family each: ties of eight fill a step with fewer tasks than rows that are drawn one by one."""
    tasks = np.repeat(np.arange(4), 100)
    tied = Shape(np.full(400, 60), tasks.astype(np.int32), np.full(400, 50, np.int32))
    alone = Shape(tied.lengths, np.full(400, -1, np.int32), tied.trunks * 0)
    found = {}
    for name, shape, capacity in (("tied", tied, 130), ("alone", alone, 480)):  # eight rows to a pack in both
        plan = plan_epoch(np.arange(400), shape, capacity, 8, 1, 0, 0)
        mixed, drawn = tasks_per_step(plan, tasks, 1)
        assert drawn == pytest.approx(4 * (1 - 0.75 ** (400 / len(plan))))
        found[name] = mixed
    assert found["tied"] == 1.0 and found["alone"] > 3
    assert tasks_per_step(plan, tasks, len(plan)) == (4.0, pytest.approx(4.0))


def test_too_few_rows_for_a_step() -> None:
    with pytest.raises(UserError, match="3 rows are too few for 8 packs"):
        plan_epoch(np.arange(3), random_shape(3), CAPACITY, 1, 8, 0, 0)


def test_rows_of_a_family_share_its_trunk() -> None:
    rng = np.random.default_rng(5)
    heads = [rng.integers(0, 9, n) for n in (20, 40, 40, 90, 4)]
    rows = [np.concatenate([heads[i % 5], rng.integers(0, 9, 12)]).astype(np.uint16) for i in range(200)]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    families, trunks = find_families(np.concatenate(rows), offsets, np.diff(offsets) - 2)
    for family in set(families.tolist()) - {-1}:
        members = np.flatnonzero(families == family)
        (trunk,) = set(trunks[members].tolist())
        assert trunk >= SHORTEST_TRUNK
        assert len({tuple(rows[i][:trunk].tolist()) for i in members}) == 1
    for kind, head in enumerate(heads):
        assert (families[kind::5] >= 0).all() == (len(head) >= SHORTEST_TRUNK)


def test_a_finer_cut_must_save_more() -> None:
    # Two schemas of 100 tokens under one instruction of 20: two families. Words in common by chance: one.
    assert cut_families([0] + [100] * 7 + [20] + [100] * 7) == [(0, 8, 100), (8, 16, 100)]
    assert cut_families([0] + [61] * 7 + [60] + [61] * 7) == [(0, 16, 60)]
    assert cut_families([0, 3, 5, 0]) == []
