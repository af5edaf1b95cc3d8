r"""MATH's test problems, solved by programs; answers are LaTeX.

    What is $\sqrt{50} + \sqrt{2}$?  →  def solution(): return 6 * sqrt(2)  →  {"sympy": "6*sqrt(2)"}  =  6\sqrt{2}

Where both the program's answer and the gold answer are numbers they are equal within a millionth, so that a float
meets a surd; whole numbers are equal if they are the same. Everything else is compared by math-verify: a text as the
LaTeX that it is, a sympy expression written as LaTeX, a list as its items between the brackets of the gold answer
(Python does not tell an interval from a pair).
One row in fourteen has a gold program (see the source).
"""

from __future__ import annotations

import ast
from fractions import Fraction
from typing import Any, ClassVar

from collection.sources.base import Example, Rejected, Row
from collection.sources.hendrycks_math import read_fields
from eval.delegation.base import Demonstration, Item, judged_equal
from eval.delegation.latex_values import latex_value
from eval.delegation.program_answers import ProgramBenchmark
from symbol_llm.solvers.answers import as_number, judge, same_number
from symbol_llm.solvers.answers_expressions import NotRead, read
from symbol_llm.solvers.outcome import Outcome, Solution

_CLOSE = 1e-6
_EXACT = 2**53  # below, a float holds every whole number


class Math(ProgramBenchmark):
    """5,000 items with all test files."""

    name = "math"
    scene = "maths"
    task = "math_code"
    demonstrations: ClassVar = (
        Demonstration(
            "What is the sum of the two solutions of $2x^2 - 12x + 7 = 0$?",
            "def solution():\n    from sympy import solve, symbols\n\n"
            '    x = symbols("x")\n    return sum(solve(2 * x**2 - 12 * x + 7, x))',
            "6",
        ),
        Demonstration(
            "A circle has the area $50\\pi$. How long is the side of the square drawn inside it?",
            "def solution():\n    from sympy import sqrt\n\n    radius = sqrt(50)\n    return radius * sqrt(2)",
            "10",
        ),
        Demonstration(
            "How many whole numbers from 1 to 300 are divisible by 4 or by 9, but not by both?",
            "def solution():\n    return sum((n % 4 == 0) != (n % 9 == 0) for n in range(1, 301))",
            "92",
        ),
        Demonstration(
            "Two fair dice are thrown. What is the probability that the sum is a prime number?",
            "def solution():\n    from fractions import Fraction\n\n"
            "    prime = sum(a + b in (2, 3, 5, 7, 11) for a in range(1, 7) for b in range(1, 7))\n"
            "    return Fraction(prime, 36)",
            "\\frac{5}{12}",
        ),
    )

    def question(self, row: Row, example: Example) -> Example | None:
        """The answer is the LaTeX of the box, not the number that the program was derived for."""
        found = self.without_symbol(row, None)
        return found and Example(input=found.input, completion=example.completion, answer=found.answer)

    def without_symbol(self, row: Row, why: Rejected | None) -> Example | None:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return None
        return Example(input=fields.problem, completion="", answer=fields.answer)

    def judge(self, solution: Solution, item: Item) -> Solution:
        number, gold = as_number(solution.answer), latex_value(item.answer)
        if number is not None and gold is not None:
            if gold.is_integer() and abs(gold) < _EXACT and isinstance(number, Fraction) and number.denominator == 1:
                return judged_equal(solution, number == gold)
            return judged_equal(solution, same_number(solution.answer, gold, relative=_CLOSE, absolute=_CLOSE))
        text = as_latex(solution.answer, item.answer)
        if text is None:
            return solution.judged(Outcome.BAD_ANSWER, f"no number, text or expression: {solution.answer!s:.80}")
        judged = judge(Solution(None, answer=text), item.answer, "latex")
        return solution.judged(judged.outcome or Outcome.BAD_ANSWER, judged.message)


def as_latex(answer: Any, gold: str) -> str | None:
    """An answer as LaTeX; None where it is of a kind that none stands for."""
    match answer:
        case bool():
            return None
        case str():
            return answer
        case {"sympy": str(text)}:
            try:
                return _latex(read(text))
            except NotRead:
                return None
        case list():
            parts = [as_latex(part, "") for part in answer]
            if not parts or None in parts:
                return None
            inner = ", ".join(part for part in parts if part)
            plain = gold.replace("\\left", "").replace("\\right", "").strip()
            return f"{plain[0]}{inner}{plain[-1]}" if plain[:1] in ("(", "[") and plain[-1:] in (")", "]") else inner
    number = as_number(answer)
    return None if number is None else str(number)


_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: " \\cdot "}
_NAMES = {"pi": "\\pi", "E": "e", "I": "i", "oo": "\\infty"}


def _latex(node: ast.expr) -> str:
    """LaTeX of a syntax tree that ``read`` has let pass. Raises NotRead for functions that have no sign here."""
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.Name(id=name):
            return _NAMES.get(name, name)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return ", ".join(map(_latex, items))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-({_latex(operand)})"
        case ast.UnaryOp(operand=operand):
            return _latex(operand)
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
            return f"\\sqrt{{{_latex(argument)}}}"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"\\frac{{{_latex(left)}}}{{{_latex(right)}}}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"({_latex(left)})^{{{_latex(right)}}}"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            return f"({_latex(left)}){_SIGNS[type(op)]}({_latex(right)})"
    raise NotRead(f"{type(node).__name__} is not written as LaTeX here")
