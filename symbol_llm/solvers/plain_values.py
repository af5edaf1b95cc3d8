"""What a program returned, as a JSON value: ``Fraction(3, 4)`` becomes ``{"fraction": "3/4"}``.

    72, 0.5, True, "ab"       as they are          10**30         {"int": "1000…"}
    [1, (2, 3)], {4, 5}       lists, sets sorted   float("nan")   {"float": "nan"}
    {"x": 1, 2: 3}            {"x": 1, "2": 3}     sympy.sqrt(2)  {"sympy": "sqrt(2)", "number": 1.414…}

Runs inside the sandbox, on values that may be hostile: whatever goes wrong is a NotPlain, or the job's limits.
"""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

_MOST_VALUES = 10_000
_DEEPEST = 50


class NotPlain(Exception):
    """The value is not an answer: a function, a generator, something endless."""


def to_plain(value: Any) -> Any:
    """The value as plain JSON. Raises NotPlain with what it was instead."""
    return _Reader().read(value, 0)


class _Reader:
    """Counts what it has read, so that a huge answer ends early."""

    def __init__(self) -> None:
        self.num_values = 0

    def read(self, value: Any, depth: int) -> Any:
        self.num_values += 1
        if self.num_values > _MOST_VALUES or depth > _DEEPEST:
            raise NotPlain(f"an answer of more than {_MOST_VALUES} values, or nested deeper than {_DEEPEST}")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return _integer(int(value))
        if isinstance(value, float):
            return _float(float(value))
        if isinstance(value, str):
            return _text(str(value))
        if isinstance(value, Fraction):
            return _integer(value.numerator) if value.denominator == 1 else {"fraction": str(value)}
        if isinstance(value, Decimal):
            return {"decimal": str(value)}
        if isinstance(value, complex):
            return {"complex": [_float(value.real), _float(value.imag)]}
        if isinstance(value, list | tuple):
            return [self.read(item, depth + 1) for item in value]
        if isinstance(value, set | frozenset):
            return sorted((self.read(item, depth + 1) for item in value), key=repr)
        if isinstance(value, dict):
            return {_key(key): self.read(item, depth + 1) for key, item in value.items()}
        return self._from_library(value, depth)

    def _from_library(self, value: Any, depth: int) -> Any:
        """Values of numpy and sympy, recognised without importing either."""
        numpy, sympy = sys.modules.get("numpy"), sys.modules.get("sympy")
        if numpy is not None and isinstance(value, numpy.generic | numpy.ndarray):
            return self.read(value.tolist(), depth + 1)
        if sympy is not None and isinstance(value, sympy.Basic | sympy.MatrixBase):
            return _expression(value)
        raise NotPlain(f"a value of type {type(value).__name__}, which is no answer")


def _integer(value: int) -> Any:
    if -(1 << 63) <= value < 1 << 63:
        return value
    try:
        return {"int": str(value)}
    except ValueError:
        raise NotPlain(f"an integer of {value.bit_length()} bits") from None


def _float(value: float) -> Any:
    return value if math.isfinite(value) else {"float": repr(value)}


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotPlain("a text that is not Unicode") from None
    return value


def _key(key: Any) -> str:
    """JSON's keys are text; a sympy symbol, a number or a tuple is written as Python writes it."""
    return _text(str(key))


def _expression(value: Any) -> Any:
    if getattr(value, "is_Integer", False):
        return _integer(int(value))
    if getattr(value, "is_Boolean", False) and str(value) in ("True", "False"):
        return bool(value)
    plain: dict[str, Any] = {"sympy": str(value)}
    if getattr(value, "is_number", False) and getattr(value, "is_real", False):
        number = float(value)
        if math.isfinite(number):
            plain["number"] = number
    return plain
