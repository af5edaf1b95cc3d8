"""Plans from a seed, in two shapes.

    grow(Random(7), Shape())        3 to 6 steps of 1 to 9 minutes; each new step waits for 0, 1 or 2 earlier ones
    flow(Random(7), FLOWS)          AsyncHow's: chains of steps, hung on each other, that run into one last step

No constraint follows from others: nothing could be left out without changing the task. Steps are numbered in an order
that has nothing to do with time. Texts are made up of everyday verbs and nouns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from collection.procedures.instance import Plan, Step

_VERBS = "wash move fill open check clean paint carry fold sort wrap label"
_NOUNS = "cup box shelf bag lamp chair plate coat door crate table bench basket bottle tray desk tent rope"
TITLES = (
    "open the shop", "pack for the trip", "set up the stall", "get the room ready", "hold a garage sale",
    "move house", "host a dinner", "put on a play", "run a bake sale", "clear the attic", "start a garden",
    "fix the fence", "plan a picnic", "welcome the guests", "close the cabin", "build a stage",
)  # fmt: skip
# Everyday amounts, about as often as in AsyncHow: minutes, then hours and days, the rest is rare.
_AMOUNTS: dict[str, tuple[int, ...]] = {
    "minute": (1, 2, 3, 5, 5, 10, 10, 15, 20, 30, 30, 45, 60, 90),
    "hour": (1, 1, 2, 2, 3, 4, 5, 6, 8),
    "day": (1, 1, 2, 3, 5, 7, 10, 14),
    "second": (5, 10, 20, 30, 45),
    "week": (1, 2, 3, 4),
    "month": (1, 2, 3, 6),
    "year": (1, 2, 3),
}
_TIMES = {unit: tuple(f"{n} {unit}{'s' if n > 1 else ''}" for n in amounts) for unit, amounts in _AMOUNTS.items()}
_UNITS, _WEIGHTS = tuple(_AMOUNTS), (60, 18, 12, 8, 3, 3, 1)
_MINUTES = tuple(f"{n} min" for n in range(1, 10))
_TEXTS = tuple(f"{verb} the {noun}" for verb in _VERBS.split() for noun in _NOUNS.split())


@dataclass(frozen=True, slots=True)
class Shape:
    """How plans are drawn.

    ``steps``: fewest and most. ``parents``: how many steps a new one waits for is drawn from these. ``mixed_units``:
    times of seconds to years instead of 1 to 9 minutes. ``shuffled``: share of plans whose numbers are no order.
    ``flows`` and ``flow_length``: at most so many chains of at most so many steps, for ``flow``.
    """

    steps: tuple[int, int] = (3, 6)
    parents: tuple[int, ...] = (0, 1, 1, 1, 2)
    mixed_units: bool = False
    shuffled: float = 1.0
    flows: int = 8
    flow_length: int = 8


EVERYDAY = Shape(steps=(3, 9), mixed_units=True, shuffled=0.25)
FLOWS = Shape(steps=(5, 24), mixed_units=True)


def grow(rng: Random, shape: Shape = Shape()) -> Plan:
    """One plan, step after step. A step never waits for two steps of which one waits for the other."""
    low, high = shape.steps
    count = low + int(rng.random() * (high - low + 1))
    ancestors: list[int] = []  # as bits, the step itself included
    edges = []
    for step in range(count):
        seen, free = 1 << step, list(range(step))
        for _ in range(shape.parents[int(rng.random() * len(shape.parents))]):
            if not free:
                break
            parent = free[int(rng.random() * len(free))]
            edges.append((parent, step))
            seen |= ancestors[parent]
            free = [i for i in free if not (ancestors[parent] >> i & 1 or ancestors[i] >> parent & 1)]
        ancestors.append(seen)
    return _numbered(rng, shape, count, edges)


def retimed(plan: Plan, rng: Random) -> Plan:
    """The same plan with other times of 1 to 9 minutes."""
    return replace(plan, steps=tuple([step._replace(time=_MINUTES[int(rng.random() * 9)]) for step in plan.steps]))


def flow(rng: Random, shape: Shape = FLOWS, *, parallel: bool = False) -> Plan:
    """One plan of AsyncHow's prototypical shape: chains from the first step, or from any step, to a common last one.

    ``parallel``: every chain starts after the first step. Source: prototypical/longest_path.py of AsyncHow. Raises
    ValueError if the shape leaves no room for three steps.
    """
    low, high = shape.steps
    if high < 3 or low > shape.flows * shape.flow_length + 2:
        raise ValueError(f"no plan of {shape.flows} chains of {shape.flow_length} steps has {low} to {high} steps")
    while True:
        count, edges = 1, []
        longest = rng.randint(1, shape.flow_length)
        for _ in range(rng.randint(1, shape.flows)):
            at = 0 if parallel else rng.randrange(count)
            for _ in range(rng.randint(1, longest)):
                edges.append((at, count))
                at, count = count, count + 1
        if low <= count + 1 <= high:
            break
    starts = {earlier for earlier, _ in edges}
    edges += [(tail, count) for tail in range(count) if tail not in starts]
    return _numbered(rng, shape, count + 1, edges)


def _numbered(rng: Random, shape: Shape, count: int, edges: list[tuple[int, int]]) -> Plan:
    """A plan with names, times and texts; the order of constraints is that of the numbers."""
    places = list(range(count))
    if rng.random() < shape.shuffled:
        rng.shuffle(places)
    following: list[list[int]] = [[] for _ in places]
    for earlier, later in edges:
        following[places[earlier]].append(places[later])
    times = _mixed_times(rng, count) if shape.mixed_units else [_MINUTES[int(rng.random() * 9)] for _ in places]
    texts = rng.sample(_TEXTS, count)
    steps = tuple([Step(str(i), time, text) for i, (time, text) in enumerate(zip(times, texts), 1)])
    return Plan(steps, tuple([tuple(sorted(after)) for after in following]), rng.choice(TITLES))


def _mixed_times(rng: Random, count: int) -> list[str]:
    """Times mostly in one unit: what takes days has few steps of seconds."""
    usual = rng.choices(_UNITS, _WEIGHTS)[0]
    units = [usual if rng.random() < 0.85 else rng.choices(_UNITS, _WEIGHTS)[0] for _ in range(count)]
    return [_TIMES[unit][int(rng.random() * len(_TIMES[unit]))] for unit in units]
