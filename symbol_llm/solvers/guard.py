"""The guard: a process between the sandbox and its zygote, outside of the walls.

    sandbox ──program──▶ guard ──three descriptors──▶ zygote ──fork──▶ job
            ◀──ending, result, output── guard ◀──result, output── job

What programs are and what they write passes through the guard, never through the zygote. For a job is a copy of the
zygote: it would find in its memory the programs, the answers and the output of the jobs before it.

The guard ends the zygote when the sandbox's process dies, and with the zygote, being process 1 of its namespaces, the
kernel ends everything inside.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import time
from pathlib import Path

from symbol_llm.solvers.isolation import Isolation, enter_namespaces
from symbol_llm.solvers.preload import FUNCTIONS
from symbol_llm.solvers.syscalls import build_filter
from symbol_llm.solvers.wire import Hangup, receive_frames, send_frames
from symbol_llm.solvers.zygote import LONGEST_MESSAGE, MOST_THREADS, Zygote

_CHUNK = 1 << 16
_LOOK_SECONDS = 0.02  # between two looks at a job's threads


def start(kind: str, level: Isolation, control: int, sandbox: int) -> None:
    """Start a zygote and guard it. ``control`` is the socket's descriptor, ``sandbox`` the caller's process."""
    connection = socket.socket(fileno=control)
    for module in FUNCTIONS.get(kind, ()):
        importlib.import_module(module)
    with contextlib.suppress(OSError):  # some containers have no such file
        # If the machine runs out of memory, the kernel's choice is a job or its zygote, never the caller.
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        caller = os.pidfd_open(sandbox)
        filter_ = None if level is Isolation.RLIMITS else build_filter(may_write=level is Isolation.FULL)
        drops_user = enter_namespaces() if level is Isolation.FULL else os.geteuid() == 0
    except (OSError, ImportError, RuntimeError) as error:  # pyseccomp raises RuntimeError without libseccomp
        send_frames(connection, json.dumps({"failure": f"{type(error).__name__}: {error}"}).encode())
        return
    if os.getppid() != sandbox:  # it died before it could be watched
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        for descriptor in (caller, ours.fileno(), connection.fileno()):
            os.close(descriptor)
        Zygote(theirs, kind, level, filter_, drops_user).live()
    theirs.close()
    _Guard(connection, ours, pid, caller, level).serve()


class _Over(Exception):
    """The zygote or the sandbox's process has ended."""


class _Guard:
    def __init__(
        self, connection: socket.socket, inside: socket.socket, zygote: int, caller: int, level: Isolation
    ) -> None:
        self.connection, self.inside, self.zygote, self.caller = connection, inside, zygote, caller
        self.ended = os.pidfd_open(zygote)
        # Where threads can be started, and the kernel does not count them for each job apart.
        self.counts_threads = level in (Isolation.LANDLOCK, Isolation.SECCOMP)

    def serve(self) -> None:
        """Pass jobs in and results out until one side is gone; then end the zygote."""
        signal.signal(signal.SIGTERM, lambda *_: os.kill(self.zygote, signal.SIGKILL))
        with contextlib.suppress(_Over, Hangup, OSError):
            self._wait({self.inside.fileno()})
            send_frames(self.connection, self._hear())
            while True:
                self._wait({self.connection.fileno()})
                request, program = receive_frames(self.connection, 2)
                send_frames(self.connection, *self._run(request, program))
        os.kill(self.zygote, signal.SIGKILL)  # at worst a zombie still
        os.waitpid(self.zygote, 0)

    def _wait(self, descriptors: set[int], seconds: float | None = None) -> set[int]:
        """Those that can be read; none when the time is up. Raises _Over if there is nobody left to serve."""
        poll = select.poll()
        for descriptor in (*descriptors, self.ended, self.caller):
            poll.register(descriptor, select.POLLIN)
        events = {descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)}
        if self.caller in events or (self.ended in events and not events & descriptors):
            raise _Over
        return events & descriptors

    def _hear(self) -> bytes:
        message = self.inside.recv(LONGEST_MESSAGE)
        if not message:
            raise _Over
        return message

    def _run(self, request: bytes, program: bytes) -> tuple[bytes, bytes, bytes]:
        """One job. Gives its ending as JSON, what it wrote into the result pipe, and its output."""
        limits = json.loads(request)
        # One byte more than the caller takes tells "too long" from "just fits".
        result, output = _Pipe(limits["result_bytes"] + 1), _Pipe(limits["output_bytes"])
        source = os.memfd_create("program")
        with open(source, "wb", closefd=False) as file:
            file.write(program)
        os.lseek(source, 0, os.SEEK_SET)
        theirs = [source, result.write_end, output.write_end]
        socket.send_fds(self.inside, [request], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        pipes = {result.read_end: result, output.read_end: output}
        has_too_many = self._relay(dict(pipes))
        ending = json.loads(self._hear())
        for descriptor, pipe in pipes.items():
            pipe.drain()
            os.close(descriptor)
        if has_too_many:
            ending["killed"] = "threads"
        ending["is_output_cut"] = output.is_cut
        return json.dumps(ending).encode(), bytes(result.kept), bytes(output.kept)

    def _relay(self, pipes: dict[int, _Pipe]) -> bool:
        """Read a job's pipes until the zygote tells its ending. Gives whether it had to be killed for its threads."""
        has_too_many, next_look = False, time.monotonic() + _LOOK_SECONDS
        while True:
            ready = self._wait({self.inside.fileno(), *pipes}, _LOOK_SECONDS if self.counts_threads else None)
            for descriptor in ready & pipes.keys():
                if not pipes[descriptor].read():
                    del pipes[descriptor]
            if self.inside.fileno() in ready:
                return has_too_many
            if self.counts_threads and time.monotonic() >= next_look:
                has_too_many |= self._kill_for_threads()
                next_look = time.monotonic() + _LOOK_SECONDS

    def _kill_for_threads(self) -> bool:
        try:
            (job,) = Path(f"/proc/{self.zygote}/task/{self.zygote}/children").read_text().split()
            has_too_many = int(Path(f"/proc/{job}/stat").read_text().rpartition(")")[2].split()[17]) > MOST_THREADS
            if has_too_many:
                os.kill(int(job), signal.SIGKILL)
        except (OSError, ValueError):  # it has just ended
            return False
        return has_too_many


class _Pipe:
    """A job's pipe: keeps the first bytes, takes and drops the rest, so that no writer blocks."""

    def __init__(self, most: int) -> None:
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.most, self.kept, self.is_cut = most, bytearray(), False

    def read(self) -> bool:
        """Take one chunk. False: all is read."""
        chunk = os.read(self.read_end, _CHUNK)
        room = self.most - len(self.kept)
        self.is_cut |= len(chunk) > room
        self.kept += chunk[:room]
        return bool(chunk)

    def drain(self) -> None:
        """Take what is left once the job is dead."""
        with contextlib.suppress(BlockingIOError):
            while self.read():
                pass
