"""Nothing gets out, nothing gets stuck, nothing is blamed on the wrong one.

Run: pytest tests/solvers/test_sandbox_hostile.py; with `-m full` also twice in a row while every processor is busy.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.sandbox import Sandbox
from tests.solvers.conftest import started
from tests.solvers.hostile import ALL, FILES, PROCESSES, RESOURCES, SYSTEM_CALLS
from tests.solvers.hostile.case import Hostile
from tests.solvers.processes import descendants, guards

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# CPU time decides, so a busy machine changes no outcome; only programs that sleep wait for the wall limit.
QUICK, SLEEPY = Limits(cpu_seconds=0.1, wall_seconds=300.0), Limits(cpu_seconds=60.0, wall_seconds=0.5)
PATIENT = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_bytes=128 << 20)
LIMITS = {Outcome.CPU_TIMEOUT: QUICK, Outcome.WALL_TIMEOUT: SLEEPY}


def attack(sandbox: Sandbox, outside: Path, case: Hostile) -> Solution:
    limits = LIMITS.get(case.outcome, PATIENT) if case.outcome else PATIENT
    return sandbox.run(case.program.replace("{outside}", str(outside)), limits)


def end_of(case: Hostile, level: Isolation) -> tuple[Outcome | None, object]:
    """The outcome and the answer that it must have."""
    return case.landlock if level is Isolation.LANDLOCK and case.landlock else case.outcome, case.answer


@pytest.fixture(scope="module")
def behind_namespaces() -> Iterator[Sandbox]:
    yield from started(Isolation.FULL)


@pytest.fixture(scope="module")
def behind_landlock() -> Iterator[Sandbox]:
    yield from started(Isolation.LANDLOCK)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_hostile_program(behind_namespaces: Sandbox, outside: Path, case: Hostile) -> None:
    check(behind_namespaces, outside, case)


# What the time limits and the report do is the same code at both levels; the full suite runs all at both.
WALLS = [*FILES, *PROCESSES, *SYSTEM_CALLS, *RESOURCES]


@pytest.mark.parametrize("case", WALLS, ids=[case.name for case in WALLS])
def test_hostile_program_behind_landlock(behind_landlock: Sandbox, outside: Path, case: Hostile) -> None:
    check(behind_landlock, outside, case)


def check(sandbox: Sandbox, outside: Path, case: Hostile) -> None:
    """It ends as it must, and afterwards all is as it was."""
    if case in SYSTEM_CALLS and platform.machine() != "x86_64":
        pytest.skip("the numbers are x86-64's")
    descriptors = os.listdir("/proc/self/fd")
    solution = attack(sandbox, outside, case)
    assert (solution.outcome, solution.answer) == end_of(case, sandbox.isolation), solution.message
    assert solution.isolation == sandbox.isolation
    assert len(solution.output) <= PATIENT.output_bytes + 100
    # Contained: nothing written, no process left but the zygote, and it answers the next program.
    assert os.listdir(outside) == ["secret"]
    assert len(descendants(*guards(sandbox))) == 1
    assert sandbox.run(
        "import os\nanswer = [6 * 7, os.listdir('/scratch') if os.getcwd() == '/scratch' else []]"
    ).answer == [42, []]
    assert os.listdir("/proc/self/fd") == descriptors


def test_there_are_many_hostile_programs_with_own_names() -> None:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names)) >= 150


def test_the_page_names_only_tests_that_exist() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    table = page.partition("| hole | closed by | test |")[2].partition("\n## ")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])}
    functions = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_sandbox*.py"))
    tests = {name for name in named if name.startswith("test_")}
    assert all(f"def {name.rstrip('…')}" in functions for name in tests) and len(tests) > 20
    assert named - tests - {"oom_score_adj", "guard.py"} <= {case.name for case in ALL}
    assert f"one table of {len(ALL)} programs" in page


@pytest.mark.full
@pytest.mark.parametrize("level", [Isolation.FULL, Isolation.LANDLOCK])
def test_all_are_contained_twice_in_a_row_while_every_processor_is_busy(outside: Path, level: Isolation) -> None:
    cases = [case for case in ALL if platform.machine() == "x86_64" or case not in SYSTEM_CALLS]
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        with (
            Sandbox(size=2, minimum_isolation=level, strongest=level) as sandbox,
            ThreadPoolExecutor(2) as pool,
        ):
            try:
                sandbox.isolation  # noqa: B018 - starts it
            except UserError as error:
                pytest.skip(str(error))
            for _ in range(2):
                found = list(pool.map(lambda case: attack(sandbox, outside, case), cases))
                ends = {case.name: (end.outcome, end.answer) for case, end in zip(cases, found, strict=True)}
                assert ends == {case.name: end_of(case, level) for case in cases}
                assert os.listdir(outside) == ["secret"]
                assert len(guards(sandbox)) == len(descendants(*guards(sandbox))) == 2
                assert list(pool.map(lambda n: sandbox.run(f"answer = {n}").answer, range(20))) == list(range(20))
    finally:
        for process in load:
            process.kill()
            process.wait()


# Finds its own heap and arenas, and what is written in them. A page is there if a pipe can be fed from it.
SEARCH = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
r, w = os.pipe()
def is_there(page):
    if libc.write(w, ctypes.c_void_p(page), 1) != 1:
        return False
    return os.read(r, 1) != b''
def region(page):
    low = high = page
    while is_there(low - 4096): low -= 4096
    while is_there(high): high += 4096
    return ctypes.string_at(low, high - low)
memory = region(libc.sbrk(0) - 4096) + region(id([]) & ~4095) + region(id(os.environ) & ~4095)
names = b'-boj-zq', b'-rewsna-zq', b'-tuptuo-zq', b'-dlog-zq', b'gnimmus'  # or they would find themselves
answer = [memory.count(bytes(reversed(name))) for name in names]
"""


def test_a_job_finds_nothing_of_earlier_ones_in_its_memory(sandbox: Sandbox) -> None:
    """Jobs are copies of the zygote, so it must never see a program, an answer or an output; nor a gold answer."""
    gold = "qz-gold-" * 1000
    for times in (1, 10, 100, 1000) * 3:
        earlier = f"# {'qz-job-' * times}\nprint('qz-output-' * {times})\nanswer = 'qz-answer-' * {times}"
        assert sandbox.run(earlier).answer == "qz-answer-" * times
    found = sandbox.run(SEARCH + "# summing").answer
    assert found[:4] == [0, 0, 0, 0] and gold
    assert found[4] >= 1, "the search does find what is there: its own text"


def test_a_job_leaves_no_message_in_the_scratch_folder() -> None:
    """Not even in the times of the folder itself, which is empty again."""
    times = "s = os.stat('/scratch')\nanswer = [s.st_mtime_ns, s.st_mode, sorted(os.listdir('/scratch'))]"
    pause = "import time; time.sleep(0.1)"  # or the next folder could have the same times
    with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
        try:
            before = sandbox.run(f"import os\n{times}").answer
        except UserError as error:
            pytest.skip(str(error))
        written = sandbox.run(f"import os\nopen('x', 'w').close()\nos.unlink('x')\n{times}\n{pause}").answer
        assert written[0] > before[0] and written[2] == []
        after = sandbox.run(f"import os\n{times}").answer
        assert after[0] > written[0], "another folder"
        assert sandbox.run(f"import os\n{times}").answer == after, "not renewed without need"


def test_the_name_of_the_machine_is_not_told() -> None:
    with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
        try:
            assert sandbox.run("import os\nanswer = os.uname().nodename").answer == "sandbox"
        except UserError as error:
            pytest.skip(str(error))
    assert os.uname().nodename != "sandbox" or Path("/proc/sys/kernel/hostname").read_text() == "sandbox\n"
