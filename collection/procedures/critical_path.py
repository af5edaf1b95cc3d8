"""The shortest time for all steps, done side by side where the order allows it: the longest path through the plan.

    1 (10 min) and 2 (5 min) before 3 (1 hour)      →   Critical(low=4200, high=4200), path 1 3

Whole seconds and fractions, never floats. ``low`` and ``high`` differ only where months or years occur: each is the
longest path under its own bounds, as AsyncHow counts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from collection.procedures.instance import Plan, Seconds, bounds


class Critical(NamedTuple):
    """The shortest possible time, in seconds: under the shortest and under the longest months and years."""

    low: Seconds
    high: Seconds


def critical_time(plan: Plan) -> Critical:
    """Raises ValueError for a cycle."""
    times = [bounds(step.time) for step in plan.steps]
    highs = [high for _, high in times]
    high = max(finish_times(plan.following, highs))
    lows = [low for low, _ in times]
    return Critical(high if lows == highs else max(finish_times(plan.following, lows)), high)


def finish_times(following: Sequence[Sequence[int]], times: Sequence[Seconds]) -> list[Seconds]:
    """When each step is done, if each starts as soon as it may. Raises ValueError for a cycle."""
    waiting = [0] * len(times)
    for after in following:
        for j in after:
            waiting[j] += 1
    done: list[Seconds] = [0] * len(times)
    ready = [i for i, count in enumerate(waiting) if not count]
    for i in ready:  # grows while it is walked
        finish = done[i] = done[i] + times[i]
        for j in following[i]:
            if finish > done[j]:
                done[j] = finish  # so far its start
            waiting[j] -= 1
            if not waiting[j]:
                ready.append(j)
    if len(ready) != len(times):
        raise ValueError("the steps wait for each other in a cycle")
    return done


def critical_path(plan: Plan) -> list[int]:
    """The places of the steps of a longest path, in order; with the longest months. Raises ValueError for a cycle."""
    times = [bounds(step.time)[1] for step in plan.steps]
    done = finish_times(plan.following, times)
    before = predecessors(plan.following)
    path = [max(range(len(done)), key=done.__getitem__)]
    while before[path[-1]]:
        path.append(max(before[path[-1]], key=done.__getitem__))
    return path[::-1]


def predecessors(following: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each step the places of the steps it waits for, in the order of steps."""
    before: list[list[int]] = [[] for _ in following]
    for i, after in enumerate(following):
        for j in after:
            before[j].append(i)
    return before


def walk_order(plan: Plan) -> list[int]:
    """Each step after those it waits for; of the free ones the smallest name first. Raises ValueError for a cycle."""
    waiting = [len(before) for before in predecessors(plan.following)]
    free = [(place_of(plan.steps[i].name), i) for i, count in enumerate(waiting) if not count]
    heapify(free)
    order = []
    while free:
        _, i = heappop(free)
        order.append(i)
        for j in plan.following[i]:
            waiting[j] -= 1
            if not waiting[j]:
                heappush(free, (place_of(plan.steps[j].name), j))
    if len(order) != len(waiting):
        raise ValueError("the steps wait for each other in a cycle")
    return order


@lru_cache(maxsize=4_096)
def place_of(name: str) -> tuple[int, int, str]:
    """The order of names: numbers by value, then words."""
    return (0, int(name), name) if name.isdecimal() and len(name) < 20 else (1, 0, name)
