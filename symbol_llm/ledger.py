"""Keeping account: hashes, counts, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from symbol_llm.errors import CheckFailed, UserError

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
    with replacing(path) as part:
        part.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place to write a file to that then takes ``path``'s name in one step. If writing fails, nothing is left."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_entry(path: Path) -> dict[str, Any]:
    """Size and sha256 of a file, as manifests have them."""
    return {"bytes": path.stat().st_size, "sha256": sha256_file(path)}


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    """Write a manifest with the seal that lets ``read_manifest`` find any later change of it."""
    manifest["seal"] = sha256_json(manifest)
    write_json(path, manifest)


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest as ``write_manifest`` wrote it. Raises CheckFailed if so much as a space of it was changed."""
    data = path.read_bytes()
    try:
        manifest = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CheckFailed(f"{path}: not JSON ({error}). Build the collection again") from error
    if not isinstance(manifest, dict) or "seal" not in manifest:
        raise CheckFailed(f"{path} has no seal: another version wrote it, or it was edited. Build the collection again")
    rest = {name: value for name, value in manifest.items() if name != "seal"}
    if manifest["seal"] != sha256_json(rest) or data != orjson.dumps(manifest, option=_PRETTY):
        raise CheckFailed(f"{path} was edited: its seal does not fit. Build the collection again")
    return manifest


@contextmanager
def explain_disk(out: Path) -> Iterator[None]:
    """Turn the errors of a full or failing disk into a UserError that says which file and what to do."""
    try:
        yield
    except OSError as error:
        # Arrow's errors carry no file name, and the number only in the message.
        full = error.errno in _FULL or any(os.strerror(number) in str(error) for number in _FULL)
        what = f"the disk is full ({error.strerror or error})" if full else str(error.strerror or error)
        raise UserError(
            f"cannot go on with {error.filename or out}: {what}. "
            + ("Free some space" if full else "Put it right")
            + " and run the same command again: it goes on where it was"
        ) from error


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def make_folder(path: Path) -> Path:
    """Create an output folder. Raises UserError if it cannot be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}. Choose another folder") from error
    return path


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for one writer. Raises UserError if another process writes into it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"{folder}: another process is writing here. Wait for it, or choose another folder"
            ) from error
        yield
