r"""Formulas: sympy and LaTeX, in workers that can be killed."""

from __future__ import annotations

from typing import Any

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.answers import COMPARATORS, comparator, judge
from symbol_llm.solvers.answers_expressions import (
    NotRead,
    expression_text,
    latex_text,
    read,
    same_expression,
    same_latex,
)
from symbol_llm.solvers.outcome import Outcome, Solution


@pytest.mark.parametrize(
    ("answer", "gold", "is_same"),
    [
        ({"sympy": "(x + 1)**2"}, "x**2 + 2*x + 1", True),
        ("(x+1)^2", "x**2+2*x+1", True),
        ({"sympy": "sqrt(8)", "number": 2.828}, "2*sqrt(2)", True),
        ({"sympy": "sin(x)**2 + cos(x)**2"}, 1, True),
        (0.5, "1/2", True),
        ("0.1 + 0.2", "0.3", True),  # a decimal is what is written
        ({"fraction": "1/3"}, "1/3", True),
        ("x + 1", "x + 2", False),
        ("x", "y", False),
        ("sqrt(x**2)", "x", False),  # not for a negative x
        ("(1, 2)", "(1, 2)", True),
        ("(1, 2)", "(2, 1)", False),
        ("(1, 2)", "1", False),
        ("oo", "oo", True),
        ("oo", "5", False),
        ("1e400", "1e400", False),  # infinite as a float: no number
        (True, "1", False),
    ],
)
def test_expressions(answer: Any, gold: Any, is_same: bool) -> None:
    assert same_expression(answer, gold) is is_same


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('true')", "x.__class__", "[x for x in y]", "lambda: 0", "open('f')", "'a'", "f(x)", 
     "x if y else z", "", "x = 1", "1 +", "(" * 5000, "+".join(["x"] * 600), "sqrt(x, evaluate=False)",
     "x[0]", "2j", "True", "__x__"],
)  # fmt: skip
def test_code_is_not_read(text: str) -> None:
    with pytest.raises(NotRead):
        read(text)
    assert expression_text({"sympy": text}) is None and same_expression({"sympy": text}, "1") is False


def test_what_never_ends_is_not_decided() -> None:
    assert same_expression("9**9**9", "9**9**9 + 1") is None
    assert same_expression("factorial(factorial(20))", "1") is None
    assert same_expression("x + 1", "1 + x") is True, "the worker is replaced"


@pytest.mark.parametrize(
    ("answer", "gold", "is_same"),
    [
        (r"\frac{1}{2}", "0.5", True),
        (r"$\boxed{\frac{\sqrt{3}}{3}}$", r"\frac{1}{\sqrt{3}}", True),
        ("x+1", "x+2", False),
        ("(1,2)", "[1,2]", False),
        (r"\(5\)", 5, True),
        (0.5, r"\frac12", True),
        ("x" * 2000, "x", False),
        (None, "5", False),
    ],
)
def test_latex(answer: Any, gold: Any, is_same: bool) -> None:
    assert same_latex(answer, gold) is is_same


def test_latex_that_never_ends_is_not_decided() -> None:
    assert same_latex("9^{9^{9^{9}}}", "3^{7^{9^{9}}}") is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [("$x$", "x"), ("$$x$$", "x"), (r"\[x\]", "x"), (r"\boxed{x}", "x"), ("$", "$"), ("", None), ([], None)],
)
def test_what_surrounds_latex(text: Any, plain: str | None) -> None:
    assert latex_text(text) == plain


def rows(*found: list[Any]) -> dict[str, Any]:
    return {"columns": len(found[0]), "rows": list(found), "ordered": False}


EXAMPLES: dict[str, tuple[Any, Any, Any, Any]] = {  # gold, right, wrong, no answer of this kind
    "number": (72, "72.0", 73, "five"),
    "text": ("nb", "NB.", "bn", 5),
    "value": ([1, 2], [1.0, 2], [2, 1], None),
    "quantity": ("5 km", "5000 m", "5 m", "five km"),
    "date": ("2008-05-03", "May 3, 2008", "May 4, 2008", "soon"),
    "choice": ("B", "(B)", "(C)", 2),
    "set": ([1, 2], [2, 1, 1], [1, 3], {"a": 1}),
    "multiset": ([1, 1, 2], [1, 2, 1], [1, 2, 2], {"a": 1}),
    "list": ([1, 2], ["1", "2"], [2, 1], {"a": 1}),
    "expression": ("2*x", {"sympy": "x + x"}, "x", "f(x)"),
    "latex": (r"\frac12", "0.5", "0.6", []),
    "rows": (rows([1, 2]), rows([2, 1]), rows([2, 2]), [[1, 2]]),
    "ordered_rows": (rows([1, 2]), rows([1, 2]), rows([2, 1]), 5),
    "spider_test_suite": (rows([1], [2]), rows([2], [1]), rows([1]), None),
    "bird_set": (rows([1], [1]), rows([1]), rows([2]), None),
    "wikitq_denotation": (["Barcelona"], "barcelona", "madrid", True),
    "pal_float": (72, "72", 73, [72]),
    "logic_lm_choice": ("A", "A) True", "True", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPARATORS)
def test_every_comparator_judges(name: str) -> None:
    gold, right, wrong, other = EXAMPLES[name]
    found = [judge(Solution(None, answer), gold, name).outcome for answer in (right, wrong, other)]
    assert found == [Outcome.CORRECT, Outcome.WRONG, Outcome.BAD_ANSWER]
    assert judge(Solution(None, right), other, name).outcome is Outcome.GOLD_ERROR
    failed = Solution(Outcome.CRASH)
    assert judge(failed, gold, name) is failed


def test_what_cannot_be_decided_is_nobodys_guess() -> None:
    assert judge(Solution(None, "9**9**9"), "9**9**9 + 1", "expression").outcome is Outcome.SOLVER_UNKNOWN


def test_an_unknown_comparator_is_named() -> None:
    with pytest.raises(UserError, match="Did you mean number"):
        comparator("numbr")
