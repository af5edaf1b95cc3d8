"""What a zygote of each kind has loaded, and used once, before its first job.

Importing alone is not enough: sympy loads and caches much at first use, which every job would then repeat.
"""

from __future__ import annotations

import datetime
import importlib
import re
import statistics
import sys
from collections.abc import Callable

# What short programs import most.
_STANDARD = (
    "bisect", "calendar", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal", "fractions",
    "functools", "heapq", "itertools", "math", "operator", "random", "re", "statistics", "string", "typing",
)  # fmt: skip


def plain() -> None:
    """The standard library's mathematics, and what short programs import most."""
    for name in _STANDARD:
        importlib.import_module(name)
    statistics.mean([1, 2])
    datetime.datetime.strptime("2000-01-01", "%Y-%m-%d")
    re.findall(r"\d+", "12 and 30")


def python() -> None:
    """The same, and sympy after solving one equation of each common kind."""
    plain()
    import sympy

    x, y = sympy.symbols("x y")
    sympy.solve(sympy.Eq(2 * x + 3, 7), x)
    sympy.solve([sympy.Eq(x + y, 10), sympy.Eq(x - y, 2)], [x, y])
    sympy.solve(x**2 - 5 * x + 6, x)
    sympy.solve(x * 3 - sympy.Rational(1, 2), x)
    sympy.simplify((x**2 - 1) / (x - 1))
    sympy.expand((x + y) ** 2)
    sympy.nsimplify(0.5)
    float(sympy.sqrt(2).evalf())
    sympy.sympify("x + 1")
    str(sympy.diff(sympy.sin(x) * x, x)) + str(sympy.integrate(x**2, x))


def answers() -> None:
    """What compares answers (sandboxed.py), each after its own warming."""
    for module in FUNCTIONS["answers"]:
        sys.modules[module].prepare()


KINDS: dict[str, Callable[[], None]] = {"plain": plain, "python": python, "answers": answers}
# Modules of ours that a kind's jobs call. They are loaded outside of the walls, where our files are; what they load in
# ``prepare()`` are libraries, which are readable inside.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "answers": ("symbol_llm.formats.latex_math_engine", "symbol_llm.solvers.answers_expressions")
}
