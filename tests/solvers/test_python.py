"""The solver that runs programs: sympy at hand, jobs side by side and in order."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from symbol_llm.formats import get as get_format
from symbol_llm.solvers import get
from symbol_llm.solvers.answers import same_number
from symbol_llm.solvers.base import Job
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.python import PythonSolver

RAW = os.environ.get("SYMBOL_LLM_RAW")


def test_solves_and_names_its_engine() -> None:
    with get("python") as solver:
        solution = solver.solve("def solution():\n    return 48 / 2")
        assert (solution.outcome, solution.answer) == (None, 24.0)
        assert solution.engine == solver.engine and "CPython 3" in solver.engine
        assert solver.solve(" \n").outcome is Outcome.NO_SYMBOL
        solution = solver.solve("from sympy import *\nx = symbols('x')\nanswer = solve(Eq(2 * x + 1, 8), x)")
        assert solution.answer == [{"sympy": "7/2", "number": 3.5}]
        assert solver.solve("m = __import__('sym' + 'py')\nanswer = str(m.pi)").answer == "pi"


def test_many_jobs_come_back_in_order_whatever_they_do() -> None:
    programs = ["answer = 1", "while True: pass", "import os; os._exit(3)", "answer =", "answer = 5"] * 3
    expected = [None, Outcome.CPU_TIMEOUT, Outcome.NO_ANSWER, Outcome.PARSE_ERROR, None] * 3
    with PythonSolver(size=2) as solver:
        limits = Limits(cpu_seconds=0.3, wall_seconds=300)
        solutions = list(solver.solve_many(map(Job, programs), workers=8, limits=limits))
    assert [solution.outcome for solution in solutions] == expected
    assert [s.answer for s in solutions if s.outcome is None] == [1, 5] * 3


def test_jobs_are_read_as_they_are_needed() -> None:
    read = 0

    def jobs():
        nonlocal read
        for number in range(100):
            read += 1
            yield Job(f"answer = {number}")

    with PythonSolver(size=1) as solver:
        results = solver.solve_many(jobs(), workers=1)
        assert next(results).answer == 0 and read < 20
        assert [solution.answer for solution in results] == list(range(1, 100))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_gsm_hards_programs_reproduce_their_targets() -> None:
    """All 1,319 of upstream do; renamed to their canonical form, they still do."""
    assert RAW
    with (Path(RAW) / "gsm_hard" / "datasets" / "gsmhardv2.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    language = get_format("math_program")
    with PythonSolver() as solver:
        for programs in ([row["code"] for row in rows], [language.canonical(row["code"]) for row in rows]):
            for row, solution in zip(rows, solver.solve_many(map(Job, programs)), strict=True):
                assert same_number(solution.answer, row["target"]), solution
