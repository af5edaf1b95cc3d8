"""Small problems of plane geometry, written by hand in Geometry3K's forms.

world("Perpendicular(Line(A,B),Line(A,C))", RIGHT)      says(LENGTH, AB=4, AC=3)      value(solver, "…; Find(x)")
"""

from __future__ import annotations

from typing import Any

from symbol_llm.formats import Context
from symbol_llm.solvers import Solution, Solver


def world(diagram: str = "", places: dict[str, tuple[float, float]] | None = None, **more: Any) -> dict[str, Any]:
    """A world of forms that are separated by semicolons; places count upwards, as in a book of geometry."""
    shown = [form.strip() for form in diagram.split(";") if form.strip()]
    return {"diagram": shown, "point_positions": {p: [x, -y] for p, (x, y) in (places or {}).items()}, **more}


def solve(solver: Solver, forms: str, **given: Any) -> Solution:
    """What the solver makes of forms that are separated by semicolons."""
    return solver.solve(forms.replace("; ", "\n"), Context(world=world(**given)))


def value(solver: Solver, forms: str, **given: Any) -> float | None:
    """The value found, if one is."""
    solution = solve(solver, forms, **given)
    return None if solution.answer is None else solution.answer["value"]


TRIANGLE = {"A": (0.0, 0.0), "B": (4.0, 0.0), "C": (1.0, 3.0)}
RIGHT = {"A": (0.0, 0.0), "B": (4.0, 0.0), "C": (0.0, 3.0)}
CUT = {**TRIANGLE, "D": (0.5, 1.5), "E": (2.5, 1.5)}  # D on AC, E on BC
SQUARE = {"A": (0.0, 0.0), "B": (3.0, 0.0), "C": (3.0, 3.0), "D": (0.0, 3.0)}
CIRCLE = {"O": (0.0, 0.0), "A": (5.0, 0.0), "B": (-3.0, 4.0), "C": (-3.0, -4.0), "D": (3.0, 4.0)}
ON = "; ".join(f"PointLiesOnCircle({p}, Circle(O, radius_0))" for p in "ABCD")
LENGTH, ANGLE = "Equals(LengthOf(Line({})),{})", "Equals(MeasureOf(Angle({})),{})"


def says(kind: str, **values: Any) -> str:
    """``says(LENGTH, AB=3, BC="x+1")``"""
    return "; ".join(kind.format(",".join(points), text) for points, text in values.items())
