"""When two records are the same problem: the keys for duplicates and leaks.

What makes a problem the same depends on the language. Two requests for one molecule are one problem; two SCAN
commands with the same actions are not, nor are two questions that share a CLEVR program over different scenes.
"""

from __future__ import annotations

import hashlib
import re
from enum import Enum

from symbol_llm.record import Record


class Identity(Enum):
    """What identifies a problem of a format."""

    SYMBOL = "the same symbol under the same definitions"
    GROUP = "the same symbol under the same definitions and in the same group (scene)"
    REQUEST = "the same request only"


# Formats not listed: Identity.SYMBOL.
IDENTITIES: dict[str, Identity] = {
    "scan": Identity.REQUEST,
    "math_program": Identity.REQUEST,
    "text": Identity.REQUEST,
    "top": Identity.REQUEST,  # [IN:GET_ALARM ] is what many requests mean
    "gqa": Identity.REQUEST,
    "geometry": Identity.REQUEST,  # Find(x), over another diagram
    "clevr": Identity.GROUP,
}

_WORD = re.compile(r"\w+")


def normalised(request: str) -> str:
    """Lower-case words of a request, without punctuation and spacing."""
    return " ".join(_WORD.findall(request.lower()))


def key(*parts: str) -> int:
    """A 64-bit key of text parts."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big")


def symbol_key(record: Record) -> int:
    """Same canonical symbol under the same definitions."""
    return key("symbol", record.format, record.context, record.canonical)


def duplicate_key(record: Record) -> int:
    """Same task, definitions, request and meaning: the same training row."""
    return key("row", record.task, record.split, record.context, normalised(record.input), record.canonical)


def request_key(request: str, scope: str) -> int:
    """Same words of a request in the same scope."""
    return key("request", scope, normalised(request))


def problem_key(record: Record) -> int | None:
    """The key by which a record is the same problem as a test item, beside its request; None if there is none."""
    match IDENTITIES.get(record.format, Identity.SYMBOL):
        case Identity.SYMBOL:
            return symbol_key(record)
        case Identity.GROUP:
            return key("group", record.group, str(symbol_key(record)))
        case Identity.REQUEST:
            return None
