"""The child's side of a worker: one loop, ``job → function → reply``, until the parent is gone.

    python -P -c "…; serve('symbol_llm.formats.fol_z3:run')" module-path…

Messages are an 8-byte big-endian length and a body. Inward: a pickle of (argument, cpu seconds, memory bytes).
Outward: JSON, first the greeting (null, or why the target cannot be loaded), then one Solution per job.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

from symbol_llm.solvers.outcome import Outcome, Solution


def serve(target: str) -> None:
    """Load the target, greet, and answer jobs until standard input ends."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF])
    jobs, replies = _private_pipes()
    try:
        module_name, function_name = target.split(":")
        module = importlib.import_module(module_name)
        function: Callable[[Any], Solution] = getattr(module, function_name)
        getattr(module, "prepare", lambda: None)()
    except Exception as error:
        _write(replies, f"{type(error).__name__}: {error}")
        return
    base = _address_space()
    _write(replies, None)
    while header := jobs.read(8):
        argument, cpu_seconds, memory_bytes = pickle.loads(jobs.read(int.from_bytes(header, "big")))
        solution = _limited(function, argument, cpu_seconds, base + memory_bytes)
        try:
            _write(replies, solution.to_json())
        except (TypeError, ValueError) as error:
            problem = f"the answer is not JSON: {error}"
            _write(replies, Solution(Outcome.RUNTIME_ERROR, message=problem).to_json())


def _limited(function: Callable[[Any], Solution], argument: Any, cpu_seconds: float, memory: int) -> Solution:
    """Run one job under a CPU timer, whose signal ends this process, and a limit on the address space."""
    start = time.process_time()
    _limit_address_space(memory)
    signal.setitimer(signal.ITIMER_PROF, max(cpu_seconds, 1e-3))
    try:
        solution = function(argument)
    except MemoryError:
        solution = Solution(Outcome.OUT_OF_MEMORY, message="out of memory")
    except Exception as error:
        # Z3 reports exhausted memory as an exception of its own.
        is_memory = "out of memory" in str(error).lower()
        outcome = Outcome.OUT_OF_MEMORY if is_memory else Outcome.RUNTIME_ERROR
        solution = Solution(outcome, message=f"{type(error).__name__}: {error}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _limit_address_space(resource.RLIM_INFINITY)
    return replace(solution, cpu_seconds=time.process_time() - start)


def _limit_address_space(size: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:
        size = hard if size == resource.RLIM_INFINITY else min(size, hard)
    if sys.platform == "linux":  # elsewhere the kernel does not enforce it
        resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _address_space() -> int:
    """Bytes of address space that the loaded engine takes before any job."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the two pipes away from descriptors 0 and 1, so that nothing an engine prints gets between."""
    jobs, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return os.fdopen(jobs, "rb"), os.fdopen(replies, "wb")


def _write(replies: BinaryIO, body: Any) -> None:
    data = json.dumps(body).encode("ascii")  # ASCII escapes carry lone surrogates, too
    replies.write(len(data).to_bytes(8, "big") + data)
    replies.flush()


def _watch(parent: int) -> None:
    """End this process when the parent has died, even in the middle of a job.

    Not PR_SET_PDEATHSIG: that fires when the *thread* that started us ends, and solvers are called from pools.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)
