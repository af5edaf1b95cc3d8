"""The paper's files, row by row: what they say, and where their labels are wrong.

    asynchow_natural_train.jsonl   {"question": "To create a video game, here are …", "answer": "[datetime.…]"}
    →   Finding(file="asynchow_natural_train.jsonl", row=109, fault=WRONG_LABEL, detail="the label is …")

Line n of the natural, graph and code files of a split is the same plan; so is that of the African-American English
file, but for the texts. Every row is read, its label worked out anew, and lines of the same number are compared.
AsyncHow's own pickles are read, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.procedures.convert import Form, read
from collection.procedures.critical_path import critical_time
from collection.procedures.instance import Plan, Seconds, exact, outline
from collection.procedures.paper_forms import code_label, weight, written_order
from collection.procedures.paper_readers import minutes
from collection.procedures.verifier import gold_of
from collection.sources.asynchow import ASYNCHOW
from collection.sources.base import Rejected
from symbol_llm.errors import SymbolError, UserError

Bounds = tuple[Seconds, Seconds]
PICKLES = tuple(f"data/{name}_benchmark.pkl" for name in ("async", "para", "seq"))
_FOLDER = "procedure_generalization_llm/data/asynchow"
FILES = {
    f"asynchow_{name}_{split}.jsonl": form
    for split in ("train", "test")
    for name, form in (
        ("natural", Form.NATURAL),
        ("graph", Form.GRAPH),
        ("python", Form.CODE),
        ("aave", Form.NATURAL),
    )
}
# Training rows whose label is shorter than a path of their own graph; counted from 0.
KNOWN_WRONG = frozenset({109, 241, 409, 1207})


class Fault(StrEnum):
    """What is wrong with a row."""

    MALFORMED = "malformed"  # no question or no answer
    UNREADABLE = "unreadable"  # the prompt is in none of the forms, or no plan
    WRONG_LABEL = "wrong_label"
    OTHER_PLAN = "other_plan"  # the natural row of the same number is another plan


class Finding(NamedTuple):
    """A fault of a row, counted from 0."""

    file: str
    row: int
    fault: Fault
    detail: str


class Checked(NamedTuple):
    """The rows of a file. ``plans``: what was read, by row; of maths and physics the text and its answer."""

    file: str
    rows: int
    plans: dict[int, Any]
    findings: list[Finding]


def rows_of(path: Path) -> Iterator[tuple[int, Any]]:
    """(number, JSON value or None) of each line. Raises UserError if the file cannot be read."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines):
                try:
                    yield number, orjson.loads(line)
                except orjson.JSONDecodeError:
                    yield number, None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def check(folder: Path, *, may_be_none: bool = False) -> list[Checked]:
    """Every file of a folder: the paper's own, or that of the dataset asynchow.

    Raises UserError if none is there, unless there may be none.
    """
    pickles = [check_pickle(folder, name) for name in PICKLES if (folder / name).exists()]
    if (folder / _FOLDER).is_dir():
        folder = folder / _FOLDER
    present = [name for name in FILES if (folder / name).exists()]
    if not present and not pickles and not may_be_none:
        raise UserError(f"{folder}: none of {', '.join((*FILES, *PICKLES))} is here. Pass the folder that holds them")
    found = {name: check_file(folder / name, FILES[name]) for name in present}
    for name, checked in found.items():
        split = name.rsplit("_", 1)[1]
        natural = found.get(f"asynchow_natural_{split}")
        if natural and natural is not checked:
            checked.findings.extend(_compare(checked, natural, FILES[name]))
    return pickles + list(found.values())


def check_pickle(folder: Path, name: str) -> Checked:
    """The records of one of AsyncHow's pickles: adjacency list, times, and the label ``task_time``."""
    plans: dict[int, Plan] = {}
    findings: list[Finding] = []
    rows = [row for row in ASYNCHOW.read(folder) if row.file == name]
    for row in rows:
        example = row.data if isinstance(row.data, Rejected) else ASYNCHOW.to_example(row, folder)
        if isinstance(example, Rejected):
            findings.append(Finding(name, row.index, Fault.MALFORMED, example.detail))
            continue
        try:
            plans[row.index] = plan = read(example.completion, Form.SYMBOL)
            gold = gold_of(example.answer)
        except (SymbolError, UserError) as error:
            plans.pop(row.index, None)
            findings.append(Finding(name, row.index, Fault.UNREADABLE, str(error)))
            continue
        findings += _judged(name, row.index, (gold.low, gold.high), critical_time(plan))
    return Checked(name, len(rows), plans, findings)


def _judged(file: str, row: int, label: Bounds, wanted: Bounds) -> list[Finding]:
    if label == wanted:
        return []
    known = ", as is known" if row in KNOWN_WRONG and "_train" in file else ""
    detail = f"the label is {_spoken(label)}, the longest path takes {_spoken(wanted)}{known}"
    return [Finding(file, row, Fault.WRONG_LABEL, detail)]


def check_file(path: Path, form: Form) -> Checked:
    """The rows of one file, without comparison to others."""
    plans: dict[int, Plan] = {}
    findings: list[Finding] = []
    rows = 0
    for number, row in rows_of(path):
        rows += 1
        if not isinstance(row, dict) or not isinstance(row.get("question"), str) or row.get("answer") is None:
            findings.append(Finding(path.name, number, Fault.MALFORMED, "no JSON object with question and answer"))
            continue
        try:
            plan = read(row["question"], form)
            gold = gold_of(row["answer"])
        except (SymbolError, UserError) as error:
            findings.append(Finding(path.name, number, Fault.UNREADABLE, str(error)))
            continue
        plans[number] = plan
        if form is Form.CODE:  # what the program returns, to the hundredth of a minute
            returned = exact(Decimal(str(code_label(plan))) * 60)
            wanted = (returned, returned)
            label = wanted if -gold.slack <= gold.low - returned <= gold.slack else (gold.low, gold.high)
        else:
            wanted, label = critical_time(plan), (gold.low, gold.high)
        findings += _judged(path.name, number, label, wanted)
    return Checked(path.name, rows, plans, findings)


def _spoken(bounds: Bounds) -> str:
    low, high = bounds
    return f"{float(low):g} s" if low == high else f"{float(low):g} to {float(high):g} s"


def _compare(checked: Checked, natural: Checked, form: Form) -> Iterator[Finding]:
    for number, plan in checked.plans.items():
        wanted = natural.plans.get(number)
        if wanted is None:
            continue
        if not is_same(plan, wanted, form):
            yield Finding(checked.file, number, Fault.OTHER_PLAN, f"{natural.file} has another plan in this row")


def is_same(plan: Plan, natural: Plan, form: Form) -> bool:
    """Whether a row is the plan of the natural row; the code form by what it can say: order and rounded minutes."""
    if form is not Form.CODE:
        return outline(plan) == outline(natural)
    if len(plan.steps) != len(natural.steps):
        return False
    names = [natural.steps[i].name for i in written_order(natural)]
    return outline(plan.renamed(names)) == outline(in_code_units(natural))


def in_code_units(plan: Plan) -> Plan:
    """The plan as the code form says it: times in rounded minutes."""
    steps = tuple(step._replace(time=minutes(repr(weight(step.time)))) for step in plan.steps)
    return replace(plan, steps=steps)
