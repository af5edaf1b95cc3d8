"""The zygote: a warm Python behind walls that forks itself once per program.

    guard ──▶ zygote (process 1 of its namespaces) ──fork──▶ job, job, job …

It holds the time limits, and kills after each job whatever is left in there. It never sees a program or an answer
(see guard.py): jobs are its copies, and would inherit what it had seen.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any, NoReturn

from symbol_llm.solvers import job
from symbol_llm.solvers.isolation import (
    Isolation,
    adopt_orphans,
    build_private_root,
    die_with_parent,
    libc,
    mount_scratch,
    readable_paths,
    renew_scratch,
)
from symbol_llm.solvers.landlock import restrict_to
from symbol_llm.solvers.preload import KINDS
from symbol_llm.solvers.syscalls import forbid_new_privileges

LONGEST_MESSAGE = 1 << 12  # bytes; between guard and zygote
MOST_THREADS = 64  # of one job
_CPUS = os.cpu_count() or 1  # asked while there is a /proc to tell
_SHORTEST_LOOK = 0.005  # seconds between two looks at a job's processor time


class Zygote:
    """Serves a guard: one request and three descriptors in (program, result, output), one ending out."""

    def __init__(
        self, guard: socket.socket, kind: str, level: Isolation, filter_: bytes | None, drops_user: bool
    ) -> None:
        self.guard, self.kind, self.level, self.filter = guard, kind, level, filter_
        # Behind Landlock the user stays: only Python's libraries can be read, and "nobody" might not reach them.
        self.drops_user = drops_user and level is not Isolation.LANDLOCK
        # Since Linux 5.14 threads are counted per user namespace; before, per user of the whole machine.
        counts_apart = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (5, 14)
        self.num_threads = MOST_THREADS if counts_apart and level is Isolation.FULL else None

    def live(self) -> NoReturn:
        """Build the walls, load the libraries, serve until the guard hangs up."""
        try:
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            memory = self._shut_in()
        except OSError as error:
            self._say({"failure": f"{type(error).__name__}: {error}"[:500]})
            os._exit(1)
        self._say({"failure": ""})
        with contextlib.suppress(OSError):
            while True:
                request, descriptors, _, _ = socket.recv_fds(self.guard, LONGEST_MESSAGE, 3)
                if not request:
                    break
                self._say(self._run(json.loads(request), descriptors, memory))
        os._exit(0)

    def _say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            self.guard.send(json.dumps(message).encode())

    def _shut_in(self) -> int:
        """The bytes of address space that the zygote itself takes, measured once all is loaded."""
        statm = os.open("/proc/self/statm", os.O_RDONLY)  # before /proc is gone
        if self.level is Isolation.FULL:
            build_private_root()
            self.scratch = mount_scratch()
        else:
            os.chdir("/")
            adopt_orphans()
        KINDS[self.kind]()
        if self.level is Isolation.LANDLOCK:
            forbid_new_privileges(libc)
            restrict_to(readable_paths())
        gc.collect()
        gc.freeze()  # or every job's first collection would copy all pages
        pages = int(os.read(statm, 200).split()[0])
        os.close(statm)
        return pages * resource.getpagesize()

    def _run(self, limits: dict[str, Any], descriptors: list[int], memory: int) -> dict[str, Any]:
        """One job. Gives how it ended."""
        cell = job.Cell(
            address_space=memory + limits["memory_bytes"],
            cpu_seconds=int(limits["cpu_seconds"]) + 2,  # the net below the watch, which is exact
            filter=self.filter,
            drops_user=self.drops_user,
            num_threads=self.num_threads,
            zygote=os.getpid(),
        )
        leave = os._exit  # kept by value: the program may replace what the module holds
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                job.enter(cell, *descriptors)
            finally:
                leave(1)
        for descriptor in descriptors:
            os.close(descriptor)
        killed = _watch(pid, limits["cpu_seconds"], started + limits["wall_seconds"])
        usage, status = self._end(pid)
        if self.level is Isolation.FULL:
            self.scratch = renew_scratch(self.scratch)
        return {
            "killed": killed,
            "status": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "wall_seconds": time.monotonic() - started,
        }

    def _end(self, pid: int) -> tuple[resource.struct_rusage, int]:
        """Kill the job with all it may have started, and reap it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if self.level is Isolation.FULL and os.getpid() == 1:  # everything in this namespace but ourselves
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):  # killed before it was a group of its own
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        if self.level is Isolation.RLIMITS:
            _end_orphans()
        with contextlib.suppress(ChildProcessError):
            while self.level is Isolation.FULL:
                os.waitpid(-1, 0)
        return usage, status


def _end_orphans() -> None:
    """Where a program may fork: end what it left in other groups. When a parent dies, we inherit its children."""
    me = os.getpid()
    while orphans := Path(f"/proc/{me}/task/{me}/children").read_text().split():
        for orphan in map(int, orphans):
            os.kill(orphan, signal.SIGKILL)
        for orphan in map(int, orphans):
            os.waitpid(orphan, 0)


def _watch(pid: int, cpu_seconds: float, deadline: float) -> str | None:
    """Wait for the end of a job. Gives the limit that it ran into ("cpu" or "wall"), or None if it ended itself."""
    ended = os.pidfd_open(pid)
    clock = (~pid << 3) | 2  # the processor time of another process: clock_getcpuclockid(3)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    try:
        while True:
            wall_left = deadline - time.monotonic()
            try:
                cpu_left = cpu_seconds - time.clock_gettime(clock)
            except OSError:  # it is dead already, and the poll will say so
                cpu_left = cpu_seconds
            if cpu_left <= 0 or wall_left <= 0:
                return "cpu" if cpu_left <= 0 else "wall"
            # Threads may use several processors at once, so look before the time could be up.
            pause = min(wall_left, max(cpu_left / _CPUS, _SHORTEST_LOOK))
            if poll.poll(pause * 1000):
                return None
    finally:
        os.close(ended)
