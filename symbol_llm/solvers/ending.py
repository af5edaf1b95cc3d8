"""From what the zygote saw of a job to its outcome. Whatever came through the job's own pipe is hostile.

```
{"killed": null, "status": 0, …}  +  x01 | length | {"outcome": null, "answer": 72, …}   →   72
{"killed": "cpu", …}                                                                      →   CPU_TIMEOUT
{"killed": null, "status": -11, …}                                                        →   CRASH
```
"""

from __future__ import annotations

import platform
import signal
from dataclasses import replace
from typing import Any

import orjson

from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.job import READY
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.wire import LENGTH

ENGINE = f"CPython {platform.python_version()}"
# What a program can truthfully say about itself. It cannot claim to be correct, or a fault of ours.
_SAYABLE = {
    Outcome.PARSE_ERROR,
    Outcome.DENIED,
    Outcome.RUNTIME_ERROR,
    Outcome.OUT_OF_MEMORY,
    Outcome.NO_ANSWER,
    Outcome.BAD_ANSWER,
}


def read_ending(ending: bytes, result: bytes, output: bytes, limits: Limits, level: Isolation) -> Solution:
    """The solution of one job. Raises ValueError only if the zygote itself is broken."""
    seen: dict[str, Any] = orjson.loads(ending)
    text = output.decode("utf-8", "replace")
    base = Solution(
        None,
        engine=ENGINE,
        isolation=level.value,
        cpu_seconds=seen["cpu_seconds"],
        wall_seconds=seen["wall_seconds"],
        output=text + "\n… (output cut)" if seen["is_output_cut"] else text,
    )
    killed = _killed(seen, limits)
    if killed is not None:
        return base.judged(*killed)
    if not result.startswith(READY):
        return base.judged(Outcome.SANDBOX_ERROR, f"the job could not be shut in (exit code {seen['status']})")
    message = result[len(READY) :]
    if not message:
        return base.judged(Outcome.NO_ANSWER, f"the program ended without a result (exit code {seen['status']})")
    if len(result) > limits.output_bytes:
        return base.judged(Outcome.BAD_ANSWER, f"an answer of more than {limits.output_bytes} bytes")
    return _read_result(base, message)


def _killed(seen: dict[str, Any], limits: Limits) -> tuple[Outcome, str] | None:
    """The outcome of a job that did not end itself."""
    if seen["killed"] == "cpu":
        return Outcome.CPU_TIMEOUT, f"stopped after {limits.cpu_seconds} s of processor time"
    if seen["killed"] == "wall":
        return Outcome.WALL_TIMEOUT, f"stopped after {limits.wall_seconds} s"
    if seen["killed"] == "threads":
        return Outcome.RUNTIME_ERROR, "killed because it started too many threads"
    if seen["status"] >= 0:
        return None
    name = signal.Signals(-seen["status"]).name
    if name in ("SIGXCPU", "SIGKILL") and seen["cpu_seconds"] >= limits.cpu_seconds:
        return Outcome.CPU_TIMEOUT, f"the kernel stopped it after {seen['cpu_seconds']:.1f} s of processor time"
    if name == "SIGKILL":  # a program cannot send it: the machine's out-of-memory killer, or a person
        return Outcome.SANDBOX_ERROR, "killed from outside (is the machine out of memory?)"
    if name == "SIGSYS":
        return Outcome.DENIED, "a system call of another architecture"
    return Outcome.CRASH, f"killed by {name}"


def _read_result(base: Solution, message: bytes) -> Solution:
    """The program's own report, or BAD_ANSWER if it wrote anything else into the pipe."""
    tampered = base.judged(Outcome.BAD_ANSWER, "the result is not one well-formed message")
    if len(message) < LENGTH.size or LENGTH.unpack_from(message)[0] != len(message) - LENGTH.size:
        return tampered
    try:
        report = orjson.loads(message[LENGTH.size :])
    except orjson.JSONDecodeError:
        return tampered
    if not isinstance(report, dict) or report.keys() != {"outcome", "answer", "message"}:
        return tampered
    outcome, text = report["outcome"], report["message"]
    if not isinstance(text, str):
        return tampered
    if outcome is None and report["answer"] is not None:
        return replace(base, answer=report["answer"])
    is_sayable = isinstance(outcome, str) and outcome in _SAYABLE
    return base.judged(Outcome(outcome), text) if is_sayable else tampered
