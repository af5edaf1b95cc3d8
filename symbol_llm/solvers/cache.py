"""Results of solved jobs, kept by content: a job that was solved before is not solved again.

    cache = ResultCache(Path("cache"))
    key = job_key(Job("SELECT 1", context), limits, "sql", "SQLite 3.40.1")      # sha256 of all that decides the result
    cache.put(key, solution);  cache.get(key)    →    the same solution

The folder holds one SQLite file in WAL mode, on a local disk. Several processes may use it at once, and a killed one
loses at most the results that it had not yet handed in. Every result carries a checksum: a damaged one is counted,
forgotten and solved anew; a file that is no longer a database at all is a UserError that says what to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.ledger import code_version, make_folder, sha256_file
from symbol_llm.solvers.base import Job
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

FILE = "results.sqlite"
_APPLICATION = 0x53594D42  # "SYMB" in the file's header
_BUSY_SECONDS = 60.0
# What the machine did rather than the symbol, or what may be put right: never kept.
PASSING = frozenset({Outcome.WALL_TIMEOUT, Outcome.CRASH, Outcome.SANDBOX_ERROR, Outcome.GOLD_ERROR})


def job_key(job: Job, limits: Limits, solver: str, engine: str) -> str:
    """Hex sha256 of everything that decides a result: the symbol, its context and the files that this names, the
    limits, the solver, the versions of engine, libraries and our own code. Raises OSError if a file cannot be read.
    """
    content = {
        "symbol": job.symbol,
        "definitions": job.context.definitions,
        "world": job.context.world,
        "files": [_file_digest(path) for path in _files(job.context)],
        "limits": [limits.cpu_seconds, limits.wall_seconds, limits.memory_bytes, limits.output_bytes],
        "solver": [solver, engine, *_versions()],
    }
    # Plain json, since ASCII escapes carry lone surrogates, too.
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _files(context: Context) -> list[Path]:
    """The files that a context's world names."""
    name = context.world.get("database") if isinstance(context.world, Mapping) else None
    return [(context.root or Path()) / name] if isinstance(name, str) else []


def _file_digest(path: Path) -> str:
    if not path.is_file():
        return "missing"
    found = path.stat()
    return _digest_of(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1_000)
def _digest_of(path: Path, size: int, changed: int) -> str:
    return sha256_file(path)


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    """Our code, the libraries that programs may import, and whether weak walls are allowed."""
    found = [code_version("symbol_llm/solvers", "symbol_llm/formats")]
    for name in ("sympy", "numpy", "scipy", "mpmath"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return (*found, os.environ.get("SYMBOL_LLM_ALLOW_WEAK_SANDBOX", ""))


class ResultCache:
    """Solutions by key. Safe from several threads and processes. ``num_damaged`` counts the results that were broken.

    Raises UserError if the folder cannot be written to, or holds a file that is no cache or is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = make_folder(folder) / FILE
        self.num_damaged = 0
        self.fault = ""  # why nothing more is kept, e.g. a full disk
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(self.path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            raise UserError(
                f"{self.path}: the cache of results cannot be used ({error}). Delete this file, or name another folder"
            ) from error

    def _prepare(self) -> None:
        connection = self._connection
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION:
            raise UserError(f"{self.path} is a database, but no cache of results. Name another folder")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "PRAGMA synchronous = NORMAL"
        )  # a killed process loses nothing, a power cut the last results
        if not tables:
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, body BLOB, digest BLOB) WITHOUT ROWID"
            )

    def get(self, key: str) -> Solution | None:
        """The solution of that key, or None. One that is damaged is forgotten."""
        with self._lock:
            try:
                row = self._connection.execute("SELECT body, digest FROM results WHERE key = ?", (key,)).fetchone()
                if row is None:
                    return None
                if isinstance(row[0], bytes) and row[1] == _checksum(key, row[0]):
                    return _read(row[0])
                self.num_damaged += 1
                self._connection.execute("DELETE FROM results WHERE key = ?", (key,))
            except sqlite3.Error as error:
                self._give_up(error)
            return None

    def put(self, key: str, solution: Solution) -> None:
        """Keep a solution, unless its outcome is a passing one. A full disk ends the keeping, not the run."""
        if solution.outcome in PASSING or self.fault:
            return
        body = json.dumps(solution.to_json()).encode()
        with self._lock:
            try:
                self._connection.execute(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (key, body, _checksum(key, body))
                )
            except sqlite3.Error as error:
                self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        self.fault = f"{self.path}: {error}"
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            self.num_damaged += 1

    def __len__(self) -> int:
        with self._lock:
            (count,) = self._connection.execute("SELECT count(*) FROM results").fetchone()
        return int(count)

    def close(self) -> None:
        """Close the file. Nothing is left to write: every result was handed in when it came."""
        with self._lock:
            self._connection.close()


def _checksum(key: str, body: bytes) -> bytes:
    return hashlib.blake2b(key.encode() + body, digest_size=16).digest()


def _read(body: bytes) -> Solution:
    fields: dict[str, Any] = json.loads(body)
    outcome = fields.pop("outcome")
    return Solution(**fields, outcome=outcome and Outcome(outcome))
