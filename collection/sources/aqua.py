"""AQuA-RAT: algebra questions with five options; the arithmetic of a rationale becomes a program where it is one chain.

    {"question": "A pen costs $4 and a book 3 times as much. What do 2 books cost?", "options": ["A)$12", "B)$24", …],
     "rationale": "A book costs 4 * 3 = $12. Two books cost 12 x 2 = 24. Answer B", "correct": "B"}
→
    input       the question
    completion  def solution():
                    step_1 = 4 * 3
                    step_2 = step_1 * 2
                    return step_2
    answer      24

Upstream has no programs, and rationales are free text. A program is compiled where the equations of the rationale are
one unambiguous chain from numbers of the question to the number of the correct option (worked_arithmetic.py): about
one row in ten. All others are rejected as not derivable and stay countable: ``read_fields`` gives question, options
and gold answer of every row. The options are not shown: a program computes the number, it does not choose.

The files are JSON lines despite their names. ``*.tok.json`` are the same rows, tokenised: they are read only where
the plain file is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from collection.sources.free_text_equations import find_equations
from collection.sources.row_files import read_jsonl_rows
from collection.sources.worked_arithmetic import compile_equations, not_derivable, plain_number
from symbol_llm.record import Split

_FILES = {Split.TRAIN: "train", Split.VALIDATION: "dev", Split.TEST: "test"}
_OPTION = re.compile(r"\s*\(?\s*([A-E])\s*[).:]\s*(.*)", re.DOTALL)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
# One number, between a currency and a unit: "Rs. 1,200", "12 km/h", "7.2 %", "-3", "1/6". Nothing else is a number.
_ONE_NUMBER = re.compile(
    rf"(?:Rs\.?|INR|USD|[$€£₹])?\s*(?P<minus>[-−–])?\s*[$€£₹]?\s*(?P<top>{_NUMBER})(?:\s*[/⁄]\s*(?P<bottom>\d+))?"
    r"(?P<percent>\s*(?:%|percent|per\s?cent))?(?:\s*[$€£₹]|\s*[A-Za-z]{2,}\b|\s+[A-Za-z]\b|\s*/\s*[A-Za-z]+|[\s.,-])*",
    re.IGNORECASE,
)
_SCALED = re.compile(r"\b(?:hundred|thousand|lakh|lac|million|crore|billion|dozen|and|or|to)s?\b", re.IGNORECASE)


class Fields(NamedTuple):
    """A row: the question, its options by letter, the worked solution, the correct letter."""

    question: str
    options: dict[str, str]
    rationale: str
    correct: str


class AquaCode(Source):
    task = "aqua_code"
    format = "math_program"
    family = "Math"
    licence = Licence("Apache-2.0", True)
    upstream = Upstream(
        dataset="aqua",
        url="https://github.com/google-deepmind/AQuA",
        revision="26b64ed1f22208c6742f47df547dfd65088ec30d",
        citation=(
            "Ling et al. 2017, Program Induction by Rationale Generation: Learning to Solve and Explain Algebraic "
            "Word Problems, arXiv:1705.04146"
        ),
        sizes={"train": 97_467, "validation": 254, "test": 254},
    )
    prompt = Prompt(
        instructions=(
            "Write a Python function that answers the algebra question.",
            "Solve the word problem with a Python program.",
            "Turn the question into Python code that computes its answer.",
            "Give a function solution() that returns the number asked for.",
            "Express the calculation behind the answer in Python.",
            "Work the problem out in Python, step by step.",
            "Translate this problem into a short Python program.",
            "Which Python program computes the answer?",
            "Answer with Python code whose result is the solution.",
            "Program the solution of the question in Python.",
        ),
        input_label="The question is:",
        cue="The Python program is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Train, dev, test, each in the file's order. One of the files is enough."""
        names = [f"{name}{ending}" for name in _FILES.values() for ending in (".json", ".tok.json")]
        present = [path.name for path in require(folder, *names)]
        for split, name in _FILES.items():
            file = next((file for file in (f"{name}.json", f"{name}.tok.json") if file in present), None)
            if file:
                yield from read_jsonl_rows(folder / file, folder, split)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return fields
        option = fields.options[fields.correct]
        number = option_number(option)
        if number is None:
            detail = f"the correct option {option!r} is not one number"
            return Rejected(Reason.NOT_DERIVABLE, detail, request=fields.question)
        value, is_percent = number
        equations = list(find_equations(fields.rationale))
        for scale in (1, 100) if is_percent else (1,):
            program = compile_equations(equations, fields.question, value, scale)
            if program:
                return Example(input=fields.question, completion=program, answer=plain_number(value))
        detail = f"the rationale is no chain of arithmetic from the question to {option!r}"
        return not_derivable(detail, fields.question)


def read_fields(data: Any) -> Fields | Rejected:
    """The parts of a row, or what is wrong with it."""
    if not isinstance(data, dict):
        return Rejected(Reason.MALFORMED_ROW, f"a row must be an object, this is a {type(data).__name__}")
    question, rationale, options = data.get("question"), data.get("rationale"), data.get("options")
    if not isinstance(question, str) or not isinstance(rationale, str):
        return Rejected(Reason.MALFORMED_ROW, 'a row needs the texts "question" and "rationale"')
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return Rejected(Reason.MALFORMED_ROW, '"options" must be a list of texts')
    read = [_OPTION.fullmatch(option) for option in options]
    by_letter = {found[1]: found[2].strip() for found in read if found}
    if not question.strip():
        return Rejected(Reason.EMPTY_INPUT, "the question is empty")
    correct = data.get("correct")
    if not isinstance(correct, str) or correct not in by_letter:
        return Rejected(Reason.NO_LABEL, f"the correct option {correct!r} is not among the options")
    return Fields(question.strip(), by_letter, rationale, correct)


def option_number(option: str) -> tuple[Fraction, bool] | None:
    """The number of an option, and whether it is in percent; None if the option is not one plain number."""
    found = _ONE_NUMBER.fullmatch(option.strip())
    if found is None or _SCALED.search(option) or int(found["bottom"] or 1) == 0:
        return None
    value = Fraction(found["top"].replace(",", "")) / int(found["bottom"] or 1)
    return (-value if found["minus"] else value), bool(found["percent"])


AQUA_CODE = AquaCode()
