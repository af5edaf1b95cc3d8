"""How fast are sandboxed programs, beside the two usual ways to run them?

    .venv/bin/python benchmarks/sandbox.py [--programs 40] [--rounds 5] [--json]

    sandbox       ours: namespaces, seccomp, limits; forked from a warm zygote. As the python solver does, programs
                  that speak of sympy go to a zygote that has it loaded, the others to a slim one
    fresh         one ``python -c`` per program: no isolation at all
    warm parent   as human-eval runs programs: a Manager() and a forked Process for each, from a parent that has
                  imported and used sympy; no isolation

The three take turns within each round, on the same programs, so that a change of the machine's load hits all alike.
Every answer is compared with the expected one. A ratio is the median over rounds of time / time of the sandbox.
Both warm ways are warmed before the rounds; what the zygote's start costs is measured apart, and the ratios are also
given with that start shared by 500 programs. "median" is that of the single jobs, of all rounds together.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import multiprocessing.managers
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from symbol_llm.solvers.answers import same_number
from symbol_llm.solvers.sandbox import Sandbox

_WAIT_SECONDS = 60.0
_PROGRAMS_PER_START = 500
_SHOW = "\nprint(float(solution()))"


def plain_program(number: int) -> str:
    """A program as in GSM-Hard."""
    return (
        f"def solution():\n    eggs = {number}\n    eaten = 3\n    price = 2\n    sold = eggs - eaten\n"
        "    result = sold * price\n    return result"
    )


def sympy_program(number: int) -> str:
    """The same sum as an equation."""
    return (
        "from sympy import symbols, Eq, solve\ndef solution():\n    x = symbols('x')\n"
        f"    return solve(Eq(x / 2 + 3, {number}), x)[0]"
    )


class Case(NamedTuple):
    """Programs, the kind of zygote that runs them, and what we hold ourselves to."""

    program: Callable[[int], str]
    zygote: str
    times_fresh: float
    times_warm_parent: float
    milliseconds: float  # median of a job on an idle processor


PROGRAMS = {
    "plain": Case(plain_program, "plain", times_fresh=3.0, times_warm_parent=1.0, milliseconds=6.0),
    "sympy": Case(sympy_program, "python", times_fresh=10.0, times_warm_parent=1.5, milliseconds=25.0),
}


def run_fresh(programs: list[str]) -> list[float | None]:
    """A new interpreter for each program."""
    found: list[float | None] = []
    for program in programs:
        command = [sys.executable, "-c", program + _SHOW]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_SECONDS, check=True)
        found.append(float(done.stdout))
    return found


def run_warm_parent(programs: list[str]) -> list[float | None]:
    """human-eval's check_correctness: Manager().list(), a forked Process, join with a timeout, kill."""
    context = multiprocessing.get_context("fork")
    found: list[float | None] = []
    for program in programs:
        with context.Manager() as manager:
            results = manager.list()
            process = context.Process(target=_execute, args=(program, results))
            process.start()
            process.join(timeout=_WAIT_SECONDS)
            if process.is_alive():
                process.kill()
            found.append(results[0] if len(results) else None)
    return found


def _execute(program: str, results: Any) -> None:
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(program, names)  # written above, and this is what the peer does
        results.append(float(names["solution"]()))


def _number(answer: Any) -> float | None:
    return answer["number"] if isinstance(answer, dict) else answer


def measure(case: Case, sandbox: Sandbox, num_programs: int, num_rounds: int, start: float) -> dict[str, Any]:
    """Milliseconds per program of each way, and how many times longer than the sandbox the others take."""
    single: list[float] = []

    def run_sandbox(programs: list[str]) -> list[float | None]:
        answers = []
        for program in programs:
            started = time.perf_counter()
            answers.append(_number(sandbox.run(program).answer))
            single.append((time.perf_counter() - started) * 1000)
        return answers

    ways = {"sandbox": run_sandbox, "fresh": run_fresh, "warm parent": run_warm_parent}
    rounds: list[dict[str, float]] = []
    for turn in range(num_rounds):
        numbers = [1000 * turn + n for n in range(num_programs)]
        programs = [case.program(number) for number in numbers]
        taken: dict[str, float] = {}
        for name, run in ways.items():
            started = time.perf_counter()
            answers = run(programs)
            taken[name] = (time.perf_counter() - started) / num_programs * 1000
            wrong = [n for n, answer in zip(numbers, answers, strict=True) if not same_number(answer, (n - 3) * 2)]
            if wrong:
                raise SystemExit(f"{name}: wrong answers for programs {wrong[:5]}")
        rounds.append(taken)
    shared = start * 1000 / _PROGRAMS_PER_START
    others = [name for name in ways if name != "sandbox"]
    return {
        "start_seconds": start,
        "median_milliseconds_of_a_job": statistics.median(single),
        "milliseconds_per_program": {name: statistics.median(r[name] for r in rounds) for name in ways},
        "times_the_sandbox": {name: statistics.median(r[name] / r["sandbox"] for r in rounds) for name in others},
        "times_the_sandbox_with_start": {
            name: statistics.median(r[name] / (r["sandbox"] + shared) for r in rounds) for name in others
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--programs", type=int, default=40, help="programs per way and round (default 40)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median counts (default 5)")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    options = parser.parse_args()
    from symbol_llm.solvers.preload import KINDS

    KINDS["python"]()  # the warm parent of human-eval's way
    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}",
        "programs": options.programs,
        "rounds": options.rounds,
    }
    for kind, case in PROGRAMS.items():
        with Sandbox(case.zygote, size=1) as sandbox:
            started = time.perf_counter()
            found["isolation"] = sandbox.isolation.value
            start = time.perf_counter() - started
            found[kind] = measure(case, sandbox, options.programs, options.rounds, start)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['machine']}; {options.programs} programs x {options.rounds} rounds; isolation {found['isolation']}")
    for kind, case in PROGRAMS.items():
        show(kind, case, found[kind])


def show(kind: str, case: Case, result: dict[str, Any]) -> None:
    """One table."""
    print(
        f"\n{kind} programs: a job takes {result['median_milliseconds_of_a_job']:.1f} ms (median; "
        f"the bar is {case.milliseconds:g} ms), a start {result['start_seconds']:.2f} s"
    )
    print(f"{'':<16}ms each   times the sandbox   the bar   with its start over {_PROGRAMS_PER_START} programs")
    bars = {"fresh": case.times_fresh, "warm parent": case.times_warm_parent}
    for name, milliseconds in result["milliseconds_per_program"].items():
        line = f"  {name:<12}{milliseconds:>9.1f}"
        if name in bars:
            shared = result["times_the_sandbox_with_start"][name]
            line += f"{result['times_the_sandbox'][name]:>19.1f}x{bars[name]:>9.1f}x{shared:>18.1f}x"
        print(line)


if __name__ == "__main__":
    main()
