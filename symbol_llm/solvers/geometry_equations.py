"""All that holds in a figure, as equations over numbers: what the forms say, and that lines end where they meet.

    length of AB, direction of AB      x of B = x of A + length · cos(direction), and the same for y
    2x + 3 = 5y, AB = 2x + 3           already used up: only the unknowns that are still free are left
    x² + 3 = value                     equations with products, as they are
    area of ABC                        by the places of its corners

The state of a figure is one vector: the free unknowns (Unknowns), then x and y of every point. ``faults`` are by how
much the equations do not hold, ``slopes`` their derivatives by the entries of the vector.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from symbol_llm.solvers.geometry_measures import Measures
from symbol_llm.solvers.geometry_unknowns import Sum

_AREA = "area "


class Rows:
    """Expressions as rows over the free unknowns: ``matrix @ free + constant``."""

    def __init__(self, measures: Measures, free: np.ndarray, expressions: Sequence[Sum]) -> None:
        rows = [measures.unknowns.row(expression) for expression in expressions]
        stacked = np.array(rows) if rows else np.zeros((0, measures.unknowns.width))
        self.matrix, self.constant = stacked[:, free], stacked[:, -1]

    def of(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.matrix @ values + self.constant)


class Equations:
    """The equations of a figure as they are by now. ``num_free`` entries of a state are unknowns, the rest places."""

    def __init__(self, measures: Measures) -> None:
        self.measures, figure = measures, measures.figure
        unknowns = measures.unknowns
        self.free = unknowns.free()
        self.num_free = len(self.free)
        self.at = {point: i for i, point in enumerate(figure.points)}
        self.size = self.num_free + 2 * len(self.at)
        edges = [(i, a, b) for i, line in enumerate(figure.lines) for a, b in pairwise(line)]
        self.lengths = self.rows([measures.length(a, b) for _, a, b in edges])
        self.turns = self.rows([unknowns.of(f"direction {i}") * (math.pi / 180) for i, _, _ in edges])
        self.starts = np.array([self.at[a] for _, a, _ in edges], dtype=int)
        self.ends = np.array([self.at[b] for _, _, b in edges], dtype=int)
        products = list(measures.products.values())
        parts = [(number, *part) for number, product in enumerate(products) for part in product.products]
        self.of_product = np.array([number for number, *_ in parts], dtype=int)
        self.factors = np.array([factor for _, factor, _, _ in parts])
        self.ones = self.rows([one for *_, one, _ in parts])
        self.others = self.rows([other for *_, other in parts])
        self.rests = self.rows([product.rest for product in products])
        self.areas = [
            (np.array([self.at[p] for p in corners], dtype=int), unknowns.of(name))
            for name in list(unknowns.names)
            if name.startswith(_AREA) and (corners := name.removeprefix(_AREA).split(" "))
        ]
        self.area_rows = self.rows([area for _, area in self.areas])

    def rows(self, expressions: Sequence[Sum]) -> Rows:
        return Rows(self.measures, self.free, expressions)

    def evaluate(self, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Faults, slopes, and for each equation how large its terms are."""
        values, xs, ys = state[: self.num_free], state[self.num_free :: 2], state[self.num_free + 1 :: 2]
        chains = self._chains(values, xs, ys)
        products = self._products(values)
        areas = self._areas(values, xs, ys)
        faults, slopes, sizes = (np.concatenate(parts) for parts in zip(*chains, products, areas))
        return faults, slopes, sizes

    def _chains(
        self, values: np.ndarray, xs: np.ndarray, ys: np.ndarray
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        lengths, turns = self.lengths.of(values), self.turns.of(values)
        cosine, sine = np.cos(turns), np.sin(turns)
        size = np.maximum(np.abs(lengths), np.abs(lengths).mean() if len(lengths) else 0.0) + 1e-9
        found = []
        for axis, places, share, change in ((0, xs, cosine, -sine), (1, ys, sine, cosine)):
            slopes = np.zeros((len(lengths), self.size))
            slopes[:, : self.num_free] = -(
                share[:, None] * self.lengths.matrix + (lengths * change)[:, None] * self.turns.matrix
            )
            each = np.arange(len(lengths))
            slopes[each, self.num_free + 2 * self.ends + axis] += 1.0
            slopes[each, self.num_free + 2 * self.starts + axis] -= 1.0
            found.append((places[self.ends] - places[self.starts] - lengths * share, slopes, size))
        return found

    def _products(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        one, other, faults = self.ones.of(values), self.others.of(values), self.rests.of(values)
        sizes = np.abs(faults) + 1e-9
        np.add.at(faults, self.of_product, self.factors * one * other)
        np.add.at(sizes, self.of_product, np.abs(self.factors * one * other))
        slopes = np.zeros((len(faults), self.size))
        slopes[:, : self.num_free] = self.rests.matrix
        parts = (self.factors * other)[:, None] * self.ones.matrix + (self.factors * one)[:, None] * self.others.matrix
        np.add.at(slopes[:, : self.num_free], self.of_product, parts)
        return faults, slopes, sizes

    def _areas(self, values: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        faults, slopes = self.area_rows.of(values), np.zeros((len(self.areas), self.size))
        slopes[:, : self.num_free] = self.area_rows.matrix
        places = self.measures.figure.places
        names = list(self.at)
        for row, (corners, _) in enumerate(self.areas):
            after, before = np.roll(corners, -1), np.roll(corners, 1)
            shown = np.array([places[names[i]] for i in corners])
            turned = np.roll(shown, -1, axis=0)
            sign = 0.5 * math.copysign(1.0, float((shown[:, 0] * turned[:, 1] - turned[:, 0] * shown[:, 1]).sum()))
            faults[row] -= sign * float((xs[corners] * ys[after] - xs[after] * ys[corners]).sum())
            slopes[row, self.num_free + 2 * corners] -= sign * (ys[after] - ys[before])
            slopes[row, self.num_free + 2 * corners + 1] -= sign * (xs[before] - xs[after])
        return faults, slopes, np.abs(self.area_rows.of(values)) + np.abs(faults) + 1e-9
