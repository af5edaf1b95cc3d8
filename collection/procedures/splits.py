"""What is trained on and what is held out, so that a score says which of several things was learnt.

    plans_of(Split.TOPOLOGY, 500, seed=0)    →   500 plans whose shape, times left out, never occurs in training

    train           3 to 6 steps
    id              the same, but no plan (shape and times together) that occurs in training
    topology        shapes of 5 and 6 steps that do not occur in training
    larger          7 and 8 steps
    phrasing        as id; in language the order is said in ways that training does not have
    greedy_proof    as id, but the longest next step and the most hops both lead astray

A plan belongs where a hash of its shape (and of its times) puts it, however steps are named or ordered: equal plans are
always on the same side. Plan i of a split depends on the seed and i alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from random import Random

from collection.procedures.baselines import is_greedy_proof
from collection.procedures.compact import HELD_OUT_WORDINGS, WORDINGS
from collection.procedures.critical_path import predecessors
from collection.procedures.generator import Shape, grow, retimed
from collection.procedures.instance import Plan

SHAPE = Shape()
LARGER_SHAPE = Shape(steps=(7, 8))
_MANY = Shape(steps=(5, 6))  # fewer steps cannot mislead both rules, and have few shapes to hold out
_TOPOLOGY_PART = 6  # one shape in six is held out
_PLAN_PART = 10  # of the other shapes, one plan in ten
_PROOF_PART = 2  # of those that mislead both rules, which are rare, every other
_TIMINGS = 12  # so often a shape gets other times in the search for a plan that misleads
_MAX_TRIES = 20_000


class Split(StrEnum):
    """A set of plans."""

    TRAIN = "train"
    ID = "id"
    TOPOLOGY = "topology"
    LARGER = "larger"
    PHRASING = "phrasing"
    GREEDY_PROOF = "greedy_proof"


HELD_OUT = tuple(split for split in Split if split is not Split.TRAIN)


def plans_of(split: Split, count: int, seed: int = 0) -> Iterator[Plan]:
    """The first ``count`` plans of a split."""
    for index in range(count):
        yield draw(split, Random(f"procedures/{split}/{seed}/{index}"))


def draw(split: Split, rng: Random) -> Plan:
    """One plan of a split."""
    shapes = {Split.LARGER: LARGER_SHAPE, Split.TOPOLOGY: _MANY, Split.GREEDY_PROOF: _MANY}
    shape = shapes.get(split, SHAPE)
    for _ in range(_MAX_TRIES):
        plan = grow(rng, shape)
        for _ in range(_TIMINGS if split is Split.GREEDY_PROOF else 1):
            if belongs(plan, split):
                return plan
            if split is Split.GREEDY_PROOF:
                plan = retimed(plan, rng)
    raise AssertionError(f"no plan of {split} in {_MAX_TRIES:,} draws")


def belongs(plan: Plan, split: Split) -> bool:
    """Whether a plan may be in a split. Larger plans are in no other one."""
    count = len(plan.steps)
    if split is Split.LARGER or count > SHAPE.steps[1]:
        return split is Split.LARGER and count > SHAPE.steps[1]
    is_large = count >= _MANY.steps[0]
    is_proof = is_large and split in (Split.TRAIN, Split.GREEDY_PROOF) and is_greedy_proof(plan)
    if split is Split.GREEDY_PROOF and not is_proof:
        return False
    is_shape_held_out = is_large and fingerprint(plan, with_times=False) % _TOPOLOGY_PART == 0
    if is_shape_held_out or split is Split.TOPOLOGY:
        return is_shape_held_out and split is Split.TOPOLOGY
    number = fingerprint(plan, with_times=True)
    if split is Split.TRAIN:
        return number % _PLAN_PART != 0 and not (is_proof and number % _PROOF_PART == 0)
    return number % (_PROOF_PART if split is Split.GREEDY_PROOF else _PLAN_PART) == 0


def wordings_of(split: Split) -> Sequence[str]:
    """In which ways the compact language of a split says an order."""
    return HELD_OUT_WORDINGS if split is Split.PHRASING else WORDINGS


def fingerprint(plan: Plan, *, with_times: bool) -> int:
    """The same number for plans that differ in names and order only, by rounds of colour refinement.

    Plans that the refinement cannot tell apart share a number, too: then both are held out, or neither.
    """
    before = predecessors(plan.following)
    colours = [_hashed(step.time) for step in plan.steps] if with_times else [1] * len(plan.steps)
    for _ in range(len(plan.steps)):
        old = colours
        colours = [
            _hash_of((old[i], tuple(sorted([old[j] for j in before[i]])), tuple(sorted([old[j] for j in after]))))
            for i, after in enumerate(plan.following)
        ]
        if len(set(old)) == len(set(colours)) == len(old):
            break  # all steps differ already
    return _hash_of((len(plan.steps), tuple(sorted(colours))))


@lru_cache(maxsize=1 << 14)
def _hash_of(value: tuple) -> int:
    """A hash that is the same in every process."""
    return zlib.crc32(repr(value).encode())


@lru_cache(maxsize=4_096)
def _hashed(time: str) -> int:
    return zlib.crc32(time.encode())
