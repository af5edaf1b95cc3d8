"""Zygotes start, die, are replaced and end, and take everything with them.

Run: pytest tests/solvers/test_sandbox_life.py
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.sandbox import Sandbox
from symbol_llm.solvers.wire import Hangup
from symbol_llm.solvers.zygote_process import ZygoteProcess
from tests.solvers.processes import descendants, guards, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

QUICK = Limits(cpu_seconds=0.5, wall_seconds=300.0)


def test_zygotes_work_side_by_side(sandbox: Sandbox) -> None:
    """Many threads, few zygotes, and a close that comes back: sockets are not inherited across zygotes."""
    with Sandbox("plain", size=2, strongest=sandbox.isolation) as pool, ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: pool.run(f"answer = {n} * {n}").answer, range(60)))
        assert answers == [n * n for n in range(60)]
        assert len(guards(pool)) == 2


def test_a_dead_zygote_is_replaced_and_the_job_repeated(sandbox: Sandbox) -> None:
    with Sandbox("plain", size=1, strongest=sandbox.isolation) as fresh:
        assert fresh.run("answer = 1").answer == 1
        (guard,) = guards(fresh)
        (zygote,) = descendants(guard)
        os.kill(zygote, signal.SIGKILL)
        assert fresh.run("answer = 2").answer == 2
        os.kill(guards(fresh)[0], signal.SIGKILL)
        assert fresh.run("answer = 3").answer == 3
        assert wait_until_gone([guard, zygote])


def test_a_fault_of_ours_is_reported_as_ours(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(self: ZygoteProcess, *arguments: object) -> list[bytes]:
        asked.append(arguments)
        raise Hangup("cut")

    with Sandbox("plain", size=1, strongest=sandbox.isolation) as fresh:
        assert fresh.run("answer = 1").answer == 1
        monkeypatch.setattr(ZygoteProcess, "ask", ask)
        assert fresh.run("answer = 1").outcome is Outcome.SANDBOX_ERROR
        assert len(asked) == 2


def test_close_leaves_nothing_and_reopens(sandbox: Sandbox) -> None:
    mounts, folders = Path("/proc/self/mountinfo").read_text(), sorted(os.listdir("/"))
    with Sandbox("plain", size=2, strongest=sandbox.isolation) as fresh:
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(lambda _: fresh.run("answer = 1").answer, range(4))) == [1] * 4
        pids = guards(fresh) + descendants(*guards(fresh))
        assert len(pids) >= 2
        fresh.close()
        assert wait_until_gone(pids)
        assert fresh.run("answer = 2").answer == 2
    assert Path("/proc/self/mountinfo").read_text() == mounts and sorted(os.listdir("/")) == folders


def test_close_ends_programs_that_run(sandbox: Sandbox) -> None:
    limits = Limits(cpu_seconds=600, wall_seconds=3600)
    with Sandbox("plain", size=2, strongest=sandbox.isolation) as fresh, ThreadPoolExecutor(3) as threads:
        running = [threads.submit(fresh.run, "while True: pass", limits) for _ in range(3)]
        while len(descendants(*guards(fresh))) < 4:  # two zygotes with a job each
            time.sleep(0.01)
        pids = guards(fresh) + descendants(*guards(fresh))
        while not all(future.done() for future in running):  # the third one starts when another has ended
            fresh.close()
        assert {future.result().outcome for future in running} == {Outcome.WALL_TIMEOUT}
        assert all("closed" in future.result().message for future in running)
        assert wait_until_gone(pids)
        assert fresh.run("answer = 2").answer == 2


def test_an_interrupted_run_leaves_no_answer_for_the_next(sandbox: Sandbox) -> None:
    with Sandbox("plain", size=1, strongest=sandbox.isolation) as fresh:
        assert fresh.run("answer = 1").answer == 1
        pids = guards(fresh) + descendants(*guards(fresh))

        def interrupt() -> None:
            deadline = time.monotonic() + 60
            while len(descendants(*guards(fresh))) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            fresh.run("import time\ntime.sleep(60)\nanswer = 'late'", Limits(wall_seconds=120))
        thread.join()
        assert wait_until_gone(pids)
        assert fresh.run("answer = 2").answer == 2


CALLER = """
import os, sys, threading, time
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits
from symbol_llm.solvers.sandbox import Sandbox
sandbox = Sandbox("plain", size=1, strongest=Isolation(sys.argv[1]))
sandbox.run("answer = 1")
endless = "import time\\nwhile True: time.sleep(1)"
threading.Thread(target=sandbox.run, args=(endless, Limits(600, 600)), daemon=True).start()
print(sandbox._zygotes[0].pid, flush=True)
time.sleep(600)
"""


def test_everything_dies_with_the_caller(sandbox: Sandbox) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, sandbox.isolation.value], stdout=subprocess.PIPE, text=True
    )
    assert caller.stdout
    guard = int(caller.stdout.readline())
    pids: list[int] = []
    deadline = time.monotonic() + 60
    while len(pids) < 3 and time.monotonic() < deadline:
        pids = [guard, *descendants(guard)]
    assert len(pids) == 3, "guard, zygote and job"
    caller.kill()
    caller.communicate()
    assert wait_until_gone(pids)


def test_a_fork_of_the_caller_gets_zygotes_of_its_own(sandbox: Sandbox) -> None:
    assert sandbox.run("answer = 1").answer == 1
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if sandbox.run("answer = 2").answer == 2 and len(guards(sandbox)) == 1 else 1
            sandbox.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sandbox.run("answer = 3").answer == 3


def test_weakest_level_still_kills_what_left_the_group() -> None:
    leave = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)\n"
        "    time.sleep(600)\n"
    )
    programs = {f"{leave}os.write(1, b'forked')\nwhile True: pass": Outcome.CPU_TIMEOUT, f"{leave}answer = 1": None}
    with Sandbox("plain", size=1, strongest=Isolation.RLIMITS, allow_weak=True) as sandbox:
        for program, outcome in programs.items():
            assert sandbox.run(program, QUICK).outcome is outcome
            assert len(descendants(*guards(sandbox))) == 1
        assert sandbox.run("answer = 1").answer == 1
