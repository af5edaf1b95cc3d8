"""The theorems of plane geometry, applied to a figure until nothing new follows.

    geometry_triangles   isosceles, right and similar triangles, sines and cosines
    geometry_areas       of polygons by their edges, or base and height; of similar figures
    closed chains        edges of known directions come back to where they began
    circles              chords and tangents through one point
    bisectors            cut the opposite side in the ratio of the others; parallels cut all lines in one ratio

The angle sums, vertical and corresponding angles, and with the radii as lines the angles in a circle, are in the
measures already (geometry_measures.py). Read off the diagram is only what lies where, and which sides of a trapezoid
or a kite are meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from symbol_llm.solvers.geometry_areas import Areas
from symbol_llm.solvers.geometry_figure import Circle
from symbol_llm.solvers.geometry_measures import Measures
from symbol_llm.solvers.geometry_triangles import Triangles
from symbol_llm.solvers.geometry_unknowns import Sum, number


class Theorems:
    """Applies all theorems once with ``apply``; what they add shows in the unknowns' version."""

    def __init__(self, measures: Measures, polygons: Sequence[tuple[str, ...]]) -> None:
        self.measures, self.figure, self.unknowns = measures, measures.figure, measures.unknowns
        self.polygons = list(dict.fromkeys(polygons))
        self.triangles = Triangles(measures)
        self.areas = Areas(measures)
        for circle in self.figure.circles:
            self._powers(circle)

    def apply(self) -> None:
        """One round of everything that depends on what is known by now. Raises Contradiction."""
        self.triangles.apply()
        self._closed_chains()
        self._bisected()
        self._cut()
        self._tangent_lines()
        for corners in self.polygons:
            self.areas.apply(corners)
        for equation in (*self.measures.products.values(), *self.measures.consequences.values()):
            self.unknowns.equate_product(equation)

    def _powers(self, circle: Circle) -> None:
        """Through one point: the products of the two ways to the circle are the same, on every line."""
        for point in self.figure.points:
            if point in circle.points or point == circle.centre:
                continue
            ways = []
            for line in self.figure.lines:
                met = [other for other in line if other in circle.points]
                if point in line and len(met) == 2 and circle.centre not in met:
                    ways.append(met)
            for (a, b), (c, d) in combinations(ways, 2):
                length = self.measures.length
                products = [
                    (1.0, length(point, a), length(point, b)),
                    (-1.0, length(point, c), length(point, d)),
                ]
                self.measures.consequence(f"power {point} {a} {b} {c} {d}", products, number(0))

    def _tangents(self, circle: Circle) -> Iterator[tuple[str, str]]:
        """(outer point, touching point) of the lines that are known to stand upright on a radius."""
        for touching in circle.points:
            for outer in self.figure.neighbours(touching):
                if outer in circle.points or outer == circle.centre:
                    continue
                angle = self.unknowns.value(self.measures.angle(outer, touching, circle.centre))
                if angle is not None and abs(angle - 90) < 1e-4:
                    yield outer, touching

    def _bisected(self) -> None:
        for a, b, c in self.figure.triangles():
            for vertex, one, other in ((a, b, c), (b, a, c), (c, a, b)):
                line = self.figure.lines[self._line(one, other)]
                for foot in line:
                    if foot in (one, other) or self.figure.line_of(vertex, foot) is None:
                        continue
                    if not min(map(line.index, (one, other))) < line.index(foot) < max(map(line.index, (one, other))):
                        continue
                    halves = self.measures.angle(one, vertex, foot) - self.measures.angle(foot, vertex, other)
                    if self.unknowns.is_zero(halves):
                        length = self.measures.length
                        products = [
                            (1.0, length(vertex, one), length(foot, other)),
                            (-1.0, length(vertex, other), length(one, foot)),
                        ]
                        self.measures.consequence(f"bisector {vertex} {one} {foot} {other}", products, number(0))

    def _line(self, a: str, b: str) -> int:
        i = self.figure.line_of(a, b)
        assert i is not None
        return i

    def _cut(self) -> None:
        """Three parallel lines cut any two others in one ratio."""
        families: dict[float, list[int]] = {}
        for i in range(len(self.figure.lines)):
            families.setdefault(self._family(i), []).append(i)
        for family in families.values():
            if len(family) < 3:
                continue
            crossings = {}
            for j in range(len(self.figure.lines)):
                if j not in family:
                    crossings[j] = [self.figure.crossing(i, j) for i in family]
            for one, other in combinations(crossings, 2):
                for x, y, z in combinations(range(len(family)), 3):
                    p, q, r = (crossings[one][k] for k in (x, y, z))
                    s, t, u = (crossings[other][k] for k in (x, y, z))
                    if p and q and r and s and t and u and len({p, q, r}) == len({s, t, u}) == 3:
                        length = self.measures.length
                        products = [(1.0, length(p, q), length(t, u)), (-1.0, length(q, r), length(s, t))]
                        self.measures.consequence(f"cut {p} {q} {r} {s} {t} {u}", products, number(0))

    def _family(self, i: int) -> float:
        """A key that parallel lines share."""
        row = self.unknowns.row(self.unknowns.of(f"direction {i}"))
        return float(hash((tuple(row[:-1].round(6)), round(row[-1] % 180.0, 4) % 180.0)))

    def _closed_chains(self) -> None:
        """Edges whose directions are known to each other: walked around, they end where they began."""
        groups: dict[tuple[float, ...], list[int]] = {}
        for i in range(len(self.figure.lines)):
            row = self.unknowns.row(self.unknowns.of(f"direction {i}"))
            groups.setdefault(tuple(row[:-1].round(6).tolist()), []).append(i)
        for lines in groups.values():
            places: dict[str, tuple[Sum, Sum]] = {}
            reference = self.unknowns.of(f"direction {lines[0]}")
            edges = [
                (a, b, self.unknowns.value(self.unknowns.of(f"direction {i}") - reference) or 0.0)
                for i in lines
                for a, b in zip(self.figure.lines[i], self.figure.lines[i][1:])
            ]
            self._walk(edges, places)

    def _walk(self, edges: list[tuple[str, str, float]], places: dict[str, tuple[Sum, Sum]]) -> None:
        """Place the ends of edges from one point on; where a point gets two places, they are the same."""
        waiting = list(edges)
        while waiting:
            at = next((i for i, (a, b, _) in enumerate(waiting) if a in places or b in places), None)
            if at is None:
                at = 0
                places[waiting[0][0]] = (number(0), number(0))
            a, b, turn = waiting.pop(at)
            length = self.measures.length(a, b)
            step = (length * math.cos(math.radians(turn)), length * math.sin(math.radians(turn)))
            if a in places and b in places:
                for axis in (0, 1):
                    self.unknowns.equate(places[b][axis], places[a][axis] + step[axis])
            elif a in places:
                places[b] = (places[a][0] + step[0], places[a][1] + step[1])
            else:
                places[a] = (places[b][0] - step[0], places[b][1] - step[1])

    def _tangent_lines(self) -> None:
        """Tangents from one point are equally long; with a line that cuts the circle twice, squares and products."""
        for circle in self.figure.circles:
            tangents = list(self._tangents(circle))
            for (outer, touching), (point, other) in combinations(tangents, 2):
                if outer == point:
                    self.unknowns.equate(self.measures.length(outer, touching), self.measures.length(outer, other))
            for outer, touching in tangents:
                self._tangent_power(circle, outer, touching)

    def _tangent_power(self, circle: Circle, outer: str, touching: str) -> None:
        for line in self.figure.lines:
            met = [point for point in line if point in circle.points]
            if outer in line and len(met) == 2:
                tangent, (a, b) = self.measures.length(outer, touching), met
                products = [
                    (1.0, tangent, tangent),
                    (-1.0, self.measures.length(outer, a), self.measures.length(outer, b)),
                ]
                self.measures.consequence(f"tangent {outer} {touching} {a} {b}", products, number(0))
