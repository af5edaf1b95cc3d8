"""Results kept between runs: by content, for several processes, and what becomes of damaged ones."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.solvers import Job, Limits, Outcome, Solution
from symbol_llm.solvers.cache import FILE, PASSING, ResultCache, job_key

ANSWER = Solution(None, {"rows": [[1, "ä", None]]}, "said", "SQLite", "authorizer", 0.5, 0.7, "printed")
JOB = Job("SELECT 1", Context("a", {"tables": {}}))


def key_of(job: Job = JOB, limits: Limits = Limits(), solver: str = "sql", engine: str = "SQLite 3") -> str:  # noqa: B008
    return job_key(job, limits, solver, engine)


def test_a_solution_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = replace(ANSWER, outcome=Outcome.WRONG, answer=[10**30, "\ud800", 0.1])
    cache = ResultCache(tmp_path / "new")
    cache.put("a", ANSWER)
    cache.put("b", odd)
    cache.close()
    again = ResultCache(tmp_path / "new")
    assert again.get("a") == ANSWER and again.get("b") == odd and again.get("c") is None
    assert len(again) == 2 and again.num_damaged == 0 and not again.fault
    found = again.get("b")
    assert found is not None and found.outcome is Outcome.WRONG
    again.close()


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_what_the_machine_did_is_not_kept(tmp_path: Path, outcome: Outcome | None) -> None:
    cache = ResultCache(tmp_path)
    cache.put("a", Solution(outcome))
    assert (cache.get("a") is None) is (outcome in PASSING)
    cache.close()


def test_everything_that_decides_a_result_is_in_the_key(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"1")
    on_file = Context("a", {"database": "a.sqlite"}, tmp_path)
    keys = {
        key_of(),
        key_of(Job("SELECT 2", JOB.context)),
        key_of(Job("SELECT 1", Context("b", {"tables": {}}))),
        key_of(Job("SELECT 1", Context("a", {"tables": {"t": 1}}))),
        key_of(Job("SELECT 1", on_file)),
        key_of(limits=Limits(cpu_seconds=1)),
        key_of(limits=Limits(memory_bytes=1)),
        key_of(solver="fol"),
        key_of(engine="SQLite 4"),
        key_of(Job("SELECT '\ud800'")),
    }
    (tmp_path / "a.sqlite").write_bytes(b"22")  # the database itself changes
    keys.add(key_of(Job("SELECT 1", on_file)))
    (tmp_path / "a.sqlite").unlink()
    keys.add(key_of(Job("SELECT 1", on_file)))
    assert len(keys) == 12
    assert key_of() == key_of(Job("SELECT 1", Context("a", {"tables": {}}, tmp_path))), "the place is not the content"


@pytest.mark.parametrize("change", ["body = zeroblob(20)", "digest = x'00'", "body = 'text'", "body = substr(body, 2)"])
def test_a_damaged_result_is_counted_and_forgotten(tmp_path: Path, change: str) -> None:
    cache = ResultCache(tmp_path)
    cache.put("a", ANSWER)
    cache.put("b", ANSWER)
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute(f"UPDATE results SET {change} WHERE key = 'a'")
    assert cache.get("a") is None and cache.num_damaged == 1
    assert cache.get("b") == ANSWER
    cache.put("a", ANSWER)
    assert cache.get("a") == ANSWER
    cache.close()


def test_a_result_under_another_key_is_damaged(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    cache.put("a", ANSWER)
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("UPDATE results SET key = 'z'")
    assert cache.get("z") is None and cache.num_damaged == 1
    cache.close()


def test_a_file_that_is_no_cache_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to have a header " * 9)
    with pytest.raises(UserError, match="Delete this file"):
        ResultCache(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    with sqlite3.connect(other / FILE) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(UserError, match="no cache of results"):
        ResultCache(other)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write to"):
        ResultCache(tmp_path / "file")


def test_a_file_that_breaks_meanwhile_ends_the_keeping_not_the_run(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    for i in range(500):
        cache.put(str(i), ANSWER)
    cache.close()
    data = bytearray((tmp_path / FILE).read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    (tmp_path / FILE).write_bytes(data)
    cache = ResultCache(tmp_path)
    assert cache.get("7") is None
    cache.put("7", ANSWER)
    assert "malformed" in cache.fault and cache.num_damaged
    cache.close()


WRITER = """
import sys
from pathlib import Path
from symbol_llm.solvers.cache import ResultCache
from symbol_llm.solvers.outcome import Solution
cache = ResultCache(Path(sys.argv[1]))
i = 0
while i < int(sys.argv[3]):
    cache.put(f"{sys.argv[2]} {i}", Solution(None, i))
    print(i, flush=True)
    i += 1
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_write_at_once_and_one_is_killed(tmp_path: Path) -> None:
    whole, killed = writer(tmp_path, "whole", 300), writer(tmp_path, "killed", 10**9)
    assert killed.stdout
    said = [killed.stdout.readline() for _ in range(200)]
    os.kill(killed.pid, signal.SIGKILL)
    said += killed.stdout.readlines()
    killed.wait()
    whole.communicate()
    assert whole.returncode == 0
    cache = ResultCache(tmp_path)
    assert [cache.get(f"whole {i}") for i in range(300)] == [Solution(None, i) for i in range(300)]
    count = len([line for line in said if line.endswith("\n")])
    assert [cache.get(f"killed {i}") for i in range(count)] == [Solution(None, i) for i in range(count)]
    assert cache.num_damaged == 0
    cache.close()
