"""Solving a geometry problem. ``run`` works in a worker's process (symbol_llm/solvers/worker.py).

```
{"forms": "Find(LengthOf(Line(A,B)))…", "world": {"diagram": […], "point_positions": {…}}}   →   {"value": 17.0}
```
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from symbol_llm.errors import SymbolError
from symbol_llm.formats.geometry_forms import Form, named_angle, parse_forms, render_form, statement_fault
from symbol_llm.formats.geometry_predicates import PREDICATES
from symbol_llm.solvers.geometry_facts import NotYet, Numbers
from symbol_llm.solvers.geometry_figure import MAX_POINTS, Figure, letters, polygon
from symbol_llm.solvers.geometry_measures import Measures, Unmeasured
from symbol_llm.solvers.geometry_naming import in_turn, unnamed, with_corners
from symbol_llm.solvers.geometry_search import Figures
from symbol_llm.solvers.geometry_shapes import SHAPES
from symbol_llm.solvers.geometry_statements import Statements
from symbol_llm.solvers.geometry_theorems import Theorems
from symbol_llm.solvers.geometry_unknowns import Contradiction, Sum, TooLarge
from symbol_llm.solvers.outcome import Outcome, Solution

TARGET = "symbol_llm.solvers.geometry_job:run"
_MAX_ROUNDS = 25
_LETTER = re.compile("[A-Za-z]")
_POSITIVE = ("LengthOf", "MeasureOf", "AreaOf", "PerimeterOf", "RadiusOf", "DiameterOf", "CircumferenceOf")


def prepare() -> None:
    """Load the engine in the child."""
    import numpy
    import sympy

    sympy.Poly(sympy.Symbol("x") ** 2 + 1)
    assert numpy.zeros(1).size == 1


def run(job: dict[str, Any]) -> Solution:
    """The value of what the problem asks for, if the facts of text and diagram settle it."""
    shown, skipped = _read_diagram(job["world"].get("diagram") or [])
    read = parse_forms(job["forms"])
    named = _named_lines([*shown, *read])
    places = job["world"].get("point_positions") or {}
    forms = [in_turn(_with_ends(form, named), places) for form in read]
    if unnamed(forms):
        figure = _figure([*forms, *shown], job["world"])
        forms = with_corners(forms, figure) if len(figure.points) <= MAX_POINTS else forms
    goals = [form.arguments[0] for form in forms if form.name == "Find"]
    stated = [form for form in forms if form.name not in ("Find", "UseTheorem")]
    if len(goals) != 1:
        return Solution(Outcome.NO_ANSWER, message=f"the problem asks for {len(goals) or 'no'} values, not for one")
    try:
        solution, figure = _solve(goals[0], stated, shown, job["world"], skipped)
        if solution.outcome is Outcome.INCONSISTENT and figure.moved:
            # A form against the picture: if it is against the other forms as well, it gives way.
            solution, figure = _solve(goals[0], stated, shown, job["world"], skipped, moves_points=False)
        if solution.outcome is Outcome.INCONSISTENT and figure.has_drawn:
            # What only the drawing shows is not said: it gives way.
            solution, _ = _solve(
                goals[0], stated, shown, job["world"], skipped, reads_drawing=False, moves_points=bool(figure.moved)
            )
    except TooLarge as error:
        return Solution(Outcome.SOLVER_UNKNOWN, message=str(error))
    return solution


def _figure(
    forms: Sequence[Form], world: Mapping[str, Any], reads_drawing: bool = True, moves_points: bool = True
) -> Figure:
    drawn, places = _texts(world.get("line_instances")), world.get("point_positions") or {}
    return Figure(forms, drawn, places, reads_drawing, moves_points)


def _inside(form: Form | str) -> Iterator[Form]:
    return form.walk() if isinstance(form, Form) else iter(())


def _read_diagram(lines: Sequence[str]) -> tuple[list[Form], int]:
    """The diagram's sound forms, and how many of its lines are none: upstream has some with stray brackets."""
    forms: list[Form] = []
    skipped = 0
    for line in lines:
        try:
            found = [form for form in parse_forms(line) if not statement_fault(form, PREDICATES)]
            forms += found
            skipped += not found
        except SymbolError:
            skipped += 1
    return forms, skipped


def _named_lines(forms: Sequence[Form]) -> dict[str, Form]:
    """Lines by the small letter beside them: ``Equals(LengthOf(Line(A,B)),p)``, where the text speaks of Line(p)."""
    found: dict[str, dict[Form, None]] = {}
    for form in forms:
        if form.name == "Equals" and isinstance(label := form.arguments[1], str) and len(label) == 1:
            line = form.arguments[0]
            if isinstance(line, Form) and line.name == "LengthOf" and letters(line.arguments[0], "Line", 2):
                found.setdefault(label, {})[line.arguments[0]] = None  # type: ignore[index]
    return {label: next(iter(lines)) for label, lines in found.items() if label.islower() and len(lines) == 1}


def _with_ends(form: Form, named: Mapping[str, Form]) -> Form:
    """A form with ``Line(A,B)`` for ``Line(p)``, where one line has that letter."""
    if form.name == "Line" and len(form.arguments) == 1 and form.arguments[0] in named:
        return named[str(form.arguments[0])]
    return Form(form.name, tuple(_with_ends(p, named) if isinstance(p, Form) else p for p in form.arguments))


def _solve(
    goal: Form | str,
    stated: list[Form],
    shown: list[Form],
    world: Mapping[str, Any],
    skipped: int,
    reads_drawing: bool = True,
    moves_points: bool = True,
) -> tuple[Solution, Figure]:
    """The solution, and the figure as it was read."""
    asked = [goal] if isinstance(goal, Form) else []
    figure = _figure([*stated, *shown, *asked], world, reads_drawing, moves_points)
    if len(figure.points) > MAX_POINTS:
        raise TooLarge(f"more than {MAX_POINTS} points")
    measures = Measures(figure)
    numbers = Numbers(measures)
    statements = Statements(numbers)
    polygons = [c for form in (*stated, *shown, *asked) for inner in form.walk() if (c := polygon(inner))]
    pairs = [[polygon(part) for part in form.arguments] for form in stated if form.name == "Similar"]
    similar = [(one, two) for one, two in pairs if one and two]
    notes = [f"{skipped} lines of the diagram are no forms"] * bool(skipped)
    notes += [f"left out PointLiesOnLine({p},Line({a},{b})) (the diagram has it far beside)" for p, a, b in figure.bent]
    notes += [f"placed {point} on the line that the forms name, not where the diagram has it" for point in figure.moved]
    # "Find the area of parallelogram ABCD" says that it is one.
    inner = (part for form in (*stated, *shown, *asked) for argument in form.arguments for part in _inside(argument))
    implied = [part for part in inner if part.name in SHAPES]
    implied += [part for part in asked if part.name in SHAPES]
    waiting: list[Form] = [*shown, *stated, *dict.fromkeys(implied)]
    last = ""
    try:
        theorems = Theorems(measures, polygons)
        for _ in range(_MAX_ROUNDS):
            version = measures.unknowns.version
            waiting = _state(statements, waiting, notes)
            value, last = _value(numbers, goal)
            if value is not None:
                return _answer(goal, value, notes), figure
            theorems.apply()
            for one, two in similar:
                theorems.areas.similar(one, two)
            if measures.unknowns.version == version:
                figures = Figures(measures, _number(numbers, goal))
                if not figures.settle():
                    break
        value, last = _value(numbers, goal)
    except Contradiction as error:
        return Solution(Outcome.INCONSISTENT, message="; ".join([str(error), *notes])), figure
    if value is not None:
        return _answer(goal, value, notes), figure
    told = last or _open(goal, [*stated, *shown], numbers, figures)
    return Solution(Outcome.SOLVER_UNKNOWN, message="; ".join([told, *notes])), figure


def _answer(goal: Form | str, value: float, notes: list[str]) -> Solution:
    """The value; no figure has a length, an area or an angle below zero."""
    name = goal.name if isinstance(goal, Form) else ""
    if name in _POSITIVE and value < 1e-9:
        told = f"what is said makes {render_form(goal)} {value:.6g}"
        return Solution(Outcome.INCONSISTENT, message="; ".join([told, *notes]))
    return Solution(None, answer={"value": value}, message="; ".join(notes))


def _open(goal: Form | str, forms: Sequence[Form], numbers: Numbers, figures: Figures) -> str:
    """Why what is known does not settle a goal, and what no form speaks of."""
    known = {part for form in forms for inner in form.walk() for part in inner.arguments if isinstance(part, str)}
    known |= {name for text in known if (name := named_angle(text))}
    letters = {letter for text in known for letter in _LETTER.findall(text)}
    missing = [letter for letter in ([goal] if isinstance(goal, str) else []) if letter not in letters]
    if isinstance(goal, Form):
        missing += [p for inner in goal.walk() for p in inner.arguments if isinstance(p, str) and p not in known]
    if missing:
        return f"no form speaks of {', '.join(missing)}"
    return f"what is known does not settle {render_form(goal)}: {figures.told(numbers.of(goal))}"


def _state(statements: Statements, forms: list[Form], notes: list[str]) -> list[Form]:
    """Say all that can be said; gives the forms to try again later."""
    later = []
    for form in forms:
        try:
            statements.state(form)
        except NotYet:
            later.append(form)
        except Unmeasured as error:
            notes.append(f"left out {render_form(form)} ({error})")
    return later


def _number(numbers: Numbers, goal: Form | str) -> Sum | None:
    """The goal as an expression, if it is one by now."""
    try:
        return numbers.of(goal)
    except (NotYet, Unmeasured):
        return None


def _value(numbers: Numbers, goal: Form | str) -> tuple[float | None, str]:
    try:
        value = numbers.unknowns.value(numbers.of(goal))
    except NotYet as error:
        return None, f"not settled: {error}"
    except Unmeasured as error:
        return None, str(error)
    if value is None or not math.isfinite(value):
        return None, ""
    return value, ""


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
