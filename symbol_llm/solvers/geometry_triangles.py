"""Theorems about triangles, for all the triangles of a figure.

```
equal sides have equal angles against them, and back           Pythagoras, the laws of sines and cosines
similar triangles: two angles; two sides in one ratio and the angle between; all sides in one ratio
congruent ones are similar in the ratio one
```
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, permutations
from typing import NamedTuple

from symbol_llm.solvers.geometry_measures import Measures
from symbol_llm.solvers.geometry_unknowns import Sum, number

MAX_TRIANGLES = 90
_SAME = 1e-6


class _Triangle(NamedTuple):
    """Corners, the side opposite to each, and the angle at each."""

    corners: tuple[str, str, str]
    sides: tuple[Sum, Sum, Sum]
    angles: tuple[Sum, Sum, Sum]


class _Seen(NamedTuple):
    """What is known of a triangle's angles in one round: a key that equal ones share, and the values."""

    keys: tuple[tuple[float, ...], ...]
    values: tuple[float | None, ...]


class Triangles:
    """All triangles of a figure whose sides are lines; ``apply`` adds what follows by now."""

    def __init__(self, measures: Measures) -> None:
        self.measures, self.unknowns = measures, measures.unknowns
        self.triangles = [self._triangle(corners) for corners in measures.figure.triangles()][:MAX_TRIANGLES]

    def _triangle(self, corners: tuple[str, str, str]) -> _Triangle:
        a, b, c = corners
        length, angle = self.measures.length, self.measures.angle
        return _Triangle(
            corners, (length(b, c), length(a, c), length(a, b)), (angle(b, a, c), angle(a, b, c), angle(a, c, b))
        )

    def apply(self) -> None:
        """One round. Raises Contradiction."""
        for triangle in self.triangles:
            self._isosceles(triangle)
            self._cosines(triangle)
            self._sines(triangle)
        self._similar_triangles()

    def _isosceles(self, triangle: _Triangle) -> None:
        for i, j in combinations(range(3), 2):
            if self.unknowns.is_zero(triangle.sides[i] - triangle.sides[j]):
                self.unknowns.equate(triangle.angles[i], triangle.angles[j])
            elif self.unknowns.is_zero(triangle.angles[i] - triangle.angles[j]):
                self.unknowns.equate(triangle.sides[i], triangle.sides[j])

    def _cosines(self, triangle: _Triangle) -> None:
        """A known angle: the law of cosines, Pythagoras among it. Sides in known ratios: the angles."""
        sides, angles = triangle.sides, triangle.angles
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            angle = self.unknowns.value(angles[i])
            if angle is not None and 0 < angle < 180:
                cosine = math.cos(math.radians(angle)) if abs(angle - 90) > 1e-9 else 0.0
                products = [
                    (1.0, sides[j], sides[j]),
                    (1.0, sides[k], sides[k]),
                    (-1.0, sides[i], sides[i]),
                    (-2 * cosine, sides[j], sides[k]),
                ]
                self.measures.consequence(f"cosines {' '.join(triangle.corners)} {i}", products, number(0))
        one, other = (self.unknowns.ratio(sides[i], sides[0]) for i in (1, 2))
        if one and other and one > 0 and other > 0:
            lengths = (1.0, one, other)
            for i in range(3):
                a, b, c = lengths[i], lengths[(i + 1) % 3], lengths[(i + 2) % 3]
                cosine = (b * b + c * c - a * a) / (2 * b * c)
                if -1 < cosine < 1:
                    self.unknowns.equate(angles[i], number(math.degrees(math.acos(cosine))))

    def _sines(self, triangle: _Triangle) -> None:
        """Two known angles give the ratio of the sides; an angle against the longer of two sides gives the other."""
        known = [self.unknowns.value(angle) for angle in triangle.angles]
        for i, j in permutations(range(3), 2):
            first, second = known[i], known[j]
            if first is None or not 0 < first < 180:
                continue
            sine = math.sin(math.radians(first))
            if second is not None and 0 < second < 180 and i < j:
                other = math.sin(math.radians(second))
                self.unknowns.equate(triangle.sides[i] * (other / sine), triangle.sides[j])
            elif second is None:
                ratio = self.unknowns.ratio(triangle.sides[j], triangle.sides[i])
                if ratio is not None and 0 < ratio < 1 - 1e-9:
                    self.unknowns.equate(triangle.angles[j], number(math.degrees(math.asin(ratio * sine))))

    def _similar_triangles(self) -> None:
        seen = [
            _Seen(
                tuple(tuple(self.unknowns.row(angle).round(5).tolist()) for angle in triangle.angles),
                tuple(self.unknowns.value(angle) for angle in triangle.angles),
            )
            for triangle in self.triangles
        ]
        for (one, first), (other, second) in combinations(zip(self.triangles, seen), 2):
            self._compare(one, other, first, second)

    def _compare(self, one: _Triangle, other: _Triangle, first: _Seen, second: _Seen) -> None:
        ratios = [[self.unknowns.ratio(a, b) for b in other.sides] for a in one.sides]
        for order in permutations(range(3)):
            same = [first.keys[i] == second.keys[order[i]] for i in range(3)]
            ratio = [ratios[i][order[i]] for i in range(3)]
            if sum(same) >= 2:
                self._scaled(one, other, order, ratio)
                continue
            matched = [
                (i, j)
                for i, j in combinations(range(3), 2)
                if ratio[i] is not None and ratio[j] is not None and abs(ratio[i] - ratio[j]) < _SAME  # type: ignore[operator]
            ]
            if len(matched) == 3 or any(same[3 - i - j] for i, j in matched) or self._is_right(first, same, matched):
                for i in range(3):
                    self.unknowns.equate(one.angles[i], other.angles[order[i]])
                self._scaled(one, other, order, ratio)

    @staticmethod
    def _is_right(first: _Seen, same: list[bool], matched: list[tuple[int, int]]) -> bool:
        """Two sides in one ratio, and the same right or obtuse angle against one of them."""
        wide = [same[i] and (value or 0.0) >= 90 - 1e-6 for i, value in enumerate(first.values)]
        return any(wide[i] for pair in matched for i in pair)

    def _scaled(self, one: _Triangle, other: _Triangle, order: Sequence[int], ratio: Sequence[float | None]) -> None:
        """All sides in one ratio: linear equations if it is known, else equations with products."""
        known = next((k for k in ratio if k is not None and k > 0), None)
        for i in range(3):
            if known is not None:
                self.unknowns.equate(one.sides[i], other.sides[order[i]] * known)
            elif i:
                products = [(1.0, one.sides[0], other.sides[order[i]]), (-1.0, other.sides[order[0]], one.sides[i])]
                name = f"similar {' '.join(one.corners)} {' '.join(other.corners)} {tuple(order)} {i}"
                self.measures.consequence(name, products, number(0))
