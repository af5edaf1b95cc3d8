"""The ledger: every request that was ever sent, its answer, and what it cost. One SQLite file.

    new ──claim──▶ sent ──finish──▶ done          an answer came, whatever it says
     ▲              │ ├──fail────▶ failed         refused by the server for good (a 400)
     └───release────┘ └──lost────▶ lost           perhaps paid, and not to be sent again (--never-pay-twice)
    new ──enclose──▶ batched ──finish / release──▶ …

A row is keyed by the hash of the exact request, so order does not matter, a rerun sends only what is missing, and runs
share answers. Money is reserved in the same transaction that claims a request: two processes together cannot cross the
budget. What a killed process had in flight may have been paid for: it is counted as spent ("uncertain") and sent again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from collection.distill.ledger_file import LedgerFile
from collection.distill.requests import Request
from symbol_llm.errors import UserError


class State(StrEnum):
    """Where a request stands."""

    NEW = "new"
    SENT = "sent"
    BATCHED = "batched"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        return self in (State.DONE, State.FAILED, State.LOST)


class Finish(StrEnum):
    """How an answer ended."""

    STOP = "stop"
    LENGTH = "length"  # cut off at the maximum of tokens
    FILTERED = "content_filter"
    REFUSED = "refusal"
    OTHER = "other"


class BudgetReached(UserError):
    """The next request could cost more than is left."""


class Answer(NamedTuple):
    """A finished request."""

    key: str
    body: bytes
    response: bytes
    finish: Finish


class Money(NamedTuple):
    """Micro-dollars: paid for answers, perhaps paid without one, and held for what is in flight."""

    spent: int
    uncertain: int
    reserved: int

    @property
    def total(self) -> int:
        return sum(self)


class Ledger(LedgerFile):
    """One ledger file, open for one process. Several processes may have it open.

    Raises UserError if the file cannot be written, is no ledger, or was written by a newer version.
    """

    def __init__(self, path: Path, *, budget: int | None = None) -> None:
        super().__init__(path)
        self.budget = budget

    # What a run does with a request

    def state_of(self, key: str) -> State | None:
        """Where a request stands; None if it was never claimed."""
        row = self._db.execute("SELECT state FROM request WHERE key = ?", (key,)).fetchone()
        return State(row[0]) if row else None

    def claim(self, request: Request, worst_cost: int) -> bool:
        """Take a request to send it. False if it is final or another's. Raises BudgetReached, and takes nothing."""
        with self.transaction() as db:
            return self._take(db, request, worst_cost, State.SENT, self.owner, None)

    def finish(self, key: str, response: bytes, finish: Finish, tokens: tuple[int, int], cost: int) -> bool:
        """Keep an answer. False if the ledger has one already: the first stays, this one's cost is counted.

        Raises UserError on a full disk, but only once the answer is written where that can be done at all.
        """
        try:
            return self._finish(key, response, finish, tokens, cost)
        except UserError:
            if not self.give_up_ballast():
                raise
            self._finish(key, response, finish, tokens, cost)
            raise

    def _finish(self, key: str, response: bytes, finish: Finish, tokens: tuple[int, int], cost: int) -> bool:
        with self.transaction() as db:
            self._free(db, key, "spent = spent + ?", (cost,))
            return bool(
                db.execute(
                    "UPDATE request SET state = 'done', response = ?, finish = ?, input_tokens = ?, output_tokens = ?, "
                    "cost = ?, finished = ?, owner = NULL, error = NULL WHERE key = ? AND state != 'done'",
                    (response, finish, *tokens, cost, time.time(), key),
                ).rowcount
            )

    def release(self, key: str, error: str, *, perhaps_paid: bool = False) -> None:
        """Give a request back, to be sent again. ``perhaps_paid``: its reserve counts as spent from now on."""
        self._end(key, State.NEW, error, perhaps_paid)

    def fail(self, key: str, error: str) -> None:
        """The server refuses this request for good; it costs nothing."""
        self._end(key, State.FAILED, error, False)

    def lose(self, key: str, error: str) -> None:
        """The answer did not arrive, and the request may have been paid for: never send it again by itself."""
        self._end(key, State.LOST, error, True)

    def recover(self, *, never_pay_twice: bool = False) -> int:
        """Give back what processes held that are gone; returns the number. It may have been paid for."""
        rows = self._db.execute("SELECT DISTINCT owner FROM request WHERE state = 'sent'").fetchall()
        gone = [owner for (owner,) in rows if owner != self.owner and self.is_gone(owner)]
        keys = [
            key
            for owner in gone
            for (key,) in self._db.execute("SELECT key FROM request WHERE state = 'sent' AND owner = ?", (owner,))
        ]
        for key in keys:
            self._end(key, State.LOST if never_pay_twice else State.NEW, "its process ended", True)
        return len(keys)

    def retry(self, states: Iterable[State], keys: Iterable[str] | None = None) -> int:
        """Make final requests new again: failed and lost ones, or answers that were cut off. Returns the number."""
        wanted = None if keys is None else set(keys)
        count = 0
        with self.transaction() as db:
            for state in states:
                rows = db.execute("SELECT key FROM request WHERE state = ?", (state,)).fetchall()
                chosen = [(key,) for (key,) in rows if wanted is None or key in wanted]
                db.executemany("UPDATE request SET state = 'new', response = NULL, finish = NULL WHERE key = ?", chosen)
                count += len(chosen)
        return count

    # Batches

    def enclose(self, requests: Iterable[tuple[Request, int]], batch: str) -> list[Request]:
        """Take requests into a batch that is about to be sent; those that fit the budget and nobody else has."""
        taken = []
        with self.transaction() as db:
            db.execute("INSERT INTO batch VALUES (?, NULL, 'sending', ?)", (batch, time.time()))
            for request, worst_cost in requests:
                try:
                    if self._take(db, request, worst_cost, State.BATCHED, None, batch):
                        taken.append(request)
                except BudgetReached:
                    if not taken:
                        raise
                    break
        return taken

    def note_batch(self, batch: str, remote: str | None, state: str) -> None:
        """What is known of a batch: the server's name for it, and how it stands."""
        self._db.execute(
            "UPDATE batch SET remote = coalesce(?, remote), state = ? WHERE id = ?", (remote, state, batch)
        )

    def open_batches(self) -> list[tuple[str, str | None]]:
        """Batches that are not read in yet: our name and the server's (None: it is not known to have arrived)."""
        return self._db.execute("SELECT id, remote FROM batch WHERE state != 'closed' ORDER BY created").fetchall()

    def bodies_of(self, batch: str) -> list[Request]:
        """The requests of a batch that have no result yet."""
        found = self._db.execute(
            "SELECT key, body FROM request WHERE batch = ? AND state = 'batched' ORDER BY key", (batch,)
        )
        return [Request(*row) for row in found]

    # Reading

    def answer(self, key: str) -> Answer | None:
        """The answer to a request, if there is one."""
        row = self._db.execute(
            "SELECT body, response, finish FROM request WHERE key = ? AND state = 'done'", (key,)
        ).fetchone()
        return Answer(key, row[0], row[1], Finish(row[2])) if row else None

    def body(self, key: str) -> bytes:
        """What was sent."""
        body: bytes = self._db.execute("SELECT body FROM request WHERE key = ?", (key,)).fetchone()[0]
        return body

    def error(self, key: str) -> str:
        """Why a request failed or is to be sent again."""
        row = self._db.execute("SELECT error FROM request WHERE key = ?", (key,)).fetchone()
        return (row[0] or "") if row else ""

    def money(self) -> Money:
        return Money(*self._db.execute("SELECT spent, uncertain, reserved FROM account").fetchone())

    def counts(self) -> dict[str, int]:
        """Requests by state, answers by how they ended."""
        states = dict(self._db.execute("SELECT state, count(*) FROM request GROUP BY state"))
        ends = self._db.execute("SELECT finish, count(*) FROM request WHERE state = 'done' GROUP BY finish")
        return {**states, **{f"done, {finish}": number for finish, number in ends}}

    def verdict(self, key: str, question: str, code: str) -> bytes | None:
        """What a solver found of an answer, if that was written down by the same code."""
        row = self._db.execute(
            "SELECT verdict FROM verdict WHERE key = ? AND question = ? AND code = ?", (key, question, code)
        ).fetchone()
        return row[0] if row else None

    def write_verdicts(self, verdicts: Iterable[tuple[str, str, str, bytes]]) -> None:
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)", verdicts)

    def bind(self, name: str, value: str) -> None:
        """Remember what the ledger belongs to. Raises UserError if it belongs to something else."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
            (known,) = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if known != value:
            raise UserError(f"{self.path} holds answers of {name} {known}, not of {value}. Choose another --ledger")

    # Within

    def _take(
        self,
        db: sqlite3.Connection,
        request: Request,
        worst_cost: int,
        state: State,
        owner: str | None,
        batch: str | None,
    ) -> bool:
        row = db.execute("SELECT state FROM request WHERE key = ?", (request.key,)).fetchone()
        if row and row[0] != State.NEW:
            return False
        self._reserve(db, worst_cost)
        db.execute(
            "INSERT OR IGNORE INTO request (key, body, state, created) VALUES (?, ?, 'new', ?)",
            (request.key, request.body, time.time()),
        )
        db.execute(
            "UPDATE request SET state = ?, owner = ?, batch = ?, attempts = attempts + 1, reserved = ? WHERE key = ?",
            (state, owner, batch, worst_cost, request.key),
        )
        return True

    def _reserve(self, db: sqlite3.Connection, amount: int) -> None:
        limit = -1 if self.budget is None else self.budget
        if not db.execute(
            "UPDATE account SET reserved = reserved + ? WHERE ? < 0 OR spent + uncertain + reserved + ? <= ?",
            (amount, limit, amount, limit),
        ).rowcount:
            raise BudgetReached("the budget is reached: the next request could cross it")

    @staticmethod
    def _free(db: sqlite3.Connection, key: str, change: str, values: tuple[int, ...]) -> None:
        (held,) = db.execute("SELECT reserved FROM request WHERE key = ?", (key,)).fetchone()
        db.execute(f"UPDATE account SET reserved = reserved - ?, {change}", (held, *values))
        db.execute("UPDATE request SET reserved = 0 WHERE key = ?", (key,))

    def _end(self, key: str, state: State, error: str, perhaps_paid: bool) -> None:
        with self.transaction() as db:
            row = db.execute(
                "SELECT reserved FROM request WHERE key = ? AND state IN ('sent', 'batched')", (key,)
            ).fetchone()
            if row is None:  # it was finished meanwhile
                return
            self._free(db, key, "uncertain = uncertain + ?", (row[0] if perhaps_paid else 0,))
            db.execute(
                "UPDATE request SET state = ?, owner = NULL, batch = NULL, error = ?, finished = ? WHERE key = ?",
                (state, error, time.time(), key),
            )
