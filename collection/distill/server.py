"""The one place that speaks to a server: an openai client that retries nothing, and what its errors mean.

The key comes from $OPENAI_API_KEY alone. It is cut out of every text that could be shown or stored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from symbol_llm import server_errors
from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.server_errors import KEY_VARIABLE, Cause, without_key

if TYPE_CHECKING:
    import openai

__all__ = ["Failure", "Fault", "connect", "connect_batches", "explain", "without_key", "without_key_bytes"]


class Fault(Enum):
    """What an error of a request means for it and for the run."""

    RETRY = "the server answered that it did not do it: send it again"
    UNKNOWN = "no whole answer came: it may have been done, and paid for"
    REFUSED = "this request is wrong: never send it again"
    STOP = "no request can succeed until the user acts"


class Failure(NamedTuple):
    """A failed request. ``headers`` are the server's, where it answered."""

    fault: Fault
    message: str
    headers: Mapping[str, str]


def connect(base_url: str | None, timeout: float) -> openai.AsyncOpenAI:
    """A client for many requests at once. Raises UserError without a key, EngineMissing without the package."""
    return _openai().AsyncOpenAI(api_key=_key(base_url), base_url=base_url, max_retries=0, timeout=timeout)


def connect_batches(base_url: str | None, timeout: float) -> openai.OpenAI:
    """A client for files and batches; it may retry what costs nothing. Raises as ``connect``."""
    return _openai().OpenAI(api_key=_key(base_url), base_url=base_url, max_retries=2, timeout=timeout)


def _openai() -> ModuleType:
    try:
        import openai
    except ImportError as error:
        raise EngineMissing("openai", 'pip install "symbol-llm[distill]"') from error
    return openai


def _key(base_url: str | None) -> str:
    key = os.environ.get(KEY_VARIABLE)
    if not key and base_url is None:
        raise UserError(f"no key: set {KEY_VARIABLE}, or name a server of your own with --base-url")
    return key or "none"  # servers of one's own ask for no key; the client does


def without_key_bytes(data: bytes) -> bytes:
    """As ``without_key``, for a body."""
    key = os.environ.get(KEY_VARIABLE)
    return data.replace(key.encode(), b"[key]") if key else data


def explain(error: Exception) -> Failure:
    """What an error of the openai client means for a request that costs money. Re-raises what is none of its errors."""
    failure = server_errors.explain(error)
    message = failure.message
    match failure.cause:
        case Cause.QUOTA:
            return Failure(Fault.STOP, f"the account's quota is used up ({message})", failure.headers)
        case Cause.KEY:
            said = f"the server does not accept the key ({message}). Set {KEY_VARIABLE}"
            return Failure(Fault.STOP, said, failure.headers)
        case Cause.UNKNOWN:
            said = f"the model or address is unknown ({message}). See --model and --base-url"
            return Failure(Fault.STOP, said, failure.headers)
        case Cause.REFUSED:
            return Failure(Fault.REFUSED, message, failure.headers)
        case Cause.LIMITED | Cause.LATE | Cause.BUSY | Cause.UNREACHED:
            return Failure(Fault.RETRY, message, failure.headers)
    return Failure(Fault.UNKNOWN, message, failure.headers)  # what was under way may be done, and paid for
