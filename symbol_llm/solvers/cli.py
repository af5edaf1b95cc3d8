"""``symbol-llm solve KIND < symbols.jsonl > outcomes.jsonl``: symbols in, outcomes out, in order.

    symbol-llm solve fol --workers 4 --cache CACHE premises.jsonl --out outcomes.jsonl
    symbol-llm solve python --judge number --json < programs.jsonl > outcomes.jsonl
    symbol-llm solve comparators                                  symbol-llm solve audit --raw RAW

A line holds ``{"id": …, "symbol": …, "definitions": …, "world": {…}, "gold": …}``; only ``symbol`` is needed. Files
that ``world`` names are relative to ``--root``. An outcome is ``{"id", "line", "outcome", "answer", "message", …}``;
its ``outcome`` is null where there is an answer that was not judged.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from symbol_llm.console import log, progress
from symbol_llm.errors import UserError
from symbol_llm.lazy_group import LazyGroup
from symbol_llm.solvers import SOLVERS, Job, Limits, Outcome, Solution
from symbol_llm.solvers.answers import COMPARATORS, comparator, judge
from symbol_llm.solvers.job_lines import JobLine, read_lines
from symbol_llm.solvers.python import PythonSolver
from symbol_llm.solvers.sandbox import ALLOW_WEAK_VARIABLE
from symbol_llm.solvers.service import Run, Service

# Commands that also need the datasets. Imports run one way, so they are known by name alone.
COMMANDS = {"audit": ("eval.solve_audit.cli:app", "Run every gold symbol of the datasets through its solver.")}
_GRACE_SECONDS = 1.0  # for jobs that run when the command is interrupted


class Commands(LazyGroup):
    """The commands of the table; whatever else comes first is the kind of solver that ``solve`` runs."""

    table = COMMANDS

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        is_named = args[0] in self.table or args[0] == "comparators"
        return super().resolve_command(ctx, args if is_named else ["KIND", *args])


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Options may come before the kind: they are the command's.
    context_settings={"ignore_unknown_options": True},
)


@app.callback()
def group() -> None:
    """Execute symbols: symbol-llm solve KIND < symbols.jsonl > outcomes.jsonl."""


@app.command("comparators")
def comparators() -> None:
    """List the rules by which --judge compares answers."""
    for name in COMPARATORS:
        text = (comparator(name).same.__doc__ or "").strip().splitlines()
        print(f"{name:<20}{text[0] if text else ''}".rstrip())


@app.command("KIND")
def solve(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(SOLVERS)}.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Files of symbols; default: standard input.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where outcomes go; default: standard output.")] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that file names in world start from.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Jobs side by side.")] = 2,
    cpu_seconds: Annotated[
        float | None, typer.Option(min=0.01, help="CPU time a job may use; default: the solver's.")
    ] = None,
    as_completed: Annotated[bool, typer.Option("--as-completed", help="Outcomes as they come, not in order.")] = False,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps results; the same job is not run again.")
    ] = None,
    judged_by: Annotated[
        str, typer.Option("--judge", help="Compare answers with each line's gold; see: solve comparators.")
    ] = "",
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the solver, e.g. search=optimal; may be repeated.")
    ] = None,
    allow_weak: Annotated[
        bool, typer.Option("--allow-weak-sandbox", help="Run programs at any level of isolation that is reached.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="The summary as JSON: on standard output with --out, else on standard error.")
    ] = False,
) -> None:
    """Execute symbols. A malformed line is answered with the outcome no_symbol, its number and the reason.

    Exit code 0 if every line was executed or failed by its own fault, 1 if lines were malformed or the machine failed
    (sandbox_error). Ctrl-C stops at once: what is finished is written, and with --cache the same command goes on
    where it was.
    """
    if judged_by:
        comparator(judged_by)  # an unknown name is said before anything runs
    paths: list[Path | None] = list(files or [])
    if out is not None and any(path is not None and path.exists() and _is_same(path, out) for path in paths):
        raise UserError(f"{out} is one of the inputs. Choose another file with --out")
    if allow_weak:
        os.environ[ALLOW_WEAK_VARIABLE] = "1"  # also for what compares answers
    service = Service(kind, workers=workers, limits=_limits(cpu_seconds), cache=cache, **_options(option or []))
    summary = _Summary(kind, service)
    try:
        summary.look_at_walls()
        with _target(out) as target:
            lines = _Lines(read_lines(paths or [None], root), summary, target, not as_completed)
            run = service.run(lines, as_completed=as_completed)
            with _terminable(), progress(f"solve {kind}") as advance:
                _write_all(run, lines, judged_by, advance)
    finally:
        with _uninterrupted():  # or a second Ctrl-C would leave engines behind
            service.close()
        summary.show(out, as_json)
    if not summary.num_lines:
        raise UserError("the input is empty: pass one JSON object with a key 'symbol' a line")
    if summary.num_rejected or summary.outcomes[Outcome.SANDBOX_ERROR]:
        raise typer.Exit(1)


class _Summary:
    """What was counted."""

    def __init__(self, kind: str, service: Service) -> None:
        self.kind, self.service = kind, service
        self.num_lines = self.num_rejected = self.num_repeated = 0
        self.is_interrupted = False
        self.outcomes: Counter[str] = Counter()
        self.isolation, self.shortfalls = "none", tuple[str, ...]()
        self.start = time.monotonic()

    def look_at_walls(self) -> None:
        """Where programs are executed: the level of isolation, and what keeps it from a stronger one, once."""
        if isinstance(self.service.solver, PythonSolver):
            self.isolation, self.shortfalls = self.service.solver.walls
            for reason in self.shortfalls:
                log(f"{self.kind}: isolation is {self.isolation} only. Not reached: {reason}")

    def show(self, out: Path | None, as_json: bool) -> None:
        cache = self.service.cache
        document = {
            "solver": self.kind,
            "engine": self.service.engine,
            "isolation": self.isolation,
            "shortfalls": list(self.shortfalls),
            "lines": self.num_lines,
            "rejected": self.num_rejected,
            "written": sum(self.outcomes.values()),
            "outcomes": {str(name): count for name, count in sorted(self.outcomes.items())},
            "repeated": self.num_repeated,
            "damaged": 0 if cache is None else cache.num_damaged,
            "seconds": round(time.monotonic() - self.start, 3),
            "interrupted": self.is_interrupted,
        }
        if as_json:
            print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(), file=sys.stdout if out else sys.stderr)
            return
        counts = ", ".join(f"{name} {count:,}" for name, count in sorted(self.outcomes.items()))
        log(f"{self.kind}: {counts or 'nothing'}; {self.num_repeated:,} repeated; {self.num_rejected:,} lines rejected")
        if cache is not None and (cache.fault or cache.num_damaged):
            log(f"the cache: {cache.num_damaged:,} results were damaged and solved anew. {cache.fault}".rstrip())
        if self.is_interrupted:
            log(f"interrupted: {sum(self.outcomes.values()):,} outcomes are written")


class _Lines:
    """The jobs of the good lines, for the service; a bad line keeps its place between them, or comes out at once."""

    def __init__(self, lines: Iterator[JobLine], summary: _Summary, target: BinaryIO, is_ordered: bool) -> None:
        self._lines, self._summary, self._target, self._is_ordered = lines, summary, target, is_ordered
        self.waiting: dict[int, JobLine] = {}
        self._bad: deque[tuple[int, JobLine]] = deque()  # each with the position of the good line after it
        self._next = 0

    def __iter__(self) -> Iterator[Job]:
        for line in self._lines:
            self._summary.num_lines += 1
            if line.job is None:
                self._summary.num_rejected += 1
                log(f"{line.file}, line {line.line}: {line.fault}")
                self._bad.append((self._next, line))
                if not self._is_ordered:
                    self.write_bad(self._next)
                continue
            self.waiting[self._next] = line
            self._next += 1
            yield line.job

    def write_bad(self, position: int) -> None:
        """The bad lines that stand before the good line of that position."""
        while self._bad and self._bad[0][0] <= position:
            line = self._bad[0][1]
            self.write(line, Solution(Outcome.NO_SYMBOL, message=f"line {line.line}: {line.fault}"), False)
            self._bad.popleft()

    def write(self, line: JobLine, solution: Solution, is_repeated: bool) -> None:
        """One outcome, whole or not at all, and out of this process's hands."""
        row = {"id": line.id, "line": line.line, **solution.to_json(), "repeated": is_repeated}
        data = _to_bytes(row)
        with _uninterrupted():
            self._target.write(data)
            self._target.flush()
            self._summary.outcomes[solution.outcome or "answered"] += 1
            self._summary.num_repeated += is_repeated

    def interrupted(self) -> None:
        self._summary.is_interrupted = True


def _write_all(run: Run, lines: _Lines, judged_by: str, advance: Any) -> None:
    """Write outcomes as the run gives them; after an interrupt, those of the jobs that end within a moment."""
    try:
        for _ in run:
            _write_current(run, lines, judged_by)
            advance(1)
        lines.write_bad(run.num_read)
    except KeyboardInterrupt:
        lines.interrupted()
        run.cancel(_GRACE_SECONDS)
        _write_current(run, lines, judged_by)
        for _ in run:
            _write_current(run, lines, judged_by)
        raise


def _write_current(run: Run, lines: _Lines, judged_by: str) -> None:
    if run.current is None:
        return
    position, _, solution, is_repeated = run.current
    line = lines.waiting.get(position)
    if line is None:  # it is written already
        return
    lines.write_bad(position)
    if judged_by:
        solution = judge(solution, line.gold, judged_by)
    lines.write(line, solution, is_repeated)
    del lines.waiting[position]


def _to_bytes(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row) + b"\n"
    except TypeError:  # whole numbers of more than 64 bits, half a surrogate pair
        return json.dumps(row).encode() + b"\n"


def _limits(cpu_seconds: float | None) -> Limits | None:
    return None if cpu_seconds is None else Limits(cpu_seconds, max(Limits().wall_seconds, 6 * cpu_seconds))


def _options(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise UserError(f"--option {text!r} is not NAME=VALUE")
    return dict(text.split("=", 1) for text in given)


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


@contextmanager
def _target(out: Path | None) -> Iterator[BinaryIO]:
    if out is None:
        yield sys.stdout.buffer
        return
    try:
        file = out.open("wb")
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror}. Choose another file with --out") from error
    with file:
        yield file


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does. Also Ctrl-C is listened to where a shell's & had it ignored."""
    if threading.current_thread() is not threading.main_thread():
        with nullcontext():
            yield
        return
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Signals wait until the block has ended."""
    blocked = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
