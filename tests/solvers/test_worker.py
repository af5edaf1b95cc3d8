"""The worker survives every job, tells how it ended, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.worker import Worker, WorkerPool

TARGET = "tests.solvers.worker_jobs:job"
ROOT = Path(__file__).parents[2]
EASY = Limits(cpu_seconds=60, wall_seconds=600)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker(TARGET, "engine 1")
    yield one
    one.close()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    """Whether the process ends; the deadline only decides how long a failing test takes."""
    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


@pytest.mark.parametrize("value", [None, 1.5, "∀x \ud800", [1, {"a": [True, None]}], "x" * 3_000_000])
def test_answers_come_back_as_they_are(worker: Worker, value: object) -> None:
    solution = worker.call(("echo", value), EASY)
    assert solution.outcome is None and solution.answer == value
    assert solution.engine == "echo 1" and solution.wall_seconds > 0


def test_the_child_lives_on_between_jobs(worker: Worker) -> None:
    first, second = (worker.call(("facts", i), EASY).answer for i in range(2))
    assert first["pid"] == second["pid"] != os.getpid()
    assert second["jobs"] == first["jobs"] + 1
    assert first["prepared"], "prepare() ran before the first job"
    assert first["blas"] == "1", "threads that wait in loops would use up the processor time of a job"


@pytest.mark.parametrize("kind", ["loop", "stubborn", "c_loop"])
def test_cpu_time_is_limited(worker: Worker, kind: str) -> None:
    solution = worker.call((kind, 10**9), Limits(cpu_seconds=0.2, wall_seconds=600))
    assert solution.outcome is Outcome.CPU_TIMEOUT and "0.2 s of CPU" in solution.message
    assert worker.call(("echo", "alive"), EASY).answer == "alive"


def test_sleeping_takes_no_cpu_time_but_wall_time_is_limited(worker: Worker) -> None:
    assert worker.call(("sleep", 0.4), Limits(cpu_seconds=0.2, wall_seconds=600)).outcome is None
    solution = worker.call(("sleep", 1000), Limits(wall_seconds=0.3))
    assert solution.outcome is Outcome.WALL_TIMEOUT and solution.wall_seconds >= 0.3
    flood = worker.call(("flood", None), Limits(cpu_seconds=600, wall_seconds=0.3))
    assert flood.outcome is Outcome.WALL_TIMEOUT


def test_the_cpu_limit_is_per_job(worker: Worker) -> None:
    limits = Limits(cpu_seconds=0.5, wall_seconds=600)
    before = worker.call(("facts", 0), EASY).answer["pid"]
    for _ in range(8):
        assert worker.call(("burn", 0.1), limits).answer == before


def test_memory_is_limited(worker: Worker) -> None:
    limits = Limits(memory_bytes=64 << 20)
    assert worker.call(("memory", 8 << 20), limits).answer == 8 << 20
    solution = worker.call(("memory", 1 << 30), limits)
    assert solution.outcome is Outcome.OUT_OF_MEMORY
    assert worker.call(("memory", 1 << 28), EASY).answer == 1 << 28, "the next job has its own limit"
    assert worker.call(("bad_alloc", None), EASY).outcome is Outcome.OUT_OF_MEMORY
    assert worker.call(("raise", "b'out of memory'"), EASY).outcome is Outcome.OUT_OF_MEMORY


def test_death_is_a_crash_with_its_cause(worker: Worker) -> None:
    segfault = worker.call(("segfault", None), EASY)
    assert segfault.outcome is Outcome.CRASH and "SIGSEGV" in segfault.message
    left = worker.call(("exit", 3), EASY)
    assert left.outcome is Outcome.CRASH and "status 3" in left.message
    assert left.engine == "engine 1"
    assert worker.call(("exit", 0), EASY).outcome is Outcome.CRASH
    assert worker.call(("echo", 1), EASY).answer == 1


def test_an_exception_is_a_runtime_error_and_the_child_lives(worker: Worker) -> None:
    before = worker.call(("facts", 0), EASY).answer["pid"]
    raised = worker.call(("raise", "no such sort"), EASY)
    assert raised.outcome is Outcome.RUNTIME_ERROR and raised.message == "RuntimeError: no such sort"
    assert worker.call(("not_json", 0), EASY).outcome is Outcome.RUNTIME_ERROR
    assert worker.call(("outcome", "solver_unknown"), EASY).outcome is Outcome.SOLVER_UNKNOWN
    assert worker.call(("facts", 0), EASY).answer["pid"] == before


def test_what_the_engine_prints_stays_out_of_the_protocol(worker: Worker) -> None:
    assert worker.call(("print", None), EASY).answer == "", "standard input is empty"
    assert worker.call(("echo", 2), EASY).answer == 2


def test_a_child_that_died_between_jobs_is_replaced(worker: Worker) -> None:
    pid = worker.call(("facts", 0), EASY).answer["pid"]
    os.kill(pid, signal.SIGKILL)
    assert ends(pid)
    assert worker.call(("echo", 3), EASY).answer == 3


def test_close_ends_the_child_and_its_children(worker: Worker) -> None:
    child, grandchild = worker.call(("spawn", None), EASY).answer
    assert is_alive(child) and is_alive(grandchild)
    worker.close()
    worker.close()
    assert not is_alive(child) and ends(grandchild)
    assert worker.call(("echo", "again"), EASY).answer == "again"


def test_close_ends_jobs_that_run_at_once() -> None:
    pool = WorkerPool(TARGET, 2)
    pids = {pool.call(("facts", 0), EASY).answer["pid"]}
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(pool.call, ("stubborn", None), EASY) for _ in range(2)]
        while len(_busy := [one for one in pool._workers if one._child is not None and one._lock.locked()]) < 2:
            time.sleep(0.01)
        pids |= {one._child.process.pid for one in _busy if one._child is not None}
        pool.close()
        ended = [future.result() for future in running]
    assert {solution.outcome for solution in ended} == {Outcome.WALL_TIMEOUT}
    assert all("closed" in solution.message for solution in ended)
    assert not any(map(is_alive, pids))
    assert pool.call(("echo", 1), EASY).answer == 1
    pool.close()


def test_a_worker_can_be_closed_while_it_starts() -> None:
    with ThreadPoolExecutor(1) as threads:
        for pause in (0.0, 0.02, 0.1, 0.3):
            one = Worker(TARGET)
            running = threads.submit(one.call, ("sleep", 600.0), EASY)
            while not one._lock.locked():
                time.sleep(0.001)
            time.sleep(pause)
            while not running.done():  # a close before there is a child ends nothing
                one.close()
                time.sleep(0.01)
            assert running.result().outcome is Outcome.WALL_TIMEOUT


@pytest.mark.parametrize("target", ["tests.solvers.worker_jobs:nothing", "no_such_module:job"])
def test_a_target_that_cannot_be_loaded_is_told(target: str) -> None:
    with pytest.raises(UserError, match=r"cannot start: (AttributeError|ModuleNotFoundError)"):
        Worker(target).call(None, EASY)


def test_a_pool_runs_jobs_side_by_side_and_reuses_warm_workers() -> None:
    pool = WorkerPool(TARGET, 3)
    try:
        assert len({pool.call(("facts", 0), EASY).answer["pid"] for _ in range(4)}) == 1
        with ThreadPoolExecutor(6) as threads:
            pids = set(threads.map(lambda _: pool.call(("sleep", 1.0), EASY).answer, range(6)))
        assert 2 <= len(pids) <= 3
    finally:
        pool.close()
    assert not any(is_alive(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_workers_do_not_inherit_each_others_pipes() -> None:
    workers = [Worker(TARGET) for _ in range(3)]
    try:
        with ThreadPoolExecutor(3) as threads:
            pipes = list(threads.map(lambda w: w.call(("descriptors", None), EASY).answer, workers))
        flat = [pipe for own in pipes for pipe in set(own)]
        assert len(flat) == len(set(flat)) and all(len(set(own)) == 3 for own in pipes)
    finally:
        for worker in workers:
            worker.close()


def run_script(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


HEAD = """
    import os, signal, sys, threading
    from symbol_llm.solvers.outcome import Limits
    from symbol_llm.solvers.worker import Worker
    worker = Worker("tests.solvers.worker_jobs:job")
    easy = Limits(60, 600)
"""


def test_a_script_without_guard_or_close_leaves_nothing() -> None:
    done = run_script(HEAD + "    print(worker.call(('facts', 0), easy).answer['pid'])")
    assert done.returncode == 0 and done.stderr == ""
    assert ends(int(done.stdout))


def test_a_busy_child_dies_with_a_killed_parent() -> None:
    done = run_script(
        HEAD
        + """
    print(worker.call(("facts", 0), easy).answer["pid"], flush=True)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
    worker.call(("loop", 0), easy)
    """
    )
    assert done.returncode == -signal.SIGKILL
    assert ends(int(done.stdout))


def test_an_interrupted_call_leaves_a_usable_worker() -> None:
    done = run_script(
        HEAD
        + """
    worker.call(("echo", 0), easy)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        worker.call(("sleep", 1000), easy)
    except KeyboardInterrupt:
        print(worker.call(("echo", "fresh"), easy).answer)
    """
    )
    assert done.stdout == "fresh\n", done.stderr


def test_a_fork_gets_its_own_child_and_spares_the_parents() -> None:
    done = run_script(
        HEAD
        + """
    mine = worker.call(("facts", 0), easy).answer["pid"]
    if os.fork() == 0:
        assert worker.call(("facts", 0), easy).answer["pid"] != mine
        sys.exit(0)  # runs the exit handlers of the fork
    _, status = os.wait()
    assert status == 0
    assert worker.call(("facts", 0), easy).answer["pid"] == mine
    """
    )
    assert done.returncode == 0, done.stderr
