"""The service: order, repetition, cancelling, missing databases; with real engines and real processes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.solvers import Job, Limits, Outcome, Solution, Solver
from symbol_llm.solvers.service import JobEnded, Service
from tests.solvers.processes import descendants, wait_until_gone

PETS = Context("", {"tables": {"pets": {"columns": ["name", "age"], "rows": [["tom", 3], ["ann", 5]]}}})


class Gates(Solver):
    """Answers a job when its gate is opened, and says which jobs it saw."""

    name = "gates"

    def __init__(self) -> None:
        self.gates: dict[str, threading.Event] = {}
        self.seen: list[str] = []
        self.lock = threading.Lock()
        self.outcome: Outcome | None = None

    @property
    def engine(self) -> str:
        return "gates 1"

    def gate(self, symbol: str) -> threading.Event:
        with self.lock:
            return self.gates.setdefault(symbol, threading.Event())

    def open(self, *symbols: str) -> None:
        for symbol in symbols:
            self.gate(symbol).set()

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        with self.lock:
            self.seen.append(symbol)
        assert self.gate(symbol).wait(60)
        return Solution(self.outcome, None if self.outcome else symbol)


@pytest.fixture
def gates() -> Iterator[tuple[Gates, Service]]:
    solver = Gates()
    with Service(solver, workers=2) as service:
        yield solver, service
        for symbol in list(solver.gates):
            solver.gate(symbol).set()


def test_in_order_or_as_completed(gates: tuple[Gates, Service]) -> None:
    solver, service = gates
    solver.gate("b").set()
    run = service.run([Job("a"), Job("b")], as_completed=True)
    assert next(run)[0] == 1
    solver.gate("a").set()
    assert [solved.position for solved in run] == [0]
    ordered = service.run([Job("c"), Job("d")])
    solver.gate("d").set()
    solver.gate("c").set()
    assert [(solved.position, solved.solution.answer) for solved in ordered] == [(0, "c"), (1, "d")]
    assert ordered.outcomes == {"answered": 2}


def test_equal_jobs_are_solved_once(gates: tuple[Gates, Service]) -> None:
    solver, service = gates
    run = service.run(Job(symbol) for symbol in "aabab")
    for symbol in "ab":
        solver.gate(symbol).set()
    assert [(solved.solution.answer, solved.is_repeated) for solved in run] == [
        ("a", False), ("a", True), ("b", False), ("a", True), ("b", True)
    ]  # fmt: skip
    assert sorted(solver.seen) == ["a", "b"] and run.num_repeated == 3
    assert service.solve("a").answer == "a" and len(solver.seen) == 2
    other = Context("b")
    assert service.solve("a", other).answer == "a" and len(solver.seen) == 3, "another context is another job"


def test_a_fault_of_the_machine_is_tried_once_more_and_never_kept(gates: tuple[Gates, Service]) -> None:
    solver, service = gates
    solver.outcome = Outcome.SANDBOX_ERROR
    solver.gate("a").set()
    assert service.solve("a").outcome is Outcome.SANDBOX_ERROR and solver.seen == ["a", "a"]
    solver.outcome = None
    assert service.solve("a").answer == "a" and solver.seen == ["a", "a", "a"]


def test_jobs_are_read_as_they_are_needed(gates: tuple[Gates, Service]) -> None:
    solver, service = gates
    taken: list[int] = []

    def endless() -> Iterator[Job]:
        while True:
            taken.append(len(taken))
            solver.gate(str(len(taken))).set()
            yield Job(str(len(taken)))

    run = service.run(endless())
    assert [next(run).solution.answer for _ in range(3)] == ["1", "2", "3"]
    assert len(taken) < 100
    run.cancel()
    assert all(solved.position < len(taken) for solved in run)


def test_a_cancelled_run_gives_what_had_started(gates: tuple[Gates, Service]) -> None:
    solver, service = gates
    run = service.run([Job(symbol) for symbol in "abcdef"])
    solver.gate("a").set()
    assert next(run).solution.answer == "a"
    while len(solver.seen) < 3:  # b and c run now
        time.sleep(0.01)
    threading.Timer(0.1, solver.open, "bcdef").start()
    run.cancel(grace_seconds=600)
    assert [solved.solution.answer for solved in run] == ["b", "c"]
    assert solver.seen == ["a", "b", "c"] or sorted(solver.seen) == ["a", "b", "c"]


def test_a_run_survives_that_another_one_is_cancelled(gates: tuple[Gates, Service]) -> None:
    solver, service = gates
    jobs = [Job(symbol) for symbol in "abcd"]
    first = service.run(jobs)
    second = service.run(jobs)
    solver.gate("a").set()
    assert next(first).solution.answer == next(second).solution.answer == "a"
    first.cancel()
    for symbol in "bcd":
        solver.gate(symbol).set()
    assert [solved.solution.answer for solved in second] == ["b", "c", "d"]


ENDLESS = {
    "python": ("def solution():\n    while True: pass", EMPTY),
    "sql": ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", PETS),
}
PATIENT = Limits(cpu_seconds=600, wall_seconds=3600)


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("way", ["cancel", "close", "exit"])
def test_what_runs_is_ended_at_once(kind: str, way: str) -> None:
    before = set(descendants())
    symbol, context = ENDLESS[kind]
    with Service(kind, workers=2, limits=PATIENT) as service:
        run = service.run(Job(f"{symbol}{' ' * i}", context) for i in range(6))
        threading.Thread(target=lambda: list(run), daemon=True).start()
        while len(service._running) < 6 or not set(descendants()) - before:
            time.sleep(0.01)
        started = set(descendants()) - before
        if way == "cancel":
            run.cancel()
            assert not service._running and run.outcomes == {}, "what was ended has no outcome"
        elif way == "close":
            service.close()
    assert started and wait_until_gone(list(started))


def test_an_ended_service_says_so_to_who_waits() -> None:
    symbol, context = ENDLESS["python"]
    service = Service("python", workers=1, limits=PATIENT)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(service.solve, symbol, context)
        while not service._running:
            time.sleep(0.01)
        service.close()
        with pytest.raises(JobEnded):
            waiting.result()


def test_the_cache_serves_the_next_service(tmp_path: Path) -> None:
    jobs = [Job(f"SELECT name FROM pets WHERE age > {i % 3}", PETS) for i in range(9)]
    with Service("sql", cache=tmp_path) as service:
        first = [solved.solution for solved in service.run(jobs)]
    with Service("sql", cache=tmp_path) as service:
        again = list(service.run(jobs))
        assert [solved.solution for solved in again] == first and all(solved.is_repeated for solved in again)
    with Service("sql", cache=tmp_path, limits=Limits(cpu_seconds=1)) as service:
        assert not next(service.run(jobs)).is_repeated, "other limits are another job"


def test_a_missing_database_is_the_fault_of_one_job(tmp_path: Path) -> None:
    with Service("sql") as service:
        jobs = [
            Job("SELECT 1", Context("", {"database": "gone.sqlite"}, tmp_path)),
            Job("SELECT 1"),
            Job("SELECT 2", PETS),
        ]
        found = [solved.solution for solved in service.run(jobs)]
    assert [solution.outcome for solution in found] == [Outcome.GOLD_ERROR, Outcome.GOLD_ERROR, None]
    assert "no such database" in found[0].message and found[2].answer["rows"] == [[2]]


@pytest.mark.parametrize(
    ("kind", "symbol", "context", "answer"),
    [
        ("python", "def solution():\n    return 48 / 2", EMPTY, 24.0),
        ("fol", "P(a)\nP(a)", EMPTY, "True"),
        ("scene", "scene()", Context("", {"scene": {"objects": []}}), None),
    ],
)
def test_kinds_side_by_side(kind: str, symbol: str, context: Context, answer: Any) -> None:
    with Service(kind, workers=3) as service:
        found = [solved.solution for solved in service.run([Job(symbol + "\n" * i, context) for i in range(12)])]
    assert {json.dumps(solution.answer) for solution in found} == {json.dumps(answer)}


def test_no_process_is_left() -> None:
    before = set(descendants())
    with Service("fol", workers=2) as service:
        assert len(list(service.run(Job(f"P(a{i})\nP(b)") for i in range(6)))) == 6
        started = set(descendants()) - before
        assert started
    assert wait_until_gone(list(started))
