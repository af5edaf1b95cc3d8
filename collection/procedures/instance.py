"""A plan: steps with times, and which step follows which.

    Plan((Step("1", "10 min", "heat the oven"), Step("2", "5 min", "mix"), Step("3", "1 hour", "bake")),
         following=((2,), (2,), ()), title="bake bread")

Times are texts, as in a prompt (``30 min``, ``1 day 12 hours``, ``2 months``), and exact: seconds in whole numbers or
fractions. A month has 28 to 31 days and a year 365 or 366, so every time has a lower and an upper bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from symbol_llm.formats.durations import read_duration

Seconds = int | Fraction
DAY = 86_400


class Step(NamedTuple):
    """One step: its name in the prompt, its time, and what is done (empty where a form does not say it)."""

    name: str
    time: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps, and for each the places of the steps that wait for it, in the order written.

    Not checked by itself: ``convert.read`` makes plans of what somebody wrote.
    """

    steps: tuple[Step, ...]
    following: tuple[tuple[int, ...], ...]
    title: str = ""

    @property
    def num_edges(self) -> int:
        return sum(map(len, self.following))

    def edges(self) -> Iterator[tuple[int, int]]:
        """(earlier, later), as places in ``steps``."""
        for i, after in enumerate(self.following):
            for j in after:
                yield i, j

    def first(self) -> list[int]:
        """The steps that wait for none."""
        waiting = {j for after in self.following for j in after}
        return [i for i in range(len(self.steps)) if i not in waiting]

    def last(self) -> list[int]:
        """The steps that none waits for."""
        return [i for i, after in enumerate(self.following) if not after]

    def renamed(self, names: Sequence[str]) -> Plan:
        """The same plan with other names, one per step in order."""
        return replace(self, steps=tuple(s._replace(name=n) for s, n in zip(self.steps, names, strict=True)))


def find_cycle(following: Sequence[Sequence[int]]) -> list[int]:
    """The places of a cycle in order, or []."""
    waiting = [0] * len(following)
    for after in following:
        for j in after:
            waiting[j] += 1
    ready = [i for i, count in enumerate(waiting) if not count]
    for i in ready:
        for j in following[i]:
            waiting[j] -= 1
            if not waiting[j]:
                ready.append(j)
    left = set(range(len(following))) - set(ready)
    if not left:
        return []
    # Every step that is left waits for another one that is left: walking back must come round.
    before = {j: i for i in left for j in following[i] if j in left}
    trail = [min(left)]
    while before[trail[-1]] not in trail:
        trail.append(before[trail[-1]])
    cycle = trail[trail.index(before[trail[-1]]) :][::-1]
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


@lru_cache(maxsize=4_096)
def bounds(time: str) -> tuple[Seconds, Seconds]:
    """The shortest and the longest time a text means, in seconds. Raises SymbolError if it cannot be read."""
    low, high = read_duration(time).bounds
    return exact(low), exact(high)


def exact(number: Decimal | Fraction) -> Seconds:
    """The same number, as an int where it is whole."""
    above, below = number.as_integer_ratio()
    return above if below == 1 else Fraction(above, below)


def sole_unit(plan: Plan) -> str:
    """The unit that all times are in ("min"), or "" if they differ: the one in which a bare number can be meant."""
    found = {unit for step in plan.steps for unit in units_of(step.time)}
    return found.pop() if len(found) == 1 else ""


@lru_cache(maxsize=4_096)
def units_of(time: str) -> frozenset[str]:
    """The units of a time: sec, min, hour, day, week, month, year."""
    words = re.findall("[a-z]+", time.lower())
    return frozenset(_BY_START[word[:2]] for word in words if word != "and")


_BY_START = {unit[:2]: unit for unit in ("sec", "min", "hour", "day", "week", "month", "year")} | {"hr": "hour"}


def outline(plan: Plan) -> tuple[frozenset[tuple[str, Seconds, Seconds]], frozenset[tuple[str, str]]]:
    """What makes two plans the same task: names, times and order; not texts, not the order of writing."""
    steps = plan.steps
    return (
        frozenset((step.name, *bounds(step.time)) for step in steps),
        frozenset((steps[i].name, steps[j].name) for i, j in plan.edges()),
    )
