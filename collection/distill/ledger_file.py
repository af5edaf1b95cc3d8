"""The SQLite file under the ledger: its tables, its versions, who has it open, and what is done on a full disk."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from symbol_llm.errors import UserError

VERSION = 2
_BUSY_SECONDS = 60
_BALLAST_BYTES = 8 << 20

_TABLES = """
CREATE TABLE request (
    key TEXT PRIMARY KEY, body BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    owner TEXT, batch TEXT, reserved INTEGER NOT NULL DEFAULT 0, cost INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER, output_tokens INTEGER, finish TEXT, response BLOB, error TEXT,
    created REAL NOT NULL, finished REAL
);
CREATE INDEX request_state ON request (state) WHERE state IN ('new', 'sent', 'batched');
CREATE TABLE account (spent INTEGER NOT NULL, uncertain INTEGER NOT NULL, reserved INTEGER NOT NULL);
INSERT INTO account VALUES (0, 0, 0);
CREATE TABLE batch (id TEXT PRIMARY KEY, remote TEXT, state TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE verdict (
    key TEXT NOT NULL, question TEXT NOT NULL, code TEXT NOT NULL, verdict BLOB NOT NULL,
    PRIMARY KEY (key, question, code)
) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# What turns a ledger of version n into one of version n + 1.
_MIGRATIONS: dict[int, str] = {
    1: """
    CREATE TABLE verdict (
        key TEXT NOT NULL, question TEXT NOT NULL, code TEXT NOT NULL, verdict BLOB NOT NULL,
        PRIMARY KEY (key, question, code)
    ) WITHOUT ROWID;
    """,
}


class LedgerFile:
    """An open ledger file. ``owner`` names this process among those that have it open.

    Raises UserError if the file cannot be written, is no ledger, or was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.owner = path, uuid.uuid4().hex
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._sign_of_life = self._hold_owner()
            # Given up when the disk is full, so that the answers that are on their way can still be written.
            self._ballast = self._beside(self.owner, "ballast")
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, _BALLAST_BYTES)
        try:
            with _explained(path):
                self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing that was committed
            self._migrate()
        except BaseException:
            self._let_go()
            raise

    def close(self) -> None:
        self._db.close()
        self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is done within; no other process writes meanwhile."""
        with _explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def give_up_ballast(self) -> bool:
        """Free the room that was kept for a full disk; False if it is given up already."""
        try:
            self._ballast.unlink()
        except FileNotFoundError:
            return False
        return True

    # A process holds a locked file as long as it lives; the system frees the lock, however the process ends.

    def is_gone(self, owner: str) -> bool:
        """Whether the process of that name has ended."""
        path = self._beside(owner, "alive")
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
                self._beside(owner, "ballast").unlink(missing_ok=True)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True

    def _beside(self, owner: str, what: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{owner}.{what}")

    def _hold_owner(self) -> IO[bytes]:
        file = self._beside(self.owner, "alive").open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def _let_go(self) -> None:
        self._ballast.unlink(missing_ok=True)
        Path(self._sign_of_life.name).unlink(missing_ok=True)
        self._sign_of_life.close()

    def _migrate(self) -> None:
        with self.transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise UserError(f"{self.path} was written by a newer symbol-llm (ledger version {version}). Update it")
            if version == 0:
                if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise UserError(f"{self.path} is a database, but no ledger. Choose another --ledger")
                for statement in _statements(_TABLES):
                    db.execute(statement)
            else:
                for step in range(version, VERSION):
                    for statement in _statements(_MIGRATIONS[step]):
                        db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";") if statement.strip()]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the disk into a UserError that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise UserError(
            f"{path}: the ledger cannot be used ({error}). If the disk is full, free some space; answers so far are "
            "safe, and the same command goes on"
        ) from error
