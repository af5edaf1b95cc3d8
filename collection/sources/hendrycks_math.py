r"""MATH: competition problems in LaTeX; the arithmetic of a solution becomes a program where it is one chain.

    MATH/train/algebra/7.json
    {"problem": "What is $3x^2 - 5$ when $x = 4$?", "level": "Level 1", "type": "Algebra",
     "solution": "It is $3(4^2) - 5 = 48 - 5 = \\boxed{43}$."}
→
    input       the problem
    completion  def solution():
                    step_1 = 3 * 4 ** 2 - 5
                    return step_1
    answer      43          (a fraction that is no short decimal as text: "10/11")

Upstream has no programs. One is compiled where the equations of the solution are one unambiguous chain from numbers
of the problem to the answer in the last ``\boxed{}`` (worked_arithmetic.py): about one row in fourteen. All others
are rejected as not derivable and stay countable: ``read_fields`` gives problem and gold answer of every row.

Each problem is a file; file numbers have gaps. The numbers in the code of an ``[asy]`` figure are coordinates, not
data of the problem, except for those in its labels.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.gsm8k_arithmetic import evaluate
from collection.sources.latex_equations import find_equations, last_box, read_arithmetic
from collection.sources.worked_arithmetic import compile_equations, not_derivable, plain_number
from symbol_llm.record import Split

_FOLDERS = {Split.TRAIN: "train", Split.TEST: "test"}
_FIGURE = re.compile(r"\[asy\].*?(?:\[/asy\]|\Z)", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(r'label\s*\([^"]*"([^"]*)"')


class Fields(NamedTuple):
    """A row: the problem, its worked solution, and what stands in the last box of the solution, in LaTeX."""

    problem: str
    solution: str
    answer: str


class MathCode(Source):
    task = "math_code"
    format = "math_program"
    family = "Math"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="math",
        url="https://github.com/hendrycks/math",
        revision="MATH.tar of 2021",
        citation=(
            "Hendrycks et al. 2021, Measuring Mathematical Problem Solving With the MATH Dataset, arXiv:2103.03874"
        ),
        sizes={"train": 7_500, "test": 5_000},
    )
    prompt = Prompt(
        instructions=(
            "Write a Python function that solves the competition problem.",
            "Solve this problem of mathematics with a Python program.",
            "Compute the answer to the problem in Python.",
            "Give a function solution() that returns the answer.",
            "Turn the problem into Python code and let it compute the result.",
            "Express the calculation that the problem asks for in Python.",
            "Translate the LaTeX problem into a Python program that solves it.",
            "Which Python program gives the answer to this problem?",
            "Work out the answer step by step in Python.",
            "Answer the problem with a Python function.",
        ),
        input_label="The problem is:",
        cue="The Python program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Train, then test, subject by subject, in the order of the file numbers."""
        home = folder / "MATH" if (folder / "MATH").is_dir() else folder
        require(home, *_FOLDERS.values())
        for split, name in _FOLDERS.items():
            files = (home / name).glob("*/*.json")
            for path in sorted(files, key=lambda path: (path.parent.name, len(path.stem), path.stem)):
                yield Row(path.relative_to(folder).as_posix(), 0, split, _read(path))

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return fields
        answer = number_of(fields.answer)
        if answer is None:
            detail = f"the answer {fields.answer!r} is not a rational number"
            return Rejected(Reason.NOT_DERIVABLE, detail, request=fields.problem)
        program = compile_equations(find_equations(fields.solution), without_figures(fields.problem), answer)
        if program is None:
            detail = f"the solution is no chain of arithmetic from the problem to {fields.answer!r}"
            return not_derivable(detail, fields.problem)
        return Example(input=fields.problem, completion=program, answer=plain_number(answer))


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes().removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"{path.name} is not JSON: {error}")


def read_fields(data: Any) -> Fields | Rejected:
    """The parts of a row, or what is wrong with it."""
    if not isinstance(data, dict):
        return Rejected(Reason.MALFORMED_ROW, f"a row must be an object, this is a {type(data).__name__}")
    problem, solution = data.get("problem"), data.get("solution")
    if not isinstance(problem, str) or not isinstance(solution, str):
        return Rejected(Reason.MALFORMED_ROW, 'a row needs the texts "problem" and "solution"')
    if not problem.strip():
        return Rejected(Reason.EMPTY_INPUT, "the problem is empty")
    answer = last_box(solution)
    if answer is None or not answer.strip():
        return Rejected(Reason.NO_LABEL, "the solution has no \\boxed{} answer")
    return Fields(problem.strip(), solution, answer.strip())


def number_of(answer: str) -> Fraction | None:
    r"""The value of an answer that is a rational number: ``\frac14``, ``1,\!200``, ``25\%`` (25), ``6 \frac{3}{4}``."""
    expression = read_arithmetic(answer)
    try:
        return evaluate(expression, lambda value: value) if expression else None
    except (ZeroDivisionError, ValueError):
        return None


def without_figures(problem: str) -> str:
    """The problem with each figure replaced by the words of its labels."""
    return _FIGURE.sub(lambda figure: " ".join(["", *_LABEL.findall(figure[0]), ""]), problem)


MATH_CODE = MathCode()
