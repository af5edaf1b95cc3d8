"""How fast are the solvers, and what does the service make of them?

    python -P benchmarks/solvers.py [--raw RAW] [--count 100] [--kinds fol,sql] [--json]

Gold symbols of the datasets under RAW (or $SYMBOL_LLM_RAW), else of the generated sources. For each kind:

    ours      the solver, process boundary and limits included: median and 95th percentile, milliseconds a job
    bare      the same engine called in this process, without a boundary: what a hung job would take down.
              For the planner, Fast Downward's driver as a plain subprocess
    1, 2      jobs a second through the service with one worker and with two, everything warm
    again     jobs a second when the same jobs come once more and their results are in the cache folder

    room      what two plain processes gained over one just then: all that a second worker can gain on this machine

Ours and bare take turns, job by job, so that a change of the machine's load hits both alike; ratios are of medians.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import eval.delegation
from collection.sources.base import Rejected
from eval.solve_audit.tasks import TASKS
from symbol_llm.console import emit, log, make_table
from symbol_llm.formats.base import Context
from symbol_llm.solvers import Job, Limits, Solution, Solver, get
from symbol_llm.solvers.fast_downward import installation
from symbol_llm.solvers.service import Service
from symbol_llm.solvers.worker import WorkerPool

# kind -> the audited task whose gold symbols are run, and the generated benchmark that stands in for it
SETS = {
    "fol": ("folio", "theories"),
    "logic_program": ("proofwriter", ""),
    "csp": ("logical_deduction", ""),
    "python": ("gsm_hard", "stories"),
    "sql": ("spider", "tables"),
    "scene": ("clevr", "clevr_generated"),
    "graph": ("asynchow", ""),
    "geometry": ("geometry3k_dissolved", ""),
    "planner": ("blocksworld", "blocksworld_generated"),
}
COLUMNS = (
    *("kind", "set", "jobs", "ours ms", "p95 ms", "bare ms", "ratio"),
    *("1 worker /s", "2 workers /s", "gain", "room", "again /s"),
)
_MOST_PLANS = 10


def jobs_of(kind: str, raw: Path | None, count: int) -> tuple[str, list[Job]]:
    """The name of the set and its gold symbols; none where there are no files and no generator."""
    task_name, generated = SETS[kind]
    task = TASKS[task_name]
    folder = (raw or Path()) / task.source.upstream.dataset
    if raw is not None and folder.is_dir():
        found = []
        for row in task.source.read(folder):
            example = None if isinstance(row.data, Rejected) else task.source.to_example(row, folder)
            if example is None or isinstance(example, Rejected):
                continue
            cases = task.to_cases(row, example, raw)
            found += [] if isinstance(cases, Rejected) else [Job(case.symbol, case.context) for case in cases]
            if len(found) >= count:
                break
        if found:
            return task_name, found[:count]
    if not generated:
        return task_name, []
    items = eval.delegation.get(generated).items(raw)
    return generated, [Job(item.symbol, item.context) for item in islice(items, count)]


class _InProcess:
    """Stands where a pool of workers stood, and calls its engine here."""

    def __init__(self, pool: WorkerPool) -> None:
        module, function = pool._workers[0].target.split(":")
        target = importlib.import_module(module)
        getattr(target, "prepare", lambda: None)()
        self._function: Callable[[Any], Solution] = getattr(target, function)

    def call(self, argument: Any, limits: Limits) -> Solution:
        return self._function(argument)

    def close(self) -> None:
        """Nothing runs."""


def bare_solver(kind: str) -> Callable[[Job], object]:
    """How the engine of a kind is called without us."""
    if kind == "python":
        return _execute_here
    if kind == "planner":
        return _plan_by_hand
    solver = get(kind)
    for name, value in vars(solver).items():
        if isinstance(value, WorkerPool):
            setattr(solver, name, _InProcess(value))
    return lambda job: solver.solve(job.symbol, job.context)


def _execute_here(job: Job) -> object:
    names: dict[str, Any] = {}
    exec(compile(job.symbol, "<program>", "exec"), names)
    return names["solution"]()


def _plan_by_hand(job: Job) -> object:
    with TemporaryDirectory() as folder:
        (Path(folder) / "d.pddl").write_text(job.context.world["domain"])
        (Path(folder) / "p.pddl").write_text(job.symbol)
        command = [sys.executable, str(installation().driver), "--alias", "lama-first", "d.pddl", "p.pddl"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=True)


def measure(kind: str, raw: Path | None, count: int) -> dict[str, Any] | None:
    """One row of the table, or None where there is nothing to run."""
    name, jobs = jobs_of(kind, raw, min(count, _MOST_PLANS) if kind == "planner" else count)
    if not jobs:
        return None
    bare = bare_solver(kind)
    ours_ms, bare_ms = [], []
    with get(kind) as solver:
        _warm(solver, jobs[0], bare)
        for job in jobs:
            ours_ms.append(_milliseconds(partial(solver.solve, job.symbol, job.context)))
            bare_ms.append(_milliseconds(partial(bare, job)))
    room = _room()
    rates = {}
    with TemporaryDirectory() as folder:
        for workers in (1, 2):
            with Service(kind, workers=workers) as service:
                rates[workers] = _rate(service, jobs)
        for _ in range(2):
            with Service(kind, workers=1, cache=Path(folder)) as service:
                start = time.perf_counter()
                num_done = sum(1 for _ in service.run(jobs))
                again = num_done / (time.perf_counter() - start)
    ours, alone = statistics.median(ours_ms), statistics.median(bare_ms)
    numbers = (len(jobs), ours, sorted(ours_ms)[int(0.95 * len(jobs))], alone, ours / alone, rates[1], rates[2],
               rates[2] / rates[1], room, again)  # fmt: skip
    return dict(
        zip(COLUMNS, (kind, name, *(number if isinstance(number, int) else _short(number) for number in numbers)))
    )


def _room() -> float:
    """How much more two processes do in the same time than one: 2 on two idle cores, 1 where only one is free."""
    command = [sys.executable, "-S", "-c", "sum(i * i for i in range(4_000_000))"]

    def seconds(count: int) -> float:
        start = time.perf_counter()
        for process in [subprocess.Popen(command) for _ in range(count)]:
            process.wait()
        return time.perf_counter() - start

    return 2 * seconds(1) / seconds(2)


def _warm(solver: Solver, job: Job, bare: Callable[[Job], object]) -> None:
    for _ in range(2):
        solver.solve(job.symbol, job.context)
    bare(job)


def _milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def _rate(service: Service, jobs: list[Job]) -> float:
    """Jobs a second; every job is made different from those before, or it would be known."""
    for _ in service.run(_marked(job, "warm") for job in jobs[: 4 * service.workers]):
        pass
    start = time.perf_counter()
    num_done = sum(1 for _ in service.run(_marked(job, str(i)) for i, job in enumerate(jobs)))
    return num_done / (time.perf_counter() - start)


def _marked(job: Job, mark: str) -> Job:
    """The same job in a context that differs in a key that no solver reads."""
    world = {**job.context.world, "benchmark": mark}
    return Job(job.symbol, Context(job.context.definitions, world, job.context.root))


def _short(number: float) -> float:
    return round(number, 2) if number < 100 else round(number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, default=os.environ.get("SYMBOL_LLM_RAW"))
    parser.add_argument("--count", type=int, default=100, help="jobs per kind (planner: at most 10)")
    parser.add_argument("--kinds", default=",".join(SETS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for kind in arguments.kinds.split(","):
        row = measure(kind, Path(arguments.raw) if arguments.raw else None, arguments.count)
        if row is None:
            log(f"{kind}: nothing to run without --raw")
        else:
            log(f"{kind}: {row['ours ms']} ms a job, {row['ratio']} times the bare engine")
            rows.append(row)
    emit(rows, make_table("Solvers", COLUMNS, [list(row.values()) for row in rows]), as_json=arguments.json)


if __name__ == "__main__":
    main()
