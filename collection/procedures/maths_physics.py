"""Maths and physics of the paper: the same question in language and as a program that prints the answer.

    math_long_natural_train.jsonl   {"question": "What is half of 48? Think step by step. Then, …", "answer": "24"}
    math_long_python_train.jsonl    {"question": "result = 48 / 2\\nprint(result) Think step by …", "answer": "24"}
    →   Pair(subject="math", split="train", row=0, problem="What is half of 48?", program="result = …", answer="24")

Line n of both files of a split is one question. Programs use sympy; those of physics print the unit behind the number.
Test prompts of the code form begin with a sentence that says what to do with the program; training prompts have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from collection.procedures.released_files import Checked, Fault, Finding, rows_of
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.solvers.python_syntax import parse_python

SUBJECTS, SPLITS = ("math", "physics"), ("train", "test")
_FOLDERS = ("", "data/physics_math", "procedure_generalization_llm/data/physics_math")
_REQUEST = " Think step by step. Then, encode your final answer in <answer></answer>."
_LEAD = "Below is a program and you should simulate it then give its printed output as your answer. "


class Pair(NamedTuple):
    """One question in both forms; ``row`` counts from 0."""

    subject: str
    split: str
    row: int
    problem: str
    program: str
    answer: str


def read_problem(question: str) -> str:
    """The problem of a prompt in language. Raises SymbolError if the prompt does not end as the paper's do."""
    return _without_request(question).strip()


def read_program(question: str) -> str:
    """The program of a prompt in code. Raises SymbolError if the prompt ends otherwise, or holds no Python."""
    program = _without_request(question).removeprefix(_LEAD).strip()
    parse_python(program)
    return program


def _without_request(question: str) -> str:
    if not question.endswith(_REQUEST):
        raise SymbolError(question, len(question), repr(_REQUEST.strip()))
    text = question[: -len(_REQUEST)]
    if not text.removeprefix(_LEAD).strip():
        raise SymbolError(question, 0, "a question before the request for an answer")
    return text


def pairs(folder: Path) -> Iterator[Pair]:
    """The questions that both files have with one answer, as far as they can be read.

    Raises UserError if none of the files is there.
    """
    place = _place(folder)
    if place is None:
        names = ", ".join(_name(subject, form, "train") for subject in SUBJECTS for form in ("natural", "python"))
        raise UserError(f"{folder}: none of {names} … is here. Pass the paper's folder data/physics_math")
    for subject in SUBJECTS:
        for split in SPLITS:
            both = [_read_file(place / _name(subject, form, split), form) for form in ("natural", "python")]
            natural, code = (checked.plans if checked else {} for checked in both)
            for row in sorted(natural.keys() & code.keys()):
                problem, answer = natural[row]
                program, other = code[row]
                if answer == other:
                    yield Pair(subject, split, row, problem, program, answer)


def check_pairs(folder: Path) -> list[Checked]:
    """Every such file of a folder, or of the paper's data below it: rows, those that can be read, and their faults."""
    place = _place(folder)
    if place is None:
        return []
    found = []
    for subject in SUBJECTS:
        for split in SPLITS:
            natural, code = (_read_file(place / _name(subject, form, split), form) for form in ("natural", "python"))
            if natural and code:
                code.findings.extend(_compare(natural, code))
            found += [checked for checked in (natural, code) if checked]
    return found


def _compare(natural: Checked, code: Checked) -> Iterator[Finding]:
    for row, (_, answer) in code.plans.items():
        if row not in natural.plans:
            yield Finding(code.file, row, Fault.OTHER_PLAN, f"{natural.file} has no such row")
        elif natural.plans[row][1] != answer:
            detail = f"the answer is {answer!r:.60}, in {natural.file} {natural.plans[row][1]!r:.60}"
            yield Finding(code.file, row, Fault.OTHER_PLAN, detail)


def _read_file(path: Path, form: str) -> Checked | None:
    """(text, answer) of each row that can be read; None if there is no such file."""
    if not path.is_file():
        return None
    texts: dict[int, tuple[str, str]] = {}
    findings, rows = [], 0
    for number, row in rows_of(path):
        rows += 1
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("question", "answer")):
            findings.append(Finding(path.name, number, Fault.MALFORMED, "no JSON object with question and answer"))
            continue
        try:
            text = (read_problem if form == "natural" else read_program)(row["question"])
        except SymbolError as error:
            findings.append(Finding(path.name, number, Fault.UNREADABLE, error.message))
            continue
        texts[number] = text, row["answer"].strip()
    return Checked(path.name, rows, texts, findings)


def _name(subject: str, form: str, split: str) -> str:
    return f"{subject}_long_{form}_{split}.jsonl"


def _place(folder: Path) -> Path | None:
    """Where the files are; None if there are none."""
    for below in _FOLDERS:
        if any((folder / below).glob("*_long_*.jsonl")):
            return folder / below
    return None
