"""Duplicates: exact ones, then near ones by MinHash on the words of the request (datasketch).

Near duplicates must also carry the same symbol under the same definitions: requests that differ in one word and
in meaning ("left" for "right") are what a model has to tell apart, and are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from collection.identity import duplicate_key, key, normalised, symbol_key
from symbol_llm.record import Record

if TYPE_CHECKING:
    from datasketch import MinHash

_PERMUTATIONS = 64
_SHORT = 12  # words: requests below differ by words that matter ("jump twice and walk", "walk and jump twice")


def repeated_symbols(records: Iterable[Record]) -> set[int]:
    """Keys of symbols that occur more than once in a task: only those can have near duplicates."""
    counts = Counter(symbol_key(record) for record in records)
    return {symbol for symbol, count in counts.items() if count > 1}


class Duplicates:
    """Finds duplicates within one task, first come first kept. Feed the records in order."""

    def __init__(self, repeated: set[int], threshold: float = 0.8) -> None:
        self._repeated = repeated
        self._threshold = threshold
        self._seen: dict[int, str] = {}
        self._near: dict[int, list[tuple[str, MinHash]]] = {}

    def find(self, record: Record) -> str | None:
        """The id of the earlier record that this one repeats, or None; then this one is remembered."""
        exact = duplicate_key(record)
        if exact in self._seen:
            return self._seen[exact]
        symbol = symbol_key(record)
        if symbol in self._repeated and len(normalised(record.input).split()) >= _SHORT:
            group = self._near.setdefault(key(str(symbol), record.split), [])
            signature = _signature(record.input)
            for other, known in group:
                if known.jaccard(signature) >= self._threshold:
                    return other
            group.append((record.id, signature))
        self._seen[exact] = record.id
        return None


def _signature(request: str) -> MinHash:
    """MinHash of the words and pairs of neighbouring words of a request."""
    from datasketch import MinHash

    words = normalised(request).split()
    signature = MinHash(num_perm=_PERMUTATIONS, seed=1)
    signature.update_batch([word.encode() for word in words + [" ".join(pair) for pair in pairwise(words)]])
    return signature
