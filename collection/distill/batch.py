"""Sending requests as batches, at half the price: ``symbol-llm distill run --batch``.

    enclose (money is reserved) ─▶ upload a file ─▶ create the batch ─▶ … hours … ─▶ read both result files

A batch carries our own name in its metadata. If the process ends between creating a batch and writing down the
server's name for it, the next run finds it by that name instead of paying for it twice. Results are matched by the
request's key. What a batch does not answer, because it expired, say, goes into the next one.
"""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from collection.distill.answers import read_response
from collection.distill.ledger import BudgetReached, Ledger
from collection.distill.online import Report
from collection.distill.plan import worst_tokens
from collection.distill.prices import Price
from collection.distill.requests import Request
from collection.distill.server import Fault, connect_batches, explain, without_key, without_key_bytes
from collection.distill.tokens import TokenCounter
from symbol_llm.errors import UserError

MOST_REQUESTS, MOST_BYTES = 50_000, 200_000_000  # of one file; the server's limits
_ENDPOINT: Final = "/v1/chat/completions"
_WINDOW: Final = "24h"
_ENDED = {"completed", "expired", "cancelled", "failed"}
_METADATA = "symbol_llm_batch"
_MOST_ROUNDS = 5  # how often what no batch answers is sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSending:
    """How batches are sent. ``poll_seconds`` is the time between two looks at what is open."""

    base_url: str | None = None
    timeout: float = 600.0
    poll_seconds: float = 60.0
    max_requests: int = MOST_REQUESTS
    max_bytes: int = MOST_BYTES


class Batches:
    """One run: submits what is missing, reads in what has ended."""

    def __init__(self, ledger: Ledger, price: Price, counter: TokenCounter, sending: BatchSending) -> None:
        self.ledger, self.price, self.counter, self.sending = ledger, price, counter, sending
        self.report = Report()
        self._client = connect_batches(sending.base_url, sending.timeout)

    def run(
        self,
        requests: Callable[[], Iterable[Request]],
        *,
        wait: bool,
        advance: Callable[[int], None] = lambda count: None,
    ) -> None:
        """Read in what has ended and send what is missing, until all is answered or nothing more comes of it."""
        for _ in range(_MOST_ROUNDS):
            self.collect(wait=False, advance=advance)
            before = self.report.counts["requests in batches"]
            self.submit(requests())
            if self.report.counts["requests in batches"] == before and not self.ledger.open_batches():
                return
            self.collect(wait=wait, advance=advance)
            if not wait or self.report.stopped:
                return

    def submit(self, requests: Iterable[Request]) -> None:
        """Send what the ledger has no final state of, in as many batches as the limits ask for."""
        self._find_unnamed()
        try:
            for part in self._parts(self._missing(requests)):
                name = uuid.uuid4().hex
                taken = self.ledger.enclose(part, name)
                if not taken:
                    self.ledger.note_batch(name, None, "closed")
                    continue
                self._create(name, taken)
                if len(taken) < len(part):
                    raise BudgetReached("the budget is reached: the next request could cross it")
        except BudgetReached as error:
            self.report.stopped = str(error)

    def collect(self, *, wait: bool, advance: Callable[[int], None] = lambda count: None) -> None:
        """Read in the batches that have ended; with ``wait`` all, however long they take."""
        while True:
            self._find_unnamed()
            open_batches = self.ledger.open_batches()
            for name, remote in open_batches:
                if remote is not None:
                    self._look_at(name, remote, advance)
            if not wait or not self.ledger.open_batches():
                return
            time.sleep(self.sending.poll_seconds)

    def _missing(self, requests: Iterable[Request]) -> Iterator[Request]:
        for request in requests:
            state = self.ledger.state_of(request.key)
            if state is None or state == "new":
                yield request
            else:
                self.report.counts[f"already {state}"] += 1

    def _parts(self, requests: Iterable[Request]) -> Iterator[list[tuple[Request, int]]]:
        """Requests with their highest price, cut at the limits of a file."""
        part: list[tuple[Request, int]] = []
        size = 0
        for request in requests:
            length = len(_line(request))
            if length > self.sending.max_bytes:
                raise UserError(f"a request of {length:,} bytes is larger than a batch file may be")
            if part and (len(part) == self.sending.max_requests or size + length > self.sending.max_bytes):
                yield part
                part, size = [], 0
            part.append((request, self._worst_cost(request)))
            size += length
        if part:
            yield part

    def _worst_cost(self, request: Request) -> int:
        return self.price.cost(*worst_tokens(request.body, self.counter), is_batch=True)

    def _create(self, name: str, requests: list[Request]) -> None:
        data = b"".join(map(_line, requests))
        try:
            file = self._client.files.create(file=(f"{name}.jsonl", io.BytesIO(data)), purpose="batch")
            batch = self._client.batches.create(
                input_file_id=file.id,
                endpoint=_ENDPOINT,
                completion_window=_WINDOW,
                metadata={_METADATA: name},
            )
        except Exception as error:
            failure = explain(error)
            if failure.fault is not Fault.UNKNOWN:  # it certainly does not exist
                self._give_back(name, failure.message)
            raise UserError(f"a batch could not be created: {failure.message}. Run the same command again") from None
        self.ledger.note_batch(name, batch.id, batch.status)
        self.report.counts["batches created"] += 1
        self.report.counts["requests in batches"] += len(requests)

    def _find_unnamed(self) -> None:
        """Batches that were being created when a process ended: the server knows them, or they never came to be."""
        unnamed = {name for name, remote in self.ledger.open_batches() if remote is None}
        if not unnamed:
            return
        for batch in self._client.batches.list(limit=100):
            name = (batch.metadata or {}).get(_METADATA)
            if name in unnamed:
                self.ledger.note_batch(name, batch.id, batch.status)
                unnamed.discard(name)
        for name in unnamed:
            self._give_back(name, "its batch was never created")

    def _look_at(self, name: str, remote: str, advance: Callable[[int], None]) -> None:
        try:
            batch = self._client.batches.retrieve(remote)
        except Exception as error:
            raise UserError(f"batch {remote}: {explain(error).message}. Run the same command again") from None
        self.ledger.note_batch(name, None, batch.status)
        if batch.status not in _ENDED:
            return
        # Both files: an expired batch has answers, which are charged, and a completed one has errors.
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                advance(self._read_results(file_id))
        errors = "; ".join(error.message or "" for error in ((batch.errors and batch.errors.data) or []))
        self._give_back(name, without_key(f"its batch {batch.status} {errors}".strip()))

    def _read_results(self, file_id: str) -> int:
        """Read one file of results. Returns the number of answers that are new."""
        count = 0
        for line in self._client.files.content(file_id).content.splitlines():
            result = _read_result(without_key_bytes(line))
            if result is None:
                self.report.counts["results that cannot be read"] += 1
                continue
            key, response, error = result
            if self.ledger.state_of(key) != "batched":
                self.report.counts["results nobody waits for"] += 1
                continue
            reading = read_response(response)
            if reading is None:
                status = error.partition(":")[0]
                if status == "400":
                    self.ledger.fail(key, error)
                self.report.counts["errors in batches"] += 1
                continue  # not answered: given back with the rest of its batch
            tokens = reading.tokens or worst_tokens(self.ledger.body(key), self.counter)
            self.ledger.finish(key, response, reading.finish, tokens, self.price.cost(*tokens, is_batch=True))
            self.report.counts[f"answered, {reading.finish}"] += 1
            count += 1
        return count

    def _give_back(self, name: str, why: str) -> None:
        """Requests of a batch that has no answer to them become new."""
        for request in self.ledger.bodies_of(name):
            self.ledger.release(request.key, why)
            self.report.counts["not answered by their batch"] += 1
        self.ledger.note_batch(name, None, "closed")


def _line(request: Request) -> bytes:
    head = orjson.dumps({"custom_id": request.key, "method": "POST", "url": _ENDPOINT})
    return head[:-1] + b',"body":' + request.body + b"}\n"


def _read_result(line: bytes) -> tuple[str, bytes, str] | None:
    """A line of a result file: the request's key, the response (or nothing), what went wrong. None if unreadable."""
    try:
        result: dict[str, Any] = orjson.loads(line)
        key = result["custom_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    if not isinstance(key, str):
        return None
    response = result.get("response") or {}
    status = response.get("status_code")
    if status == 200:
        return key, orjson.dumps(response.get("body")), ""
    return key, b"", f"{status}: {orjson.dumps(result.get('error') or response.get('body')).decode()[:300]}"
