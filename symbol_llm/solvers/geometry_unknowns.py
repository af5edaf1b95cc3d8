"""Unknown quantities of a figure, and what linear equations make of them.

    unknowns = Unknowns()
    x, y = unknowns.of("x"), unknowns.of("y")
    unknowns.equate(x + y, 10.0 + 0 * x); unknowns.equate(x - y, constant(4))      unknowns.value(x) → 7.0

Every unknown is kept as a sum of those that are still free, so that each equation costs one elimination and every
question (is it known, are two the same, what is their ratio) costs one row. Equations with products wait until one
free unknown, or the ratio of two, is left in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

CAPACITY = 400
_ZERO = 1e-7
TOLERANCE = 0.02  # of the numbers in an equation: figures are labelled with rounded ones


class TooLarge(ValueError):
    """A figure has more unknowns than can be handled."""


class Contradiction(ValueError):
    """An equation contradicts those before it, by more than rounding explains."""


class Sum(NamedTuple):
    """A linear expression: coefficients by the number of the unknown, and a constant."""

    terms: Mapping[int, float]
    constant: float = 0.0

    def __add__(self, other: Sum | float) -> Sum:  # type: ignore[override]
        if not isinstance(other, Sum):
            return Sum(self.terms, self.constant + other)
        terms = dict(self.terms)
        for key, factor in other.terms.items():
            terms[key] = terms.get(key, 0.0) + factor
        return Sum(terms, self.constant + other.constant)

    def __sub__(self, other: Sum | float) -> Sum:
        return self + (other * -1.0 if isinstance(other, Sum) else -other)

    def __mul__(self, factor: float) -> Sum:  # type: ignore[override]
        return Sum({key: factor * value for key, value in self.terms.items()}, factor * self.constant)

    @property
    def is_constant(self) -> bool:
        return not any(self.terms.values())


def number(value: float) -> Sum:
    """A constant."""
    return Sum({}, float(value))


class Product(NamedTuple):
    """An equation with products: the factors' products and the rest add up to nothing."""

    products: tuple[tuple[float, Sum, Sum], ...]
    rest: Sum


class Unknowns:
    """All unknowns by name, with the bounds that a solution must keep: a length is positive, say."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self._rows = np.zeros((CAPACITY, CAPACITY + 1))
        self.version = 0  # grows with each equation that said something new
        self.bounded: list[tuple[Sum, float, float]] = []

    def of(self, name: str, lower: float = -math.inf, upper: float = math.inf) -> Sum:
        """The unknown of that name, made at its first use. Raises TooLarge."""
        if name not in self.names:
            if len(self.names) == CAPACITY:
                raise TooLarge(f"more than {CAPACITY} unknowns")
            self.names[name] = len(self.names)
            self._rows[self.names[name], self.names[name]] = 1.0
            if lower > -math.inf or upper < math.inf:
                self.bounded.append((Sum({self.names[name]: 1.0}), lower, upper))
        return Sum({self.names[name]: 1.0})

    def bound(self, expression: Sum, lower: float, upper: float) -> None:
        """Say between which values an expression lies."""
        self.bounded.append((expression, lower, upper))

    def row(self, expression: Sum) -> np.ndarray:
        """The expression over the free unknowns; the last entry is the constant."""
        row = np.zeros(CAPACITY + 1)
        row[-1] = expression.constant
        for key, factor in expression.terms.items():
            row += factor * self._rows[key]
        row[np.abs(row) < 1e-9] = 0.0
        return row

    @property
    def width(self) -> int:
        """The entries of a row."""
        return CAPACITY + 1

    def free(self) -> np.ndarray:
        """The numbers of the unknowns that are still free: all others are sums of them."""
        used = len(self.names)
        return np.array([k for k in range(used) if np.flatnonzero(self._rows[k]).tolist() == [k]], dtype=int)

    def value(self, expression: Sum) -> float | None:
        """The number that an expression is, or None while it is not known."""
        row = self.row(expression)
        return None if np.abs(row[:-1]).max() > _ZERO else float(row[-1])

    def ratio(self, above: Sum, below: Sum) -> float | None:
        """How many times larger one expression is than another, where it does not depend on what is free."""
        one, other = self.row(above), self.row(below)
        at = int(np.abs(other).argmax())
        if abs(other[at]) <= _ZERO:
            return None
        ratio = float(one[at] / other[at])
        scale = max(1.0, float(np.abs(one).max()))
        return ratio if np.abs(one - ratio * other).max() <= 1e-6 * scale else None

    def is_zero(self, expression: Sum) -> bool:
        """Whether the expression is nothing, whatever the free unknowns are."""
        row = self.row(expression)
        return bool(np.abs(row[:-1]).max() <= _ZERO and abs(row[-1]) < 1e-6)

    def equate(self, left: Sum, right: Sum) -> bool:
        """Add an equation. False if it says nothing new. Raises Contradiction."""
        row = self.row(left - right)
        at = int(np.abs(row[:-1]).argmax())
        if abs(row[at]) <= _ZERO:
            scale = max(1.0, abs(self.row(left)[-1]), abs(self.row(right)[-1]))
            if abs(row[-1]) > TOLERANCE * scale:
                raise Contradiction(f"two values of one quantity: they differ by {abs(row[-1]):.4g}")
            return False
        solved = -row / row[at]
        solved[at] = 0.0
        column = self._rows[:, at].copy()
        self._rows[:, at] = 0.0
        self._rows += np.outer(column, solved)
        self._rows[np.abs(self._rows) < 1e-10] = 0.0
        self.version += 1
        return True

    def equate_product(self, equation: Product) -> bool:
        """Solve an equation with products if one free unknown, or one ratio, is left in it, in one way; or if it is
        linear, since of each product one factor is known.

        False if not, or if it says nothing new. Raises Contradiction.
        """
        rows = [(factor, self.row(a), self.row(b)) for factor, a, b in equation.products]
        rest = self.row(equation.rest)
        free = np.abs(rest[:-1])
        for _, a, b in rows:
            free = free + np.abs(a[:-1]) + np.abs(b[:-1])
        places = np.flatnonzero(free > _ZERO)
        if len(places) == 1:
            return self._solve_one(rows, rest, int(places[0]))
        if len(places) > 1 and all(np.abs(a[:-1]).max() <= _ZERO or np.abs(b[:-1]).max() <= _ZERO for _, a, b in rows):
            return self._solve_linear(equation)
        if len(places) == 2:
            return self._solve_ratio(rows, rest, int(places[0]), int(places[1]))
        return False

    def _solve_linear(self, equation: Product) -> bool:
        parts = []
        for factor, a, b in equation.products:
            known = self.value(a)
            parts.append(b * (factor * known) if known is not None else a * (factor * (self.value(b) or 0.0)))
        return self.equate(total(parts) + equation.rest, number(0))

    def _solve_one(self, rows: list[tuple[float, np.ndarray, np.ndarray]], rest: np.ndarray, at: int) -> bool:
        square = sum(f * a[at] * b[at] for f, a, b in rows)
        single = sum(f * (a[at] * b[-1] + a[-1] * b[at]) for f, a, b in rows) + rest[at]
        constant = sum(f * a[-1] * b[-1] for f, a, b in rows) + rest[-1]
        size = max([1e-12, *(abs(f * a[-1] * b[-1]) for f, a, b in rows), abs(rest[-1])])
        good = [root for root in _roots(square, single, constant, size) if self._may_be(at, root)]
        if len(good) == 2 and math.isclose(*good, rel_tol=1e-6, abs_tol=1e-6):
            good.pop()
        if len(good) != 1:
            return False
        return self.equate(Sum({at: 1.0}), number(good[0]))

    def _solve_ratio(
        self, rows: list[tuple[float, np.ndarray, np.ndarray]], rest: np.ndarray, one: int, two: int
    ) -> bool:
        """An equation that holds for all sizes of a figure: every term is a square or a product of the two."""
        is_even = all(abs(a[-1]) < _ZERO and abs(b[-1]) < _ZERO for _, a, b in rows)
        if not is_even or np.abs(rest).max() > _ZERO:
            return False
        square = sum(f * a[one] * b[one] for f, a, b in rows)
        both = sum(f * (a[one] * b[two] + a[two] * b[one]) for f, a, b in rows)
        other = sum(f * a[two] * b[two] for f, a, b in rows)
        ratios = _roots(square, both, other, max(abs(square), abs(both), abs(other)))
        good = [ratio for ratio in ratios if self._may_be_ratio(one, two, ratio)]
        if len(good) == 2 and math.isclose(*good, rel_tol=1e-6, abs_tol=1e-6):
            good.pop()
        if len(good) != 1:
            return False
        return self.equate(Sum({one: 1.0}), Sum({two: good[0]}))

    def _may_be(self, at: int, value: float) -> bool:
        """Whether a value of a free unknown keeps everything that depends on it alone within its bounds."""
        for expression, lower, upper in self.bounded:
            row = self.row(expression)
            if abs(row[at]) > _ZERO and np.count_nonzero(np.abs(row[:-1]) > _ZERO) == 1:
                found = row[at] * value + row[-1]
                if not lower + 1e-6 < found < upper - 1e-6:
                    return False
        return True

    def _may_be_ratio(self, one: int, two: int, ratio: float) -> bool:
        """Whether positive lengths stay positive. The unknowns are of one sign where any length is one of them."""
        for sign in (1.0, -1.0):
            if all(
                lower != 0 or (row[one] * ratio + row[two]) * sign > 1e-9 for row, lower in self._pair_rows(one, two)
            ):
                return True
        return False

    def _pair_rows(self, one: int, two: int) -> list[tuple[np.ndarray, float]]:
        found = []
        for expression, lower, _ in self.bounded:
            row = self.row(expression)
            used = set(np.flatnonzero(np.abs(row[:-1]) > _ZERO).tolist())
            if used and used <= {one, two} and abs(row[-1]) < _ZERO:
                found.append((row, lower))
        return found


def _roots(square: float, single: float, constant: float, size: float) -> list[float]:
    """The real roots of a square equation, or of a linear one; a slightly negative discriminant is rounding."""
    if abs(square) < 1e-12:
        return [] if abs(single) < 1e-12 else [-constant / single]
    discriminant = single * single - 4 * square * constant
    if discriminant < 0:
        if discriminant < -1e-9 * (single * single + abs(4 * square) * size):
            return []
        discriminant = 0.0
    root = math.sqrt(discriminant)
    return [(-single + root) / (2 * square), (-single - root) / (2 * square)]


def total(parts: Iterable[Sum]) -> Sum:
    """The sum of expressions."""
    result = number(0)
    for part in parts:
        result = result + part
    return result
