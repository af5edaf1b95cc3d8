"""The sandbox's end of one zygote: starting its interpreter, asking it, ending it.

The interpreter is fresh: no environment but ours (fixed hash seed, locale, time zone), no user site, no script
folder on its path, no descriptor but one socket.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import orjson

from symbol_llm.solvers.isolation import SCRATCH, Isolation
from symbol_llm.solvers.wire import Hangup, receive_frames, send_frames
from symbol_llm.solvers.worker import ONE_THREAD

_BOOT = """
import sys
sys.path.insert(0, sys.argv[1])
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.guard import start
del sys.path[0]
start(sys.argv[2], Isolation(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
"""
_PACKAGES = str(Path(__file__).resolve().parents[2])
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    **ONE_THREAD,
}
_BOOT_SECONDS = 120.0  # a cold disk under load; measured 0.5 with sympy
_GRACE_SECONDS = 60.0  # past a job's wall limit, which the zygote itself keeps
_END_SECONDS = 10.0


class NotReached(Exception):
    """The zygote could not build its walls; the message is the kernel's reason."""


class ZygoteProcess:
    """One zygote, started on demand. Used by one thread at a time."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._is_asked = False  # an answer is still to come

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process number of the zygote's guard."""
        return self._process.pid if self._process else None

    def start(self, level: Isolation) -> None:
        """Start at a level. Raises NotReached with the reason if it cannot be had."""
        ours, theirs = socket.socketpair()
        arguments = [_PACKAGES, self.kind, level.value, str(theirs.fileno()), str(os.getpid())]
        libraries = os.environ.get("LD_LIBRARY_PATH")
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-B", "-X", "utf8", "-c", _BOOT, *arguments],
                env=_ENVIRONMENT | ({"LD_LIBRARY_PATH": libraries} if libraries else {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the caller, who then closes us
            )
        self._connection = ours
        ours.settimeout(_BOOT_SECONDS)
        try:
            (hello,) = receive_frames(ours, 1)
            failure = orjson.loads(hello)["failure"]
        except (Hangup, OSError) as error:
            failure = f"the zygote died at its start ({error})"
        if failure:
            self.stop()
            raise NotReached(failure)

    def ask(self, request: bytes, program: bytes, wall_seconds: float) -> list[bytes]:
        """Run one job. Gives three frames: ending, result, output. Raises Hangup or OSError if the zygote is gone."""
        assert self._connection is not None, "the zygote is not running"
        self._connection.settimeout(wall_seconds + _GRACE_SECONDS)
        self._is_asked = True
        send_frames(self._connection, request, program)
        answer = receive_frames(self._connection, 3)
        self._is_asked = False
        return answer

    def stop(self) -> None:
        """End the zygote and everything inside, a job that runs as well, and wait until all is gone."""
        if self._connection is not None:
            self._connection.close()  # it reads the end of its input and leaves
            self._connection = None
        if self._process is not None:
            if self._is_asked:  # it is busy and does not read
                self._process.terminate()  # the guard kills it
            for end in (self._process.terminate, self._process.kill):
                try:
                    self._process.wait(_END_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    end()
            self._process.wait()
            self._process = None
        self._is_asked = False

    def kill(self) -> None:
        """End it at once, from another thread than the one that uses it, which then finds it gone."""
        process = self._process
        if process is not None:
            process.terminate()  # the guard kills what is inside

    def abandon(self) -> None:
        """Forget a zygote that belongs to the process that this one was forked from."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.returncode = 0  # not ours to wait for
            self._process = None
