"""Keeping to a server's limits: requests and tokens per minute, and pauses that it asks for.

A bucket a limit, refilled evenly. The limits come from ``--rpm`` and ``--tpm``, else from the response headers
(x-ratelimit-limit-requests, x-ratelimit-limit-tokens). A 429 stops all requests until the time that the server names,
else for a random part of a growing pause (full jitter).
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Mapping

from symbol_llm.server_errors import retry_after

_BURST_SECONDS = 1.0  # how much of a minute may be sent at once
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds


class Bucket:
    """A limit per minute. ``per_minute`` None: no limit is known."""

    def __init__(self, per_minute: float | None) -> None:
        self.per_minute = per_minute
        self._debt_until = 0.0  # when all that was taken so far is refilled

    def wait_for(self, amount: float, now: float) -> float:
        """Take an amount; returns the seconds to wait before using it."""
        if not self.per_minute:
            return 0.0
        start = max(self._debt_until, now - _BURST_SECONDS)
        self._debt_until = start + 60.0 * amount / self.per_minute
        return max(0.0, start - now)


class Limiter:
    """Both limits of one server, and its pauses. For one event loop."""

    def __init__(self, rpm: float | None = None, tpm: float | None = None) -> None:
        self.requests, self.tokens = Bucket(rpm), Bucket(tpm)
        self._is_given = {"requests": rpm is not None, "tokens": tpm is not None}
        self._paused_until = 0.0

    async def wait(self, tokens: int) -> None:
        """Wait until one request of this size may be sent."""
        now = time.monotonic()
        await asyncio.sleep(max(self.requests.wait_for(1, now), self.tokens.wait_for(tokens, now)))
        while (pause := self._paused_until - time.monotonic()) > 0:
            await asyncio.sleep(pause)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take the limits from the headers of a response, unless the user gave them."""
        for name, bucket in (("requests", self.requests), ("tokens", self.tokens)):
            limit = _number(headers.get(f"x-ratelimit-limit-{name}"))
            if limit and not self._is_given[name]:
                bucket.per_minute = limit

    def pause(self, seconds: float) -> None:
        """Send nothing for a while."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)


def pause_before_retry(attempt: int, headers: Mapping[str, str] | None) -> float:
    """Seconds before attempt number ``attempt`` + 1: what the server asks for, else random up to a growing bound."""
    asked = retry_after(headers or {})
    if asked is not None:
        return min(asked, 10 * _LONGEST_PAUSE) + random.uniform(0, 0.1)
    return random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempt, 10)))


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text.strip()) else None
