"""The zygote: a warm Python behind walls that forks itself once per program.

    sandbox ──socket──▶ guard (outside) ──▶ zygote (process 1 of its namespaces) ──fork──▶ job, job, job …

The guard is the sandbox's child. It ends the zygote when the sandbox's process dies, and with the zygote, being
process 1, the kernel ends every process inside. After each job the zygote kills whatever is left in there.
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
from typing import Any, NoReturn

from symbol_llm.solvers import job
from symbol_llm.solvers.isolation import (
    Isolation,
    build_private_root,
    die_with_parent,
    enter_namespaces,
    libc,
    readable_paths,
    renew_scratch,
)
from symbol_llm.solvers.landlock import restrict_to
from symbol_llm.solvers.preload import KINDS
from symbol_llm.solvers.syscalls import build_filter, forbid_new_privileges
from symbol_llm.solvers.wire import Hangup, receive_frames, send_frames

_THREADS_PER_JOB = 64
_CHUNK = 1 << 16
_SHORTEST_LOOK = 0.005  # seconds between two looks at a job's processor time


def start(kind: str, level: Isolation, control: int, sandbox: int) -> None:
    """Start a zygote and guard it. ``control`` is the socket's descriptor, ``sandbox`` the caller's process."""
    connection = socket.socket(fileno=control)
    caller = os.pidfd_open(sandbox)
    if os.getppid() != sandbox:  # it died before it could be watched
        return
    try:
        filter_ = None if level is Isolation.RLIMITS else build_filter(may_write=level is Isolation.FULL)
        drops_user = enter_namespaces() if level is Isolation.FULL else os.geteuid() == 0
    except (OSError, ImportError, RuntimeError) as error:  # pyseccomp raises RuntimeError without libseccomp
        _say_hello(connection, f"{type(error).__name__}: {error}")
        return
    zygote = os.fork()
    if zygote == 0:
        os.close(caller)
        _Zygote(connection, kind, level, filter_, drops_user).live()
    connection.close()
    _guard(zygote, caller)


def _guard(zygote: int, caller: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os.kill(zygote, signal.SIGKILL))
    ended = os.pidfd_open(zygote)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(caller, select.POLLIN)
    events = {descriptor for descriptor, _ in poll.poll()}
    if ended not in events:
        os.kill(zygote, signal.SIGKILL)
    os.waitpid(zygote, 0)


def _say_hello(connection: socket.socket, failure: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        send_frames(connection, json.dumps({"failure": failure}).encode())


class _Zygote:
    def __init__(
        self, connection: socket.socket, kind: str, level: Isolation, filter_: bytes | None, drops_user: bool
    ) -> None:
        self.connection, self.kind, self.level, self.filter = connection, kind, level, filter_
        # Behind Landlock the user stays: only Python's libraries can be read, and "nobody" might not reach them.
        self.drops_user = drops_user and level is not Isolation.LANDLOCK
        # Since Linux 5.14 threads are counted per user namespace; before, per user of the whole machine.
        counts_apart = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (5, 14)
        self.num_threads = _THREADS_PER_JOB if counts_apart and level is Isolation.FULL else None

    def live(self) -> NoReturn:
        """Build the walls, load the libraries, serve until the sandbox hangs up."""
        try:
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            memory = self._shut_in()
        except OSError as error:
            _say_hello(self.connection, f"{type(error).__name__}: {error}")
            os._exit(1)
        _say_hello(self.connection, "")
        with contextlib.suppress(Hangup, OSError):
            while True:
                request, program = receive_frames(self.connection, 2)
                send_frames(self.connection, *self._run(json.loads(request), program.decode(), memory))
        os._exit(0)

    def _shut_in(self) -> int:
        """The bytes of address space that the zygote itself takes, measured once all is loaded."""
        statm = os.open("/proc/self/statm", os.O_RDONLY)  # before /proc is gone
        if self.level is Isolation.FULL:
            build_private_root()
        else:
            os.chdir("/")
        KINDS[self.kind]()
        if self.level is Isolation.LANDLOCK:
            forbid_new_privileges(libc)
            restrict_to(readable_paths())
        gc.collect()
        gc.freeze()  # or every job's first collection would copy all pages
        pages = int(os.read(statm, 200).split()[0])
        os.close(statm)
        return pages * resource.getpagesize()

    def _run(self, limits: dict[str, Any], program: str, memory: int) -> tuple[bytes, bytes, bytes]:
        """One job. Gives its ending as JSON, what it wrote into the result pipe, and its output."""
        cell = job.Cell(
            address_space=memory + limits["memory_bytes"],
            cpu_seconds=int(limits["cpu_seconds"]) + 2,  # the net below the watch, which is exact
            filter=self.filter,
            drops_user=self.drops_user,
            num_threads=self.num_threads,
        )
        result, result_end = os.pipe()
        output, output_end = os.pipe()
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                job.enter(program, cell, result_end, output_end)
            finally:
                os._exit(1)
        os.close(result_end)
        os.close(output_end)
        # One byte more than the caller takes tells "too long" from "just fits".
        pipes = {result: _Pipe(result, limits["result_bytes"] + 1), output: _Pipe(output, limits["output_bytes"])}
        killed = _watch(pid, pipes, limits["cpu_seconds"], started + limits["wall_seconds"])
        usage, status = self._end(pid)
        for pipe in pipes.values():
            pipe.drain()
            os.close(pipe.descriptor)
        if self.level is Isolation.FULL:
            renew_scratch()
        ending = {
            "killed": killed,
            "status": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "wall_seconds": time.monotonic() - started,
            "is_output_cut": pipes[output].is_cut,
        }
        return json.dumps(ending).encode(), bytes(pipes[result].kept), bytes(pipes[output].kept)

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
        with contextlib.suppress(ChildProcessError):
            while self.level is Isolation.FULL:
                os.waitpid(-1, 0)
        return usage, status


class _Pipe:
    """The read end of a job's pipe: keeps the first bytes, takes and drops the rest, so that no writer blocks."""

    def __init__(self, descriptor: int, most: int) -> None:
        self.descriptor, self.most, self.kept, self.is_cut = descriptor, most, bytearray(), False
        os.set_blocking(descriptor, False)

    def read(self) -> bool:
        """Take one chunk. False: all is read."""
        chunk = os.read(self.descriptor, _CHUNK)
        room = self.most - len(self.kept)
        self.is_cut |= len(chunk) > room
        self.kept += chunk[:room]
        return bool(chunk)

    def drain(self) -> None:
        """Take what is left once the job is dead."""
        with contextlib.suppress(BlockingIOError):
            while self.read():
                pass


def _watch(pid: int, pipes: dict[int, _Pipe], cpu_seconds: float, deadline: float) -> str | None:
    """Wait for the end of a job. Gives the limit that it ran into ("cpu" or "wall"), or None if it ended itself."""
    ended = os.pidfd_open(pid)
    clock = (~pid << 3) | 2  # the processor time of another process: clock_getcpuclockid(3)
    cpus = os.cpu_count() or 1
    poll = select.poll()
    for descriptor in (ended, *pipes):
        poll.register(descriptor, select.POLLIN)
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
            pause = min(wall_left, max(cpu_left / cpus, _SHORTEST_LOOK))
            events = {descriptor for descriptor, _ in poll.poll(pause * 1000)}
            for descriptor in events & pipes.keys():
                if not pipes[descriptor].read():
                    poll.unregister(descriptor)
            if ended in events:
                return None
    finally:
        os.close(ended)
