"""Every gold symbol of the datasets through its format: ``symbol-llm format audit --raw RAW``.

    task   format  rows  symbols  parses   accepted  round-trips  score 1
    folio  fol      400      400  97.00 %   97.00 %      97.00 %  97.00 %
    folio, parse_error: data/v0.0/folio-train.jsonl, row 12: expected ')' at line 1, column 20 …

A symbol passes where it parses, the language's real engine takes it, printing and reading it gives the same tree,
its canonical form is its own canonical form, and it scores 1 against itself. A row that fails is listed once, under
what it failed first: a reason that lies in the row (a fault of the label, which a reader can check), or a broken law,
which no label can be blamed for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import collection.sources
from collection.build import available_tasks, require_folders
from collection.check import Chunk, check_row
from collection.sources.base import GeneratedSource, Reason, Row, Source
from symbol_llm.console import progress
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import Context, Format
from symbol_llm.formats import get as get_format
from symbol_llm.shards import chunked, ordered_map

ROWS_PER_CHUNK = 64
# The row holds no symbol to judge.
WITHOUT_SYMBOL = frozenset(
    {
        Reason.MALFORMED_ROW,
        Reason.NO_LABEL,
        Reason.EMPTY_INPUT,
        Reason.EMPTY_SYMBOL,
        Reason.MISSING_CONTEXT,
        Reason.MISALIGNED,
        Reason.NOT_DERIVABLE,
    }
)


class BrokenLaw(StrEnum):
    """What a format owes every symbol that its engine takes. The label is not at fault."""

    ROUND_TRIP = "no_round_trip"  # printed and read again it is another tree
    CANONICAL = "unsteady_canonical"  # the canonical form has another canonical form
    SCORE = "imperfect_score"  # the symbol does not score 1 against itself
    CRASH = "crash"  # something else than a SymbolError came out


class Stage(StrEnum):
    """What a symbol passes, in this order. UNDECIDED stands beside ACCEPTED: the engine could not tell."""

    ROW = "rows"
    SYMBOL = "symbols"
    PARSES = "parses"
    ACCEPTED = "accepted"
    UNDECIDED = "undecided"
    ROUND_TRIPS = "round_trips"
    PERFECT = "perfect_score"


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that failed. ``excerpt`` is the symbol around ``position``, where the position is known."""

    file: str
    row: int  # from 0 within the file
    split: str
    reason: Reason | BrokenLaw
    detail: str  # of a SymbolError: the message, then the line and the caret below it
    position: int | None = None
    excerpt: str = ""

    @property
    def is_explained(self) -> bool:
        """Whether the reason lies in the row, where a reader can check it."""
        return isinstance(self.reason, Reason) and bool(self.detail.strip())

    @property
    def has_symbol(self) -> bool:
        """Whether there was a symbol to judge."""
        return self.reason not in WITHOUT_SYMBOL


@dataclass(frozen=True, slots=True)
class TaskAudit:
    """What became of one task's rows."""

    task: str
    format: str
    engine: str
    counts: Counter[Stage] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def share(self, stage: Stage) -> float | None:
        """How many of the symbols got that far, in 0..1. None without symbols, or where no engine ever judged."""
        symbols = self.counts[Stage.SYMBOL]
        if not symbols or (stage is Stage.ACCEPTED and self.counts[Stage.UNDECIDED] == symbols):
            return None
        return self.counts[stage] / symbols


class Audited(NamedTuple):
    """The stages that one row passed, and why it went no further."""

    stages: tuple[Stage, ...]
    failure: Failure | None


def audited_tasks(raw: Path) -> list[str]:
    """The tasks whose datasets have files under ``raw``, in the paper's order."""
    return [task for task in available_tasks(raw) if not isinstance(collection.sources.get(task), GeneratedSource)]


def audit(raw: Path, tasks: Sequence[str] = (), limit: int | None = None, workers: int = 1) -> Iterator[TaskAudit]:
    """Audit tasks one after the other; without ``tasks``, all that have files. ``limit``: rows per task and split.

    Raises UserError if a file cannot be read, EngineMissing if an engine is not installed.
    """
    require_folders(tasks, raw)
    for task in tasks or audited_tasks(raw):
        source = collection.sources.get(task)
        yield _audit_task(source, raw, limit, workers)


def _audit_task(source: Source, raw: Path, limit: int | None, workers: int) -> TaskAudit:
    found = TaskAudit(source.task, source.format, get_format(source.format).engine)
    rows = source.read_some(raw / source.upstream.dataset, limit=limit)
    chunks = (Chunk(source.task, chunk, raw, 0, {}, Path()) for chunk in chunked(rows, ROWS_PER_CHUNK))
    with progress(f"audit {source.task} (rows)") as advance:
        for results in ordered_map(audit_chunk, chunks, workers):
            for stages, failure in results:
                found.counts.update(stages)
                if failure:
                    found.failures.append(failure)
            advance(len(results))
    return found


def audit_chunk(chunk: Chunk) -> list[Audited]:
    """Audit the rows of a chunk, in a worker process."""
    source = collection.sources.get(chunk.task)
    return [audit_row(source, row, chunk) for row in chunk.rows]


def audit_row(source: Source, row: Row, chunk: Chunk) -> Audited:
    """One row: the builder's own check, then the laws of the format."""
    language = get_format(source.format)
    try:
        record, rejected, _ = check_row(source, row, chunk)
        if rejected:
            return _failed(row, rejected["reason"], rejected["detail"], rejected["position"], rejected["symbol"])
        assert record
        context = record.to_context(chunk.raw)
        stages = [Stage.ROW, Stage.SYMBOL, Stage.PARSES]
        stages.append(Stage.UNDECIDED if record.accepted is None else Stage.ACCEPTED)
        broken = _broken_by_reading(language, record.completion, record.canonical, context)
        if not broken:
            stages.append(Stage.ROUND_TRIPS)
            broken = _broken_by_scoring(language, record.completion, context)
        if not broken:
            return Audited((*stages, Stage.PERFECT), None)
        return Audited(tuple(stages), Failure(row.file, row.index, row.split, *broken))
    except UserError:
        raise
    except Exception as error:  # counted, listed and reported by the exit code
        return _failed(row, BrokenLaw.CRASH, f"{type(error).__name__}: {error}")


def _failed(
    row: Row, reason: Reason | BrokenLaw, detail: str, position: int | None = None, symbol: str = ""
) -> Audited:
    passed = {
        Reason.ENGINE_REJECTED: (Stage.SYMBOL, Stage.PARSES),
        Reason.WRONG_ANSWER: (Stage.SYMBOL, Stage.PARSES, Stage.ACCEPTED),
    }
    stages = passed.get(reason, ()) if isinstance(reason, Reason) else ()
    if reason not in WITHOUT_SYMBOL and not stages:
        stages = (Stage.SYMBOL,)
    excerpt = "" if position is None else symbol[max(0, position - 24) : position + 16]
    return Audited((Stage.ROW, *stages), Failure(row.file, row.index, row.split, reason, detail, position, excerpt))


def _broken_by_reading(language: Format, symbol: str, canonical: str, context: Context) -> tuple[BrokenLaw, str] | None:
    tree = language.parse(symbol)
    try:
        if language.parse(language.render(tree)) != tree:
            return BrokenLaw.ROUND_TRIP, "printed and read again it is another tree"
    except SymbolError as error:
        return BrokenLaw.ROUND_TRIP, f"what is printed does not parse: {error}"
    try:
        if language.canonical(canonical, context) != canonical:
            return BrokenLaw.CANONICAL, "the canonical form has another canonical form"
    except SymbolError as error:
        return BrokenLaw.CANONICAL, f"the canonical form does not parse: {error}"
    return None


def _broken_by_scoring(language: Format, symbol: str, context: Context) -> tuple[BrokenLaw, str] | None:
    score = language.score(symbol, symbol, context)
    is_perfect = math.isclose(score.value, 1.0) and score.is_exact and score.is_parsed
    return None if is_perfect and score.is_equivalent is not False else (BrokenLaw.SCORE, f"against itself: {score}")
