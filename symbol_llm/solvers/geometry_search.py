"""Figures that meet all that is said: where no theorem leads on, they tell what the facts settle.

    IsCentroidOf(P, Triangle(J,K,L)), PT = 2    every figure has KP = 4            settled
    XZ = 3x + 5, ZY = 5x - 7                    one figure has XZ = 23, one 31     left open, and these two show it

Places of points and free unknowns are moved, from the diagram on, until all equations hold (geometry_equations.py). An
expression is settled if no motion that keeps the equations changes it (the null space of their derivatives), and if it
has one value in the figures that are found from several starts. Nothing is measured in the diagram: it only says where
to start, and so which of two mirrored figures is meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from random import Random

import numpy as np

from symbol_llm.solvers.geometry_equations import Equations
from symbol_llm.solvers.geometry_measures import Measures
from symbol_llm.solvers.geometry_unknowns import Sum

_STARTS = 40
_ENOUGH = 6  # figures that show that something is left open
_MOST_STEPS = 60
_HOLDS = 1e-9  # of the size of an equation's terms
_STILL = 1e-6  # how much of a direction in which a figure may move is none
_SAME = 1e-5
_FLAT, _SHORT = 0.1, 1e-3  # degrees; of the mean length
_LARGEST = 120  # entries of a state; a larger figure is left to the theorems (Geometry3K has up to 77)


@dataclass(frozen=True, slots=True)
class _Figure:
    """One figure that meets all facts, and in which ways it can move."""

    free: np.ndarray
    motions: np.ndarray  # one way to move a row, over the free unknowns in units of ``scale``
    scale: np.ndarray


class Figures:
    """The figures that meet the facts that a Measures holds by now, searched for until they leave ``goal`` open."""

    def __init__(self, measures: Measures, goal: Sum | None = None) -> None:
        self.measures, self.unknowns = measures, measures.unknowns
        self.equations = Equations(measures)
        # A solution may wind lines around each other, which is the same figure again.
        self.bounded = [*self.unknowns.bounded, *((angle, -90.0, 270.0) for angle in self._angles())]
        self.found: list[_Figure] = []
        self.breach = ""  # by what solutions of the equations fail to be figures
        rng = Random(0)
        for i in range(_STARTS if self.equations.size <= _LARGEST else 0):
            if figure := self._meet(rng, i):
                self.found.append(figure)
            if goal is not None and len(self.found) >= _ENOUGH and self.is_open(goal):
                break

    def values(self, expression: Sum) -> tuple[list[float], bool]:
        """The different values that an expression has in the figures, and whether it can change within one."""
        row = self.unknowns.row(expression)
        row, constant = row[self.equations.free], row[-1]
        values: list[float] = []
        can_move = False
        for figure in self.found:
            value = float(row @ figure.free + constant)
            if not any(math.isclose(value, known, rel_tol=_SAME, abs_tol=_SAME) for known in values):
                values.append(value)
            slope = row * figure.scale
            can_move |= bool(np.linalg.norm(figure.motions @ slope) > _STILL * np.linalg.norm(slope))
        return sorted(values), can_move

    def is_open(self, expression: Sum) -> bool:
        """Whether the figures found do not settle an expression."""
        values, can_move = self.values(expression)
        return len(values) != 1 or can_move

    def told(self, expression: Sum) -> str:
        """Why an expression is not settled, in words."""
        if self.equations.size > _LARGEST:
            return f"the figure is too large: {self.equations.size} free measures and places, more than {_LARGEST}"
        if not self.found:
            return f"no figure was found that meets all that is said{self.breach}"
        values, can_move = self.values(expression)
        shown = [f"{value:.6g}" for value in (values[0], values[-1])]
        if len(values) > 1 and can_move:
            return f"figures that meet all that is said give it different values, such as {shown[0]} and {shown[1]}"
        if len(values) > 1:
            return f"figures that meet all that is said give it {shown[0]} or {shown[1]}"
        return f"a figure that meets all that is said gives it {shown[0]}, and can move to others"

    def settle(self) -> bool:
        """Equate with their values the unknowns, and the angles between lines, that are settled. False if none is."""
        version = self.unknowns.version
        for expression in self._expressions():
            if self.unknowns.value(expression) is None and not self.is_open(expression):
                self.unknowns.equate(expression, Sum({}, self.values(expression)[0][0]))
        return self.unknowns.version != version

    def _expressions(self) -> Iterator[Sum]:
        for name, number in list(self.unknowns.names.items()):
            if not name.startswith("direction "):
                yield Sum({number: 1.0})
        yield from self._angles()

    def _angles(self) -> Iterator[Sum]:
        """An angle between any two lines that meet."""
        figure = self.measures.figure
        for one, other in combinations(figure.lines, 2):
            for vertex in sorted(set(one) & set(other)):
                a, b = (next(point for point in line if point != vertex) for line in (one, other))
                yield self.measures.angle(a, vertex, b)

    def _meet(self, rng: Random, number: int) -> _Figure | None:
        """Move from a start until all equations hold; None if that fails, or what is found is no figure."""
        state = self._start(rng, 0.0 if number == 0 else 0.02 * (number % 12))
        damping, faults, slopes, sizes = 1e-3, *self.equations.evaluate(state)
        for _ in range(_MOST_STEPS):
            weights = 1 / sizes
            error = float(((faults * weights) ** 2).sum())
            if error < _HOLDS**2:
                break
            scaled = slopes * weights[:, None]
            square = scaled.T @ scaled
            diagonal = np.maximum(np.diag(square), 1e-12)
            while True:
                step = np.linalg.solve(square + np.diag(damping * diagonal), scaled.T @ (faults * weights))
                after = self.equations.evaluate(state - step)
                if float(((after[0] * weights) ** 2).sum()) < error:
                    state, (faults, slopes, sizes) = state - step, after
                    damping = max(damping * 0.2, 1e-13)
                    break
                damping = max(damping, 1e-12) * 6
                if damping > 1e9:
                    break
            if damping > 1e9:
                break
        if not np.isfinite(state).all() or np.abs(faults / sizes).max(initial=0.0) > 1e-7:
            return None
        values = state[: self.equations.num_free]
        if breach := self._breach(values):
            self.breach = self.breach or f"; its equations are met with {breach}"
            return None
        return self._movable(values, slopes / sizes[:, None])

    def _movable(self, values: np.ndarray, slopes: np.ndarray) -> _Figure:
        """The figure with a basis of the ways to move that keep all equations: the null space of their slopes."""
        steep = np.linalg.norm(slopes, axis=0)
        scale = np.where(steep < 1e-12, 1.0, 1 / np.maximum(steep, 1e-12))
        _, sizes, ways = np.linalg.svd(slopes * scale, full_matrices=True)
        rank = int((sizes > 1e-7 * sizes[0]).sum()) if len(sizes) else 0
        free = slice(self.equations.num_free)
        return _Figure(values, ways[rank:, free], scale[free])

    def _breach(self, values: np.ndarray) -> str:
        """The measure that no figure has, or "": a length that is not positive, an angle that is flat."""
        names = {number: name for name, number in self.unknowns.names.items()}
        mean = float(np.abs(self.equations.lengths.of(values)).mean()) if len(self.equations.starts) else 1.0
        found = self.equations.rows([expression for expression, _, _ in self.bounded]).of(values)
        for value, (expression, lower, upper) in zip(found.tolist(), self.bounded, strict=True):
            is_angle = math.isfinite(upper)
            least = _FLAT if is_angle else _SHORT * mean
            if not lower + least < value < upper - least:
                name = "an angle" if is_angle else names[next(iter(expression.terms))].strip()
                return f"{name} of {value if abs(value) > least else 0:.4g}"
        return ""

    def _start(self, rng: Random, shaken: float) -> np.ndarray:
        """The diagram, shaken: as large as the known lengths say, and the free unknowns as near to it as can be."""
        figure, equations = self.measures.figure, self.equations
        places = np.array([figure.places[point] for point in equations.at], dtype=float)
        if len(places) == 0:
            places = np.zeros((0, 2))
        spread = float(np.abs(places - places.mean(axis=0)).max(initial=0.0)) or 1.0
        shakes = [[rng.gauss(0, shaken * spread) for _ in range(2)] for _ in equations.at]
        places = places + np.array(shakes).reshape(-1, 2)
        where = dict(zip(equations.at, places))
        edges = [(a, b) for line in figure.lines for a, b in pairwise(line)]
        drawn = np.array([max(1e-3 * spread, math.dist(where[a], where[b])) for a, b in edges])
        turns = np.array([self._turn_near(where[a], where[b], figure.direction(a, b)) for a, b in edges])
        # drawn · size ≈ length, with the size of the figure as one more unknown; directions ≈ those drawn.
        mean = float(drawn.mean()) if len(edges) else 1.0
        lengths, directions = equations.lengths, equations.turns
        matrix = np.block(
            [
                [lengths.matrix / mean, -(drawn / mean)[:, None]],
                [directions.matrix * 3.0, np.zeros((len(edges), 1))],
                [np.eye(equations.num_free) * 1e-4, np.zeros((equations.num_free, 1))],
                [np.zeros((1, equations.num_free)), np.full((1, 1), 1e-2)],
            ]
        )
        wanted = np.concatenate(
            [
                -lengths.constant / mean,
                (turns - directions.constant) * 3.0,
                [rng.gauss(0, 50 * shaken) * 1e-4 for _ in range(equations.num_free)],
                [1e-2 * 10 / mean],
            ]
        )
        solved = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
        # Also far from the diagram's proportions: equations may hold in more than one way.
        solved = solved * np.array([math.exp(rng.gauss(0, 4 * shaken)) for _ in solved])
        size = float(abs(solved[-1])) or 1.0
        return np.concatenate([solved[:-1], (places * size).reshape(-1)])

    @staticmethod
    def _turn_near(start: np.ndarray, end: np.ndarray, shown: float) -> float:
        """The direction from one place to another, in radians, by the turn that is nearest to the one shown."""
        turn = math.atan2(end[1] - start[1], end[0] - start[0])
        return turn + 2 * math.pi * round((math.radians(shown) - turn) / (2 * math.pi))
