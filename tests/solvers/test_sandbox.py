"""Nothing gets out, nothing gets stuck, nothing is blamed on the wrong one.

Run: pytest tests/solvers/test_sandbox.py
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbol_llm.errors import UserError
from symbol_llm.solvers.ending import read_ending
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome
from symbol_llm.solvers.sandbox import Sandbox
from tests.solvers import hostile_programs
from tests.solvers.hostile_programs import ALL, SYSTEM_CALLS, Hostile
from tests.solvers.processes import descendants, guards

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# CPU time decides, so a busy machine changes no outcome; only programs that sleep wait for the wall limit.
QUICK, SLEEPY = Limits(cpu_seconds=0.5, wall_seconds=300.0), Limits(cpu_seconds=60.0, wall_seconds=1.0)
PATIENT = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_bytes=128 << 20)
LIMITS = {Outcome.CPU_TIMEOUT: QUICK, Outcome.WALL_TIMEOUT: SLEEPY}


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
    # /tmp is the scratch folder too, unless Python itself is installed below it.
    shared = "/scratch" if Path(sys.prefix).is_relative_to("/tmp") else "/tmp"
    with Sandbox("plain", size=1, minimum_isolation=Isolation.FULL) as sandbox:
        try:
            first = sandbox.run(
                f"open('x', 'w').write('1')\nopen('{shared}/y', 'w')\nimport os\nanswer = os.listdir('.')"
            )
        except UserError as error:
            pytest.skip(str(error))
        assert sorted(first.answer) == ["x", "y"]
        assert sandbox.run(f"import os\nanswer = os.listdir('.') + os.listdir('{shared}')").answer == []
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
        look = (
            "import os\nanswer = []\nfor n in range(1024):\n"
            "    try:\n        os.fstat(n)\n        answer.append(n)\n    except OSError: pass"
        )
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
    assert solution.outcome is Outcome.CPU_TIMEOUT and 0.25 <= solution.cpu_seconds <= 2.5
    solution = sandbox.run("import time\ntime.sleep(0.3)\nanswer = 1", Limits(cpu_seconds=0.25))
    assert solution.answer == 1 and solution.cpu_seconds < 0.25 < solution.wall_seconds


def test_kernel_limit_counts_as_processor_time_too() -> None:
    seen = b'{"killed": null, "status": %d, "cpu_seconds": %f, "wall_seconds": 3, "is_output_cut": false}'
    level = Isolation.FULL
    assert read_ending(seen % (-9, 3.0), b"\x01", b"", QUICK, level).outcome is Outcome.CPU_TIMEOUT
    assert read_ending(seen % (-9, 0.1), b"\x01", b"", QUICK, level).outcome is Outcome.SANDBOX_ERROR
    assert read_ending(seen % (-31, 0.1), b"\x01", b"", QUICK, level).outcome is Outcome.DENIED
    assert read_ending(seen % (1, 0.1), b"", b"", QUICK, level).outcome is Outcome.SANDBOX_ERROR


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
REPORTS = st.fixed_dictionaries({"outcome": JSON | st.sampled_from(list(Outcome)), "answer": JSON, "message": JSON})


@given(st.binary(max_size=50) | REPORTS.map(lambda report: json.dumps(report).encode()), st.booleans())
def test_no_message_can_hurt_the_caller(body: bytes, is_framed: bool) -> None:
    seen = b'{"killed": null, "status": 0, "cpu_seconds": 0.1, "wall_seconds": 0.1, "is_output_cut": false}'
    message = len(body).to_bytes(4, "big") + body if is_framed else body
    solution = read_ending(seen, b"\x01" + message, b"\xff", QUICK, Isolation.FULL)
    allowed = {None, Outcome.PARSE_ERROR, Outcome.DENIED, Outcome.RUNTIME_ERROR, Outcome.OUT_OF_MEMORY}
    assert solution.outcome in allowed | {Outcome.NO_ANSWER, Outcome.BAD_ANSWER}
    assert solution.answer is None if solution.outcome else solution.answer is not None
    orjson.dumps(solution.to_json())


def test_memory_is_measured_beyond_the_zygotes_own(sandbox: Sandbox) -> None:
    program = "x = bytearray(200 << 20)\nanswer = len(x) >> 20"
    assert sandbox.run(program, Limits(memory_bytes=256 << 20)).answer == 200
    assert sandbox.run(program, Limits(memory_bytes=128 << 20)).outcome is Outcome.OUT_OF_MEMORY
