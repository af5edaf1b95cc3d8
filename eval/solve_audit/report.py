"""What a solve audit found, for people: a table, and each disagreement with its reason.

folio · wrong · 1 row
  the symbol gives Uncertain, gold is True: data/v0.0/folio-validation.jsonl 12
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from eval.solve_audit.causes import by_cause, cause_of
from eval.solve_audit.explanations import EXPLANATIONS
from eval.solve_audit.run import Disagreement, TaskAudit

COLUMNS = ("task", "solver", "engine", "rows", "gold", "executed", "agree", "of gold", "the others", "cpu ms")
_WIDEST = 200  # characters of a message in a list
_INTRODUCTION = """\
# Gold symbols, executed

Written by `symbol-llm solve audit --raw RAW --markdown`; do not edit. Every gold symbol of the files at hand is
executed by its solver, and what comes out is compared with the gold answer. *gold* counts the rows that have both a
symbol and an answer, *executed* those whose symbol ran to an answer, *agree* those whose answer is the gold one; *cpu*
is the mean per symbol. Rows count from 0 within their file; of datasets with a folder per row, the folders are named.
"""
_CAUSES = """
## Causes

Told by the solver, row by row (`eval/solve_audit/causes.py`): what it found for each row that does not agree. `--json`
has the cause and the whole message of each row.
"""


def table_rows(audits: Sequence[TaskAudit]) -> list[list[Any]]:
    """A row of ``COLUMNS`` per task. 100 % only if all gold rows agree."""
    return [
        [
            found.task.name,
            found.task.solver,
            found.engine,
            found.rows,
            found.gold,
            found.executed,
            found.agreeing,
            _percent(found.agreeing, found.gold),
            ", ".join(f"{number} {outcome}" for outcome, number in found.outcomes.most_common()),
            f"{1000 * found.cpu_seconds / found.gold:.1f}" if found.gold else "–",
        ]
        for found in audits
    ]


def _percent(part: int, whole: int) -> str:
    if not whole:
        return "–"
    return "100 %" if part == whole else f"{int(10_000 * part / whole) / 100:.2f} %"


def as_document(audits: Sequence[TaskAudit]) -> list[dict[str, Any]]:
    """Plain JSON values: counts, and every row that does not agree or has no gold."""
    return [
        {
            "task": found.task.name,
            "solver": found.task.solver,
            "engine": found.engine,
            "agreement": found.task.agreement,
            "rows": found.rows,
            "gold": found.gold,
            "executed": found.executed,
            "agreeing": found.agreeing,
            "cpu_seconds": round(found.cpu_seconds, 3),
            "outcomes": {str(outcome): number for outcome, number in found.outcomes.most_common()},
            "causes": [
                {"reason": reason, "cause": cause, "rows": len(rows)}
                for reason, cause, rows in by_cause(found.task.name, found.disagreements)
            ],
            "disagreements": [_entry(row) | {"cause": cause_of(found.task.name, row)} for row in found.disagreements],
            "without_gold": [_entry(row) for row in found.without_gold],
        }
        for found in audits
    ]


def _entry(row: Disagreement) -> dict[str, Any]:
    return {"file": row.file, "row": row.row, "reason": _reason(row), "detail": row.detail}


def _reason(row: Disagreement) -> str:
    return str(row.outcome if row.outcome is not None else row.reason)


def listing(audits: Sequence[TaskAudit]) -> Iterator[str]:
    """The rows that do not agree, and those without gold, as lines of text: by task, reason and message."""
    for found in audits:
        for title, rows in (("", found.disagreements), ("no gold, ", found.without_gold)):
            for reason, message, group in _groups(rows):
                yield f"{found.task.name} · {title}{reason} · {_counted(len(group))}"
                yield f"  {message}: {_places(group)}"


def as_markdown(audits: Sequence[TaskAudit]) -> str:
    """The page of the documentation."""
    lines = [_INTRODUCTION, *_table(COLUMNS, table_rows(audits)), "\n## What agreement means\n"]
    lines += _table(("task", "the answer of the gold symbol agrees with"), [_meaning(found) for found in audits])
    told = [
        [found.task.name, str(outcome), number, EXPLANATIONS[found.task.name, str(outcome)]]
        for found in audits
        for outcome, number in found.outcomes.most_common()
        if (found.task.name, str(outcome)) in EXPLANATIONS
    ]
    lines += ["\n## Why they do not agree\n", *_table(("task", "outcome", "rows", "why"), told)]
    causes = [
        [found.task.name, reason, cause, len(rows), _places(rows)]
        for found in audits
        for reason, cause, rows in by_cause(found.task.name, found.disagreements)
    ]
    lines += [_CAUSES, *_table(("task", "outcome", "cause", "rows", "which"), causes)]
    sections = (("Rows that do not agree", "disagreements"), ("Rows without a gold symbol or answer", "without_gold"))
    for title, name in sections:
        rows = [
            [found.task.name, reason, message, len(group), _places(group)]
            for found in audits
            for reason, message, group in _groups(getattr(found, name))
        ]
        lines += [f"\n## {title}\n", *_table(("task", "reason", "why", "rows", "which"), rows)]
    return "\n".join([*lines, ""])


def _meaning(found: TaskAudit) -> list[str]:
    return [found.task.name, found.task.agreement]


def _groups(rows: Sequence[Disagreement]) -> list[tuple[str, str, list[Disagreement]]]:
    """Rows of one reason and one message together, in the order of their first row."""
    groups: dict[tuple[str, str], list[Disagreement]] = {}
    for row in rows:
        groups.setdefault((_reason(row), _message(row)), []).append(row)
    return [(reason, message, group) for (reason, message), group in groups.items()]


def _message(row: Disagreement) -> str:
    """The detail without a quoted line and its caret, short."""
    text = " ".join(row.detail.split("\n  ")[0].split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _places(rows: Sequence[Disagreement]) -> str:
    """``dev.json 3, 17, 20–25``; of numbered folders that hold one row each, ``train/ 7, 12``."""
    files: dict[str, list[int]] = {}
    for row in rows:
        folder = PurePosixPath(row.file).parent
        name, number = (f"{folder.parent}/", int(folder.name)) if folder.name.isdecimal() else (row.file, row.row)
        files.setdefault(name, []).append(number)
    return "; ".join(f"{file} {', '.join(_ranges(sorted(numbers)))}" for file, numbers in files.items())


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield str(found[0]) if len(found) == 1 else f"{found[0]}–{found[-1]}"


def _counted(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    if not rows:
        return ["None."]
    marks = ["--:" if isinstance(cell, int) else "---" for cell in rows[0]]
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(marks)}|"]
    return lines + [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else " ".join(str(value).split()).replace("|", "\\|")
