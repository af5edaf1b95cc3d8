"""Jobs for test_worker.py, good and hostile. They run in the worker's child process."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from typing import Any

from symbol_llm.solvers.outcome import Outcome, Solution

_seen: list[Any] = []
is_prepared = False


def prepare() -> None:
    global is_prepared
    is_prepared = True


def job(argument: tuple[str, Any]) -> Solution:
    kind, value = argument
    _seen.append(value)
    return globals()[f"_{kind}"](value)


def _echo(value: Any) -> Solution:
    return Solution(None, answer=value, engine="echo 1")


def _facts(value: Any) -> Solution:
    return Solution(
        None,
        answer={
            "pid": os.getpid(),
            "jobs": len(_seen),
            "prepared": is_prepared,
            "blas": os.environ.get("OPENBLAS_NUM_THREADS"),
        },
    )


def _sleep(value: float) -> Solution:
    time.sleep(value)
    return Solution(None, answer=os.getpid())


def _loop(value: Any) -> Solution:
    while True:
        pass


def _stubborn(value: Any) -> Solution:
    while True:
        try:
            sum(range(1000))
        except BaseException:
            pass


def _c_loop(value: Any) -> Solution:
    """One call into C that gives no signal handler of Python a chance."""
    return Solution(None, answer=((7**7) ** value).bit_length())


def _burn(value: float) -> Solution:
    end = time.process_time() + value
    while time.process_time() < end:
        pass
    return Solution(None, answer=os.getpid())


def _memory(value: int) -> Solution:
    return Solution(None, answer=len(bytearray(value)))


def _bad_alloc(value: Any) -> Solution:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def _exit(value: int) -> Solution:
    os._exit(value)


def _segfault(value: Any) -> Solution:
    ctypes.string_at(0)
    raise AssertionError("unreachable")


def _raise(value: str) -> Solution:
    raise RuntimeError(value)


def _not_json(value: Any) -> Solution:
    return Solution(None, answer={1, 2})


def _print(value: Any) -> Solution:
    print("between the replies", flush=True)
    os.write(1, b"and again")
    sys.stderr.write("x" * 1_000_000)
    return Solution(None, answer=sys.stdin.read())


def _flood(value: Any) -> Solution:
    while True:
        os.write(2, b"x" * 65536)


def _spawn(value: Any) -> Solution:
    """A grandchild in the same process group."""
    return Solution(None, answer=[os.getpid(), subprocess.Popen(["sleep", "1000"]).pid])


def _descriptors(value: Any) -> Solution:
    paths = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    names = [os.readlink(path) for path in paths if os.path.exists(path)]
    return Solution(None, answer=sorted(name for name in names if name.startswith("pipe:")))


def _outcome(value: str) -> Solution:
    return Solution(Outcome(value), message="said so")
