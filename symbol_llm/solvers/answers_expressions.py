r"""Answers that are formulas: sympy objects and LaTeX.

    expression   {"sympy": "(x + 1)**2"} = "x**2 + 2*x + 1"     "sqrt(8)" = "2*sqrt(2)"     2 = {"sympy": "2", …}
    latex        "\frac{1}{2}" = "0.5"     "$\boxed{x=5}$" = "5"     "(1, 2)" ≠ "[1, 2]"

Both compare in the sandbox (sandboxed.py), where what takes too long is killed (9**9**9 never ends), and both give
None where neither equality nor a difference was found. No text is ever evaluated as code: of a sympy expression only
numbers, names, operators and the functions of FUNCTIONS are read, from Python's syntax tree; LaTeX is read by
math-verify's grammar. Texts over a thousand characters are not compared at all.
"""

from __future__ import annotations

import ast
import math
from functools import lru_cache
from typing import Any

from symbol_llm.solvers.answers import Comparator, as_number
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

TARGET = "symbol_llm.solvers.answers_expressions:run"
LONGEST = 1_000  # characters
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=120.0, memory_bytes=1 << 29)
FUNCTIONS = frozenset(
    {
        *(
            "sqrt",
            "cbrt",
            "root",
            "exp",
            "log",
            "ln",
            "Abs",
            "sign",
            "floor",
            "ceiling",
            "Max",
            "Min",
            "gcd",
            "lcm",
            "Mod",
        ),
        *("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "atan2"),
        *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        *("factorial", "binomial", "gamma", "Rational", "Integer", "Float", "re", "im", "conjugate"),
    }
)
CONSTANTS = frozenset({"pi", "E", "I", "oo"})
_MOST_NODES = 400
_LARGEST_POWER = 10_000


class NotRead(ValueError):
    """The text is no expression of this small language."""


def expression_text(answer: Any) -> str | None:
    """The text of an answer that may be an expression. None if it is not one."""
    match answer:
        case {"sympy": str(text)}:
            pass
        case str():
            text = answer.strip().replace("^", "**")
        case _:
            number = as_number(answer)
            text = str(number) if number is not None else ""
    return text if text and len(text) <= LONGEST and _is_read(text) else None


def _is_read(text: str) -> bool:
    try:
        read(text)
    except NotRead:
        return False
    return True


def read(text: str) -> ast.expr:
    """The syntax tree of an expression. Raises NotRead for anything but numbers, names, operators and FUNCTIONS."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotRead(str(error)) from None
    for count, node in enumerate(ast.walk(tree), 1):
        if count > _MOST_NODES or not _is_allowed(node):
            raise NotRead(f"{type(node).__name__} does not belong in an answer")
    return tree


def _is_allowed(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            return name in FUNCTIONS
        case ast.Call():
            return False
        case ast.Name(id=name):
            return "__" not in name
    return isinstance(
        node,
        ast.BinOp | ast.UnaryOp | ast.Tuple | ast.List | ast.Load | ast.UAdd | ast.USub
        | ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow | ast.Mod,
    )  # fmt: skip


def same_expression(answer: Any, gold: Any) -> bool | None:
    """Whether two expressions are equal for all values of their symbols. None if that is not decided in time."""
    a, b = expression_text(answer), expression_text(gold)
    if a is None or b is None:
        return False
    solution = _sympy().call((a, b), LIMITS)
    return solution.answer if isinstance(solution.answer, bool) else None


@lru_cache(maxsize=1)
def _sympy() -> Any:
    from symbol_llm.solvers.sandboxed import Sandboxed  # which the sandbox itself has no use for

    return Sandboxed(TARGET, "SymPy")


# The side inside the sandbox.


def prepare() -> None:
    """Load sympy, and use it once: much of it is loaded on first use."""
    run(("x + 1", "1 + x"))


def run(pair: tuple[str, str]) -> Solution:
    """Whether two texts are equal expressions; SOLVER_UNKNOWN where sympy cannot tell."""
    import sympy

    first, second = (_build(read(text), sympy) for text in pair)
    if isinstance(first, tuple) or isinstance(second, tuple):
        if not (isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second)):
            return Solution(None, answer=False)
        verdicts = [_equal(a, b, sympy) for a, b in zip(first, second)]
    else:
        verdicts = [_equal(first, second, sympy)]
    if False in verdicts:
        return Solution(None, answer=False)
    if None in verdicts:
        return Solution(Outcome.SOLVER_UNKNOWN, message="neither proved equal nor told apart")
    return Solution(None, answer=True)


def _equal(first: Any, second: Any, sympy: Any) -> bool | None:
    if first == second:
        return True
    if isinstance(first, tuple) or isinstance(second, tuple):
        return False
    if (not first.is_finite and first.is_number) or (not second.is_finite and second.is_number):
        return False  # infinity less infinity is nothing
    difference = first - second
    if _differs_somewhere(difference, sympy):
        return False
    verdict = difference.equals(0)
    return verdict if verdict is not None else True if sympy.simplify(difference) == 0 else None


def _differs_somewhere(difference: Any, sympy: Any) -> bool:
    """Whether an expression is seen to be other than zero at one of three points, a negative one among them."""
    symbols = sorted(difference.free_symbols, key=str)
    for start in (sympy.Rational(7, 10), sympy.Rational(-13, 10), sympy.Rational(29, 10)):
        value = difference.subs({s: start + sympy.Rational(i, 7) for i, s in enumerate(symbols)}).evalf(30)
        if value.is_number and value.is_finite and value.is_comparable and abs(value) > 1e-9:
            return True
    return False


def _build(node: ast.expr, sympy: Any) -> Any:
    """The sympy object of a syntax tree that ``read`` has let pass."""

    def build(node: ast.expr) -> Any:
        return _build(node, sympy)

    match node:
        case ast.Constant(value=int(value)):
            return sympy.Integer(value)
        case ast.Constant(value=float(value)):
            return sympy.Rational(str(value))  # a decimal is what is written, not the nearest binary number
        case ast.Name(id=name):
            return getattr(sympy, name) if name in CONSTANTS else sympy.Symbol(name)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(build(item) for item in items)
        case ast.UnaryOp(op=op, operand=operand):
            return -build(operand) if isinstance(op, ast.USub) else build(operand)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return getattr(sympy, name)(*map(build, arguments))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = build(left), build(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
                case ast.Mod():
                    return a % b
            return _power(a, b)
    raise NotRead(type(node).__name__)


def _power(base: Any, exponent: Any) -> Any:
    if base.is_number and exponent.is_number and abs(exponent) > _LARGEST_POWER:
        raise NotRead("a power with too many digits")
    return base**exponent


# LaTeX


def latex_text(answer: Any) -> str | None:
    """An answer's LaTeX without what surrounds it: dollars, ``\\boxed``, a final full stop. None if it is no text."""
    if not isinstance(answer, str):
        number = as_number(answer)
        return str(number) if number is not None else None
    text = answer.strip()
    for before, after in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if text.startswith(before) and text.endswith(after) and len(text) > len(before) + len(after):
            text = text[len(before) : -len(after)].strip()
            break
    if text.startswith("\\boxed{") and text.endswith("}"):
        text = text[len("\\boxed{") : -1].strip()
    return text if 0 < len(text) <= LONGEST else None


def same_latex(answer: Any, gold: Any) -> bool | None:
    """Whether two answers in LaTeX mean the same, by math-verify. None if that is not decided. Raises EngineMissing."""
    a, b = latex_text(answer), latex_text(gold)
    if a is None or b is None:
        return False
    return _latex().equivalent(a, b).holds


@lru_cache(maxsize=1)
def _latex() -> Any:
    from symbol_llm.formats import get

    return get("latex_math")


EXPRESSION = Comparator(same_expression, lambda value: expression_text(value) is not None)
LATEX = Comparator(same_latex, lambda value: latex_text(value) is not None)
