"""Keeping account: hashes, counts, and files that appear whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from symbol_llm.errors import UserError

_PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def sha256_file(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Hex digest of a JSON value, independent of the order of keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


@cache
def code_version(*packages: str) -> str:
    """A digest of the Python sources of packages: work made by other code is never taken for this code's."""
    root = Path(__file__).parent.parent
    files = sorted(path for package in packages for path in (root / package).rglob("*.py"))
    return sha256_json([[str(path.relative_to(root)), sha256_file(path)] for path in files])[:16]


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one step, keys in the order given."""
    write_bytes(path, orjson.dumps(value, option=_PRETTY))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file in one step: after a crash there is the old file, the new one, or none."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """Create an output folder. Raises UserError if it cannot be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}. Choose another folder with --out") from error
    return path


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for one writer. Raises UserError if another process writes into it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{folder}: another process is writing here. Wait for it, or use another --out") from error
        yield
