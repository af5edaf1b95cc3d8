"""Inside one job: give everything up, run the program, write one result, and leave.

    x01 | length | {"outcome": null, "answer": 72, "message": ""}

The first byte says that the walls stood before the program began. The program can find this pipe and write what it
likes into it; that is its own answer then, for the gold answer is never in this process.
"""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import signal
import sys
import types
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from symbol_llm.errors import SymbolError
from symbol_llm.solvers.isolation import die_with_parent, drop_rights, forbid_core_dumps, libc
from symbol_llm.solvers.plain_values import NotPlain, to_plain
from symbol_llm.solvers.python_syntax import parse_python
from symbol_llm.solvers.syscalls import forbid_new_privileges, install_filter
from symbol_llm.solvers.wire import LENGTH

READY = b"\x01"
_RESULT, _FIRST_FREE = 3, 4
_REFUSALS = (errno.EPERM, errno.EACCES, errno.EROFS)
_FILE = "<program>"
_SCRATCH_FILE_BYTES = 16 << 20
_LONGEST_MESSAGE = 500


class Cell(NamedTuple):
    """What a job is shut in with. ``address_space`` and ``cpu_seconds`` are hard limits of the kernel."""

    address_space: int  # bytes, the zygote's own included
    cpu_seconds: int
    filter: bytes | None
    drops_user: bool
    num_threads: int | None  # None where the kernel counts them for all of the user's processes together
    zygote: int


def enter(cell: Cell, source: int, result: int, output: int) -> NoReturn:
    """Run the program that ``source`` holds in the process that was just forked. Never returns."""
    with open(source, "rb") as file:
        program = file.read().decode("utf-8", "surrogatepass")
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2), (result, _RESULT)):
        os.dup2(source, target)
    os.closerange(_FIRST_FREE, 1 << 16)  # the zygote's connection above all
    os.setsid()
    os.umask(0o077)
    _set_limits(cell)
    drop_rights(cell.drops_user)
    die_with_parent()
    if os.getppid() != cell.zygote:  # it died before that
        os._exit(1)
    forbid_core_dumps()
    forbid_new_privileges(libc)
    if cell.filter is not None:
        install_filter(libc, cell.filter)
    # Kept by value: the program may replace what the modules hold.
    write, leave, encode = os.write, os._exit, json.dumps
    write(_RESULT, READY)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - the three stay open
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    random.seed(0)
    out_of_memory = _report(encode, "out_of_memory", None, "MemoryError")  # made while there is some
    try:
        ended = _execute(program)
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            pass
        body = _report(encode, *ended)
    except MemoryError:
        body = out_of_memory
    while body:
        body = body[write(_RESULT, body) :]
    leave(0)


def _report(encode: Callable[[Any], str], outcome: str | None, answer: Any, message: str) -> bytes:
    body = encode({"outcome": outcome, "answer": answer, "message": message}).encode()
    return LENGTH.pack(len(body)) + body


def _set_limits(cell: Cell) -> None:
    limits = {
        resource.RLIMIT_AS: cell.address_space,
        resource.RLIMIT_CPU: cell.cpu_seconds,
        resource.RLIMIT_FSIZE: _SCRATCH_FILE_BYTES,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_STACK: 8 << 20,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if cell.num_threads is not None:
        limits[resource.RLIMIT_NPROC] = cell.num_threads
    for name, value in limits.items():
        _, most = resource.getrlimit(name)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(name, (value, value))


def _execute(program: str) -> tuple[str | None, Any, str]:
    """Outcome (None: there is an answer), answer and message."""
    try:
        code = _compile(program)
    except SymbolError as error:
        return "parse_error", None, str(error)
    except MemoryError:
        return "out_of_memory", None, "MemoryError while it was compiled"
    except BaseException as error:  # such as "too many statically nested blocks"
        return "parse_error", None, _describe(error)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)
        value = _value_of(module.__dict__)
        if value is None:
            return "no_answer", None, "no solution() that returns a value, and no variable named answer or ans"
        return None, to_plain(value), ""
    except SystemExit as error:
        return "no_answer", None, f"the program exited ({_describe(error)})"
    except MemoryError:
        return "out_of_memory", None, "MemoryError"
    except NotPlain as error:
        return "bad_answer", None, str(error)
    except OSError as error:
        return "denied" if error.errno in _REFUSALS else "runtime_error", None, _describe(error)
    except BaseException as error:
        return "runtime_error", None, _describe(error)


def _compile(program: str) -> types.CodeType:
    """Compile; the parser that says where and what is wrong runs only if something is."""
    try:
        return compile(program, _FILE, "exec", dont_inherit=True)
    except BaseException:
        parse_python(program)
        raise


def _value_of(names: dict[str, Any]) -> Any:
    solution = names.get("solution")
    if callable(solution):
        return solution()
    return names.get("answer", names.get("ans"))


def _describe(error: BaseException) -> str:
    """Type, message, and the program's line where it happened. An error's own ``__str__`` may fail, too."""
    try:
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == _FILE:
                line = trace.tb_lineno
            trace = trace.tb_next
        place = f" (line {line})" if line else ""
        text = f"{type(error).__name__}: {error}"[:_LONGEST_MESSAGE] + place
        return text.encode("utf-8", "backslashreplace").decode()
    except BaseException:
        return "an error that cannot be described"
