"""The quantities of a figure as sums of unknowns: lengths, angles, arcs, radii, and the letters of its labels.

A length is the sum of the pieces between neighbouring points of a line. An angle is the difference of the directions of
two lines, one unknown per line, turned as the diagram shows: so the angles of a triangle or any polygon, around a
point, along a line, and between parallel lines fit together without further equations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from symbol_llm.errors import SymbolError
from symbol_llm.formats.geometry_algebra import read_algebra
from symbol_llm.solvers.geometry_figure import Circle, Figure
from symbol_llm.solvers.geometry_unknowns import Product, Sum, Unknowns, number, total

if TYPE_CHECKING:
    from sympy import Expr


class Unmeasured(ValueError):
    """A form speaks of something that the figure does not show, or that has no measure here."""


class Measures:
    """Expressions for what can be measured.

    Equations with products gather in ``products`` where a form says them, in ``consequences`` where a theorem does.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.unknowns = Unknowns()
        self.products: dict[str, Product] = {}
        self.consequences: dict[str, Product] = {}
        for i, line in enumerate(figure.lines):
            self.unknowns.of(f"direction {i}")
            for a, b in pairwise(line):
                self.unknowns.of(f"length {a} {b}", lower=0.0)
        for circle in figure.circles:
            radius = self.radius(circle)
            for point in circle.points:
                if point != circle.centre:
                    self.unknowns.equate(self.length(circle.centre, point), radius)
        for a, b, c in figure.triangles():
            for vertex, one, other in ((a, b, c), (b, a, c), (c, a, b)):
                self.unknowns.bound(self.angle(one, vertex, other), 0.0, 180.0)

    def length(self, a: str, b: str) -> Sum:
        """The distance of two points. Raises Unmeasured if no line joins them."""
        i = self.figure.line_of(a, b)
        if i is None:
            raise Unmeasured(f"no line from {a} to {b}")
        line = self.figure.lines[i]
        start, end = sorted((line.index(a), line.index(b)))
        return total(self.unknowns.of(f"length {p} {q}") for p, q in pairwise(line[start : end + 1]))

    def ray(self, a: str, b: str) -> Sum:
        """The direction from one point to another, in degrees, near that of the diagram."""
        i = self.figure.line_of(a, b)
        if i is None:
            raise Unmeasured(f"no line from {a} to {b}")
        line = self.figure.lines[i]
        is_backward = line.index(a) > line.index(b)
        return self.unknowns.of(f"direction {i}") + (180.0 if is_backward else 0.0)

    def turned(self, a: str, vertex: str, b: str) -> Sum:
        """The angle from a ray to another, counter-clockwise positive, by the shorter way in the diagram."""
        shown = self.figure.turn(a, vertex, b)
        turn = self.ray(vertex, b) - self.ray(vertex, a)
        # The unknown directions stand for values near the diagram's: that tells how many full turns lie between.
        near = self._shown_ray(vertex, b) - self._shown_ray(vertex, a)
        return turn + 360.0 * round((shown - near) / 360.0)

    def _shown_ray(self, a: str, b: str) -> float:
        i = self.figure.line_of(a, b)
        assert i is not None
        line = self.figure.lines[i]
        return self.figure.direction(line[0], line[-1]) + (180.0 if line.index(a) > line.index(b) else 0.0)

    def shown_direction(self, i: int) -> float:
        """The rough direction of a line in the diagram."""
        return self.figure.direction(self.figure.lines[i][0], self.figure.lines[i][-1])

    def angle(self, a: str, vertex: str, b: str) -> Sum:
        """The angle between two rays, 0 to 180 degrees."""
        if len({a, vertex, b}) < 3:
            raise Unmeasured(f"{a} {vertex} {b} is no angle")
        one, other = self.figure.line_of(vertex, a), self.figure.line_of(vertex, b)
        if one is None or other is None:
            raise Unmeasured(f"no two lines at {vertex} for the angle {a} {vertex} {b}")
        if one == other:
            line = self.figure.lines[one]
            opposite = (line.index(a) < line.index(vertex)) != (line.index(b) < line.index(vertex))
            return number(180.0 if opposite else 0.0)
        turned = self.turned(a, vertex, b)
        return turned if self.figure.turn(a, vertex, b) > 0 else turned * -1.0

    def radius(self, circle: Circle) -> Sum:
        return self.unknowns.of(f"radius {circle.centre} {circle.label}", lower=0.0)

    def arc(self, circle: Circle, *points: str) -> Sum:
        """The measure of an arc in degrees: the shorter one between two points, or the one through the middle point."""
        first, *_, last = points
        small = self.angle(first, circle.centre, last)
        if len(points) == 2:
            return small
        shown = [self.figure.turn(first, circle.centre, point) % 360 for point in (points[1], last)]
        is_counterclockwise = shown[0] < shown[1]
        goes_short = (self.figure.turn(first, circle.centre, last) > 0) == is_counterclockwise
        return small if goes_short else number(360.0) - small

    def algebra(self, text: str) -> Sum:
        """The value of an expression: a sum, or an unknown of its own with the equation that says what it is."""
        try:
            expression = read_algebra(text)
        except SymbolError as error:
            raise Unmeasured(f"no expression: {text!r}: {error.message}") from error
        return self._expression(expression, text)

    def _expression(self, expression: Expr, text: str) -> Sum:
        import sympy

        letters = sorted(expression.free_symbols, key=str)
        unknowns = {letter: self.unknowns.of(f"letter {letter}") for letter in letters}
        try:
            polynomial = sympy.Poly(expression, *letters) if letters else None
        except sympy.PolynomialError as error:
            raise Unmeasured(f"{text!r} is no polynomial") from error
        if polynomial is None:
            return number(float(expression))
        if polynomial.total_degree() > 2:
            raise Unmeasured(f"{text!r} has powers above the square")
        linear, products = number(0), []
        for powers, factor in polynomial.terms():
            factors = [unknowns[letter] for letter, power in zip(letters, powers) for _ in range(power)]
            if len(factors) == 2:
                products.append((float(factor), factors[0], factors[1]))
            else:
                linear = linear + (factors[0] * float(factor) if factors else number(float(factor)))
        if not products:
            return linear
        value = self.unknowns.of(f"value {text}")
        self.product(f"algebra {text}", products, linear - value)
        return value

    def product(self, name: str, products: Sequence[tuple[float, Sum, Sum]], rest: Sum) -> None:
        """Keep an equation with products, once."""
        self.products.setdefault(name, Product(tuple(products), rest))

    def consequence(self, name: str, products: Sequence[tuple[float, Sum, Sum]], rest: Sum) -> None:
        """Keep an equation with products that follows from others, once."""
        self.consequences.setdefault(name, Product(tuple(products), rest))

    def times(self, a: Sum, b: Sum, name: str) -> Sum:
        """The product of two expressions, an unknown of its own where neither is a number yet."""
        for one, other in ((a, b), (b, a)):
            value = self.unknowns.value(one)
            if value is not None:
                return other * value
        product = self.unknowns.of(f"product {name}", lower=0.0)
        self.product(f"product {name}", [(1.0, a, b)], product * -1.0)
        return product

    def polygon_area(self, corners: Sequence[str]) -> Sum | None:
        """Twice-crossed edges: the area of a polygon whose edges have known directions, or None while they have not."""
        edges = list(zip(corners, (*corners[1:], corners[0])))
        turns = []
        for a, b in edges[:-1]:
            turn = self.unknowns.value(self.ray(a, b) - self.ray(*edges[0]))
            if turn is None:
                return None
            turns.append(math.radians(turn))
        name = "area " + " ".join(corners)
        area = self.unknowns.of(name, lower=0.0)
        lengths = [self.length(a, b) for a, b in edges[:-1]]
        crossed = [
            (0.5 * math.sin(turns[j] - turns[i]), lengths[i], lengths[j])
            for j in range(len(lengths))
            for i in range(j)
            if abs(math.sin(turns[j] - turns[i])) > 1e-9
        ]
        sign = 1.0 if _shown_area([self.figure.places[p] for p in corners]) > 0 else -1.0
        self.consequence(name, [(sign * factor, a, b) for factor, a, b in crossed], area * -1.0)
        return area


def _shown_area(places: Sequence[tuple[float, float]]) -> float:
    return sum(x * v - u * y for (x, y), (u, v) in zip(places, (*places[1:], places[0]))) / 2
