"""Our own functions on a model's text, behind the sandbox's walls."""

from __future__ import annotations

import pytest

from symbol_llm.formats import get, latex_math_engine
from symbol_llm.solvers import Limits, Outcome, answers_expressions
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.sandboxed import Sandboxed

LATEX = Sandboxed(latex_math_engine.TARGET, "math-verify")
SYMPY = Sandboxed(answers_expressions.TARGET, "SymPy")


def test_answers_are_compared_behind_walls() -> None:
    solution = LATEX.call(("same", r"\frac12", "0.5"), Limits())
    assert (solution.outcome, solution.answer, solution.engine) == (None, "yes", "math-verify")
    assert solution.isolation in set(Isolation)
    assert SYMPY.call(("x + 1", "1 + x"), Limits()).answer is True


@pytest.mark.parametrize(
    "text",
    ["'); raise SystemExit #", '"""', "\\", "\\'", "{module}", "1\n2", "\0", "import os", "x" * 900],
)
def test_a_text_stays_a_text(text: str) -> None:
    solution = LATEX.call(("reads", text), Limits(wall_seconds=120))
    assert solution.outcome in (None, Outcome.REJECTED), solution
    assert LATEX.call(("reads", "5"), Limits()).answer == "Integer 5"


def test_half_a_character_is_no_answer() -> None:
    assert LATEX.call(("reads", "\udc80"), Limits(wall_seconds=120)).outcome is Outcome.BAD_ANSWER


def test_what_the_function_says_comes_back() -> None:
    solution = LATEX.call(("reads", ""), Limits())
    assert solution.outcome is Outcome.REJECTED and "finds no value" in solution.message
    solution = SYMPY.call(("x", "not read at all"), Limits())
    assert solution.outcome is Outcome.RUNTIME_ERROR and "NotRead" in solution.message


def test_what_never_ends_is_ended() -> None:
    solution = SYMPY.call(("factorial(factorial(20))", "1"), Limits(cpu_seconds=0.5, wall_seconds=600))
    assert solution.outcome in (Outcome.CPU_TIMEOUT, Outcome.OUT_OF_MEMORY)
    assert SYMPY.call(("x", "x"), Limits()).answer is True


def test_only_what_the_zygote_has_loaded_can_be_called() -> None:
    with pytest.raises(AssertionError, match="no zygote has os:system"):
        Sandboxed("os:system", "os")


def test_the_format_names_its_engine() -> None:
    assert "math-verify" in get("latex_math").accepts("3^2").engine
