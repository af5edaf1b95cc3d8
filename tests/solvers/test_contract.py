"""Every solver keeps the contract of symbol_llm/solvers/base.py. Cases are the lines of fixtures/KIND.jsonl.

{"symbol": "Cat(tom)\\nCat(ann)", "answer": "Uncertain"}             is solved
{"symbol": "Cat(tom", "outcome": "parse_error"}                      ends so, and has no answer
{"symbol": "while True: pass", "cpu_seconds": 0.3, "outcomes": […]}  is stopped by its limits
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from symbol_llm.errors import UserError
from symbol_llm.formats import Context
from symbol_llm.solvers import SOLVERS, Job, Limits, Outcome, Solution, Solver, get
from tests.solvers.processes import descendants, wait_until_gone

FIXTURES = Path(__file__).parent / "fixtures"
PATIENT = Limits(cpu_seconds=600, wall_seconds=3600, memory_bytes=2 << 30)
# Kinds that need nothing but Python and this repository.
ALWAYS_THERE = {"python", "sql", "scene"}
# Kinds whose work is bounded by what may be asked: nothing small runs for ever.
BOUNDED = {"scene", "geometry", "planner"}


def rows(kind: str, key: str) -> list[dict[str, Any]]:
    lines = (FIXTURES / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if key in row]


def cases(key: str) -> list[Any]:
    return [pytest.param(kind, row, id=f"{kind}-{i}") for kind in SOLVERS for i, row in enumerate(rows(kind, key))]


def context(row: dict[str, Any]) -> Context:
    return Context(row.get("definitions", ""), row.get("world", {}))


@pytest.fixture(scope="module")
def solvers() -> Iterator[dict[str, Solver]]:
    made = {kind: get(kind) for kind in SOLVERS}
    yield made
    for solver in made.values():
        solver.close()


@pytest.mark.parametrize("kind", SOLVERS)
def test_describes_itself_and_has_enough_fixtures(solvers: dict[str, Solver], kind: str) -> None:
    solver = solvers[kind]
    assert isinstance(solver, Solver) and solver.name == kind
    assert re.search(r"\w.*\d", solver.engine), "the engine's name and version"
    assert isinstance(solver.limits, Limits) and 0 < solver.limits.cpu_seconds < solver.limits.wall_seconds
    assert list(inspect.signature(solver.solve).parameters) == ["symbol", "context", "limits"]
    assert len(rows(kind, "answer")) >= 2 and len(rows(kind, "outcome")) >= 3
    assert rows(kind, "cpu_seconds") or kind in BOUNDED


@pytest.mark.parametrize(("kind", "row"), cases("answer"))
def test_what_is_right_is_solved(solvers: dict[str, Solver], kind: str, row: dict[str, Any]) -> None:
    solution = solvers[kind].solve(row["symbol"], context(row), PATIENT)
    assert (solution.outcome, solution.answer) == (None, row["answer"]), solution
    assert re.search(r"\w.*\d", solution.engine) and solution.wall_seconds > 0 and solution.cpu_seconds >= 0
    assert json.loads(json.dumps(solution.to_json()))["answer"] == row["answer"], "an answer is a JSON value"
    assert solution.to_json().keys() == {field.name for field in fields(Solution)}


@pytest.mark.parametrize(("kind", "row"), cases("outcome"))
def test_what_is_not_ends_in_its_outcome_and_has_no_answer(
    solvers: dict[str, Solver], kind: str, row: dict[str, Any]
) -> None:
    solution = solvers[kind].solve(row["symbol"], context(row), PATIENT)
    assert (solution.outcome, solution.answer) == (Outcome(row["outcome"]), None), solution
    assert solution.message and re.search(r"\w.*\d", solution.engine)
    assert solution.outcome not in (Outcome.CORRECT, Outcome.WRONG), "a solver sees no gold answer"


@pytest.mark.parametrize(("kind", "row"), cases("cpu_seconds"))
def test_the_limits_hold(solvers: dict[str, Solver], kind: str, row: dict[str, Any]) -> None:
    limits = Limits(cpu_seconds=row["cpu_seconds"], wall_seconds=3600)
    solution = solvers[kind].solve(row["symbol"], context(row), limits)
    assert solution.outcome in {Outcome(name) for name in row["outcomes"]} and solution.answer is None, solution
    easy = rows(kind, "answer")[0]
    assert solvers[kind].solve(easy["symbol"], context(easy), PATIENT).answer == easy["answer"], "it goes on"


@pytest.mark.parametrize("kind", SOLVERS)
@pytest.mark.parametrize("symbol", ["", " \n\t", "\0", "\ud800", "(" * 5_000, "9" * 50_000, "\\" * 99, "ℵ∞🦉"])
def test_no_text_raises_or_is_given_an_answer(solvers: dict[str, Solver], kind: str, symbol: str) -> None:
    world = context(rows(kind, "answer")[0])
    solution = solvers[kind].solve(symbol, world, PATIENT)
    assert solution.outcome is not None and solution.answer is None and not solution.outcome.is_ours, solution
    if not symbol.strip():
        assert solution.outcome is Outcome.NO_SYMBOL


@pytest.mark.parametrize("kind", SOLVERS)
def test_many_come_in_order(solvers: dict[str, Solver], kind: str) -> None:
    known = rows(kind, "answer") + rows(kind, "outcome")
    jobs = [Job(row["symbol"], context(row)) for row in known]
    found = list(solvers[kind].solve_many(iter(jobs), workers=2, limits=PATIENT))
    assert [solution.answer for solution in found] == [row.get("answer") for row in known]


@pytest.mark.parametrize("kind", SOLVERS)
def test_close_leaves_no_process_and_can_be_followed_by_more(kind: str) -> None:
    before, row = set(descendants()), rows(kind, "answer")[0]
    with get(kind) as solver:
        for _ in range(2):
            assert solver.solve(row["symbol"], context(row), PATIENT).answer == row["answer"]
            started = set(descendants()) - before
            solver.close()
            assert wait_until_gone(list(started))


MISSING = """
import importlib.metadata, importlib.util, shutil, sys
def missing(name): raise importlib.metadata.PackageNotFoundError(name)
importlib.metadata.version, importlib.util.find_spec, shutil.which = missing, lambda *_: None, lambda *_, **__: None
from symbol_llm.errors import EngineMissing
from symbol_llm.solvers import get
for kind in sys.argv[1:]:
    try:
        get(kind).engine
        print(kind, "there")
    except EngineMissing as error:
        print(kind, error)
"""


def test_a_missing_engine_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", MISSING, *SOLVERS], capture_output=True, text=True, check=True)
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert told.keys() == SOLVERS.keys()
    assert {kind for kind, line in told.items() if line == "there"} == ALWAYS_THERE
    for kind in SOLVERS.keys() - ALWAYS_THERE:
        assert re.fullmatch(
            r"engine missing: .+ is not installed\. Install it with: (pip|apt-get) install .+", told[kind]
        )


def test_an_unknown_solver_is_named() -> None:
    with pytest.raises(UserError, match="Did you mean planner"):
        get("planer")
