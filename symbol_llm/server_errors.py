"""What an error of the openai client says about a request: one reading for whatever speaks OpenAI's protocol.

    429, Retry-After: 3        Cause.LIMITED, "429: slow down", wait 3 s
    a body that breaks off     Cause.CUT
    401                        Cause.KEY

What follows from a cause, another attempt or the end of a run, is for the caller to say: an evaluation may always ask
again, a distillation may have paid already. The key comes from $OPENAI_API_KEY alone, and is cut out of every message.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

KEY_VARIABLE = "OPENAI_API_KEY"
_LONGEST_MESSAGE = 500
_UNSENT = ("ConnectError", "ConnectTimeout", "PoolTimeout")
_CUT = ("RemoteProtocolError", "ReadError", "DecodingError")


class Cause(StrEnum):
    """Why a request failed."""

    UNREACHED = "unreached"  # no connection: the server cannot have seen the request
    DISCONNECTED = "disconnected"  # there was one
    CUT = "cut"  # the answer began and broke off
    UNREADABLE = "unreadable"  # an answer that is not of the protocol
    TIMEOUT = "timeout"  # no answer in time
    LATE = "late"  # 408: the server says that it waited for too long
    LIMITED = "limited"  # 429
    BUSY = "busy"  # 409, 425 and 5xx: it did not do it, and may the next time
    QUOTA = "quota"  # 429 of an account that is used up
    KEY = "key"  # 401, 403
    UNKNOWN = "unknown"  # 404: the model or the address
    REFUSED = "refused"  # any other status: this request is wrong


class Failure(NamedTuple):
    """A failed request. ``headers`` are the server's, where it answered."""

    cause: Cause
    message: str
    headers: Mapping[str, str]

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait; None where it says nothing of it."""
        return retry_after(self.headers)


def explain(error: Exception) -> Failure:
    """What an error of the openai client means. Re-raises what is none of its errors."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return Failure(Cause.TIMEOUT, "the server did not answer in time", {})
    if isinstance(error, openai.APIConnectionError):
        kind = type(error.__cause__).__name__
        cause = Cause.UNREACHED if kind in _UNSENT else Cause.CUT if kind in _CUT else Cause.DISCONNECTED
        return Failure(cause, _said(f"no connection: {error.__cause__ or error}"), {})
    if isinstance(error, openai.APIStatusError):
        message = _said(f"{error.status_code}: {error.message}")
        return Failure(_of_status(error.status_code, error.code), message, dict(error.response.headers))
    if isinstance(error, openai.APIError):
        return Failure(Cause.UNREADABLE, _said(f"an answer that cannot be read ({error})"), {})
    raise error


def _of_status(status: int, code: str | None) -> Cause:
    if status == 429:
        return Cause.QUOTA if code == "insufficient_quota" else Cause.LIMITED
    if status in (401, 403):
        return Cause.KEY
    if status == 404:
        return Cause.UNKNOWN
    if status == 408:
        return Cause.LATE
    return Cause.BUSY if status in (409, 425) or status >= 500 else Cause.REFUSED


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``retry-after-ms`` or ``Retry-After``, which holds a number or a date; None for anything else."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if text is None or seconds is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text.strip()) else None


def without_key(text: str) -> str:
    """A text from a server, without the key if it echoes it."""
    key = os.environ.get(KEY_VARIABLE)
    return text.replace(key, "[key]") if key else text


def _said(text: str) -> str:
    return without_key(text)[:_LONGEST_MESSAGE]
