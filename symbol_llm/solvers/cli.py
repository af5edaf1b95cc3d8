"""``symbol-llm solve KIND < symbols.jsonl > outcomes.jsonl``: symbols in, outcomes out, in order.

    symbol-llm solve fol --workers 4 < symbols.jsonl          symbol-llm solve audit --raw RAW

A line holds ``{"id": …, "symbol": …, "definitions": …, "world": {…}}``; only ``symbol`` is needed. Files that
``world`` names are relative to ``--root``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from symbol_llm.console import log, tracked
from symbol_llm.errors import UserError
from symbol_llm.formats import Context
from symbol_llm.lazy_group import LazyGroup
from symbol_llm.solvers import SOLVERS, Job, Limits, Outcome, get

# Commands that also need the datasets. Imports run one way, so they are known by name alone.
COMMANDS = {"audit": ("eval.solve_audit.cli:app", "Run every gold symbol of the datasets through its solver.")}


class Commands(LazyGroup):
    """The commands of the table; whatever else comes first is the kind of solver that ``solve`` runs."""

    table = COMMANDS

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.table else ["KIND", *args])


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
    """Execute symbols from standard input: symbol-llm solve KIND < symbols.jsonl > outcomes.jsonl."""


@app.command("KIND")
def solve(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(SOLVERS)}.")],
    root: Annotated[Path | None, typer.Option(help="Folder that file names in world start from.")] = None,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    cpu_seconds: Annotated[float | None, typer.Option(help="CPU time a job may use; default: the solver's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Accepted for symmetry: outcomes are always JSON.")] = False,
) -> None:
    """Execute symbols from standard input. Malformed lines get the outcome no_symbol with the reason."""
    counts: dict[str, int] = {}
    with get(kind) as solver:
        limits = solver.limits if cpu_seconds is None else Limits(cpu_seconds, 6 * cpu_seconds)
        lines = list(_read(sys.stdin.buffer.readlines()))
        jobs = [Job(line.get("symbol") or "", _context(line, root)) for line in lines]
        solved = solver.solve_many(jobs, workers=workers, limits=limits)
        for line, solution in zip(lines, tracked(solved, f"solve {kind}", len(jobs)), strict=True):
            if line.get("fault"):
                solution = solution.judged(Outcome.NO_SYMBOL, line["fault"])
            counts[solution.outcome or "answered"] = counts.get(solution.outcome or "answered", 0) + 1
            sys.stdout.buffer.write(orjson.dumps({"id": line.get("id"), **solution.to_json()}) + b"\n")
            sys.stdout.buffer.flush()
    log(f"{kind}: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


def _context(line: dict[str, Any], root: Path | None) -> Context:
    return Context(line.get("definitions") or "", line.get("world") or {}, root)


def _read(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    if not lines:
        raise UserError("standard input is empty: pass one JSON object with a key 'symbol' a line")
    for number, line in enumerate(lines, 1):
        try:
            value = orjson.loads(line)
            fault = "" if isinstance(value, dict) and isinstance(value.get("symbol"), str) else "no text under 'symbol'"
        except orjson.JSONDecodeError as error:
            value, fault = {}, f"not JSON: {error}"
        yield {**value, "fault": ""} if not fault else {"id": None, "fault": f"line {number}: {fault}"}
