"""GSM8K: grade-school word problems; the calculator annotations of the solutions become programs.

    {"question": "Natalia sold clips to 48 of her friends in April, and …",
     "answer": "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\\n… <<48+24=72>>72 clips …\\n#### 72"}
→
    input       the question
    completion  def solution():
                    step_1 = 48 / 2
                    step_2 = 48 + step_1
                    return step_2
    answer      72

Upstream has no programs. Each annotation is a step; a number that is the result of an earlier step refers to it (to
the latest, if there are several). The program is kept only if it gives the number after ``####``: with references, or
else (a step was rounded, say) with the numbers as written. If not the last step but an earlier one gives the answer,
the program ends there. Quirks of upstream: numbers like ``.5`` and ``05``, one annotation ``3/4=3/4``, thousands
commas in answers, and solutions without any annotation (95 of train, 18 of test), which are not derivable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    require,
)
from collection.sources.gsm8k_arithmetic import Expression, evaluate, parse_arithmetic, to_python
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.errors import SymbolError
from symbol_llm.record import Split
from symbol_llm.solvers.answers import as_number, same_number

_FOLDER = "grade_school_math/data"
_FILES = {Split.TRAIN: f"{_FOLDER}/train.jsonl", Split.TEST: f"{_FOLDER}/test.jsonl"}
_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_FINAL = re.compile(r"####(?P<number>[^\n]*)\s*\Z")


class Step(NamedTuple):
    """One annotation: what was computed, and the result that the annotator wrote down."""

    expression: Expression
    stated: Fraction


def final_answer(solution: str) -> int | float | None:
    """The number after the last ``####``, or None."""
    found = _FINAL.search(solution[max(0, solution.rfind("####")) :])
    value = as_number(found["number"].strip()) if found else None
    if not isinstance(value, Fraction):
        return None
    return value.numerator if value.denominator == 1 else float(value)


def compile_solution(solution: str, answer: float) -> str | Rejected:
    """The program of a solution's annotations, or why there is none."""
    texts = _ANNOTATION.findall(solution)
    if not texts:
        return Rejected(Reason.NOT_DERIVABLE, "the solution has no calculator annotations")
    steps, faults = [], []
    for text in texts:
        try:
            steps.append(_read_step(text))
        except (SymbolError, ZeroDivisionError, ValueError) as error:
            faults.append(f"<<{text}>>: {error}")
    for refers in (True, False):
        program = _write(steps, answer, refers)
        if program:
            return program
    if faults:  # left out above: the answer may not depend on them
        return Rejected(Reason.NOT_DERIVABLE, f"not an annotation: {'; '.join(faults)}")
    return Rejected(Reason.WRONG_ANSWER, f"no step gives {answer}: {', '.join(texts)}")


def _read_step(text: str) -> Step:
    """``48/2=24``. The right side may be an expression as well; of several, the last is the result."""
    left, *right = text.split("=")
    if not right:
        raise ValueError("it has no equals sign")
    return Step(parse_arithmetic(left), evaluate(parse_arithmetic(right[-1]), _itself))


def _write(steps: list[Step], answer: float, refers: bool) -> str | None:
    """The program up to the last step that gives the answer; None if none does."""
    values: list[Fraction] = []
    lines: list[str] = []
    known: dict[Fraction, int] = {}  # result of an earlier step -> the latest such step

    def name_of(value: Fraction) -> str | None:
        return f"step_{known[value] + 1}" if value in known else None

    def value_of(value: Fraction) -> Fraction:
        return values[known[value]] if value in known else value

    for number, step in enumerate(steps):
        try:
            values.append(evaluate(step.expression, value_of))
        except (ZeroDivisionError, ValueError):
            return None
        lines.append(f"    step_{number + 1} = {to_python(step.expression, name_of)}")
        if refers:
            known[step.stated] = number
    last = next((i for i in reversed(range(len(steps))) if _gives(values[i], answer)), None)
    if last is None:
        return None
    return "\n".join(["def solution():", *lines[: last + 1], f"    return step_{last + 1}"])


def _gives(value: Fraction, answer: float) -> bool:
    return abs(value) < 1 << 1000 and same_number(float(value), answer)


def _itself(value: Fraction) -> Fraction:
    return value


class Gsm8kCode(Source):
    task = "gsm8k_code"
    format = "math_program"
    family = "Math"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="gsm8k",
        url="https://github.com/openai/grade-school-math",
        revision="3101c7d5072418e28b9008a6636bde82a006892c",
        citation="Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv:2110.14168",
        sizes={"train": 7473, "test": 1319},
    )
    prompt = Prompt(
        instructions=(
            "Write a Python function that solves the problem.",
            "Solve the math problem with a Python program.",
            "Translate the word problem into Python.",
            "Write solution() so that it returns the answer.",
            "Turn the question into a Python function solution().",
            "Give a Python program that computes the answer.",
            "Express the steps of the solution in Python.",
            "Compute the answer step by step in Python.",
            "Answer the question with Python code.",
            "Write the calculation as a Python function.",
        ),
        input_label="The question is:",
        cue="The Python program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Train, then test, each in the file's order. One of the files is enough."""
        present = require(folder, *_FILES.values())
        for split, file in _FILES.items():
            if folder / file in present:
                yield from read_jsonl_rows(folder / file, folder, split)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return fields
        question, solution, answer = fields
        program = compile_solution(solution, answer)
        if isinstance(program, Rejected):
            return replace(program, request=question)
        return Example(input=question, completion=program, answer=answer)


class Fields(NamedTuple):
    """Question, worked solution, gold answer."""

    question: str
    solution: str
    answer: int | float


def read_fields(data: Any) -> Fields | Rejected:
    """The parts of a row, or what is wrong with it."""
    if not isinstance(data, dict):
        return Rejected(Reason.MALFORMED_ROW, f"a row must be an object, this is a {type(data).__name__}")
    question, solution = data.get("question"), data.get("answer")
    if not isinstance(question, str) or not isinstance(solution, str):
        return Rejected(Reason.MALFORMED_ROW, 'a row needs the texts "question" and "answer"')
    if not question.strip():
        return Rejected(Reason.EMPTY_INPUT, "the question is empty")
    answer = final_answer(solution)
    if answer is None:
        return Rejected(Reason.NO_LABEL, "the solution does not end in #### and a number")
    return Fields(question.strip(), solution, answer)


GSM8K_CODE = Gsm8kCode()
