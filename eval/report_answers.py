"""Answers of solvers as the page shows them: rows of a query as a table, a plan step by step.

    {"columns": 1, "rows": [["rain"], ["sun"]]}    →  {"rows": [["rain"], ["sun"]], "more": 0}
    ["(pick blue)", "(stack blue red)"]            →  {"steps": [["pick blue", ["hold blue"], ["free"]], …]}

A step tells what holds after it and what no longer does, by the effects that its domain gives the action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eval.report_worlds import shown
from symbol_llm.errors import SymbolError

if TYPE_CHECKING:
    from symbol_llm.formats.pddl_tree import Action, Condition

MAX_ROWS, MAX_STEPS = 10, 60
_STEP = re.compile(r"\(([^()]+)\)")


def answer_view(answer: Any, world: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the page draws of an answer; None where its text says it best."""
    rows = answer.get("rows") if isinstance(answer, dict) else None
    if isinstance(rows, list) and rows and all(isinstance(row, list) for row in rows):
        cells = [[shown(cell) for cell in row] for row in rows[:MAX_ROWS]]
        return {"rows": cells, "more": max(0, len(rows) - MAX_ROWS)}
    if isinstance(answer, list) and answer and all(isinstance(line, str) for line in answer):
        return plan_view(answer, world.get("domain"))
    return None


def plan_view(lines: Sequence[str], domain: Any = None) -> dict[str, Any] | None:
    """The steps of a plan, with what each changes where the domain is known; None for what is no plan."""
    steps = [_STEP.fullmatch(line.strip()) for line in lines[:MAX_STEPS]]
    if not all(steps):
        return None
    actions = _actions(domain) if isinstance(domain, str) else {}
    views = []
    for step in steps:
        assert step is not None
        name, *args = step[1].lower().split() or [""]
        action = actions.get(name)
        changes: list[tuple[bool, str]] = []
        if action is not None and len(action.parameters) == len(args):
            changes = list(_changes(action.effect, {p.name: arg for p, arg in zip(action.parameters, args)}))
        new, old = ([shown(text) for holds, text in changes if holds is side] for side in (True, False))
        views.append([shown(step[1].strip()), new, [text for text in old if text not in new]])
    return {"steps": views, "more": max(0, len(lines) - MAX_STEPS)}


@lru_cache(maxsize=16)
def _actions(domain: str) -> dict[str, Action]:
    from symbol_llm.formats.pddl_parser import parse_lower
    from symbol_llm.formats.pddl_tree import Domain

    try:
        tree = parse_lower(domain)
    except SymbolError:
        return {}
    return {action.name: action for action in tree.actions} if isinstance(tree, Domain) else {}


def _changes(effect: Condition, values: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """(holds now, fact) of the simple effects; one under a condition or for all objects only the validator can tell."""
    from symbol_llm.formats.pddl_tree import Atom, Junction, Not

    match effect:
        case Atom(predicate, args):
            yield True, " ".join([predicate, *(values.get(arg, arg) for arg in args)])
        case Not(Atom(predicate, args)):
            yield False, " ".join([predicate, *(values.get(arg, arg) for arg in args)])
        case Junction(_, parts):
            for part in parts:
                yield from _changes(part, values)
