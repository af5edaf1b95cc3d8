"""``symbol-llm solve``: lines in and outcomes out, bad lines, walls, signals; as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.job_lines import read_lines
from tests.solvers.processes import descendants, is_gone, wait_until_gone


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


FORBIDDEN = """
import sys
import pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for name in sys.argv[1].split(","):
    rules.add_rule(pyseccomp.ERRNO(38), pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name))
rules.load()
from symbol_llm.cli import main
sys.argv[:2] = ["symbol-llm", "solve", "python"]
main()
"""


def solve_without(calls: str, *arguments: str, input: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FORBIDDEN, calls, *arguments], input=input, capture_output=True, text=True
    )


def test_the_walls_are_told_once_and_in_the_summary() -> None:
    lines = "\n".join(json.dumps({"symbol": f"answer = {i}"}) for i in range(3))
    done, rows = solve("python", "--json", input=lines)
    summary = json.loads(done.stderr[done.stderr.index("{") :])
    assert summary["isolation"] == rows[0]["isolation"] and bool(summary["shortfalls"]) == ("only" in done.stderr)
    weaker = solve_without("unshare", "--json", input=lines)
    said, _, document = weaker.stderr.partition("{")
    (reason,) = json.loads("{" + document)["shortfalls"]
    assert said.count("isolation is seccomp+landlock only. Not reached: seccomp+namespaces: OSError") == 1
    assert reason in said and json.loads(weaker.stdout.splitlines()[0])["isolation"] == "seccomp+landlock"


def test_too_weak_walls_must_be_asked_for() -> None:
    calls, line = "unshare,landlock_create_ruleset", '{"symbol": "answer = 1"}'
    refused = solve_without(calls, input=line)
    assert refused.returncode == 2 and not refused.stdout and "--allow-weak-sandbox" in refused.stderr
    weak = solve_without(calls, "--allow-weak-sandbox", input=line)
    row = json.loads(weak.stdout)
    assert weak.returncode == 0 and (row["answer"], row["isolation"]) == (1, "seccomp")
    assert weak.stderr.count("isolation is seccomp only. Not reached: ") == 2


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
