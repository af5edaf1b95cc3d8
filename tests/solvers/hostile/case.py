"""One hostile program and its expected end.

``{outside}`` in a program is a folder of the machine that everybody may write to, with a file "secret" that everybody
may read.
"""

from __future__ import annotations

from typing import NamedTuple

from symbol_llm.solvers.outcome import Outcome


class Hostile(NamedTuple):
    """``outcome`` behind namespaces, ``landlock`` where it differs behind Landlock. None: it gets this ``answer``."""

    name: str
    program: str
    outcome: Outcome | None
    answer: object = None
    landlock: Outcome | None = None


DENIED, ERROR, CPU, WALL = Outcome.DENIED, Outcome.RUNTIME_ERROR, Outcome.CPU_TIMEOUT, Outcome.WALL_TIMEOUT
NO_ANSWER, BAD, CRASH, MEMORY = Outcome.NO_ANSWER, Outcome.BAD_ANSWER, Outcome.CRASH, Outcome.OUT_OF_MEMORY

# call(number, …) is a raw system call and gives its errno.
PRELUDE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    return ctypes.get_errno() if libc.syscall(*map(ctypes.c_long, arguments)) < 0 else "allowed"
"""
EPERM, ENOSYS = 1, 38


def raw(name: str, expression: str, answer: object) -> Hostile:
    """A call of the C library, and the error number that it must give."""
    return Hostile(name, f"{PRELUDE}\nanswer = {expression}", None, answer)
