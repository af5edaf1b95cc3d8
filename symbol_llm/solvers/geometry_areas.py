"""Areas of polygons, as equations.

```
by the edges, once their directions are known       base times height, half of it for a triangle
half the product of upright diagonals               of similar figures, as the squares of their sides
```
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbol_llm.solvers.geometry_measures import Measures, Unmeasured
from symbol_llm.solvers.geometry_unknowns import Sum


class Areas:
    """Adds what is known of a polygon's area by now."""

    def __init__(self, measures: Measures) -> None:
        self.measures, self.figure, self.unknowns = measures, measures.figure, measures.unknowns

    def apply(self, corners: tuple[str, ...]) -> None:
        """All rules, for a polygon whose edges are all lines of the figure."""
        try:
            self.measures.polygon_area(corners)
            self._heights(corners)
        except Unmeasured:
            return

    def _heights(self, corners: tuple[str, ...]) -> None:
        """Base and height: half of it for a triangle, the mean of the bases for four corners, two of them parallel."""
        area = self.unknowns.of("area " + " ".join(corners), lower=0.0)
        edges = list(zip(corners, (*corners[1:], corners[0])))
        for number_, (a, b) in enumerate(edges):
            base = self._drawn(a, b)
            for foot in self.figure.lines[base]:
                for top in self.figure.neighbours(foot):
                    rising = self._drawn(foot, top)
                    if rising == base or not self._is_upright(base, rising):
                        continue
                    mean = self._mean_base(corners, edges, number_, top)
                    if mean is not None:
                        name = f"height {' '.join(corners)} {foot} {top}"
                        self.measures.consequence(name, [(1.0, mean, self.measures.length(foot, top))], area * -1.0)
        self._diagonals(corners, area)

    def _is_upright(self, one: int, other: int) -> bool:
        turn = self.unknowns.value(self.unknowns.of(f"direction {one}") - self.unknowns.of(f"direction {other}"))
        return turn is not None and abs(turn % 180 - 90) < 1e-4

    def _mean_base(self, corners: Sequence[str], edges: Sequence[tuple[str, str]], at: int, top: str) -> Sum | None:
        base = self.measures.length(*edges[at])
        if len(corners) == 3:
            return base * 0.5 if top in corners and top not in edges[at] else None
        if len(corners) != 4:
            return None
        opposite = edges[(at + 2) % 4]
        i, j = self._drawn(*edges[at]), self._drawn(*opposite)
        turn = self.unknowns.value(self.unknowns.of(f"direction {i}") - self.unknowns.of(f"direction {j}"))
        if turn is None or min(turn % 180, -turn % 180) > 1e-4 or top not in self.figure.lines[j]:
            return None
        return (base + self.measures.length(*opposite)) * 0.5

    def _diagonals(self, corners: Sequence[str], area: Sum) -> None:
        """Half the product of diagonals that stand upright on each other."""
        if len(corners) != 4:
            return
        a, b, c, d = corners
        try:
            if self._is_upright(self._drawn(a, c), self._drawn(b, d)):
                products = [(0.5, self.measures.length(a, c), self.measures.length(b, d))]
                self.measures.consequence(f"diagonals {' '.join(corners)}", products, area * -1.0)
        except Unmeasured:
            return

    def _drawn(self, a: str, b: str) -> int:
        i = self.figure.line_of(a, b)
        if i is None:
            raise Unmeasured(f"no line from {a} to {b}")
        return i

    def similar(self, first: Sequence[str], second: Sequence[str]) -> None:
        """Areas of similar figures are as the squares of their sides."""
        areas = [self.unknowns.of("area " + " ".join(corners), lower=0.0) for corners in (first, second)]
        edges = [list(zip(corners, (*corners[1:], corners[0]))) for corners in (first, second)]
        sides = [tuple(self.measures.length(*edge) for edge in pair) for pair in zip(*edges)]
        for one, other in sides:
            ratio = self.unknowns.ratio(one, other)
            if ratio is not None:
                self.unknowns.equate(areas[0], areas[1] * ratio**2)
                return
        ratio = self.unknowns.ratio(*areas)
        if ratio is not None and ratio > 0:
            self.unknowns.equate(sides[0][0], sides[0][1] * math.sqrt(ratio))
