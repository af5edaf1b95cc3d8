"""Executing every gold symbol: ``symbol-llm solve audit --raw RAW``.

    task   solver  rows  gold  executed  agree    ours
    folio  fol    1,208   204       196    188    8 parse_error, 8 wrong

A row has gold where upstream gives a symbol (or what a source makes one from) and an answer. Every other row is counted
under the reason why it has none. A gold row is executed if the solver ran its symbol to an answer, and agrees if that
is upstream's. Each row that does not agree is listed once with its reason: nothing is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from collection.sources.base import FilesMissing, Reason, Rejected, Row, Source
from eval.solve_audit.cases import Case
from eval.solve_audit.tasks import TASKS, Task
from symbol_llm.console import progress
from symbol_llm.errors import EngineMissing
from symbol_llm.shards import chunked
from symbol_llm.solvers import SOLVERS, Job, Limits, Outcome, Solution, Solver
from symbol_llm.solvers import get as get_solver

ROWS_AT_ONCE = 256
# A row that was refused for these has a gold symbol or answer that is at fault; for all others there is none.
_FAULTS_OF_GOLD = {
    Reason.WRONG_ANSWER: Outcome.WRONG,
    Reason.PARSE_ERROR: Outcome.PARSE_ERROR,
    Reason.ENGINE_REJECTED: Outcome.REJECTED,
}


class Disagreement(NamedTuple):
    """A gold row that does not agree, or (``outcome`` None) a row without gold. Rows count from 0 in their file."""

    file: str
    row: int
    outcome: Outcome | None
    reason: Reason | None
    detail: str


@dataclass(frozen=True, slots=True)
class TaskAudit:
    """What became of one task's rows."""

    task: Task
    engine: str
    rows: int = 0
    gold: int = 0
    executed: int = 0
    agreeing: int = 0
    cpu_seconds: float = 0.0
    disagreements: list[Disagreement] = field(default_factory=list)
    without_gold: list[Disagreement] = field(default_factory=list)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How the gold rows ended that do not agree."""
        return Counter(found.outcome for found in self.disagreements if found.outcome is not None)


def available(raw: Path) -> list[str]:
    """The tasks whose solver exists and whose datasets have files under ``raw``, in the table's order."""
    return [name for name, task in TASKS.items() if task.solver in SOLVERS and _has_files(task.source, raw)]


def _has_files(source: Source, raw: Path) -> bool:
    folder = raw / source.upstream.dataset
    if not folder.is_dir():
        return False
    try:
        next(source.read(folder), None)
    except FilesMissing:
        return False
    return True


def audit(
    raw: Path,
    names: Sequence[str] = (),
    limit: int | None = None,
    workers: int = 1,
    cpu_seconds: float | None = None,
) -> Iterator[TaskAudit]:
    """Audit tasks one after the other; without names, all that have files. ``limit``: rows per task and split.

    A task whose engine is missing has no row executed: ``engine`` says what to install. Raises UserError if a file
    cannot be read.
    """
    for name in names or available(raw):
        yield audit_task(TASKS[name], raw, limit, workers, cpu_seconds)


def audit_task(
    task: Task, raw: Path, limit: int | None = None, workers: int = 1, cpu_seconds: float | None = None
) -> TaskAudit:
    """Execute the gold symbols of one task."""
    with get_solver(task.solver) as solver:
        try:
            found = TaskAudit(task, solver.engine)
        except EngineMissing as error:
            return TaskAudit(task, str(error))
        limits = solver.limits
        if cpu_seconds is not None:
            limits = replace(limits, cpu_seconds=cpu_seconds, wall_seconds=max(limits.wall_seconds, 6 * cpu_seconds))
        rows = task.source.read_some(raw / task.source.upstream.dataset, limit=limit)
        with progress(f"solve audit {task.name} (rows)") as advance:
            for chunk in chunked(rows, ROWS_AT_ONCE):
                found = _add_rows(found, chunk, raw, solver, limits, workers)
                advance(len(chunk))
    return found


def _add_rows(
    found: TaskAudit, rows: Sequence[Row], raw: Path, solver: Solver, limits: Limits, workers: int
) -> TaskAudit:
    read = [(row, _cases(found.task, row, raw)) for row in rows]
    cases = [case for _, given in read if not isinstance(given, Rejected) for case in given]
    jobs = (Job(case.symbol, case.context) for case in cases)
    solutions = iter(zip(cases, solver.solve_many(jobs, workers=workers, limits=limits), strict=True))
    gold = executed = agreeing = 0
    cpu = found.cpu_seconds
    for row, given in read:
        if isinstance(given, Rejected):
            outcome = _FAULTS_OF_GOLD.get(given.reason)
            entry = Disagreement(row.file, row.index, outcome, given.reason, given.detail)
            (found.without_gold if outcome is None else found.disagreements).append(entry)
            gold += outcome is not None
            continue
        gold += 1
        ended = [_judge(found.task, solution, case) for case, solution in (next(solutions) for _ in given)]
        cpu += sum(solution.cpu_seconds for solution in ended)
        executed += all(_is_executed(solution) for solution in ended)
        bad = next((solution for solution in ended if solution.outcome is not Outcome.CORRECT), None)
        if bad is None:
            agreeing += 1
        else:
            found.disagreements.append(Disagreement(row.file, row.index, bad.outcome, None, bad.message))
    return replace(
        found,
        rows=found.rows + len(rows),
        gold=found.gold + gold,
        executed=found.executed + executed,
        agreeing=found.agreeing + agreeing,
        cpu_seconds=cpu,
    )


def _cases(task: Task, row: Row, raw: Path) -> Sequence[Case] | Rejected:
    if isinstance(row.data, Rejected):
        return row.data
    example = task.source.to_example(row, raw / task.source.upstream.dataset)
    return example if isinstance(example, Rejected) else task.to_cases(row, example, raw)


def _judge(task: Task, solution: Solution, case: Case) -> Solution:
    return task.judge(solution, case) if solution.outcome is None else solution


def _is_executed(solution: Solution) -> bool:
    """An invalid plan is an answer, too."""
    return solution.outcome is not None and (solution.outcome.is_executed or solution.outcome is Outcome.PLAN_INVALID)
