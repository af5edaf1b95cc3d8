"""Running programs that a model wrote: safely, and thousands a minute.

    with Sandbox() as sandbox:
        sandbox.run("def solution():\\n    return 48 / 2").answer     # 24.0

The program runs in a fork of a warm *zygote* (see zygote.py): behind namespaces, on a read-only file tree with a
private scratch folder, without rights, with an allow-list of system calls, under limits of time and memory. Its
``solution()`` is called, or else the variable ``answer`` or ``ans`` is read. Gold answers never get near it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from queue import Empty, LifoQueue
from typing import Self

import orjson

from symbol_llm.errors import UserError
from symbol_llm.solvers.ending import ENGINE, read_ending
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.python_syntax import LONGEST_PROGRAM
from symbol_llm.solvers.wire import LARGEST, Hangup
from symbol_llm.solvers.zygote_process import NotReached, ZygoteProcess

ALLOW_WEAK_VARIABLE = "SYMBOL_LLM_ALLOW_WEAK_SANDBOX"

# Tries what must not work, as any program would: the walls are believed only where they were seen to hold.
_PROBE = """
import os, socket
def attempt(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "allowed"
def fork():
    if os.fork() == 0:
        os._exit(0)
def solution():
    return {
        "start a process": attempt(fork),
        "open a socket": attempt(socket.socket),
        "write a file": attempt(lambda: open("/probe", "w")),
        "read a file of the machine": attempt(lambda: open("/etc/passwd").close()),
    }
"""
_CLOSED = "ended, because the solver was closed"
_LONGEST = 1e6  # seconds; what the kernel's clocks and limits can hold
_LARGEST_MEMORY = 1 << 46  # bytes
_MAY_DO = {
    Isolation.FULL: set[str](),
    Isolation.LANDLOCK: set[str](),
    Isolation.SECCOMP: {"read a file of the machine"},
    Isolation.RLIMITS: {"start a process", "open a socket", "write a file", "read a file of the machine"},
}


class Sandbox:
    """A pool of zygotes. Safe to use from several threads and after a fork; ``close`` leaves nothing behind.

    ``size`` is the number of programs that run side by side. ``minimum_isolation`` is the weakest level that is
    good enough; where the kernel cannot reach it, the first run raises UserError, unless ``allow_weak`` (or the
    environment variable SYMBOL_LLM_ALLOW_WEAK_SANDBOX=1) permits any. ``strongest`` caps the level, for tests.
    """

    def __init__(
        self,
        kind: str = "python",
        size: int = 2,
        minimum_isolation: Isolation = Isolation.LANDLOCK,
        allow_weak: bool | None = None,
        strongest: Isolation = Isolation.FULL,
    ) -> None:
        self.kind, self.size = kind, size
        self.minimum_isolation, self.strongest = Isolation(minimum_isolation), Isolation(strongest)
        self.allow_weak = os.environ.get(ALLOW_WEAK_VARIABLE) == "1" if allow_weak is None else allow_weak
        self._fill()
        _all.add(self)

    def _fill(self) -> None:
        self._lock = threading.Lock()
        self._counting, self._emptying = threading.Lock(), threading.Lock()
        self._num_closing = 0
        self._level: Isolation | None = None
        self._shortfalls: tuple[str, ...] = ()
        self._zygotes = [ZygoteProcess(self.kind) for _ in range(self.size)]
        self._idle: LifoQueue[ZygoteProcess] = LifoQueue()
        for zygote in self._zygotes:
            self._idle.put(zygote)

    @property
    def isolation(self) -> Isolation:
        """The level that was reached on this machine. Starts a zygote if none is running."""
        with self._borrow() as zygote:
            return self._ready(zygote)

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """Why each stronger level was not reached, in the kernel's words; empty at the strongest. Starts a zygote."""
        with self._borrow() as zygote:
            self._ready(zygote)
            return self._shortfalls

    def run(self, program: str, limits: Limits = Limits()) -> Solution:  # noqa: B008 - frozen
        """Run one program to an answer (outcome None) or to the outcome that says why there is none.

        Raises UserError where the machine cannot isolate it well enough. A fault of the sandbox itself is tried
        once more, then reported as SANDBOX_ERROR.
        """
        if len(program) > LONGEST_PROGRAM:  # the rest is found out inside: parsers can be attacked, too
            message = f"a program of {len(program):,} characters; the longest that is run has {LONGEST_PROGRAM:,}"
            return Solution(Outcome.PARSE_ERROR, message=message, engine=ENGINE)
        solution = self._run_once(program, limits)
        if solution.outcome is Outcome.SANDBOX_ERROR:
            solution = self._run_once(program, limits)
        return solution

    def _closed(self) -> Solution:
        return Solution(Outcome.WALL_TIMEOUT, message=_CLOSED, engine=ENGINE, isolation=self._level or "none")

    def _run_once(self, program: str, limits: Limits) -> Solution:
        with self._borrow() as zygote:
            try:
                level = self._ready(zygote)
            except UserError:
                if self._num_closing:  # killed while it started
                    return self._closed()
                raise
            try:
                return self._closed() if self._num_closing else self._ask(zygote, level, program, limits)
            except (Hangup, OSError) as error:
                zygote.stop()
                if self._num_closing:
                    return self._closed()
                message = f"the zygote is gone: {error}"
                return Solution(Outcome.SANDBOX_ERROR, message=message, engine=ENGINE, isolation=level)
            except BaseException:  # Ctrl-C: or the next program would get this one's answer
                zygote.stop()
                raise

    @staticmethod
    def _ask(zygote: ZygoteProcess, level: Isolation, program: str, limits: Limits) -> Solution:
        request = {
            "cpu_seconds": min(limits.cpu_seconds, _LONGEST),
            "wall_seconds": min(limits.wall_seconds, _LONGEST),
            "memory_bytes": min(limits.memory_bytes, _LARGEST_MEMORY),
            "output_bytes": min(limits.output_bytes, LARGEST - 1),
            "result_bytes": min(limits.output_bytes, LARGEST - 1),
        }
        text = program.encode("utf-8", "surrogatepass")
        ending, result, output = zygote.ask(orjson.dumps(request), text, request["wall_seconds"])
        return read_ending(ending, result, output, limits, level)

    def _ready(self, zygote: ZygoteProcess) -> Isolation:
        """Start a zygote that is not running, at the level that the first one reached."""
        with self._lock:
            if self._level is None:
                self._level = self._find_level(zygote)
            level = self._level
        if not zygote.is_running:
            try:
                zygote.start(level)
            except NotReached as error:
                raise UserError(f"the sandbox cannot start again at level {level}: {error}") from None
        return level

    def _find_level(self, zygote: ZygoteProcess) -> Isolation:
        """Start at the strongest level that this kernel gives and that is seen to hold."""
        if sys.platform != "linux":
            raise UserError("the sandbox for programs needs Linux (namespaces, seccomp). Run it in a Linux container")
        levels = list(Isolation)
        reasons: list[str] = []
        weakest = Isolation.RLIMITS if self.allow_weak else self.minimum_isolation
        for level in levels[levels.index(self.strongest) : levels.index(weakest) + 1]:
            try:
                zygote.start(level)
                reason = self._probe(zygote, level)
                if not reason:
                    self._shortfalls = tuple(reasons)
                    return level
            except NotReached as error:
                reason = str(error)
            zygote.stop()
            if self._num_closing:
                raise UserError(f"the sandbox was closed while it started ({reason})")
            reasons.append(f"{level}: {reason}")
        raise UserError(
            f"the sandbox cannot isolate programs at level {weakest} or better on this machine "
            f"({'; '.join(reasons) or f'the level is capped at {self.strongest}'}). Allow user namespaces "
            "(sysctl kernel.unprivileged_userns_clone=1, or a container with --security-opt seccomp=unconfined) and "
            f"install libseccomp2; or accept weaker walls with {ALLOW_WEAK_VARIABLE}=1 "
            "(symbol-llm solve: --allow-weak-sandbox)"
        )

    def _probe(self, zygote: ZygoteProcess, level: Isolation) -> str:
        """What went wrong with the walls, or nothing."""
        try:
            solution = self._ask(zygote, level, _PROBE, Limits())
        except (Hangup, OSError) as error:
            return f"the zygote is gone: {error}"
        if solution.outcome is not None:
            return f"{solution.outcome}: {solution.message}"
        breaches = {what for what, result in solution.answer.items() if result == "allowed"} - _MAY_DO[level]
        return f"a program could {', '.join(sorted(breaches))}" if breaches else ""

    @contextlib.contextmanager
    def _borrow(self) -> Iterator[ZygoteProcess]:
        zygote = self._idle.get()
        try:
            yield zygote
        finally:
            self._idle.put(zygote)

    def close(self) -> None:
        """End all zygotes at once; programs that run end as WALL_TIMEOUT. A closed sandbox may be used again."""
        with self._counting:
            self._num_closing += 1
        try:
            with self._emptying:
                borrowed: list[ZygoteProcess] = []
                while len(borrowed) < self.size:
                    for zygote in self._zygotes:
                        if zygote not in borrowed:
                            zygote.kill()
                    with contextlib.suppress(Empty):
                        borrowed.append(self._idle.get(timeout=0.1))  # its borrower gives it back now
                for zygote in borrowed:
                    zygote.stop()
                    self._idle.put(zygote)
        finally:
            with self._counting:
                self._num_closing -= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_all: weakref.WeakSet[Sandbox] = weakref.WeakSet()


def _start_over() -> None:
    """In a forked child: the zygotes, their sockets and whatever lock was held are the parent's."""
    for sandbox in list(_all):
        for zygote in sandbox._zygotes:
            zygote.abandon()
        sandbox._fill()


os.register_at_fork(after_in_child=_start_over)
