"""The statements of a problem: each predicate that relates shapes, as equations.

Rhombus(A,B,C,D)     four equal sides, and opposite ones parallel
IsMidpointOf(M, Line(A,B))      AM = MB
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symbol_llm.formats.geometry_forms import Form, render_form
from symbol_llm.solvers.geometry_facts import Numbers
from symbol_llm.solvers.geometry_figure import circle_name, letters, polygon
from symbol_llm.solvers.geometry_measures import Unmeasured
from symbol_llm.solvers.geometry_unknowns import number

_CLEARLY, _HARDLY = 20.0, 8.0  # degrees by which lines of a diagram are, and are not, parallel
_PARALLEL_SIDES = ("Parallelogram", "Rectangle", "Rhombus", "Square")
# What a problem says about a shape by naming it, wherever it does.
SHAPES = frozenset({*_PARALLEL_SIDES, "Kite", "Trapezoid", "Equilateral", "Regular"})


class Statements:
    """Turns statements into equations of the figure's unknowns."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.measures, self.figure, self.unknowns = numbers.measures, numbers.figure, numbers.unknowns

    def state(self, form: Form) -> None:
        """Add what a form says. Raises Unmeasured, NotYet or Contradiction."""
        name, arguments = form.name, form.arguments
        if name == "Equals":
            self._equals(*arguments)
        elif name == "Congruent" and polygon(arguments[0]) and polygon(arguments[1]):
            self._alike(self.numbers.corners(arguments[0]), self.numbers.corners(arguments[1]), 1.0)
        elif name == "Congruent":
            self.unknowns.equate(self.numbers.of(arguments[0]), self.numbers.of(arguments[1]))
        elif name == "Similar":
            self._alike(self.numbers.corners(arguments[0]), self.numbers.corners(arguments[1]), None)
        elif name in ("Parallel", "Perpendicular"):
            self._turned(self._line(arguments[0]), self._line(arguments[1]), 0.0 if name == "Parallel" else 90.0)
        elif name == "RightAngle":
            self.unknowns.equate(self.numbers.of(arguments[0]), number(90))
        elif name in (*_PARALLEL_SIDES, "Kite", "Trapezoid"):
            self._quadrilateral(name, self.numbers.corners(form))
        elif name in ("Equilateral", "Regular", "Isosceles"):
            self._regular(name, arguments[0])
        elif name in _LINES:
            getattr(self, _LINES[name])(*arguments)

    def _equals(self, left: Form | str, right: Form | str) -> None:
        for one, other in ((left, right), (right, left)):
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
        self.unknowns.equate(self.numbers.of(left), self.numbers.of(right))

    def _line(self, form: Form | str) -> tuple[str, str]:
        line = letters(form, "Line", 2)
        if line is None or self.figure.line_of(*line) is None:
            raise Unmeasured(f"{render_form(form)} has no ends")
        return line[0], line[1]

    def _turned(self, one: tuple[str, str], other: tuple[str, str], by: float) -> None:
        """Say that two lines are parallel or perpendicular, turned as the diagram shows."""
        if self.figure.line_of(*one) == self.figure.line_of(*other):
            raise Unmeasured("a line is not parallel or perpendicular to itself")
        i, j = self.figure.line_of(*one), self.figure.line_of(*other)
        assert i is not None and j is not None
        shown = self.measures.shown_direction(j) - self.measures.shown_direction(i)
        wanted = by + 180.0 * round((shown - by) / 180.0)
        self.unknowns.equate(self.unknowns.of(f"direction {j}") - self.unknowns.of(f"direction {i}"), number(wanted))

    def _quadrilateral(self, name: str, corners: Sequence[str]) -> None:
        if len(corners) != 4:
            raise Unmeasured(f"a {name.lower()} has four corners")
        a, b, c, d = corners
        length = self.measures.length
        edges = [(a, b), (b, c), (c, d), (d, a)]
        if name == "Kite":
            self._kite(edges)
            return
        if name == "Trapezoid":
            self._trapezoid(edges)
            return
        for one, other in ((edges[0], edges[2]), (edges[1], edges[3])):
            self._turned(one, other, 0.0)
            self.unknowns.equate(length(*one), length(*other))
        if name in ("Rectangle", "Square"):
            self._turned(edges[0], edges[1], 90.0)
        if name in ("Rhombus", "Square"):
            self.unknowns.equate(length(a, b), length(b, c))

    def _trapezoid(self, edges: Sequence[tuple[str, str]]) -> None:
        """The pair of sides that the diagram shows as parallel, where it shows one clearly."""
        pairs = [(edges[0], edges[2]), (edges[1], edges[3])]
        off = [self._off_parallel(*pair) for pair in pairs]
        for pair, own, other in zip(pairs, off, reversed(off)):
            if own < _HARDLY and other > _CLEARLY:
                self._turned(*pair, 0.0)
                return
        raise Unmeasured("the diagram does not show which sides of the trapezoid are parallel")

    def _off_parallel(self, one: tuple[str, str], other: tuple[str, str]) -> float:
        turn = (self.figure.direction(*one) - self.figure.direction(*other)) % 180
        return min(turn, 180 - turn)

    def _kite(self, edges: Sequence[tuple[str, str]]) -> None:
        """Which neighbours are equal, where the diagram shows it clearly."""
        shown = [self._shown_length(*edge) for edge in edges]
        for first in (0, 1):
            pairs = [(first, first + 1), (first + 2, (first + 3) % 4)]
            others = [((first + 1) % 4, (first + 2) % 4), ((first + 3) % 4, first)]
            near = max(abs(shown[i] - shown[j]) / max(shown[i], shown[j]) for i, j in pairs)
            far = max(abs(shown[i] - shown[j]) / max(shown[i], shown[j]) for i, j in others)
            if near < 0.1 and far > 0.2:
                for i, j in pairs:
                    self.unknowns.equate(self.measures.length(*edges[i]), self.measures.length(*edges[j]))
                return
        raise Unmeasured("the diagram does not show which sides of the kite are equal")

    def _shown_length(self, a: str, b: str) -> float:
        (x, y), (u, v) = self.figure.places[a], self.figure.places[b]
        return max(1e-9, ((u - x) ** 2 + (v - y) ** 2) ** 0.5)

    def _regular(self, name: str, shape: Form | str) -> None:
        corners = self.numbers.corners(shape)
        edges = list(zip(corners, (*corners[1:], corners[0])))
        if name == "Isosceles":
            if isinstance(shape, Form) and shape.name == "Trapezoid" and len(corners) == 4:
                self._trapezoid(edges)
                legs = [pair for pair in ((0, 2), (1, 3)) if self._off_parallel(*(edges[i] for i in pair)) > _CLEARLY]
                self.unknowns.equate(*(self.measures.length(*edges[i]) for i in legs[0]))
                return
            raise Unmeasured("which two sides are equal is said elsewhere")
        for one, other in pairwise(edges):
            self.unknowns.equate(self.measures.length(*one), self.measures.length(*other))
        if name == "Regular" or len(corners) == 3:
            inner = 180.0 * (len(corners) - 2) / len(corners)
            for a, b, c in zip(corners, (*corners[1:], corners[0]), (*corners[2:], *corners[:2])):
                self.unknowns.equate(self.measures.angle(a, b, c), number(inner))

    def _alike(self, first: Sequence[str], second: Sequence[str], ratio: float | None) -> None:
        """Two polygons with the same angles, corner by corner, and sides in one ratio."""
        if len(first) != len(second):
            raise Unmeasured("shapes with different numbers of corners are never alike")
        cycle = [*range(len(first)), 0, 1]
        for i, j, k in zip(cycle, cycle[1:], cycle[2:]):
            one, other = (self.measures.angle(c[i], c[j], c[k]) for c in (first, second))
            self.unknowns.equate(one, other)
        sides = [[self.measures.length(c[i], c[j]) for i, j in pairwise(cycle[:-1])] for c in (first, second)]
        if ratio is not None:
            for a, b in zip(*sides):
                self.unknowns.equate(a, b * ratio)
            return
        for i in range(1, len(first)):
            name = f"similar {' '.join(first)} {' '.join(second)} {i}"
            self.measures.product(name, [(1.0, sides[0][0], sides[1][i]), (-1.0, sides[1][0], sides[0][i])], number(0))

    def _midpoint(self, point: Form | str, line: Form | str) -> None:
        name = letters(point, "Point", 1) or ((point,) if isinstance(point, str) else None)
        ends = self._line(line)
        if name is None:
            raise Unmeasured("a point without a name")
        self.unknowns.equate(self.measures.length(ends[0], name[0]), self.measures.length(name[0], ends[1]))

    def _bisector(self, line: Form | str, angle: Form | str) -> None:
        points, ends = letters(angle, "Angle", 3), self._line(line)
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
        self._turned((corner, foot), side, 90.0)

    def _perpendicular_bisector(self, line: Form | str, other: Form | str) -> None:
        one, side = self._line(line), self._line(other)
        i, j = self.figure.line_of(*one), self.figure.line_of(*side)
        assert i is not None and j is not None
        self._turned(one, side, 90.0)
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
            self._turned(ends, edge, 0.0)
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
        self._turned((round_.centre, touched[0]), ends, 90.0)

    def _circumscribed(self, outer: Form | str, inner: Form | str) -> None:
        if circle_name(inner) is None or polygon(outer) is None:
            raise Unmeasured("no polygon around a circle")
        corners = self.numbers.corners(outer)
        for edge in zip(corners, (*corners[1:], corners[0])):
            self._tangent(Form("Line", edge), inner)


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
