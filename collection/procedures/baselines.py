"""What needs no search: rules that a model may have learnt instead of the longest path.

    scores(plans)    →   {"longest next step": 0.76, "most hops": 0.95, "first listed": 0.49, "sum of all": 0.11, …}

On AsyncHow's test set the first two are right for about nine plans in ten, so a score means little without them.
Where two steps are as long as each other, or two paths have as many hops, the rules take the longer rest: what they
reach is an upper bound, and a plan on which they fail cannot be solved by them with luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from collection.procedures.critical_path import Critical, critical_time, walk_order
from collection.procedures.instance import Plan, Seconds, bounds

Rule = Callable[[Plan], Critical]
_Total = tuple[Seconds, Seconds]  # high, low: compared by the upper bound


def longest_next_step(plan: Plan) -> Critical:
    """From the start, always go on to the longest of the next steps."""
    times = _times(plan)
    rest: list[_Total] = [(0, 0)] * len(times)

    def onward(steps: Iterable[int]) -> _Total:
        steps = list(steps)
        if not steps:
            return (0, 0)
        longest = max(times[j] for j in steps)
        return max(rest[j] for j in steps if times[j] == longest)

    for i in reversed(walk_order(plan)):
        rest[i] = _plus(times[i], onward(plan.following[i]))
    return _critical(onward(plan.first()))


def most_hops(plan: Plan) -> Critical:
    """The path of the most steps."""
    times = _times(plan)
    best: list[tuple[int, _Total]] = [(0, (0, 0))] * len(times)
    for i in reversed(walk_order(plan)):
        hops, rest = max((best[j] for j in plan.following[i]), default=(0, (0, 0)))
        best[i] = hops + 1, _plus(times[i], rest)
    return _critical(max(best[i] for i in plan.first())[1])


def first_listed(plan: Plan) -> Critical:
    """From the start, always go on to the step that is listed first."""
    times, steps = _times(plan), plan.first()
    total: _Total = (0, 0)
    while steps:
        total = _plus(times[steps[0]], total)
        steps = list(plan.following[steps[0]])
    return _critical(total)


def sum_of_all(plan: Plan) -> Critical:
    """All steps one after the other."""
    total: _Total = (0, 0)
    for time in _times(plan):
        total = _plus(time, total)
    return _critical(total)


def longest_step(plan: Plan) -> Critical:
    """The longest step alone."""
    return _critical(max(_times(plan)))


RULES: Mapping[str, Rule] = {
    "longest next step": longest_next_step,
    "most hops": most_hops,
    "first listed": first_listed,
    "sum of all": sum_of_all,
    "longest step": longest_step,
}


def is_greedy_proof(plan: Plan) -> bool:
    """Neither the longest next step nor the most hops lead to the answer."""
    critical = critical_time(plan)
    return most_hops(plan) != critical and longest_next_step(plan) != critical


def scores(plans: Iterable[Plan]) -> dict[str, float]:
    """The share of plans that each rule gets right; 0 where there are none."""
    right, count = dict.fromkeys(RULES, 0), 0
    for plan in plans:
        critical, count = critical_time(plan), count + 1
        for name, rule in RULES.items():
            right[name] += rule(plan) == critical
    return {name: number / max(count, 1) for name, number in right.items()}


def _times(plan: Plan) -> list[_Total]:
    return [bounds(step.time)[::-1] for step in plan.steps]


def _plus(time: _Total, rest: _Total) -> _Total:
    return time[0] + rest[0], time[1] + rest[1]


def _critical(total: _Total) -> Critical:
    return Critical(total[1], total[0])
