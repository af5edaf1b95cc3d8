"""Sending requests one by one, many at a time: ``symbol-llm distill run``.

    for each request: final in the ledger? skip · wait for the limits · claim (reserves money) · send · keep the answer

The answer is in the ledger before anything else happens with it. Stopping, by Ctrl-C, the budget or an error that no
request survives, sends nothing more and waits for what is in flight.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from collection.distill.answers import read_response
from collection.distill.ledger import BudgetReached, Finish, Ledger
from collection.distill.limits import Limiter, pause_before_retry
from collection.distill.plan import worst_tokens
from collection.distill.prices import Price
from collection.distill.requests import Request
from collection.distill.server import Failure, Fault, connect, explain, without_key_bytes
from collection.distill.tokens import TokenCounter
from symbol_llm.errors import UserError

if TYPE_CHECKING:
    import openai

_MOST_REFUSALS = 10  # refused requests without one success: the set-up is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How requests are sent. ``rpm`` and ``tpm`` override what the server says of its limits."""

    base_url: str | None = None
    in_flight: int = 32
    attempts: int = 8
    timeout: float = 600.0
    rpm: float | None = None
    tpm: float | None = None
    never_pay_twice: bool = False


@dataclass(slots=True)
class Report:
    """What a run did. ``stopped`` says why it ended before all was sent."""

    counts: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    is_error: bool = False

    def to_json(self) -> dict[str, Any]:
        return {**self.counts, "stopped": self.stopped}


class Online:
    """One run. Use ``send_all`` once."""

    def __init__(self, ledger: Ledger, price: Price, counter: TokenCounter, sending: Sending) -> None:
        self.ledger, self.price, self.counter, self.sending = ledger, price, counter, sending
        self.report = Report()
        self._limiter = Limiter(sending.rpm, sending.tpm)
        self._stopping = asyncio.Event()

    async def send_all(
        self, requests: Iterable[Request], advance: Callable[[int], None] = lambda count: None
    ) -> Report:
        """Send what the ledger has no final state of. Never raises for what a server does."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._stop, "interrupted: what was in flight is kept", False)
        slots = asyncio.Semaphore(self.sending.in_flight)
        client = connect(self.sending.base_url, self.sending.timeout)
        try:
            async with client, asyncio.TaskGroup() as group:
                for request in requests:
                    state = self.ledger.state_of(request.key)
                    if state is not None and state.is_final:
                        self.report.counts["finished before"] += 1
                        advance(1)
                        continue
                    await slots.acquire()
                    if self._stopping.is_set():
                        break
                    group.create_task(self._one(client, request, slots, advance))
        except* UserError as errors:  # of the ledger: nothing can be kept any more
            self._stop(str(errors.exceptions[0]), True)
        finally:
            loop.remove_signal_handler(signal.SIGINT)
        return self.report

    def _stop(self, why: str, is_error: bool) -> None:
        if not self.report.stopped:
            self.report.stopped, self.report.is_error = why, is_error
        self._stopping.set()

    async def _one(
        self, client: openai.AsyncOpenAI, request: Request, slots: asyncio.Semaphore, advance: Callable[[int], None]
    ) -> None:
        try:
            for attempt in range(self.sending.attempts):
                if self._stopping.is_set() or not await self._attempt(client, request, attempt):
                    break
            else:
                self.report.counts["given up for now"] += 1
        finally:
            slots.release()
            advance(1)

    async def _attempt(self, client: openai.AsyncOpenAI, request: Request, attempt: int) -> bool:
        """Send a request once. Whether to try again."""
        most_input, most_output = worst_tokens(request.body, self.counter)
        await self._limiter.wait(most_input + most_output)
        if self._stopping.is_set():
            return False
        try:
            if not self.ledger.claim(request, self.price.cost(most_input, most_output)):
                self.report.counts["another run has it"] += 1
                return False
        except BudgetReached as error:
            self._stop(str(error), False)
            return False
        try:
            # All but the two fields that the client insists on goes as it is: servers know fields that it does not.
            body = orjson.loads(request.body)
            raw = await client.chat.completions.with_raw_response.create(
                model=body.pop("model"),
                messages=body.pop("messages"),
                extra_body=body,
                extra_headers={"Idempotency-Key": request.key},
            )
        except asyncio.CancelledError:
            self.ledger.release(request.key, "cancelled", perhaps_paid=True)
            raise
        except Exception as error:
            return await self._failed(request, explain(error), attempt)
        self._limiter.learn(raw.headers)
        data = without_key_bytes(raw.content)
        reading = read_response(data)
        if reading is None:
            return await self._failed(request, Failure(Fault.UNKNOWN, "the answer is no whole completion", {}), attempt)
        tokens = reading.tokens or (most_input, most_output)  # no usable numbers: count what was reserved
        self.ledger.finish(request.key, data, reading.finish, tokens, self.price.cost(*tokens))
        self.report.counts[f"answered, {reading.finish}"] += 1
        return False

    async def _failed(self, request: Request, failure: Failure, attempt: int) -> bool:
        """Account for a failure. Whether to try again."""
        self.report.counts[f"errors, {failure.fault.name.lower()}"] += 1
        match failure.fault:
            case Fault.REFUSED:
                self.ledger.fail(request.key, failure.message)
                self._stop_if_all_are_refused(failure)
                return False
            case Fault.STOP:
                self.ledger.release(request.key, failure.message)
                self._stop(failure.message, True)
                return False
            case Fault.UNKNOWN if self.sending.never_pay_twice:
                self.ledger.lose(request.key, failure.message)
                return False
        self.ledger.release(request.key, failure.message, perhaps_paid=failure.fault is Fault.UNKNOWN)
        pause = pause_before_retry(attempt, failure.headers)
        if failure.message.startswith("429"):
            self._limiter.pause(pause)
        else:
            await asyncio.sleep(pause)
        return True

    def _stop_if_all_are_refused(self, failure: Failure) -> None:
        counts = self.report.counts
        if counts["errors, refused"] >= _MOST_REFUSALS and not any(counts[f"answered, {end}"] for end in Finish):
            self._stop(f"the server refuses every request ({failure.message})", True)


def send(
    ledger: Ledger,
    requests: Iterable[Request],
    price: Price,
    counter: TokenCounter,
    sending: Sending,
    advance: Callable[[int], None] = lambda count: None,
) -> Report:
    """Send all requests and return what became of them, once no answer is under way any more."""

    async def run() -> Report:
        return await Online(ledger, price, counter, sending).send_all(requests, advance)

    return asyncio.run(run())
