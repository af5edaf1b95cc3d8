"""What a program gets, gives and leaves behind. Hostile ones are in test_sandbox_hostile.py.

Run: pytest tests/solvers/test_sandbox.py
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
import tempfile
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

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# CPU time decides, so a busy machine changes no outcome.
QUICK = Limits(cpu_seconds=0.5, wall_seconds=300.0)


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


UNREADABLE = {
    "def solution(:": "invalid syntax at line 1, column 14",
    "x = 1\n  y = 2": "unexpected indent at line 2",
    "answer = \0": "Unicode text without NUL bytes at line 1, column 10",
    "\ud800": "Unicode text without NUL bytes",
    "(" * 10_000: "too many nested parentheses",
    "-" * 50_000 + "1": "nested less deeply",
    "x" * 200_000: "200,000 characters; the longest that is run has 100,000",
    "return 5": "'return' outside function",
    "".join(" " * n + "for x in y:\n" for n in range(21)) + " " * 21 + "pass": "too many statically nested blocks",
}


@pytest.mark.parametrize("program", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_is_no_program_is_a_parse_error(sandbox: Sandbox, program: str) -> None:
    solution = sandbox.run(program)
    assert solution.outcome is Outcome.PARSE_ERROR and UNREADABLE[program] in solution.message


def test_the_caller_does_not_parse_programs(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsers have been crashed and stalled: hostile text is read where a crash is an outcome."""
    monkeypatch.setattr(ast, "parse", None)
    monkeypatch.setattr(builtins, "compile", None)
    outcome = sandbox.run("def solution(:").outcome
    monkeypatch.undo()
    assert outcome is Outcome.PARSE_ERROR
    assert sandbox.run("").outcome is Outcome.NO_ANSWER


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
