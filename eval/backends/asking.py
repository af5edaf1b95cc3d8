"""One attempt at a server, and how long to wait before the next.

```
429 with Retry-After: 3       →  Fault.RATE_LIMITED, 3 s at least
a body that ends too early    →  Fault.TRUNCATED, 0.5 s, 1 s, 2 s … with jitter
401, 403, 404                 →  fatal: the key or the model is wrong, and stays so, as a used-up account does
```
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from eval.backends.base import Fault, Finish
from symbol_llm.server_errors import KEY_VARIABLE, Cause, explain

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


_FAULTS = {
    Cause.UNREACHED: Fault.UNREACHABLE,
    Cause.DISCONNECTED: Fault.UNREACHABLE,
    Cause.CUT: Fault.TRUNCATED,
    Cause.UNREADABLE: Fault.TRUNCATED,
    Cause.TIMEOUT: Fault.TIMEOUT,
    Cause.LATE: Fault.TIMEOUT,
    Cause.LIMITED: Fault.RATE_LIMITED,
    Cause.BUSY: Fault.SERVER_ERROR,
    Cause.REFUSED: Fault.REFUSED,
}


def attempt(ask: Callable[[], Attempt]) -> Attempt:
    """Call ``ask``; the errors of the openai client become faults. Other errors are raised."""
    import openai

    try:
        return ask()
    except ValueError as error:  # a body that is no JSON, or no answer of the protocol
        return Attempt(fault=Fault.TRUNCATED, message=f"an answer that cannot be read ({error})")
    except openai.APIError as error:
        failure = explain(error)
    if failure.cause not in _FAULTS:  # the key, the model or the account: no attempt can succeed
        return Attempt(fatal=True, message=f"{failure.message}. Check --endpoint, --model and {KEY_VARIABLE}")
    said = failure.message.lower()
    is_too_long = failure.cause is Cause.REFUSED and "context" in said and ("length" in said or "token" in said)
    return Attempt(
        fault=_FAULTS[failure.cause],
        message=failure.message,
        retry_after=failure.retry_after,
        is_too_long=is_too_long,
    )
