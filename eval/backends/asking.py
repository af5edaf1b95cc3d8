"""One attempt at a server, and how long to wait before the next.

429 with Retry-After: 3       →  Fault.RATE_LIMITED, 3 s at least
a body that ends too early    →  Fault.TRUNCATED, 0.5 s, 1 s, 2 s … with jitter
401, 403, 404                 →  fatal: the key or the model is wrong, and stays so
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from eval.backends.base import Fault, Finish

_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """``timeout`` seconds for an answer, then ``retries`` more attempts, ``first_wait`` seconds after the first."""

    timeout: float = 600.0
    retries: int = 6
    first_wait: float = 0.5

    def seconds(self, num_faults: int, retry_after: float | None) -> float:
        """How long to wait after the n-th fault: what the server says, else twice as long each time; with jitter,
        so that many waiting requests do not come back at once."""
        own = min(_LONGEST_WAIT, self.first_wait * 2 ** (num_faults - 1))
        if retry_after is not None:
            return min(_LONGEST_WAIT, retry_after) + own * random.random() / 2
        return own * (0.5 + random.random() / 2)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer, or what went wrong. ``fatal`` is true where no attempt can succeed."""

    text: str = ""
    finish: Finish = Finish.STOP
    fault: Fault | None = None
    message: str = ""
    retry_after: float | None = None
    is_too_long: bool = False
    fatal: bool = False


def attempt(ask: Callable[[], Attempt]) -> Attempt:
    """Call ``ask``; the errors of the openai client become faults. Other errors are raised."""
    import httpx2
    import openai

    try:
        return ask()
    except openai.APITimeoutError as error:
        return Attempt(fault=Fault.TIMEOUT, message=f"no answer in time ({error})")
    except openai.APIConnectionError as error:
        cause = error.__cause__
        # The connection was there, and the body ended too early.
        is_cut = isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError | httpx2.DecodingError)
        fault = Fault.TRUNCATED if is_cut else Fault.UNREACHABLE
        return Attempt(fault=fault, message=str(cause or error))
    except openai.APIStatusError as error:
        return _of_status(error)
    except (openai.APIError, ValueError) as error:  # a body that is no JSON, or no answer of the protocol
        return Attempt(fault=Fault.TRUNCATED, message=f"an answer that cannot be read ({error})")


def _of_status(error: Any) -> Attempt:
    status, message = error.status_code, f"HTTP {error.status_code}: {error.message}"
    if status == 429:
        return Attempt(fault=Fault.RATE_LIMITED, message=message, retry_after=_retry_after(error.response.headers))
    if status == 408:
        return Attempt(fault=Fault.TIMEOUT, message=message)
    if status >= 500:
        return Attempt(fault=Fault.SERVER_ERROR, message=message, retry_after=_retry_after(error.response.headers))
    if status in (401, 403, 404):
        return Attempt(fatal=True, message=f"{message}. Check --endpoint, --model and OPENAI_API_KEY")
    said = str(error.message).lower()
    is_too_long = "context" in said and ("length" in said or "token" in said)
    return Attempt(fault=Fault.REFUSED, message=message, is_too_long=is_too_long)


def _retry_after(headers: Any) -> float | None:
    """Seconds of a Retry-After header, which holds a number or a date."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
