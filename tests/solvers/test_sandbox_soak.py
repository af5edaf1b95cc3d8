"""Ten thousand jobs of mixed kinds, one in twenty hostile, and nothing is left of any of them.

Run: pytest -m full tests/solvers/test_sandbox_soak.py
"""

from __future__ import annotations

import collections
import os
import platform
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.sandbox import Sandbox
from symbol_llm.solvers.worker import WorkerPool
from tests.solvers.hostile import ALL, SYSTEM_CALLS
from tests.solvers.hostile.case import Hostile
from tests.solvers.processes import descendants, guards
from tests.solvers.test_sandbox_hostile import attack, end_of

pytestmark = [pytest.mark.full, pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")]
NUM_JOBS = 10_000
_WARM, _CHECKS = 2_000, 4  # jobs before memory is first looked at; looks after that
_GROWTH = 8 << 20  # bytes that the caller may grow over the jobs after the warm-up: 1,024 a job
EASY = Limits(cpu_seconds=60.0, wall_seconds=300.0)


class Engines(NamedTuple):
    plain: Sandbox
    sympy: Sandbox
    worker: WorkerPool


def resident(pid: int | str = "self") -> int:
    """Bytes of memory that a process has to itself."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Private"))


def held(pid: int) -> tuple[int, int]:
    """How many descriptors and mounts a zygote has. With them and its processes, its namespaces are gone."""
    return len(os.listdir(f"/proc/{pid}/fd")), len(Path(f"/proc/{pid}/mountinfo").read_text().splitlines())


def job(number: int, hostile: list[Hostile]) -> str | Hostile:
    """What runs as this number: the name of a peaceful kind, or a hostile program."""
    if number % 20 == 19:
        return hostile[number // 20 % len(hostile)]
    return random.Random(number).choice(["plain", "plain", "sympy", "error", "engine"])


def run(engines: Engines, number: int, kind: str | Hostile, outside: Path) -> str:
    """Run a job. Gives the kind of surprise, or nothing."""
    if isinstance(kind, Hostile):
        return tell(attack(engines.sympy, outside, kind), *end_of(kind, Isolation.FULL))
    match kind:
        case "plain":
            return tell(engines.plain.run(f"def solution():\n    return {number} * 2", EASY), None, number * 2)
        case "sympy":
            program = f"from sympy import *\nx = Symbol('x')\nanswer = solve(Eq(x - {number}, {number}), x)[0]"
            return tell(engines.sympy.run(program, EASY), None, number * 2)
        case "error":
            return tell(engines.plain.run("answer = 1 / 0", EASY), Outcome.RUNTIME_ERROR, None)
    return tell(engines.worker.call(("echo", number), EASY), None, number)


def tell(found: Solution, outcome: Outcome | None, answer: object) -> str:
    if (found.outcome, found.answer) == (outcome, answer):
        return ""
    return f"{found.outcome} {found.answer!r:.50} instead of {outcome} {answer!r:.50}: {found.message}"


def test_ten_thousand_jobs_leave_nothing(outside: Path) -> None:
    mounts, descriptors = Path("/proc/self/mountinfo").read_text(), os.listdir("/proc/self/fd")
    temporary, own = sorted(os.listdir("/tmp")), set(descendants(os.getpid()))
    hostile = [case for case in ALL if platform.machine() == "x86_64" or case not in SYSTEM_CALLS]
    kinds = [job(number, hostile) for number in range(NUM_JOBS)]
    engines = Engines(
        Sandbox("plain", size=2, minimum_isolation=Isolation.FULL),
        Sandbox("python", size=2, minimum_isolation=Isolation.FULL),
        WorkerPool("tests.solvers.worker_jobs:job", 2),
    )
    try:
        try:
            inside = {engines.plain.isolation, engines.sympy.isolation}
        except UserError as error:
            pytest.skip(str(error))
        assert inside == {Isolation.FULL}
        caller, zygotes, holds = [], [], []
        surprises = collections.Counter[str]()
        looks = range(_WARM, NUM_JOBS + 1, (NUM_JOBS - _WARM) // _CHECKS)
        with ThreadPoolExecutor(4) as pool:
            for start, end in zip((0, *looks), looks, strict=False):
                batch = range(start, end)
                ends = pool.map(lambda n: run(engines, n, kinds[n], outside), batch)
                for number, surprise in zip(batch, ends, strict=True):
                    if surprise:
                        kind = kinds[number]
                        surprises[f"{kind.name if isinstance(kind, Hostile) else kind}: {surprise}"] += 1
                caller.append(resident())
                inner = descendants(*guards(engines.plain), *guards(engines.sympy))
                zygotes.append(sum(map(resident, inner)))
                assert len(inner) == 4, "the zygotes, and no job"
                holds.append([held(pid) for pid in inner])
        assert not surprises
        assert all(hold == holds[0] for hold in holds), "nothing opened or mounted stays so"
        assert end == NUM_JOBS and sum(isinstance(kind, Hostile) for kind in kinds) == NUM_JOBS // 20
        # The first look comes after the caches are full; what leaks after that leaks with every job.
        assert max(caller[1:]) - caller[0] < _GROWTH and max(zygotes[1:]) - zygotes[0] < 4 * _GROWTH
    finally:
        for engine in engines:
            engine.close()
    assert set(descendants(os.getpid())) <= own
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert os.listdir(outside) == ["secret"]
    assert set(os.listdir("/proc/self/fd")) <= set(descriptors)
    new = {name for name in set(os.listdir("/tmp")) - set(temporary) if (Path("/tmp") / name).lstat().st_uid == 65534}
    assert not new, "files of nobody"
