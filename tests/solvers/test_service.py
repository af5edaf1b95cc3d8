"""The service: order, repetition, cancelling, bad lines, signals; with real engines and real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symbol_llm.errors import UserError
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.solvers import Job, Limits, Outcome, Solution, Solver
from symbol_llm.solvers.descendants import descendants
from symbol_llm.solvers.job_lines import read_lines
from symbol_llm.solvers.service import Service
from tests.solvers.processes import is_gone, wait_until_gone

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
    taken = []

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
    run.cancel()
    for symbol in "bcdef":
        solver.gate(symbol).set()
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


# Lines


def test_bad_lines_are_named_and_good_ones_kept(tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_bytes(
        b'{"symbol": "a", "id": 1}\n\n{"symbol": 5}\nnot json\n[1]\n{"id": 2}\n{"symbol": "b", "world": [1]}\n'
        b'{"symbol": "\xff"}\n{"symbol": "c", "definitions": null, "world": null, "other": 1, "gold": 3}'
    )
    lines = list(read_lines([file], None))
    assert [(line.line, line.job.symbol) for line in lines if line.job] == [(1, "a"), (9, "c")]
    faults = {line.line: line.fault for line in lines if line.job is None}
    assert faults[3] == "'symbol' is a number, not a text" and faults[4].startswith("not JSON: ")
    assert faults[5] == "a list, where an object is expected" and faults[6] == "there is no 'symbol'"
    assert faults[7] == "'world' is a list, not an object" and 8 in faults
    with pytest.raises(UserError, match="cannot read"):
        list(read_lines([tmp_path / "none"], None))


# The command


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "from symbol_llm.cli import main; main()", "solve", *map(str, arguments)]


def solve(*arguments: object, input: str = "") -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    done = subprocess.run(command(*arguments), input=input, capture_output=True, text=True)
    return done, [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"id"')]


LINES = (
    '{"id": 1, "symbol": "P(a)\\nP(a)", "gold": "True"}\nnonsense\n{"id": 3, "symbol": "P(a)\\nP(b)", "gold": "True"}\n'
)


def test_lines_in_and_outcomes_out_in_order() -> None:
    done, rows = solve("fol", "--judge", "text", "--json", input=LINES)
    assert done.returncode == 1, done.stderr
    assert [(row["id"], row["line"], row["outcome"]) for row in rows] == [
        (1, 1, "correct"), (None, 2, "no_symbol"), (3, 3, "wrong")
    ]  # fmt: skip
    assert "line 2: not JSON" in rows[1]["message"] and "line 2: not JSON" in done.stderr
    summary = json.loads(done.stderr[done.stderr.index("{") :])
    assert (summary["lines"], summary["rejected"], summary["written"]) == (3, 1, 3)
    assert summary["outcomes"] == {"correct": 1, "no_symbol": 1, "wrong": 1} and not summary["interrupted"]


def test_files_in_a_file_out_and_a_cache(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINES.splitlines()[0])
    (tmp_path / "b.jsonl").write_text(LINES.splitlines()[2])
    out, cache = tmp_path / "out.jsonl", tmp_path / "cache"
    arguments = ("fol", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--out", out, "--cache", cache, "--json")
    for repeated in (0, 2):
        done, _ = solve(*arguments, "--as-completed")
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert sorted((row["id"], row["answer"], row["repeated"]) for row in rows) == [
            (1, "True", bool(repeated)), (3, "Uncertain", bool(repeated))
        ]  # fmt: skip
        assert json.loads(done.stdout)["repeated"] == repeated


def test_faults_of_the_user(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(LINES)
    for arguments in (
        ("nope",),
        ("fol", tmp_path / "none.jsonl"),
        ("fol", file, "--out", file),
        ("fol", file, "--out", tmp_path / "no" / "folder"),
        ("fol", file, "--judge", "nope"),
        ("fol", file, "--option", "nope"),
        ("fol",),  # nothing on standard input
    ):
        done, _ = solve(*arguments)
        assert done.returncode == 2 and "error: " in done.stderr and "Traceback" not in done.stderr, arguments
    assert file.read_text() == LINES


def test_the_comparators_are_listed() -> None:
    done = subprocess.run(command("comparators"), capture_output=True, text=True)
    assert "wikitq_denotation" in done.stdout and "pal_float" in done.stdout and done.returncode == 0


SLOW = json.dumps({"symbol": "def solution():\n    while True: pass"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("mode", [[], ["--as-completed"]])
def test_an_interrupt_leaves_what_is_finished_and_no_process(tmp_path: Path, number: int, mode: list[str]) -> None:
    lines = [json.dumps({"id": i, "symbol": f"def solution():\n    return {i}"}) for i in range(20)]
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, *([SLOW] * 40)]))
    out = tmp_path / "out.jsonl"
    arguments = command("python", tmp_path / "in.jsonl", "--out", out, "--cpu-seconds", 600, *mode)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while (not out.exists() or out.read_bytes().count(b"\n") < 20) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    below = descendants(process.pid)
    assert below
    os.kill(process.pid, number)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 130 and "interrupted: 20 outcomes are written" in said, said
    assert sorted(json.loads(line)["id"] for line in out.read_text().splitlines()) == list(range(20))
    assert wait_until_gone(below) and all(map(is_gone, below))


def test_an_interrupt_while_waiting_for_input(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("fol", "--out", tmp_path / "out"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin
    while not (tmp_path / "out").exists() and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 130 and "Traceback" not in said, said
