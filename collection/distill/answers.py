"""Reading what a server sent: the text, how it ended, and what is to be paid for.

```
{"choices": [{"message": {"content": "def solution(): …"}, "finish_reason": "stop"}],
 "usage": {"prompt_tokens": 412, "completion_tokens": 88}}
```
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from collection.distill.ledger import Finish


class Reading(NamedTuple):
    """A response. ``tokens`` are of input and output, None where the server gave no usable numbers."""

    text: str
    finish: Finish
    tokens: tuple[int, int] | None


def read_response(data: bytes) -> Reading | None:
    """What a response says; None if it is not a whole chat completion."""
    try:
        response = orjson.loads(data)
        choice = response["choices"][0]
        message = choice["message"]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return None
    if not isinstance(message, dict):
        return None
    refusal, text = message.get("refusal"), message.get("content")
    return Reading(
        text if isinstance(text, str) else "",
        Finish.REFUSED if refusal else _finish(choice.get("finish_reason")),
        _tokens(response.get("usage")),
    )


def _finish(reason: Any) -> Finish:
    match reason:
        case "stop":
            return Finish.STOP
        case "length":
            return Finish.LENGTH
        case "content_filter":
            return Finish.FILTERED
    return Finish.OTHER


def _tokens(usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    numbers = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
        return None
    return numbers  # type: ignore[return-value]
