"""What the name of a shape says, as equations.

Rhombus(A,B,C,D)                        four equal sides, and opposite ones parallel
Similar(Triangle(A,B,C),Triangle(D,E,F))      equal angles, sides in one ratio

Where a name leaves open which sides it speaks of (the parallel ones of a trapezoid, the equal ones of a kite), they are
those that the diagram shows clearly; where it shows none clearly, Unmeasured is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symbol_llm.formats.geometry_forms import Form
from symbol_llm.solvers.geometry_facts import Numbers
from symbol_llm.solvers.geometry_measures import Unmeasured
from symbol_llm.solvers.geometry_unknowns import number

_CLEARLY, _HARDLY = 20.0, 8.0  # degrees by which lines of a diagram are, and are not, parallel
_UNEQUAL, _EQUAL = 0.2, 0.1  # of a length, by which it clearly differs from another, and does not
_PARALLEL_SIDES = ("Parallelogram", "Rectangle", "Rhombus", "Square")
QUADRILATERALS = (*_PARALLEL_SIDES, "Kite", "Trapezoid")
# What a problem says about a shape by naming it, wherever it does.
SHAPES = frozenset({*QUADRILATERALS, "Equilateral", "Regular"})


class Shapes:
    """Adds what the names of shapes say. All raise Unmeasured or Contradiction."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.measures, self.figure, self.unknowns = numbers.measures, numbers.figure, numbers.unknowns

    def turned(self, one: tuple[str, str], other: tuple[str, str], by: float) -> None:
        """Say that two lines are parallel or perpendicular, turned as the diagram shows."""
        if self.figure.line_of(*one) == self.figure.line_of(*other):
            raise Unmeasured("a line is not parallel or perpendicular to itself")
        i, j = self.figure.line_of(*one), self.figure.line_of(*other)
        assert i is not None and j is not None
        shown = self.measures.shown_direction(j) - self.measures.shown_direction(i)
        wanted = by + 180.0 * round((shown - by) / 180.0)
        self.unknowns.equate(self.unknowns.of(f"direction {j}") - self.unknowns.of(f"direction {i}"), number(wanted))

    def quadrilateral(self, name: str, corners: Sequence[str]) -> None:
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
            self.turned(one, other, 0.0)
            self.unknowns.equate(length(*one), length(*other))
        if name in ("Rectangle", "Square"):
            self.turned(edges[0], edges[1], 90.0)
        if name in ("Rhombus", "Square"):
            self.unknowns.equate(length(a, b), length(b, c))

    def _trapezoid(self, edges: Sequence[tuple[str, str]]) -> None:
        """The pair of sides that the diagram shows as parallel, where it shows one clearly."""
        pairs = [(edges[0], edges[2]), (edges[1], edges[3])]
        off = [self._off_parallel(*pair) for pair in pairs]
        for pair, own, other in zip(pairs, off, reversed(off)):
            if own < _HARDLY and other > _CLEARLY:
                self.turned(*pair, 0.0)
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
            if near < _EQUAL and far > _UNEQUAL:
                for i, j in pairs:
                    self.unknowns.equate(self.measures.length(*edges[i]), self.measures.length(*edges[j]))
                return
        raise Unmeasured("the diagram does not show which sides of the kite are equal")

    def _shown_length(self, a: str, b: str) -> float:
        (x, y), (u, v) = self.figure.places[a], self.figure.places[b]
        return max(1e-9, ((u - x) ** 2 + (v - y) ** 2) ** 0.5)

    def regular(self, name: str, shape: Form | str) -> None:
        corners = self.numbers.corners(shape)
        edges = list(zip(corners, (*corners[1:], corners[0])))
        if name == "Isosceles":
            if isinstance(shape, Form) and shape.name == "Trapezoid" and len(corners) == 4:
                self._trapezoid(edges)
                legs = [pair for pair in ((0, 2), (1, 3)) if self._off_parallel(*(edges[i] for i in pair)) > _CLEARLY]
                self.unknowns.equate(*(self.measures.length(*edges[i]) for i in legs[0]))
                return
            self._isosceles(edges)
            return
        for one, other in pairwise(edges):
            self.unknowns.equate(self.measures.length(*one), self.measures.length(*other))
        if name == "Regular" or len(corners) == 3:
            inner = 180.0 * (len(corners) - 2) / len(corners)
            for a, b, c in zip(corners, (*corners[1:], corners[0]), (*corners[2:], *corners[:2])):
                self.unknowns.equate(self.measures.angle(a, b, c), number(inner))

    def _isosceles(self, edges: Sequence[tuple[str, str]]) -> None:
        """The two sides of a triangle that the diagram clearly shows as equal."""
        if len(edges) != 3:
            raise Unmeasured("which sides are equal is not told")
        shown = [self._shown_length(*edge) for edge in edges]
        off = {(i, j): abs(shown[i] - shown[j]) / max(shown[i], shown[j]) for i, j in ((0, 1), (1, 2), (0, 2))}
        (i, j), nearest = min(off.items(), key=lambda item: item[1])
        if nearest > _EQUAL or sorted(off.values())[1] < _UNEQUAL:
            raise Unmeasured("the diagram does not show which two sides are equal")
        self.unknowns.equate(self.measures.length(*edges[i]), self.measures.length(*edges[j]))

    def alike(self, first: Sequence[str], second: Sequence[str], ratio: float | None) -> None:
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
