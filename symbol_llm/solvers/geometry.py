"""Plane geometry: the logic forms of Geometry3K become equations, theorems add more, and the goal gets its value.

    Equals(LengthOf(Line(A,C)),3)  Equals(LengthOf(Line(B,C)),4)  Find(LengthOf(Line(A,B)))
    with the diagram's Perpendicular(Line(A,C),Line(B,C))            →   {"value": 5.0, "choice": 1}

``context.world`` brings what the diagram shows: ``diagram`` (its forms), ``point_positions`` and ``line_instances`` as
upstream has them, and ``choices`` (numbers). ``choice`` counts from 0: the one choice that the value is, rounded as the
finest of them is. A value that is none of the choices, or several, is NO_ANSWER, and what the facts do not settle is
SOLVER_UNKNOWN, with two figures that tell: nothing is measured in the diagram and nothing is guessed.

Equations and theorems first; where they leave the goal open, the figures that meet all the facts are searched for, and
what has one value in all of them is settled (geometry_search.py).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.geometry import predicates_of
from symbol_llm.formats.geometry_forms import Form, parse_forms, render_form, statement_fault
from symbol_llm.solvers import geometry_job
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool

_RELATIVE = 2e-3  # values are computed from rounded labels, or rounded on the way


class GeometrySolver(Solver):
    """Our rules over SymPy and NumPy, in worker processes."""

    name: ClassVar[str] = "geometry"
    limits: ClassVar[Limits] = Limits(cpu_seconds=20.0, wall_seconds=120.0)

    def __init__(self) -> None:
        self._rules = WorkerPool(geometry_job.TARGET, os.cpu_count() or 1, "geometry rules")

    @property
    def engine(self) -> str:
        return _engine()

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Find the value that ``Find(…)`` asks for. A world that is not upstream's is ours (GOLD_ERROR)."""
        engine = self.engine
        if not symbol.strip():
            return Solution(Outcome.NO_SYMBOL, message="there are no forms", engine=engine)
        try:
            meaning = predicates_of(context.definitions)
        except SymbolError as error:
            return Solution(Outcome.GOLD_ERROR, message=f"the definitions: {error}", engine=engine)
        if fault := _world_fault(context.world):
            return Solution(Outcome.GOLD_ERROR, message=fault, engine=engine)
        try:
            forms = parse_forms(symbol)
        except SymbolError as error:
            return Solution(Outcome.PARSE_ERROR, message=str(error), engine=engine)
        for form in forms:
            if fault := statement_fault(form, meaning):
                return Solution(Outcome.REJECTED, message=fault, engine=engine)
        names = {name: predicate.name for name, predicate in meaning.items()}
        text = "\n".join(render_form(_renamed(form, names)) for form in forms)
        solution = self._rules.call({"forms": text, "world": dict(context.world)}, limits or self.limits)
        solution = replace(solution, engine=engine)
        if solution.outcome is not None:
            return solution
        return _chosen(solution, context.world.get("choices"))

    def close(self) -> None:
        self._rules.close()


@cache
def _engine() -> str:
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for package, shown in (("sympy", "SymPy"), ("numpy", "NumPy")):
        try:
            found.append(f"{shown} {version(package)}")
        except PackageNotFoundError as error:
            raise EngineMissing(shown, f"pip install {package}") from error
    return f"geometry rules 1.2 with {', '.join(found)}"


def _renamed(form: Form, names: Mapping[str, str]) -> Form:
    arguments = tuple(_renamed(part, names) if isinstance(part, Form) else part for part in form.arguments)
    return Form(names.get(form.name, form.name), arguments)


def _world_fault(world: Mapping[str, Any]) -> str:
    """What is wrong with a world, or ""."""
    for name in ("diagram", "line_instances", "choices"):
        if not isinstance(world.get(name, []), list):
            return f"{name} is no list"
    if not all(isinstance(line, str) for line in world.get("diagram", [])):
        return "the diagram's forms are not texts"
    places = world.get("point_positions", {})
    if not isinstance(places, Mapping) or not all(isinstance(key, str) and _is_place(p) for key, p in places.items()):
        return "point_positions are not two numbers for each point"
    return ""


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(part, int | float) and math.isfinite(part) for part in value)
    )


def _chosen(solution: Solution, choices: Sequence[Any] | None) -> Solution:
    """The answer with the choice that the value is; without choices, the value alone."""
    value = solution.answer["value"]
    if not choices:
        return replace(solution, answer={"value": value, "choice": None})
    step = 10.0 ** -max(map(_num_digits, choices))
    near = [i for i, choice in enumerate(choices) if _is_same(value, choice)]
    near = near or [i for i, choice in enumerate(choices) if _is_rounded(value, choice, step)]
    if near and all(choices[i] == choices[near[0]] for i in near):
        near = near[:1]  # upstream has a few choices twice
    if len(near) != 1:
        told = f"the value {value:.6g} is {'none' if not near else 'several'} of the choices"
        return replace(
            solution, outcome=Outcome.NO_ANSWER, answer=None, message="; ".join(filter(None, (told, solution.message)))
        )
    return replace(solution, answer={"value": value, "choice": near[0]})


def _is_number(choice: Any) -> bool:
    return isinstance(choice, int | float) and not isinstance(choice, bool) and math.isfinite(choice)


def _is_same(value: float, choice: Any) -> bool:
    return _is_number(choice) and abs(value - choice) <= 1e-4 * max(1.0, abs(choice))


def _num_digits(choice: Any) -> int:
    """The decimal places of a choice, four at the most; none where it is no number."""
    if not _is_number(choice):
        return 0
    return min(max(-int(Decimal(repr(choice)).normalize().as_tuple().exponent), 0), 4)


def _is_rounded(value: float, choice: Any, step: float) -> bool:
    """Whether a value, rounded as the finest of the choices is, is this one; a little more, where it was rounded on
    the way."""
    return _is_number(choice) and bool(abs(value - choice) <= max(0.51 * step, _RELATIVE * abs(choice)))
