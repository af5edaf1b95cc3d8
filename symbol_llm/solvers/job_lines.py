"""Lines of jobs, and what is wrong with the others.

    {"id": 7, "symbol": "SELECT 1", "definitions": "…", "world": {"database": "a.sqlite"}, "gold": [[1]]}   a Job
    {"symbol": 5}                                          line 3: 'symbol' is a number, not a text
    {"id": 8, "symb                                        line 4: not JSON: unexpected end of data …

Only ``symbol`` is needed. ``id`` and ``gold`` are handed through; other keys are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.solvers.base import Job

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


class JobLine(NamedTuple):
    """One line: its place, and its job or the fault why there is none. ``line`` counts from 1 within its file."""

    file: str
    line: int
    id: Any
    job: Job | None
    gold: Any = None
    fault: str = ""


def read_lines(paths: Iterable[Path | None], root: Path | None) -> Iterator[JobLine]:
    """The lines of files, one after the other; None is standard input. Blank lines are passed over.

    ``root`` is the folder that file names in ``world`` start from. Raises UserError if a file cannot be opened.
    """
    for path in paths:
        if path is None:
            with open(0, "rb", closefd=False) as lines:
                yield from _numbered(lines, "standard input", root)
            continue
        try:
            file = path.open("rb")
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}") from error
        with file:
            yield from _numbered(file, str(path), root)


def _numbered(lines: Iterable[bytes], name: str, root: Path | None) -> Iterator[JobLine]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _read(line, name, number, root)


def _read(line: bytes, name: str, number: int, root: Path | None) -> JobLine:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return JobLine(name, number, None, None, fault=f"not JSON: {error}")
    if not isinstance(value, dict):
        return JobLine(name, number, None, None, fault=f"{_kind(value)}, where an object is expected")
    fault = _fault(value)
    if fault:
        return JobLine(name, number, value.get("id"), None, fault=fault)
    context = Context(value.get("definitions") or "", value.get("world") or {}, root)
    return JobLine(name, number, value.get("id"), Job(value["symbol"], context), value.get("gold"))


def _fault(value: dict[str, Any]) -> str:
    if "symbol" not in value:
        return "there is no 'symbol'"
    for key, kind in (("symbol", str), ("definitions", str), ("world", dict)):
        given = value.get(key)
        if not isinstance(given, kind) and (given is not None or key == "symbol"):
            return f"{key!r} is {_kind(given)}, not {_KINDS[kind]}"
    return ""


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "null")
