"""What an audit found, for people: on the terminal with carets, and as the page docs/format-audit.md.

    folio · parse_error · 1 row
      data/v0.0/folio-train.jsonl, row 12
        expected ')' at line 1, column 20
          ∀x (Cat(x) → Pet(x)
                             ^

A page quotes no more of a row than a few characters around the fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from collection.audit import Failure, Stage, TaskAudit
from collection.sources import SOURCES
from collection.sources import get as get_source
from collection.sources.base import GeneratedSource

COLUMNS = ("task", "format", "engine", "rows", "symbols", "parses", "accepted", "undecided", "round-trips", "score 1")
_MOST_FILES = 12  # named for one reason that leaves rows without a symbol; all are in the JSON document
_MOST_MESSAGES = 8  # for one reason that leaves rows without a symbol, before they are shortened
_WIDEST = 160  # characters of a message in a table
_INTRODUCTION = """\
# Gold symbols, audited

Written by `symbol-llm format audit --raw RAW --markdown`; do not edit. Every gold symbol of the files at hand goes
through its format: our parser, the language's real engine, printing and reading again (with a canonical form that is
its own canonical form), and the metric of the symbol against itself. Shares are of the symbols read; *undecided*
counts those that the engine could not judge, because the row lacks what it needs or the language has no engine.
A symbol that fails is listed once, under what it failed first, and goes no further. Rows are counted from 0.
"""


def table_rows(audits: Sequence[TaskAudit]) -> list[list[Any]]:
    """A row of ``COLUMNS`` per task. Shares are of the symbols, and 100 % only if it is all of them."""
    return [
        [
            found.task,
            found.format,
            found.engine,
            found.counts[Stage.ROW],
            found.counts[Stage.SYMBOL],
            _percent(found.share(Stage.PARSES)),
            _percent(found.share(Stage.ACCEPTED)),
            found.counts[Stage.UNDECIDED],
            _percent(found.share(Stage.ROUND_TRIPS)),
            _percent(found.share(Stage.PERFECT)),
        ]
        for found in audits
    ]


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return "100 %" if share == 1 else f"{int(share * 10_000) / 100:.2f} %"


def as_document(audits: Sequence[TaskAudit]) -> list[dict[str, Any]]:
    """Plain JSON values: counts by stage and reason, and every row that failed."""
    return [
        {
            "task": found.task,
            "format": found.format,
            "engine": found.engine,
            "counts": {str(stage): found.counts[stage] for stage in Stage},
            "reasons": {reason: len(list(rows)) for reason, rows in _by_reason(found.failures)},
            "failures": [
                {
                    "file": failure.file,
                    "row": failure.row,
                    "split": str(failure.split),
                    "reason": str(failure.reason),
                    "explained": failure.is_explained,
                    "detail": failure.detail,
                    "position": failure.position,
                }
                for failure in found.failures
            ],
        }
        for found in audits
    ]


def listing(audits: Sequence[TaskAudit]) -> Iterator[str]:
    """The failing rows as lines of text, by task and reason; rows without a symbol only by their numbers."""
    for found in audits:
        for reason, group in _by_reason(found.failures):
            failures = list(group)
            yield f"\n{found.task} · {reason} · {_rows(len(failures))}"
            if failures[0].has_symbol:
                for failure in failures:
                    yield f"  {failure.file}, row {failure.row}"
                    yield from (f"    {line}" for line in failure.detail.split("\n"))
            else:
                yield from (f"  {detail}: {places}" for detail, _, places in _summed(failures))


def as_markdown(audits: Sequence[TaskAudit]) -> str:
    """The page of the documentation."""
    failing = [
        [found.task, failure.file, str(failure.row), str(failure.reason), _message(failure), _code(failure.excerpt)]
        for found in audits
        for failure in found.failures
        if failure.has_symbol
    ]
    without = [
        [found.task, reason, detail, number, places]
        for found in audits
        for reason, group in _by_reason([failure for failure in found.failures if not failure.has_symbol])
        for detail, number, places in _summed(list(group))
    ]
    absent = ", ".join(task for task in SOURCES if task not in {found.task for found in audits} and not _is_made(task))
    return "\n".join(
        [
            _INTRODUCTION,
            *_markdown_table(COLUMNS, table_rows(audits)),
            *([f"\nNot at hand: {absent}."] if absent else []),
            "\n## Symbols that fail, row by row\n",
            *_markdown_table(("task", "file", "row", "reason", "what is wrong", "there"), failing),
            "\n## Rows that hold no symbol\n",
            *_markdown_table(("task", "reason", "why", "rows", "which"), without),
            "",
        ]
    )


def _is_made(task: str) -> bool:
    return isinstance(get_source(task), GeneratedSource)


def _by_reason(failures: Sequence[Failure]) -> Iterator[tuple[str, Iterator[Failure]]]:
    return groupby(sorted(failures, key=lambda failure: str(failure.reason)), key=lambda failure: str(failure.reason))


def _rows(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"


def _summed(failures: Sequence[Failure]) -> Iterator[tuple[str, int, str]]:
    """Failures of one message together: the message, how many rows, and which.

    Where nearly every row has a message of its own, what they share stands for it.
    """
    for told in (_message, _shared_message):
        groups: dict[str, list[Failure]] = {}
        for failure in failures:
            groups.setdefault(told(failure), []).append(failure)
        if len(groups) <= _MOST_MESSAGES:
            break
    for message, group in groups.items():
        yield message, len(group), _places(group)


def _places(failures: Sequence[Failure]) -> str:
    """``train.jsonl 3, 17, 20–25; test.jsonl 4``: files with their row numbers."""
    rows: dict[str, list[int]] = {}
    for failure in failures:
        rows.setdefault(failure.file, []).append(failure.row)
    named = [f"{file} {', '.join(_ranges(sorted(numbers)))}" for file, numbers in list(rows.items())[:_MOST_FILES]]
    rest = len(rows) - len(named)
    return "; ".join(named) + (f"; and {rest:,} more files" if rest else "")


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Sorted numbers, consecutive ones as ``first–last``."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield str(found[0]) if len(found) == 1 else f"{found[0]}–{found[-1]}"


def _message(failure: Failure) -> str:
    """The detail without the quoted line and its caret, in one short line."""
    return _short(_told(failure))


def _shared_message(failure: Failure) -> str:
    """The message without what is quoted from the row, and without what stands after a colon."""
    return _short(re.sub(r"'[^']*'", "'…'", _told(failure)).split(": ")[0])


def _told(failure: Failure) -> str:
    text = failure.detail if failure.position is None else failure.detail.split("\n  ")[0]
    return " ".join(text.split())


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _markdown_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    if not rows:
        return ["None."]
    marks = ["--:" if isinstance(rows[0][i], int) else "---" for i in range(len(columns))]
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(marks)}|"]
    for row in rows:
        lines.append(f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else _cell(cell) for cell in row)} |")
    return lines


def _cell(text: str) -> str:
    """Text that stays in its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    """A few characters of a symbol as code."""
    shown = "".join(mark if mark.isprintable() else "·" for mark in text).strip()
    return f"`` {shown} ``" if shown else ""
