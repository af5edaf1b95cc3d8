"""A worker: a process that runs a trusted engine on untrusted input, and that can be killed at any moment.

    worker = Worker("symbol_llm.formats.fol_z3:run", name="Z3")
    worker.call({"question": "entails", "script": "(declare-sort U 0) …"}, Limits(cpu_seconds=5))

Engines such as Z3 and SQLite execute no model-written code, but a formula or a query can make them run forever, fill
the memory or crash. Here they do so in a child, which is replaced; ``call`` always returns a Solution. A normal job
costs a round trip over a pipe (about 0.2 ms), because the child stays alive between jobs.

The child is a fresh interpreter (see worker_child.py), never a fork: it shares no locks, threads or open files
with the parent, and scripts need no ``__main__`` guard. Pipes are close-on-exec, so workers do not inherit each
other's. Jobs travel to the child as pickles; replies come back as JSON, so that even a subverted engine can
execute nothing here.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from queue import LifoQueue
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from symbol_llm.solvers.worker_child import serve; serve(sys.argv[1])"
# A job's threads would wait for each other in loops, and its limit is of processor time.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
_START_SECONDS = 120.0  # imports on a busy machine
_REPLY_BYTES = 1 << 28
_STDERR_BYTES = 2_000  # the tail that a crash message quotes


class Worker:
    """One child process for one target, started at the first call. Safe to call from several threads.

    ``target`` is "module:function". The function runs in the child with one picklable argument and returns a
    Solution whose ``answer`` is a JSON value. If the module has a function ``prepare()``, it is called once
    before the first job and counts towards no job's limits: import the engine there. ``name`` (of the engine)
    stands in the solutions that the worker itself makes.
    """

    def __init__(self, target: str, name: str = "") -> None:
        self.target = target
        self.name = name or target
        self._reset()
        _ALL.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._num_closing = 0

    def call(self, argument: Any, limits: Limits) -> Solution:
        """Run one job. Raises UserError only if the child cannot be started at all.

        CPU_TIMEOUT, WALL_TIMEOUT, OUT_OF_MEMORY and CRASH cost the child its life; the next call starts a new
        one. RUNTIME_ERROR is an exception of the target. ``limits.memory_bytes`` is what the job may use on
        top of the loaded engine.
        """
        job = pickle.dumps((argument, limits.cpu_seconds, limits.memory_bytes))
        with self._lock:
            is_fresh, solution = self._run(job, limits)
            if solution.outcome in (Outcome.OUT_OF_MEMORY, Outcome.CRASH) and not is_fresh:
                # What earlier jobs left behind, or a child killed while idle, must not decide this job's outcome.
                _, solution = self._run(job, limits)
            return solution

    def _closed(self) -> Solution:
        return Solution(Outcome.WALL_TIMEOUT, message=_CLOSED, engine=self.name)

    def _run(self, job: bytes, limits: Limits) -> tuple[bool, Solution]:
        if self._child is not None and self._child.has_ended():
            self._stop()
        is_fresh = self._child is None
        try:
            if self._child is None:
                self._child = _Child(self.target)
                self._child.greet(self.target)
            # Checked once there is a child that ``close`` sees, so that none is missed.
            solution = self._closed() if self._num_closing else self._child.run(job, limits, self.name)
        except BaseException as error:  # an interrupt would leave a reply behind in the pipe
            self._stop()
            if self._num_closing and isinstance(error, UserError):  # killed while it started
                return True, self._closed()
            raise
        if self._num_closing and solution.outcome is Outcome.CRASH:
            solution = self._closed()
        if solution.outcome in _FATAL:
            self._stop()
        return is_fresh or self._num_closing > 0, solution

    def _stop(self) -> None:
        if self._child is not None:
            with self._child.reaping:
                self._child.end()
            self._child = None

    def close(self) -> None:
        """End the child at once; a job that it runs ends as WALL_TIMEOUT. The next call starts a new one."""
        with _counting:
            self._num_closing += 1
        try:
            if child := self._child:
                child.kill()
            with self._lock:
                self._stop()
        finally:
            with _counting:
                self._num_closing -= 1


class WorkerPool:
    """Up to ``size`` workers of one target; ``call`` runs on an idle one and waits while all are busy."""

    def __init__(self, target: str, size: int, name: str = "") -> None:
        self._workers = [Worker(target, name) for _ in range(size)]
        # Last in, first out: a warm worker is taken before a new one is started.
        self._idle: LifoQueue[Worker] = LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def call(self, argument: Any, limits: Limits) -> Solution:
        """Run one job on an idle worker; see ``Worker.call``."""
        worker = self._idle.get()
        try:
            return worker.call(argument, limits)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End all children at once; jobs that run end as WALL_TIMEOUT. A closed pool may be called again."""
        for worker in self._workers:
            worker.close()


_CLOSED = "ended, because the solver was closed"
_counting = threading.Lock()
_FATAL = {Outcome.CPU_TIMEOUT, Outcome.WALL_TIMEOUT, Outcome.OUT_OF_MEMORY, Outcome.CRASH}


class _Child:
    """A running child and the parent's ends of its three pipes."""

    def __init__(self, target: str) -> None:
        path = [os.path.abspath(entry) for entry in sys.path]  # "" is the folder we are in
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, target, *path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            process_group=0,  # Ctrl-C is the parent's affair
            env={**os.environ, **ONE_THREAD},
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.stdin, self.stdout, self.stderr = self.process.stdin, self.process.stdout, self.process.stderr
        self.errors = b""
        self.reaping = threading.Lock()  # so that nobody kills a process group whose number is free again
        # Ends the child when the worker is garbage or the interpreter exits without close().
        self.end = weakref.finalize(self, _end, self.process, os.getpid())

    def greet(self, target: str) -> None:
        """Wait until the target is loaded. Raises UserError if it cannot be."""
        try:
            greeting = self._receive(time.monotonic() + _START_SECONDS)
            problem = json.loads(greeting) if greeting is not None else self._quote() or "it died at once"
        except TimeoutError:
            problem = f"not ready after {_START_SECONDS:g} s"
        except BaseException:
            self.end()
            raise
        if problem is not None:
            self.end()
            raise UserError(f"the worker process for {target} cannot start: {problem}")

    def has_ended(self) -> bool:
        with self.reaping:
            return self.process.poll() is not None

    def kill(self) -> None:
        """Kill it with its process group, while another thread may wait for it."""
        with self.reaping:
            if self.process.returncode is None:
                _kill_group(self.process.pid)

    def run(self, job: bytes, limits: Limits, name: str) -> Solution:
        start = time.monotonic()
        self.errors = b""
        try:
            self._send(job)
            reply = self._receive(start + limits.wall_seconds)
        except TimeoutError:
            message = f"no answer within {limits.wall_seconds:g} s of wall time"
            return Solution(Outcome.WALL_TIMEOUT, message=message, engine=name, wall_seconds=time.monotonic() - start)
        except ValueError as error:
            return Solution(Outcome.CRASH, message=str(error), engine=name, wall_seconds=time.monotonic() - start)
        wall = time.monotonic() - start
        if reply is None:
            return self._epitaph(limits, name, wall)
        fields = json.loads(reply)
        outcome = fields.pop("outcome")
        return Solution(
            **{**fields, "engine": fields["engine"] or name, "wall_seconds": wall},
            outcome=outcome and Outcome(outcome),
        )

    def _epitaph(self, limits: Limits, name: str, wall: float) -> Solution:
        try:
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            pass  # it is reaped already
        with self.reaping:
            code = self.process.wait()
        said = self._quote()
        if code == -signal.SIGPROF:  # the child's CPU timer
            message = f"no answer within {limits.cpu_seconds:g} s of CPU time"
            return Solution(
                Outcome.CPU_TIMEOUT, message=message, engine=name, cpu_seconds=limits.cpu_seconds, wall_seconds=wall
            )
        if "bad_alloc" in said or "out of memory" in said.lower():
            return Solution(Outcome.OUT_OF_MEMORY, message=said, engine=name, wall_seconds=wall)
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
        message = f"the engine's process {how}{': ' if said else ''}{said}"
        return Solution(Outcome.CRASH, message=message, engine=name, wall_seconds=wall)

    def _quote(self) -> str:
        return self.errors.decode("utf-8", "replace").strip()

    def _send(self, job: bytes) -> None:
        data = memoryview(len(job).to_bytes(8, "big") + job)
        try:
            while data:
                data = data[self.stdin.write(data) or 0 :]
        except BrokenPipeError:
            pass  # the child is dead: _receive finds the end of its output, and the status says why

    def _receive(self, deadline: float) -> bytes | None:
        """One reply, or None if the child closed its end. Raises TimeoutError, or ValueError if it is absurd."""
        poller, out, err = select.poll(), self.stdout.fileno(), self.stderr.fileno()
        poller.register(out, select.POLLIN)
        poller.register(err, select.POLLIN)
        buffer = bytearray()
        while True:
            left = deadline - time.monotonic()
            events = [fd for fd, _ in poller.poll(max(0.0, left) * 1000)]
            if left <= 0 and out not in events:  # even while it floods its standard error
                raise TimeoutError
            if err in events:
                self._listen(poller, err)
            if out not in events:
                continue
            chunk = os.read(out, 1 << 16)
            if not chunk:
                while err in [fd for fd, _ in poller.poll(0)]:  # the last words
                    self._listen(poller, err)
                return None
            buffer += chunk
            size = int.from_bytes(buffer[:8], "big") if len(buffer) >= 8 else 0
            if size > _REPLY_BYTES:
                raise ValueError(f"the reply of {size} bytes is longer than {_REPLY_BYTES}")
            if len(buffer) >= 8 + size > 8:
                return bytes(buffer[8:])

    def _listen(self, poller: select.poll, err: int) -> None:
        said = os.read(err, 1 << 16)
        self.errors = (self.errors + said)[-_STDERR_BYTES:]
        if not said:
            poller.unregister(err)


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """Kill the child with its process group and release the pipes. In a fork of the owner: only the pipes."""
    if os.getpid() == owner and process.poll() is None:
        _kill_group(process.pid)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself just now


_ALL: weakref.WeakSet[Worker] = weakref.WeakSet()


def _after_fork() -> None:
    # A fork must not talk to its parent's children, nor keep their pipes open.
    for worker in list(_ALL):
        worker._stop()
        worker._reset()


os.register_at_fork(after_in_child=_after_fork)
