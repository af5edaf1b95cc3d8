"""From the equations of a solution to a program: what is found, what counts as given, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.sources.free_text_equations import find_equations
from collection.sources.gsm8k_arithmetic import evaluate, parse_arithmetic, to_python
from collection.sources.latex_equations import find_equations as find_latex
from collection.sources.latex_equations import last_box, read_arithmetic
from collection.sources.question_numbers import numbers_of, numerals_of
from collection.sources.worked_arithmetic import compile_equations, plain_number


def shown(equations: object) -> list[str]:
    return [" = ".join(to_python(side, lambda value: None) for side in sides) for sides in equations]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Total = 1500+600 = $2100", ["1500 + 600 = 2100"]),
        ("15% of Rs 8 = Rs 1.2", ["0.15 * 8 = 1.2"]),
        ("60 minutes x3 = 180 minutes", ["60 * 3 = 180"]),
        ("12 x 2 = 24. Then 24÷3=8", ["12 * 2 = 24", "24 / 3 = 8"]),
        ("x=12.50/0.25 =50", ["12.5 / 0.25 = 50"]),
        ("3×(2+4) = 18; 1,200⁄4 = 300", ["3 * (2 + 4) = 18", "1200 / 4 = 300"]),
        ("area [6*6] = 36 cm, half of it 36/2 = 18", ["6 * 6 = 36", "36 / 2 = 18"]),
        ("80 cm * 20 cm = 1600", ["80 * 20 = 1600"]),
        ("so 5² = 25", ["5 ** 2 = 25"]),
        ("a => b = 3*4 = 12", ["3 * 4 = 12"]),
        ("3*4 = 2*6 = 12", ["3 * 4 = 2 * 6 = 12"]),
        ("in all -3+5 = 2", []),  # "all - 3"? the sign may belong to what stands before
        ("loss = C.P-S.P =490-465.50 =24.50", ["490 - 465.5 = 24.5"]),
        ("2x + 3*4 = 20", []),
        ("205+x/10=30", []),
        ("3x = 12", []),
        ("12 = 3x", []),
        ("12 = 20 - y", []),
        ("a2 = 3*4", []),
        ("3 * 4 >= 12", []),
        ("3 * 4 ≈ 12", []),
        ("no equation", []),
        ("=" * 50, []),
        ("1" * 5000 + "*2 = 3", []),
    ],
)
def test_equations_of_free_text(text: str, found: list[str]) -> None:
    assert shown(find_equations(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"It is $3(4^2) - 5 = 48 - 5 = \boxed{43}$.", ["3 * 4 ** 2 - 5 = 48 - 5 = 43"]),
        (r"\[\frac{1}{2}\cdot 6\times\frac92 = 13.5\]", ["1 / 2 * 6 * (9 / 2) = 13.5"]),
        ("\\begin{align*}\nx &= 2\\cdot 3\\\\\n&= 6.\n\\end{align*}", ["2 * 3 = 6"]),
        ("$$2 + 3 = 5 \\\\ 4 + 5 = 9$$", ["2 + 3 = 5", "4 + 5 = 9"]),
        (r"$1{,}200 \div 40 = \$30$", ["1200 / 40 = 30"]),
        (r"$180^\circ - 50^{\circ} = 130^\circ$", ["180 - 50 = 130"]),
        (r"$2\frac{1}{2} \cdot 4 = 10\text{ cm}$", ["(2 + 1 / 2) * 4 = 10"]),
        (r"$\left(2 + 1\right)\left[3 - 1\right] = 6$", ["(2 + 1) * (3 - 1) = 6"]),
        (r"$4x = 12 \Rightarrow 12/4 = 3$", ["12 / 4 = 3"]),
        (r"$x = \sqrt{16} = 4$", []),
        (r"$3! = 6$", []),
        (r"$2^{10} = 1024$", ["2 ** 10 = 1024"]),
        (r"$\frac{1}{2 = 3$", []),
        ("it costs \\$5 and \\$6 = 11", []),
        (r"$(3,4) = 5$", []),
    ],
)
def test_equations_of_latex(text: str, found: list[str]) -> None:
    assert shown(find_latex(text)) == found


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (r"so $\boxed{43}$.", "43"),
        (r"first \boxed{1}, then \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"$\boxed 42$", "4"),
        (r"\fbox{7}", "7"),
        (r"\boxed{\text{(}0,1]}", r"\text{(}0,1]"),
        (r"\boxed{never closed", None),
        ("no box", None),
        (r"\boxed", None),
    ],
)
def test_last_box(solution: str, answer: str | None) -> None:
    assert last_box(solution) == answer


@given(st.text(alphabet=r"\{}[]$^=&()fracboxedtimes+-*/.,%0123456789 " + "\n", max_size=120))
def test_whatever_the_text_is_reading_it_ends(text: str) -> None:
    list(find_equations(text)), list(find_latex(text)), last_box(text), read_arithmetic(text), numbers_of(text)


def test_numbers_of_a_question() -> None:
    given_numbers = numbers_of("Two shirts of $1,200 at 15% off; -3 degrees; 1/4 of them; an hour per minute")
    written = {str(value): item.python for value, item in given_numbers.items()}
    assert written["1200"] == "1200" and written["2"] == "2"
    assert written["3/20"] == "(15 / 100)" and written["17/20"] == "(1 - 15 / 100)" and written["23/20"]
    assert written["85"] == "(100 - 15)" and written["115"] == "(100 + 15)"
    assert written["-3"] == "(-3)" and written["3"] == "3" and written["1/4"] == "(1 / 4)"
    assert given_numbers[Fraction(60)].origin is None and given_numbers[Fraction(2)].origin == 2
    assert Fraction(7) not in given_numbers
    assert numerals_of("7 of 1,200 and 1/4, two") == {7, 1200, 1, 4}
    assert numbers_of("9" * 100 + " or 5") == {Fraction(5): numbers_of("5")[Fraction(5)]}


def program(text: str, question: str, answer: int | str, scale: int = 1) -> str | None:
    return compile_equations(find_equations(text), question, Fraction(answer), scale)


@pytest.mark.parametrize(
    ("text", "question", "answer", "lines"),
    [
        ("2*3 = 6\n6*5 = 30", "2 rows of 3, each 5", 30, ["step_1 = 2 * 3", "step_2 = step_1 * 5", "return step_2"]),
        ("0.85*40 = 34", "40 at 15% off", 34, ["step_1 = (1 - 15 / 100) * 40", "return step_1"]),
        ("9+9 = 18\n2*3 = 6", "2 and 3 and 9", 6, ["step_1 = 2 * 3", "return step_1"]),  # a step that is not needed
        ("8/3 = 2.67\n2.67*6 = 16", "8 and 3 and 6", 16, ["step_1 = 8 / 3", "step_2 = step_1 * 6", "return step_2"]),
        ("2-5 = -3\n-3*7 = -21", "2, 5 and 7", -21, ["step_1 = 2 - 5", "step_2 = step_1 * 7", "return step_2"]),
        ("-4**2 + 1 = 17", "-4 and 1, squared", 17, ["step_1 = (-4) ** 2 + 1", "return step_1"]),
    ],
)
def test_programs(text: str, question: str, answer: int, lines: list[str]) -> None:
    if text.startswith("-4"):  # a negative base, as solutions mean it in brackets
        text = "(-4)**2 + 1 = 17"
    found = program(text, question, answer)
    assert found == "\n".join(["def solution():", *(f"    {line}" for line in lines)])


@pytest.mark.parametrize(
    ("why", "text", "question", "answer"),
    [
        ("the number 7 has no origin", "7*3 = 21", "3 boxes", 21),
        ("no equation", "It is 21.", "3 boxes of 7", 21),
        ("the result is not confirmed", "3*7", "3 boxes of 7", 21),
        ("another answer", "3*7 = 21", "3 boxes of 7", 22),
        ("the equation does not hold", "3*7 = 22", "3 boxes of 7", 22),
        ("nothing is computed", "21 = 21", "21 boxes", 21),
        ("the answer is put in", "21*1 = 21", "21 boxes, one row", 21),
        ("only constants", "60*24 = 1440", "minutes of a day", 1440),
        ("most numbers of the question are left out", "3*7 = 21", "3 boxes of 7, 9, 11 and 13", 21),
        ("6 is a result and a number of the question", "2*3 = 6\n6*5 = 30", "2 of 3, 6 of 5", 30),
        ("-2 is not the 2 of the question", "8*-2 + 3 = -13", "8x + 3 where x + 4 = 2", -13),
        ("a rounded number is not exact", "8/3 = 3\n3*6 = 18", "8, 6", 18),
        ("division by zero", "8/0 = 8", "8, 0", 8),
        ("a power that is too large", "9**9**9 = 1", "9", 1),
    ],
)
def test_what_gives_no_program(why: str, text: str, question: str, answer: int) -> None:
    assert program(text, question, answer) is None, why


def test_percent_answers_are_scaled() -> None:
    found = program("20/80 = 0.25", "20 of 80", 25, scale=100)
    assert found == "def solution():\n    step_1 = 20 / 80\n    return step_1 * 100"


SIGNS = st.sampled_from("+-*/")
NUMBERS = st.integers(2, 99)


@given(st.lists(st.tuples(NUMBERS, SIGNS), min_size=1, max_size=5), NUMBERS)
def test_a_program_gives_what_the_chain_states(steps: list[tuple[int, str]], first: int) -> None:
    """Whatever program comes out: run as Python it gives the answer, and it names each number that was given."""
    value, equations = Fraction(first), []
    for number, sign in steps:
        left = f"({value.numerator}/{value.denominator})" if value.denominator > 1 else f"({value})"
        result = evaluate(parse_arithmetic(f"{left}{sign}{number}"), lambda number: number)
        equations.append(f"{left}{sign}{number} = {result.numerator}/{result.denominator}")
        value = result
    question = " and ".join(str(number) for number in (first, *(number for number, _ in steps)))
    found = program("\n".join(equations), question, str(value))
    if found is not None:
        scope: dict[str, object] = {}
        exec(found, scope)  # written by the compiler under test, of numbers alone
        assert scope["solution"]() == pytest.approx(float(value))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "plain"), [("12", 12), ("-3", -3), ("1/4", 0.25), ("1/3", "1/3"), ("-250/9", "-250/9"), ("1/10", 0.1)]
)
def test_plain_number(value: str, plain: object) -> None:
    assert plain_number(Fraction(value)) == plain
