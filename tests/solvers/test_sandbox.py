"""Nothing gets out, nothing gets stuck, nothing is blamed on the wrong one. Run: pytest tests/solvers/test_sandbox.py"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.sandbox import Sandbox
from symbol_llm.solvers.wire import Hangup
from symbol_llm.solvers.zygote_process import ZygoteProcess
from tests.solvers import hostile_programs
from tests.solvers.hostile_programs import ALL, SYSTEM_CALLS, Hostile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# CPU time decides, so a busy machine changes no outcome; only programs that sleep wait for the wall limit.
QUICK, SLEEPY = Limits(cpu_seconds=0.5, wall_seconds=300.0), Limits(cpu_seconds=60.0, wall_seconds=1.0)
PATIENT = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_bytes=128 << 20)
LIMITS = {Outcome.CPU_TIMEOUT: QUICK, Outcome.WALL_TIMEOUT: SLEEPY}


def parents() -> dict[int, int]:
    """Parent of every process on the machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:  # gone in between
                continue
    return found


def descendants(*roots: int) -> list[int]:
    above, found = parents(), list(roots)
    for pid in found:
        found += [child for child, parent in above.items() if parent == pid and child not in found]
    return found[len(roots) :]


def guards(sandbox: Sandbox) -> list[int]:
    return [zygote.pid for zygote in sandbox._zygotes if zygote.pid is not None]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if all(map(is_gone, pids)):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module", params=[Isolation.FULL, Isolation.LANDLOCK], ids=["namespaces", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(size=1, minimum_isolation=request.param, strongest=request.param) as sandbox:
        try:
            sandbox.isolation  # noqa: B018 - starts it
        except UserError as error:
            pytest.skip(str(error))
        yield sandbox


@pytest.fixture(scope="module")
def outside() -> Iterator[Path]:
    # Not tmp_path: its parents are closed to other users, which would protect it without any sandbox.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        (Path(folder) / "secret").write_text("secret")
        (Path(folder) / "secret").chmod(0o644)
        yield Path(folder)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_hostile_program(sandbox: Sandbox, outside: Path, case: Hostile) -> None:
    if case in SYSTEM_CALLS and platform.machine() != "x86_64":
        pytest.skip("the numbers are x86-64's")
    expected = case.outcome
    if sandbox.isolation is Isolation.LANDLOCK and case.landlock is not None:
        expected = case.landlock
    limits = LIMITS.get(case.outcome, PATIENT) if case.outcome else PATIENT
    solution = sandbox.run(case.program.replace("{outside}", str(outside)), limits)
    assert (solution.outcome, solution.answer) == (expected, case.answer), solution.message
    assert solution.isolation == sandbox.isolation
    assert len(solution.output) <= limits.output_bytes + 100
    # Contained: nothing written, no process left but the zygote, and it answers the next program.
    assert os.listdir(outside) == ["secret"]
    assert len(descendants(*guards(sandbox))) == 1
    assert sandbox.run(
        "import os\nanswer = [6 * 7, os.listdir('/scratch') if os.getcwd() == '/scratch' else []]"
    ).answer == [42, []]


def test_there_are_many_hostile_programs_with_own_names() -> None:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names)) >= 100
    assert hostile_programs.PRELUDE


ANSWERS = {
    "48 / 2": 24.0,
    "True": True,
    "'ab'": "ab",
    "10**30": {"int": str(10**30)},
    "-2**63": -(2**63),
    "float('nan')": {"float": "nan"},
    "-0.0": 0.0,
    "(1, [2, {3}], None)": [1, [2, [3]], None],
    "{3, 1, 2}": [1, 2, 3],
    "{'a': 1, 2: (3,)}": {"a": 1, "2": [3]},
    "__import__('fractions').Fraction(6, 8)": {"fraction": "3/4"},
    "__import__('fractions').Fraction(8, 2)": 4,
    "__import__('decimal').Decimal('1.50')": {"decimal": "1.50"},
    "1 + 2j": {"complex": [1.0, 2.0]},
    "__import__('collections').Counter('aab')": {"a": 2, "b": 1},
    "__import__('sympy').Integer(5)": 5,
    "__import__('sympy').Rational(1, 4)": {"sympy": "1/4", "number": 0.25},
    "__import__('sympy').Symbol('x') + 1": {"sympy": "x + 1"},
    "__import__('sympy').oo": {"sympy": "oo"},
    "__import__('sympy').true": True,
    "__import__('sympy').solve(__import__('sympy').sympify('2*x - 7'))": [{"sympy": "7/2", "number": 3.5}],
    "__import__('numpy').float64(0.5)": 0.5,
    "__import__('numpy').arange(4).reshape(2, 2)": [[0, 1], [2, 3]],
}


@pytest.mark.parametrize("expression", ANSWERS)
def test_answer_as_json(sandbox: Sandbox, expression: str) -> None:
    solution = sandbox.run(f"def solution():\n    return {expression}")
    assert solution.outcome is None, solution.message
    assert solution.answer == ANSWERS[expression] and type(solution.answer) is type(ANSWERS[expression])


def test_solution_comes_before_a_variable(sandbox: Sandbox) -> None:
    assert sandbox.run("answer = 1\ndef solution():\n    return 2").answer == 2
    assert sandbox.run("ans = 1").answer == 1
    assert sandbox.run("ans = 1\nanswer = 2").answer == 2


@pytest.mark.parametrize(
    "program",
    ["def solution(:", "", "x = 1\n  y = 2", "answer = \0", "\ud800", "(" * 10_000, "-" * 50_000 + "1", "x" * 200_000],
)
def test_syntax_is_checked_before_anything_runs(program: str) -> None:
    with Sandbox("plain", size=1) as sandbox:
        solution = sandbox.run(program)
        if program:
            assert solution.outcome is Outcome.PARSE_ERROR and solution.message
            assert not guards(sandbox)
        else:
            assert solution.outcome is Outcome.NO_ANSWER


def test_return_outside_a_function_is_no_program(sandbox: Sandbox) -> None:
    assert sandbox.run("return 5").outcome is Outcome.PARSE_ERROR


def test_error_names_type_and_line(sandbox: Sandbox) -> None:
    assert sandbox.run("x = 1\nanswer = x / 0").message == "ZeroDivisionError: division by zero (line 2)"


def test_output_survives_a_kill_and_is_capped(sandbox: Sandbox) -> None:
    solution = sandbox.run("import sys\nprint('before')\nsys.stderr.write('too\\n')\nwhile True: pass", QUICK)
    assert solution.outcome is Outcome.CPU_TIMEOUT and solution.output == "before\ntoo\n"
    solution = sandbox.run("print('x' * 10**6)\nanswer = 1")
    assert solution.answer == 1 and 65_536 <= len(solution.output) < 66_000 and "cut" in solution.output


def test_jobs_share_nothing(sandbox: Sandbox) -> None:
    """The state leak of in-process runners: an old solution() must not answer for a program without one."""
    sandbox.run("import math, builtins\nmath.pi = builtins.extra = 3\ndef solution():\n    return 1")
    assert sandbox.run("x = 1").outcome is Outcome.NO_ANSWER
    assert sandbox.run("import math\nanswer = [math.pi > 3, 'extra' in dir(__builtins__)]").answer == [True, False]


def test_scratch_is_writable_private_and_fresh() -> None:
    with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
        try:
            first = sandbox.run("open('x', 'w').write('1')\nopen('/tmp/y', 'w')\nimport os\nanswer = os.listdir('.')")
        except UserError as error:
            pytest.skip(str(error))
        assert sorted(first.answer) == ["x", "y"]
        assert sandbox.run("import os\nanswer = os.listdir('.') + os.listdir('/tmp')").answer == []
        assert sandbox.run("import tempfile\nwith tempfile.TemporaryFile() as f: answer = f.write(b'ab')").answer == 2
        full = "n = 0\ntry:\n    while True: n += open('x', 'ab', 0).write(bytes(1 << 16))\nexcept OSError: answer = n"
        assert 0 < sandbox.run(full).answer <= 16 << 20
        full = "n = 0\ntry:\n    while True:\n        open(str(n), 'w')\n        n += 1\nexcept OSError: answer = n"
        assert 0 < sandbox.run(full).answer <= 1024
        assert sandbox.run("import os\nanswer = os.listdir('.')").answer == []


def test_a_program_sees_nothing_of_its_caller(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with Sandbox("plain", size=2, strongest=sandbox.isolation) as fresh, tempfile.TemporaryFile() as file:
        os.set_inheritable(file.fileno(), True)
        with ThreadPoolExecutor(2) as pool:  # both zygotes run, so that one could inherit the other's socket
            programs = ["import os, time\ntime.sleep(0.2)\nanswer = dict(os.environ)"] * 2
            for solution in pool.map(fresh.run, programs):
                assert "sk-secret" not in str(solution.answer)
                assert solution.answer["TZ"] == "UTC" and solution.answer["LC_ALL"] == "C.UTF-8"
        look = "import os\nfound = []\nfor n in range(1024):\n    try: found.append([n, os.fstat(n) and n])\n    except OSError: pass\nanswer = [n for n, _ in found]"
        assert fresh.run(look).answer == [0, 1, 2, 3]
        ids = fresh.run("import os\nanswer = [os.getpid() > 1, os.uname().nodename, os.getresuid()]").answer
        assert ids[0] is True


def test_jobs_are_nobody_without_capabilities() -> None:
    with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
        program = "import ctypes, os\nanswer = [os.getuid(), os.geteuid(), os.getpid() < 1000, os.getppid()]"
        try:
            assert sandbox.run(program).answer == [65534, 65534, True, 1]
        except UserError as error:
            pytest.skip(str(error))


def test_same_program_gives_the_same_answer(sandbox: Sandbox) -> None:
    program = "import random\nanswer = [hash('a'), random.random(), str({'x', 'y', 'z'})]"
    with Sandbox("plain", size=1, strongest=sandbox.isolation) as other:
        assert sandbox.run(program).answer == sandbox.run(program).answer == other.run(program).answer


def test_modules_can_still_be_imported(sandbox: Sandbox) -> None:
    assert sandbox.run("import colorsys, wave, sqlite3, scipy.special\nanswer = colorsys.__name__").answer == "colorsys"


def test_processor_time_of_all_threads_counts_and_is_reported(sandbox: Sandbox) -> None:
    solution = sandbox.run("while True: pass", Limits(cpu_seconds=0.3))
    assert solution.outcome is Outcome.CPU_TIMEOUT and 0.25 <= solution.cpu_seconds <= 1.3
    solution = sandbox.run("import time\ntime.sleep(0.3)\nanswer = 1", Limits(cpu_seconds=0.25))
    assert solution.answer == 1 and solution.cpu_seconds < 0.25 < solution.wall_seconds


def test_kernel_limit_counts_as_processor_time_too() -> None:
    from symbol_llm.solvers.ending import read_ending

    seen = b'{"killed": null, "status": %d, "cpu_seconds": %f, "wall_seconds": 3, "is_output_cut": false}'
    level = Isolation.FULL
    assert read_ending(seen % (-9, 3.0), b"\x01", b"", QUICK, level).outcome is Outcome.CPU_TIMEOUT
    assert read_ending(seen % (-9, 0.1), b"\x01", b"", QUICK, level).outcome is Outcome.SANDBOX_ERROR
    assert read_ending(seen % (-31, 0.1), b"\x01", b"", QUICK, level).outcome is Outcome.DENIED
    assert read_ending(seen % (1, 0.1), b"", b"", QUICK, level).outcome is Outcome.SANDBOX_ERROR


def test_memory_is_measured_beyond_the_zygotes_own(sandbox: Sandbox) -> None:
    program = "x = bytearray(200 << 20)\nanswer = len(x) >> 20"
    assert sandbox.run(program, Limits(memory_bytes=256 << 20)).answer == 200
    assert sandbox.run(program, Limits(memory_bytes=128 << 20)).outcome is Outcome.OUT_OF_MEMORY


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
        assert all(map(is_gone, pids))
        assert fresh.run("answer = 2").answer == 2
    assert Path("/proc/self/mountinfo").read_text() == mounts and sorted(os.listdir("/")) == folders


CALLER = """
import os, sys, threading, time
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits
from symbol_llm.solvers.sandbox import Sandbox
sandbox = Sandbox("plain", size=1, strongest=Isolation(sys.argv[1]))
sandbox.run("answer = 1")
threading.Thread(target=sandbox.run, args=("import time\\nwhile True: time.sleep(1)", Limits(600, 600)), daemon=True).start()
time.sleep(0.3)
print(sandbox._zygotes[0].pid, flush=True)
time.sleep(600)
"""


def test_everything_dies_with_the_caller(sandbox: Sandbox) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, sandbox.isolation.value], stdout=subprocess.PIPE, text=True
    )
    assert caller.stdout
    guard = int(caller.stdout.readline())
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


def test_refuses_to_run_below_the_configured_level(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = Sandbox("plain", size=1, minimum_isolation=Isolation.FULL, strongest=Isolation.SECCOMP)
    with weak, pytest.raises(UserError, match="SYMBOL_LLM_ALLOW_WEAK_SANDBOX"):
        weak.run("answer = 1")
    assert not guards(weak)
    with Sandbox("plain", size=1, strongest=Isolation.RLIMITS, allow_weak=True) as told:
        assert told.run("answer = 1").isolation == "rlimits"
    monkeypatch.setenv("SYMBOL_LLM_ALLOW_WEAK_SANDBOX", "1")
    with Sandbox("plain", size=1, strongest=Isolation.SECCOMP) as told:
        solution = told.run("open('/tmp/escaped', 'w')")
        assert solution.isolation == "seccomp" and solution.outcome is Outcome.DENIED


def test_walls_that_do_not_hold_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    start = ZygoteProcess.start
    monkeypatch.setattr(ZygoteProcess, "start", lambda self, level: start(self, Isolation.RLIMITS))
    with Sandbox("plain", size=1) as lying, pytest.raises(UserError, match="a program could .*open a socket"):
        lying.run("answer = 1")


def test_weakest_level_still_kills_the_whole_group() -> None:
    program = "import os, time\nif os.fork() == 0: time.sleep(600)\nos.write(1, b'forked')\nwhile True: pass"
    with Sandbox("plain", size=1, strongest=Isolation.RLIMITS, allow_weak=True) as sandbox:
        assert sandbox.run(program, QUICK).outcome is Outcome.CPU_TIMEOUT
        deadline = time.monotonic() + 30
        while len(descendants(*guards(sandbox))) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(descendants(*guards(sandbox))) == 1
        assert sandbox.run("answer = 1").answer == 1


ORDINARY_USER = """
import ctypes, sys
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.sandbox import Sandbox
libc = ctypes.CDLL(None)
for capability in set(range(41)) - {31}:  # the kernel asks CAP_SETFCAP of a root that maps itself
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: what is started from here has no other rights
with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
    print(sandbox.run("import os\\nopen('x', 'w')\\nanswer = [os.getuid(), os.listdir('.')]").answer)
"""


def test_full_isolation_without_any_privilege() -> None:
    """As for an ordinary user: no capability, only a user namespace of one's own."""
    done = subprocess.run([sys.executable, "-c", ORDINARY_USER], capture_output=True, text=True, timeout=300)
    if "cannot isolate" in done.stderr:
        pytest.skip("the kernel gives ordinary users no user namespaces")
    assert done.stdout == "[65534, ['x']]\n", done.stderr
