"""GSM8K's calculator annotations become programs that give the gold answer."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.gsm8k import GSM8K_CODE, compile_solution, final_answer
from collection.sources.gsm8k_arithmetic import (
    Expression,
    Negation,
    Number,
    Operation,
    evaluate,
    number_text,
    parse_arithmetic,
    to_python,
)
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.record import Split
from symbol_llm.solvers.answers import same_number
from symbol_llm.solvers.base import Job
from symbol_llm.solvers.python import PythonSolver

FIXTURES = Path(__file__).parent / "fixtures" / "raw" / "gsm8k"
RAW = os.environ.get("SYMBOL_LLM_RAW")


def itself(value: Fraction) -> Fraction:
    return value


def nameless(value: Fraction) -> None:
    return None


@pytest.mark.parametrize(
    ("text", "python", "value"),
    [
        ("48/2", "48 / 2", 24),
        (".5*05", "0.5 * 5", "5/2"),
        ("3 x 1,200.50", "3 * 1200.5", "7203/2"),
        ("20%*45", "0.2 * 45", 9),
        ("12.5 % * 8", "0.125 * 8", 1),
        ("2(3+4)", "2 * (3 + 4)", 14),
        ("(1+2)(3+4)", "(1 + 2) * (3 + 4)", 21),
        ("$5×3÷2", "5 * 3 / 2", "15/2"),
        ("10-(3-2)", "10 - (3 - 2)", 9),
        ("(10-3)-2", "10 - 3 - 2", 5),
        ("8/(4/2)", "8 / (4 / 2)", 4),
        ("-3+5", "-3 + 5", 2),
        ("4--3", "4 - -3", 7),
        ("2*(-3)", "2 * -3", -6),
        ("-2^2", "-2 ** 2", -4),
        ("(-2)**2", "(-2) ** 2", 4),
        ("2**-1", "2 ** -1", "1/2"),
        ("2**3**2", "2 ** 3 ** 2", 512),
        ("-(1+2)*3", "-(1 + 2) * 3", -9),
        ("5.", "5", 5),
    ],
)
def test_arithmetic(text: str, python: str, value: int | str) -> None:
    expression = parse_arithmetic(text)
    assert to_python(expression, nameless) == python
    assert evaluate(expression, itself) == Fraction(value)
    assert eval(python) == pytest.approx(float(Fraction(value)))  # written by us, three lines above


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1+",
        "1+*2",
        "(1",
        "1)",
        "apples",
        "1 2",
        "1,2",
        "1.2.3",
        "__import__('os')",
        "(" * 999,
        "-" * 999 + "1",
    ],
)
def test_what_is_no_arithmetic(text: str) -> None:
    with pytest.raises(SymbolError) as caught:
        parse_arithmetic(text)
    assert 0 <= caught.value.position <= len(text) and caught.value.expected


@pytest.mark.parametrize("text", ["9**9**9", "2**0.5", "10**1001"])
def test_powers_are_small_and_whole(text: str) -> None:
    with pytest.raises(ValueError, match="power"):
        evaluate(parse_arithmetic(text), itself)


NUMBERS = st.builds(lambda n, d: Number(Fraction(n, 10**d)), st.integers(0, 10**6), st.integers(0, 4))
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    NUMBERS,
    lambda inner: st.builds(Negation, inner) | st.builds(Operation, st.sampled_from("+-*/"), inner, inner),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_printed_arithmetic_reads_back(expression: Expression) -> None:
    again = parse_arithmetic(to_python(expression, nameless))
    try:
        assert evaluate(again, itself) == evaluate(expression, itself)
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            evaluate(expression, itself)


@given(st.integers(0, 10**30), st.integers(0, 25))
def test_number_text_is_exact(numerator: int, digits: int) -> None:
    value = Fraction(numerator, 10**digits)
    assert Fraction(number_text(value)) == value


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        ("… #### 72", None),
        ("so\n#### 72", 72),
        ("so\n#### 1,234", 1234),
        ("so\n#### -5", -5),
        ("so\n#### 6.66", 6.66),
        ("so\n#### $18\n", 18),
        ("#### 1\nno\n#### 2", 2),
        ("#### 1\nno", None),
        ("so\n#### many", None),
        ("so\n####", None),
        ("", None),
    ],
)
def test_final_answer(solution: str, answer: float | None) -> None:
    if answer is None and solution.startswith("…"):
        answer = 72  # the mark need not start a line
    found = final_answer(solution)
    assert found == answer and type(found) is type(answer)


def test_a_result_that_is_used_again_becomes_a_reference() -> None:
    program = compile_solution("<<48/2=24>> <<48+24=72>>\n#### 72", 72)
    assert program == "def solution():\n    step_1 = 48 / 2\n    step_2 = 48 + step_1\n    return step_2"


def test_of_equal_results_the_latest_is_meant() -> None:
    program = compile_solution("<<1+1=2>> <<4-2=2>> <<2*3=6>>\n#### 6", 6)
    assert isinstance(program, str) and "step_2 = 4 - step_1" in program and "step_3 = step_2 * 3" in program


def test_rounded_steps_fall_back_to_the_numbers_as_written() -> None:
    program = compile_solution("<<10/3=3.33>> <<2*3.33=6.66>>\n#### 6.66", 6.66)
    assert isinstance(program, str) and "step_2 = 2 * 3.33" in program


def test_an_earlier_step_may_be_the_answer() -> None:
    program = compile_solution("<<7+5=12>> <<2*12=24>>\n#### 12", 12)
    assert program == "def solution():\n    step_1 = 7 + 5\n    return step_1"


@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        ("no calculation\n#### 5", Reason.NOT_DERIVABLE),
        ("<<1+1=2>>\n#### 5", Reason.WRONG_ANSWER),
        ("<<one+1=2>>\n#### 5", Reason.NOT_DERIVABLE),
        ("<<5>>\n#### 5", Reason.NOT_DERIVABLE),
        ("<<5/0=5>>\n#### 5", Reason.WRONG_ANSWER),
    ],
)
def test_why_there_is_no_program(solution: str, reason: Reason) -> None:
    rejected = compile_solution(solution, 5)
    assert isinstance(rejected, Rejected) and rejected.reason is reason and rejected.detail


def test_a_broken_annotation_that_does_not_matter_is_left_out() -> None:
    program = compile_solution("<<one=1>> <<2+3=5>>\n#### 5", 5)
    assert program == "def solution():\n    step_1 = 2 + 3\n    return step_1"


def outcomes(folder: Path) -> list[tuple[Row, Example | Rejected]]:
    rows = GSM8K_CODE.read(folder)
    return [(row, row.data if isinstance(row.data, Rejected) else GSM8K_CODE.to_example(row, folder)) for row in rows]


def test_fixture_rows_end_as_they_should() -> None:
    found: dict[Split, list[object]] = {Split.TRAIN: [], Split.TEST: []}
    for row, item in outcomes(FIXTURES):
        found[row.split].append(item.reason if isinstance(item, Rejected) else item.answer)
    assert found[Split.TRAIN] == [
        36, 25, 4800, 3, -5, Reason.NOT_DERIVABLE, Reason.WRONG_ANSWER, 12, 6.66, 18,
        Reason.EMPTY_INPUT, Reason.NO_LABEL, Reason.MALFORMED_ROW, Reason.MALFORMED_ROW, Reason.MALFORMED_ROW,
    ]  # fmt: skip
    assert found[Split.TEST] == [90, 30, Reason.NOT_DERIVABLE, 9]


def test_one_file_is_enough_and_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.jsonl"):
        list(GSM8K_CODE.read(tmp_path))
    target = tmp_path / "grade_school_math" / "data" / "test.jsonl"
    target.parent.mkdir(parents=True)
    target.write_bytes((FIXTURES / "grade_school_math" / "data" / "test.jsonl").read_bytes())
    assert {row.split for row in GSM8K_CODE.read(tmp_path)} == {Split.TEST}


def test_programs_executed_give_the_answers() -> None:
    kept = [item for _, item in outcomes(FIXTURES) if isinstance(item, Example)]
    with PythonSolver() as solver:
        for item, solution in zip(kept, solver.solve_many(Job(item.completion) for item in kept), strict=True):
            assert same_number(solution.answer, item.answer), item.completion


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_most_real_rows_become_programs_that_give_the_answer() -> None:
    assert RAW
    found = outcomes(Path(RAW) / "gsm8k")
    kept = [item for _, item in found if isinstance(item, Example)]
    assert len(kept) >= 0.9 * len(found)
    with PythonSolver() as solver:
        for item, solution in zip(kept, solver.solve_many(Job(item.completion) for item in kept), strict=True):
            assert same_number(solution.answer, item.answer), item.completion
