"""When two records are the same problem: the keys for duplicates and leaks.

What makes a problem the same depends on the language. Two requests for one molecule are one problem; two SCAN
commands with the same actions are not, nor are two questions that share a CLEVR program over different scenes.

    record ──keys_of──▶ Keys(row, symbol, problem, asked)        computed once, where the row is checked
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from symbol_llm.record import Record

if TYPE_CHECKING:
    import numpy as np


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
_N = 8
_LONG = 25  # words: shorter requests share 8-grams by template alone


class Asked(NamedTuple):
    """What a row asks, whether or not it became a record."""

    request: int  # the same words in the same scope
    num_words: int
    grams: np.ndarray | None  # sorted 64-bit keys of the 8-grams of a long request, without repeats


class Keys(NamedTuple):
    """By what a record is compared with others. All keys have 64 bits."""

    row: int  # the same training row: task, split, definitions, request and meaning
    symbol: int  # the same canonical symbol under the same definitions
    problem: int | None  # the same problem as a test item, whatever the words; None if only the words tell
    asked: Asked


def normalised(request: str) -> str:
    """Lower-case words of a request, without punctuation and spacing."""
    return " ".join(_WORD.findall(request.lower()))


def key(*parts: str) -> int:
    """A 64-bit key of text parts."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big")


def scope(format_name: str, definitions: str, group: str) -> str:
    """What a request is asked against: the same words about another scene are another question."""
    is_grouped = IDENTITIES.get(format_name) is Identity.GROUP
    return f"{definitions}\x1f{group}" if is_grouped else definitions


def keys_of(record: Record) -> Keys:
    """All keys of a record."""
    asked, words = _asked(record.format, record.input, record.context, record.group)
    row = key("row", record.task, record.split, record.context, words, record.canonical)
    symbol = key("symbol", record.format, record.context, record.canonical)
    match IDENTITIES.get(record.format, Identity.SYMBOL):
        case Identity.SYMBOL:
            return Keys(row, symbol, symbol, asked)
        case Identity.GROUP:
            return Keys(row, symbol, key("group", record.group, str(symbol)), asked)
        case Identity.REQUEST:
            return Keys(row, symbol, None, asked)


def asked_by(format_name: str, request: str, definitions: str, group: str) -> Asked:
    """The keys of what a row asks."""
    return _asked(format_name, request, definitions, group)[0]


def _asked(format_name: str, request: str, definitions: str, group: str) -> tuple[Asked, str]:
    words = _WORD.findall(request.lower())
    text = " ".join(words)
    uses_grams = IDENTITIES.get(format_name) is Identity.REQUEST and len(words) >= _LONG
    asked = key("request", scope(format_name, definitions, group), text)
    return Asked(asked, len(words), _grams(words) if uses_grams else None), text


def checksums(words: Sequence[str]) -> np.ndarray:
    """The CRC-32 of each word, as 64-bit numbers."""
    import numpy as np

    return np.fromiter(map(_checksum, words), np.uint64, len(words))


@lru_cache(maxsize=1 << 16)
def _checksum(word: str) -> int:
    return zlib.crc32(word.encode())


def _grams(words: list[str]) -> np.ndarray:
    """Keys of the runs of 8 words: a polynomial over the words' checksums, modulo 2⁶⁴."""
    import numpy as np

    sums = checksums(words)
    count = len(words) - _N + 1
    grams = np.zeros(count, np.uint64)
    for offset in range(_N):
        grams = grams * np.uint64(0x9E3779B97F4A7C15) + sums[offset : offset + count]
    return np.unique(grams)
