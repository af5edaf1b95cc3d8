"""How a small model works: when each step is done, step after step, then the answer.

    1 : 0 + 4 = 4 ; 2 : 0 + 3 = 3 ; 3 : max 4 3 + 9 = 13 ; end : 13 = 13 ; <answer> 13 minutes </answer>

Steps come as soon as those they wait for have come, the smallest name first; names are those of the prompt. The same
trace for all three forms: in which form a procedure was learnt is then the only difference.
"""

from __future__ import annotations

import re

from collection.procedures.compact import whole_minutes
from collection.procedures.critical_path import predecessors, walk_order
from collection.procedures.instance import Plan

_LINE = re.compile(r"\s*(?P<name>\w+) : (?P<work>[^=;]+) = (?P<done>[0-9]{1,9})\s*\Z")


def trace(plan: Plan) -> str:
    """Finish times and answer. Raises UserError for times that are not whole minutes, ValueError for a cycle."""
    lines = _lines(plan)
    total = lines["end"].rpartition(" ")[2]
    return " ; ".join((*lines.values(), f"<answer> {total} minutes </answer>"))


def _lines(plan: Plan) -> dict[str, str]:
    minutes, before = whole_minutes(plan), predecessors(plan.following)
    done = [0] * len(minutes)
    lines = {}
    for i in walk_order(plan):
        starts = [done[j] for j in before[i]]
        done[i] = max(starts, default=0) + minutes[i]
        name = plan.steps[i].name
        lines[name] = f"{name} : {_latest(starts or [0])} + {minutes[i]} = {done[i]}"
    ends = [done[i] for i in plan.last()]
    lines["end"] = f"end : {_latest(ends)} = {max(ends)}"
    return lines


def _latest(times: list[int]) -> str:
    return f"max {' '.join(map(str, times))}" if len(times) > 1 else str(times[0])


def trace_accuracy(plan: Plan, completion: str) -> float:
    """The share of the steps, the end included, whose time of being done is right in what a model wrote.

    A step that comes twice counts as wrong. How the time was worked out is not looked at.
    """
    wanted = {name: line.rpartition(" ")[2] for name, line in _lines(plan).items()}
    found: dict[str, list[str]] = {}
    for part in completion.split(";"):
        if line := _LINE.match(part):
            found.setdefault(line["name"], []).append(line["done"])
    return sum(found.get(name) == [done] for name, done in wanted.items()) / len(wanted)
