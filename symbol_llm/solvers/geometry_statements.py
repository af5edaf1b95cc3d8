"""The statements of a problem: each predicate that relates shapes, as equations.

```
Rhombus(A,B,C,D)     four equal sides, and opposite ones parallel
IsMidpointOf(M, Line(A,B))      AM = MB
```
"""

from __future__ import annotations

from symbol_llm.formats.geometry_forms import Form, render_form
from symbol_llm.solvers.geometry_facts import Numbers
from symbol_llm.solvers.geometry_figure import circle_name, letters, polygon
from symbol_llm.solvers.geometry_measures import Unmeasured
from symbol_llm.solvers.geometry_shapes import QUADRILATERALS, Shapes
from symbol_llm.solvers.geometry_unknowns import number


class Statements:
    """Turns statements into equations of the figure's unknowns."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers, self.shapes = numbers, Shapes(numbers)
        self.measures, self.figure, self.unknowns = numbers.measures, numbers.figure, numbers.unknowns

    def state(self, form: Form) -> None:
        """Add what a form says. Raises Unmeasured, NotYet or Contradiction."""
        name, arguments = form.name, form.arguments
        if name == "Equals":
            self._equals(*arguments)
        elif name == "Congruent" and polygon(arguments[0]) and polygon(arguments[1]):
            self.shapes.alike(self.numbers.corners(arguments[0]), self.numbers.corners(arguments[1]), 1.0)
        elif name == "Congruent":
            self.unknowns.equate(self.numbers.of(arguments[0]), self.numbers.of(arguments[1]))
        elif name == "Similar":
            self.shapes.alike(self.numbers.corners(arguments[0]), self.numbers.corners(arguments[1]), None)
        elif name in ("Parallel", "Perpendicular"):
            self.shapes.turned(self._line(arguments[0]), self._line(arguments[1]), 0.0 if name == "Parallel" else 90.0)
        elif name == "RightAngle":
            self.unknowns.equate(self.numbers.of(arguments[0]), number(90))
        elif name in QUADRILATERALS:
            self.shapes.quadrilateral(name, self.numbers.corners(form))
        elif name in ("Equilateral", "Regular", "Isosceles"):
            self.shapes.regular(name, arguments[0])
        elif name in _LINES:
            getattr(self, _LINES[name])(*arguments)

    def _equals(self, left: Form | str, right: Form | str) -> None:
        for one, other in ((left, right), (right, left)):
            if isinstance(other, Form) and other.name in _PARTS and self._part(one, other):
                return
            if isinstance(one, Form) and one.name in ("RatioOf", "Div") and len(one.arguments) == 2:
                above, below = map(self.numbers.of, one.arguments)
                if isinstance(other, Form) and other.name in ("RatioOf", "Div") and len(other.arguments) == 2:
                    over, under = map(self.numbers.of, other.arguments)
                    name = f"ratio {render_form(one)} {render_form(other)}"
                    self.measures.product(name, [(1.0, above, under), (-1.0, below, over)], number(0))
                else:
                    product = self.measures.times(self.numbers.of(other), below, f"ratio {render_form(one)}")
                    self.unknowns.equate(above, product)
                return
        if polygon(left) or polygon(right):
            raise Unmeasured("shapes that are said to be equal")
        first, second = self.numbers.of(left), self.numbers.of(right)
        for measured, value in ((left, second), (right, first)):
            if _is_turn(measured) and value.is_constant and 180 < value.constant < 360:
                # The diagram marks the way around; angles and arcs of two points are measured the short way.
                self.unknowns.equate(self.numbers.of(measured), number(360.0 - value.constant))
                return
        self.unknowns.equate(first, second)

    def _part(self, line: Form | str, part: Form) -> bool:
        """``Equals(Line(A,B),HypotenuseOf(Triangle(A,B,C)))``: which line is that part. False if this says no such."""
        if isinstance(line, Form) and line.name == "LengthOf":
            line = line.arguments[0]
        corners, ends = polygon(part.arguments[0]), letters(line, "Line", 2)
        if corners is None or ends is None or len(corners) != 3 or not set(ends) & set(corners):
            return False
        if part.name == "AltitudeOf":
            self._altitude(line, part.arguments[0])
            return True
        if not set(ends) < set(corners):
            raise Unmeasured("the hypotenuse is no side of the triangle")
        (vertex,) = set(corners) - set(ends)
        self.unknowns.equate(self.measures.angle(ends[0], vertex, ends[1]), number(90))
        return True

    def _line(self, form: Form | str) -> tuple[str, str]:
        line = letters(form, "Line", 2)
        if line is None or self.figure.line_of(*line) is None:
            raise Unmeasured(f"{render_form(form)} has no ends")
        return line[0], line[1]

    def _midpoint(self, point: Form | str, line: Form | str) -> None:
        name = letters(point, "Point", 1) or ((point,) if isinstance(point, str) else None)
        if name is None:
            raise Unmeasured("a point without a name")
        ends = self._side_through(name[0], line)
        self.unknowns.equate(self.measures.length(ends[0], name[0]), self.measures.length(name[0], ends[1]))

    def _side_through(self, point: str, line: Form | str) -> tuple[str, str]:
        """The ends of a line; of ``LegOf(Trapezoid(A,B,C,D))`` and the like, those of the one side with the point."""
        if not isinstance(line, Form) or line.name not in ("LegOf", "SideOf", "BaseOf", "HypotenuseOf"):
            return self._line(line)
        corners = self.numbers.corners(line.arguments[0])
        edges = zip(corners, (*corners[1:], corners[0]))
        on = [
            e
            for e in edges
            if point not in e and None is not self.figure.line_of(*e) == self.figure.line_of(e[0], point)
        ]
        if len(on) != 1:
            raise Unmeasured(f"{point} is on no side of {render_form(line.arguments[0])}, or on several")
        return on[0]

    def _is_on(self, point: str, line: tuple[str, str]) -> bool:
        i = self.figure.line_of(*line)
        return i is not None and point in self.figure.lines[i]

    def _bisector(self, line: Form | str, angle: Form | str) -> None:
        points, ends = letters(angle, "Angle", 3), self._line(line)
        if named := letters(angle, "Angle", 1):
            rays = [end for end in self.figure.rays(named[0]) if not self._is_on(end, ends)]
            points = (rays[0], named[0], rays[1]) if len(rays) == 2 else None
        if points is None or points[1] not in ends:
            raise Unmeasured("the line does not start at the angle")
        a, vertex, b = points
        middle = next(point for point in ends if point != vertex)
        self.unknowns.equate(self.measures.angle(a, vertex, middle), self.measures.angle(middle, vertex, b))

    def _ends_in(self, line: Form | str, shape: Form | str) -> tuple[str, str, tuple[str, str]]:
        """The corner that a line starts from, its other end, and the side opposite to the corner."""
        ends, corners = self._line(line), self.numbers.corners(shape)
        starts = [point for point in ends if point in corners]
        if len(corners) != 3 or len(starts) != 1:
            raise Unmeasured(f"{render_form(line)} does not start from one corner of a triangle")
        corner = starts[0]
        a, b = (point for point in corners if point != corner)
        return corner, next(point for point in ends if point != corner), (a, b)

    def _median(self, line: Form | str, shape: Form | str) -> None:
        if isinstance(shape, Form) and shape.name == "Trapezoid":
            self._midsegment(line, shape)
            return
        _, foot, (a, b) = self._ends_in(line, shape)
        self.unknowns.equate(self.measures.length(a, foot), self.measures.length(foot, b))

    def _altitude(self, line: Form | str, shape: Form | str) -> None:
        corner, foot, side = self._ends_in(line, shape)
        self.shapes.turned((corner, foot), side, 90.0)

    def _perpendicular_bisector(self, line: Form | str, other: Form | str) -> None:
        one, side = self._line(line), self._line(other)
        i, j = self.figure.line_of(*one), self.figure.line_of(*side)
        assert i is not None and j is not None
        self.shapes.turned(one, side, 90.0)
        if middle := self.figure.crossing(i, j):
            self.unknowns.equate(self.measures.length(side[0], middle), self.measures.length(middle, side[1]))

    def _midsegment(self, line: Form | str, shape: Form | str) -> None:
        """Half the parallel side of a triangle, or the mean of both of a trapezoid; its ends are midpoints."""
        ends, corners = self._line(line), self.numbers.corners(shape)
        edges = list(zip(corners, (*corners[1:], corners[0])))
        cut = []
        for end in ends:
            on = [e for e in edges if self.figure.line_of(*e) == self.figure.line_of(e[0], end) and end not in e]
            if len(on) != 1 or self.figure.line_of(on[0][0], end) is None:
                raise Unmeasured(f"{render_form(line)} does not end on two sides")
            self.unknowns.equate(self.measures.length(on[0][0], end), self.measures.length(end, on[0][1]))
            cut.append(on[0])
        rest = [edge for edge in edges if edge not in cut]
        for edge in rest:
            self.shapes.turned(ends, edge, 0.0)
        total = self.measures.length(*rest[0])
        for edge in rest[1:]:
            total = total + self.measures.length(*edge)
        self.unknowns.equate(self.measures.length(*ends) * 2.0, total)

    def _centroid(self, point: Form | str, shape: Form | str) -> None:
        name = letters(point, "Point", 1) or ((point,) if isinstance(point, str) else ("",))
        corners = self.numbers.corners(shape)
        for corner in corners:
            i = self.figure.line_of(corner, name[0])
            a, b = (p for p in corners if p != corner)
            j = self.figure.line_of(a, b)
            foot = self.figure.crossing(i, j) if i is not None and j is not None else None
            if foot:
                self.unknowns.equate(self.measures.length(corner, name[0]), self.measures.length(name[0], foot) * 2.0)
                self.unknowns.equate(self.measures.length(a, foot), self.measures.length(foot, b))

    def _incenter(self, point: Form | str, shape: Form | str) -> None:
        name = letters(point, "Point", 1) or ((point,) if isinstance(point, str) else ("",))
        corners = self.numbers.corners(shape)
        for corner in corners:
            a, b = (p for p in corners if p != corner)
            if self.figure.line_of(corner, name[0]) is not None:
                self.unknowns.equate(self.measures.angle(a, corner, name[0]), self.measures.angle(name[0], corner, b))

    def _tangent(self, line: Form | str, circle: Form | str) -> None:
        ends, round_ = self._line(line), self.numbers.circle(circle)
        i = self.figure.line_of(*ends)
        assert i is not None
        touched = [point for point in self.figure.lines[i] if point in round_.points]
        if len(touched) != 1:
            raise Unmeasured("the diagram does not name the point where the line touches the circle")
        self.shapes.turned((round_.centre, touched[0]), ends, 90.0)

    def _circumscribed(self, outer: Form | str, inner: Form | str) -> None:
        if circle_name(inner) is None or polygon(outer) is None:
            raise Unmeasured("no polygon around a circle")
        corners = self.numbers.corners(outer)
        for edge in zip(corners, (*corners[1:], corners[0])):
            self._tangent(Form("Line", edge), inner)


def _is_turn(form: Form | str) -> bool:
    """Whether a form is the measure of an angle between two rays, or of an arc between two points."""
    if isinstance(form, Form) and form.name == "MeasureOf":
        form = form.arguments[0]
    return letters(form, "Angle", 3) is not None or letters(form, "Arc", 2) is not None


_PARTS = ("AltitudeOf", "HypotenuseOf")
_LINES = {
    "IsMidpointOf": "_midpoint",
    "BisectsAngle": "_bisector",
    "IsMedianOf": "_median",
    "IsAltitudeOf": "_altitude",
    "IsPerpendicularBisectorOf": "_perpendicular_bisector",
    "IsMidsegmentOf": "_midsegment",
    "IsCentroidOf": "_centroid",
    "IsIncenterOf": "_incenter",
    "Tangent": "_tangent",
    "CircumscribedTo": "_circumscribed",
}
