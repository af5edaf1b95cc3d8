"""The planner: a problem in PDDL goes in, a plan comes out. Fast Downward runs as a process of its own.

    with get("planner") as solver:
        solution = solver.solve("(define (problem p) …)", Context(world={"domain": "(define (domain d) …)"}))
    solution.answer   →   ["(unstack a b)", "(putdown a)", "(pickup b)", "(stack b a)"]

``context.world["domain"]`` is the text of the domain. How a plan is looked for is the option ``search``:

    satisficing   some plan, not the shortest one, so that a result depends little on the machine (the default):
                  lama-first for a third of the CPU time, then clingo on the translated task (planner_clingo.py)
    lama-first    Fast Downward's lama-first alone
    optimal       a plan of least cost: A* with the landmark-cut heuristic. Much slower, often too slow

Every plan is executed by our validator before it is handed out. Fast Downward is GPL-3 and never imported.
"""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, ClassVar, NamedTuple

from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.formats.pddl_parser import parse, parse_lower
from symbol_llm.formats.pddl_tree import Domain, Problem
from symbol_llm.formats.pddl_world import domain_fault, problem_fault
from symbol_llm.solvers import planner_clingo
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.fast_downward import installation
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.plan_shortening import shortened
from symbol_llm.solvers.plan_validator import validate
from symbol_llm.solvers.worker import WorkerPool

# search -> Fast Downward's alias
SEARCHES = {"satisficing": "lama-first", "lama-first": "lama-first", "optimal": "seq-opt-lmcut"}
_FIRST_SHARE = 1 / 3  # of the CPU time, for the search before clingo
EMPTY_PLAN = "the goal already holds in the initial state: the plan is empty"

# Fast Downward's exit codes (driver/returncodes.py); 0 to 3 mean that a plan was found.
_OUTCOMES = {
    10: (Outcome.PLAN_UNSOLVABLE, "the translator proved that there is no plan"),
    11: (Outcome.PLAN_UNSOLVABLE, "the search proved that there is no plan"),
    12: (Outcome.PLAN_UNSOLVABLE, "the search space is exhausted without a plan"),
    20: (Outcome.OUT_OF_MEMORY, "the translator ran out of memory"),
    21: (Outcome.CPU_TIMEOUT, "the translator ran out of CPU time"),
    22: (Outcome.OUT_OF_MEMORY, "the search ran out of memory"),
    23: (Outcome.CPU_TIMEOUT, "the search ran out of CPU time"),
    24: (Outcome.CPU_TIMEOUT, "the search ran out of CPU time and memory"),
    30: (Outcome.REJECTED, "the translator failed on the problem"),
    31: (Outcome.REJECTED, "the translator refused the problem"),
    32: (Outcome.CRASH, "the search failed"),
    33: (Outcome.REJECTED, "the search refused the problem"),
    34: (Outcome.REJECTED, "the search does not support the problem"),
    35: (Outcome.SANDBOX_ERROR, "Fast Downward's driver failed"),
    36: (Outcome.SANDBOX_ERROR, "Fast Downward's driver was called wrongly"),
    37: (Outcome.SANDBOX_ERROR, "this system lacks what Fast Downward's driver needs"),
}
_FOUND = (0, 1, 2, 3)
_TOO_HARD = (Outcome.CPU_TIMEOUT, Outcome.OUT_OF_MEMORY)  # what another engine may yet solve
# The driver passes a child's signal on as 256 - signal. The kernel's CPU limit sends SIGXCPU, then SIGKILL.
_CPU_SIGNALS = (256 - signal.SIGXCPU, 256 - signal.SIGKILL)


class _Ending(NamedTuple):
    """How a run of the planner ended. ``code`` is negative for a signal."""

    code: int
    plan: str
    log: str
    sas: str  # the translated task, where it is asked for
    cpu_seconds: float
    wall_seconds: float
    is_late: bool  # the wall limit, or close(), ended it


class PlannerSolver(Solver):
    name: ClassVar[str] = "planner"
    limits: ClassVar[Limits] = Limits(cpu_seconds=60.0, wall_seconds=300.0, memory_bytes=2 << 30)

    def __init__(self, search: str = "satisficing") -> None:
        if search not in SEARCHES:
            raise UserError(f"search={search!r} of the planner is none of {', '.join(SEARCHES)}")
        self.search = search
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._clingo = WorkerPool(planner_clingo.TARGET, os.cpu_count() or 1, "clingo")

    @property
    def engine(self) -> str:
        """All engines that the search may use; a solution names the one that found the plan."""
        both = f", then {planner_clingo.engine()}" if self.search == "satisficing" else ""
        return f"{self._first_engine}{both}"

    @property
    def _first_engine(self) -> str:
        return f"Fast Downward {installation().version} ({SEARCHES[self.search]})"

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Plan for one problem. ``answer`` is the list of plan lines; ``message`` says if the plan is empty.

        A domain that is missing or broken is GOLD_ERROR, a plan that fails on the problem it was found for is
        SANDBOX_ERROR: neither is the model's fault. Raises EngineMissing.
        """
        engine = self._first_engine
        domain_text = context.world.get("domain")
        if not domain_text:
            return Solution(Outcome.GOLD_ERROR, message="the context has no domain", engine=engine)
        if refusal := _refusal(symbol, domain_text):
            return Solution(refusal[0], message=refusal[1], engine=engine)
        limits = limits or self.limits
        has_second = self.search == "satisficing"
        share = replace(limits, cpu_seconds=limits.cpu_seconds * _FIRST_SHARE) if has_second else limits
        ending = self._run(domain_text, symbol, share, has_second)
        outcome, message, plan = _read(ending, share)
        cpu_seconds, wall_seconds = ending.cpu_seconds, ending.wall_seconds
        if has_second and outcome in _TOO_HARD and ending.sas:
            left = replace(limits, cpu_seconds=max(1.0, limits.cpu_seconds - cpu_seconds))
            second = self._clingo.call(ending.sas, left)
            cpu_seconds, wall_seconds = cpu_seconds + second.cpu_seconds, wall_seconds + second.wall_seconds
            if second.outcome is None:
                engine, outcome, plan = second.engine, None, shortened(domain_text, symbol, second.answer)
            elif second.outcome is Outcome.CPU_TIMEOUT:
                message = f"no plan within {limits.cpu_seconds:g} s of CPU time, neither by lama-first nor by clingo"
            else:
                message = f"{message}; clingo: {second.message}"
        if outcome is None:
            check = validate(domain_text, symbol, plan)
            if not check.is_valid:
                outcome, message = Outcome.SANDBOX_ERROR, f"the planner's own plan fails: {check.message}"
            elif not plan:
                message = EMPTY_PLAN
            else:
                message = f"{len(plan)} steps, cost {check.cost}"
        return Solution(
            outcome,
            answer=plan if outcome is None else None,
            message=message,
            engine=engine,
            cpu_seconds=cpu_seconds,
            wall_seconds=wall_seconds,
            output=ending.log[-limits.output_bytes :],
        )

    def close(self) -> None:
        """Kill the planners that run; their jobs end as WALL_TIMEOUT."""
        with self._lock:
            for pid in self._running:
                _kill_group(pid)
        self._clingo.close()

    def _run(self, domain: str, problem: str, limits: Limits, keeps_task: bool) -> _Ending:
        """Run Fast Downward in a folder of its own, and leave nothing behind: no file, no process."""
        start = time.monotonic()
        with TemporaryDirectory(prefix="symbol-llm-planner-") as name:
            folder = Path(name)
            (folder / "domain.pddl").write_bytes(domain.encode("utf-8", "surrogatepass"))
            (folder / "problem.pddl").write_bytes(problem.encode("utf-8", "surrogatepass"))
            command = [
                sys.executable,
                str(installation().driver),
                *("--alias", SEARCHES[self.search], "--plan-file", "plan"),
                *(("--keep-sas-file",) if keeps_task else ()),
                # Whole seconds, rounded down by the driver after it has deducted its own start.
                *("--overall-time-limit", f"{math.ceil(limits.cpu_seconds) + 1}s"),
                *("--overall-memory-limit", f"{max(1, limits.memory_bytes >> 20)}M"),
                *("domain.pddl", "problem.pddl"),
            ]
            with (folder / "log").open("wb") as log:
                code, cpu, is_late = self._wait(_start(command, folder, log), limits.wall_seconds)
            plan_file = folder / "plan"
            plan = plan_file.read_text(encoding="ascii") if plan_file.exists() else ""
            text = (folder / "log").read_bytes().decode("utf-8", "replace")
            task = folder / "output.sas"
            sas = task.read_text(encoding="utf-8") if keeps_task and task.exists() else ""
        return _Ending(code, plan, text, sas, cpu, time.monotonic() - start, is_late)

    def _wait(self, process: subprocess.Popen[bytes], wall_seconds: float) -> tuple[int, float, bool]:
        """Exit code, CPU seconds of all processes, and whether the planner was killed."""
        pid, late = process.pid, threading.Event()

        def kill() -> None:
            late.set()
            _kill_group(pid)

        timer = threading.Timer(wall_seconds, kill)
        timer.daemon = True
        with self._lock:
            self._running.add(pid)
        timer.start()
        try:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        finally:
            # While the driver is not yet reaped, its process group cannot be anybody else's.
            timer.cancel()
            timer.join()
            with self._lock:
                self._running.discard(pid)
                _kill_group(pid)
            _, status, usage = os.wait4(pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        is_late = late.is_set() or process.returncode == -signal.SIGKILL
        return process.returncode, usage.ru_utime + usage.ru_stime, is_late


def _start(command: list[str], folder: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # translator and search belong to the driver's group and are killed with it
    )


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # the group is gone; macOS says EPERM for a group of zombies


def _refusal(symbol: str, domain_text: str) -> tuple[Outcome, str] | None:
    """Why a symbol need not be given to the planner."""
    if not symbol.strip():
        return Outcome.NO_SYMBOL, "nothing to plan for"
    try:
        domain = parse_lower(domain_text)
    except SymbolError as error:
        return Outcome.GOLD_ERROR, f"the context's domain does not parse: {error}"
    if not isinstance(domain, Domain):
        return Outcome.GOLD_ERROR, "the context's domain is not a domain"
    if fault := domain_fault(domain):
        return Outcome.GOLD_ERROR, f"the context's domain: {fault}"
    try:
        parse(symbol)
        problem = parse_lower(symbol)
    except SymbolError as error:
        return Outcome.PARSE_ERROR, str(error)
    if not isinstance(problem, Problem):
        return Outcome.REJECTED, f"a {type(problem).__name__.lower()} where a problem is expected"
    fault = problem_fault(domain, problem)
    return (Outcome.REJECTED, fault) if fault else None


def _read(ending: _Ending, limits: Limits) -> tuple[Outcome | None, str, list[str]]:
    """Outcome (None if there is a plan), message, and the lines of the plan."""
    if ending.is_late:
        return Outcome.WALL_TIMEOUT, f"no plan within {limits.wall_seconds:g} s of wall time", []
    if ending.code in _FOUND:
        lines = (line.strip() for line in ending.plan.splitlines())
        return None, "", [line for line in lines if line and not line.startswith(";")]
    if ending.code in _CPU_SIGNALS and ending.cpu_seconds >= limits.cpu_seconds:
        return Outcome.CPU_TIMEOUT, f"no plan within {limits.cpu_seconds:g} s of CPU time", []
    if ending.code in _OUTCOMES:
        outcome, message = _OUTCOMES[ending.code]
        if "MemoryError" in ending.log:  # so little memory that the translator could not even report it
            return *_OUTCOMES[20], []
        if "No module named" in ending.log:
            return Outcome.SANDBOX_ERROR, f"Fast Downward is not installed completely: {_complaint(ending.log)}", []
        is_plain = outcome in (Outcome.PLAN_UNSOLVABLE, Outcome.CPU_TIMEOUT, Outcome.OUT_OF_MEMORY)
        return outcome, message if is_plain else f"{message}: {_complaint(ending.log)}", []
    return Outcome.CRASH, f"the planner ended with code {ending.code}: {_complaint(ending.log)}", []


def _complaint(log: str) -> str:
    """The lines of a log that say what went wrong: those before the driver's own closing lines."""
    driver = re.compile(r"INFO|Driver aborting|\w+ exit code|Parsing|->|Remove intermediate")
    lines = [line.strip() for line in log.splitlines()]
    return " ".join([line for line in lines if line and not driver.match(line)][-3:])[-500:]
