r"""math-verify in the sandbox: reading an answer, and comparing two.

    ("same", "\frac{\sqrt3}{3}", "\frac{1}{\sqrt3}")   →   "yes"
    ("same", "x+1", "x+2")                             →   "no", at x = 7/10: 1.7 against 2.7

It runs in the sandbox (symbol_llm/solvers/sandboxed.py): what it reads was written by a model, powers such as
9^{9^{9}} never end, and its own time limit is a signal, which does not reach them. "No" needs a witness: math-verify
also says False where it is at a loss.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from symbol_llm.errors import EngineMissing
from symbol_llm.solvers.outcome import Outcome, Solution

# An answer of each common kind: the grammar and sympy learn much at first use.
_WARMING = (
    *("2", "-\\frac{25}{8}", "2\\sqrt{3}+1", "x^2-4x+7", "0.5", "12\\%", "\\frac{\\sqrt{2}}{2}", "3\\pi", "x=5"),
    *("(3,\\frac{\\pi}{2})", "(-\\infty,2]\\cup[5,\\infty)", "\\{1,2\\}", "1,-2", "2^{10}", "90^{\\circ}", "5!"),
    *("\\begin{pmatrix}1\\\\-2\\end{pmatrix}", "3+4i", "y=2x+3", "\\binom{7}{2}", "\\log_{2}8", "\\frac{x+2}{7}"),
    *("x\\in[-2,7]", "a^{3}b", "\\sin{x}", "\\text{Evelyn}", "10{,}080", "\\sqrt[3]{4}", "|x|", "(x-1)(x+1)"),
)

TARGET = "symbol_llm.formats.latex_math_engine:run"


@lru_cache(maxsize=1)
def engine() -> str:
    """Name and version. Raises EngineMissing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"math-verify {version('math-verify')}, latex2sympy2_extended {version('latex2sympy2_extended')}"
    except PackageNotFoundError as error:
        raise EngineMissing("math-verify", "pip install 'math-verify[antlr4_13_2]'") from error


def prepare() -> None:
    """Load and warm the engine in the zygote."""
    logging.disable(logging.WARNING)  # it warns that its own time limit is off
    for one in _WARMING:
        for other in (*_WARMING[:4], one):
            run(("same", one, other))


def run(job: tuple[str, ...]) -> Solution:
    """("reads", a) answers with the kind of value; ("same", a, b) with yes, no or unknown and the reason."""
    question, *texts = job
    values = [_read(text) for text in texts]
    for text, value in zip(texts, values):
        if value is None:
            return Solution(Outcome.REJECTED, message=f"math-verify finds no value in {text}", engine=engine())
    if question == "reads":
        return Solution(None, answer=f"{type(values[0]).__name__} {values[0]}"[:500], engine=engine())
    answer, reason = _compared(*values)
    return Solution(None, answer=answer, message=reason[:500], engine=engine())


def _read(text: str) -> Any:
    from math_verify import LatexExtractionConfig, parse

    boxed = LatexExtractionConfig(boxed_match_priority=0)
    found = parse(f"$\\boxed{{{text}}}$", [boxed], parsing_timeout=None, raise_on_error=False)
    return next((value for value in found if not isinstance(value, str)), None)


def _compared(first: Any, second: Any) -> tuple[str, str]:
    from math_verify import verify

    # Its comparison treats the two sides differently, on purpose (an answer may say x = 5 for 5).
    forth = verify([first], [second], timeout_seconds=None)
    back = verify([second], [first], timeout_seconds=None)
    if forth and back:
        return "yes", f"math-verify finds {first} and {second} equal"
    witness = "" if forth or back else _witness(first, second)
    if witness:
        return "no", witness
    how = "math-verify finds them equal one way only" if forth or back else "neither proved equal nor told apart"
    return "unknown", f"{how}: {first} and {second}"


def _witness(first: Any, second: Any) -> str:
    """A place where the two differ, or "" if none is found."""
    import sympy

    if isinstance(first, sympy.MatrixBase) and isinstance(second, sympy.MatrixBase):
        if first.shape != second.shape:
            return f"a matrix of {first.shape} against one of {second.shape}"
        told = (_witness(a, b) for a, b in zip(first, second))
        return next((f"an entry differs: {reason}" for reason in told if reason), "")
    if isinstance(first, sympy.Expr) and isinstance(second, sympy.Expr):
        return _witness_at_points(first, second)
    if isinstance(first, sympy.FiniteSet) and isinstance(second, sympy.FiniteSet):
        if len(first) != len(second):
            return f"{len(first)} values against {len(second)}"
        for one, other in ((first, second), (second, first)):
            for value in one:
                if all(_witness(value, candidate) for candidate in other):
                    return f"only one has {value}"
        return ""
    if isinstance(first, sympy.Tuple) or isinstance(second, sympy.Tuple):
        one, other = _values(first), _values(second)
        if not one or not other:
            return ""
        if len(one) != len(other):
            return f"{len(one)} values against {len(other)}"
        return next((reason for a, b in zip(one, other) if (reason := _witness(a, b))), "")
    if isinstance(first, sympy.Interval) and isinstance(second, sympy.Interval):
        for a, b in ((first.start, second.start), (first.end, second.end)):
            if reason := _witness(a, b):
                return f"an end differs: {reason}"
        same_ends = (first.left_open, first.right_open) == (second.left_open, second.right_open)
        return "" if same_ends else f"{first} against {second}: an end belongs to one of them only"
    return ""


def _values(value: Any) -> tuple[Any, ...]:
    """The values of a tuple. A pair may be read as an open interval: (1, 2) is both."""
    import sympy

    if isinstance(value, sympy.Interval):
        return (value.start, value.end) if value.left_open and value.right_open else ()
    return tuple(value) if isinstance(value, sympy.Tuple) else ()


def _witness_at_points(first: Any, second: Any) -> str:
    import sympy

    symbols = sorted(first.free_symbols | second.free_symbols, key=str)
    for shift in range(3):
        # Between 0 and 1, where logarithms, roots and inverse functions are tame.
        point = {s: sympy.Rational(7 + 2 * i + 3 * shift, 10 + 4 * i + 5 * shift) for i, s in enumerate(symbols)}
        one, other = (value.subs(point).evalf(15) for value in (first, second))
        if not (one.is_number and other.is_number and one.is_finite and other.is_finite):
            continue
        if abs(one - other) > 1e-6 * max(1, abs(one), abs(other)):
            where = ", ".join(f"{s} = {value}" for s, value in point.items())
            return f"{f'at {where}: ' if where else ''}{one.evalf(6)} against {other.evalf(6)}"
    return ""
