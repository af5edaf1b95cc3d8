"""Duplicates: exact ones, then near ones by the words of the request, found through MinHash (datasketch).

Near duplicates must also carry the same symbol under the same definitions: requests that differ in one word and
in meaning ("left" for "right") are what a model has to tell apart, and are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from collection.identity import duplicate_key, normalised, symbol_key
from symbol_llm.record import Record

if TYPE_CHECKING:
    from datasketch import MinHashLSH

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
        self._near: dict[str, str] = {}  # id and request
        self._index: MinHashLSH | None = None

    def find(self, record: Record) -> str | None:
        """The id of the earlier record that this one repeats, or None; then this one is remembered."""
        exact = duplicate_key(record)
        if exact in self._seen:
            return self._seen[exact]
        symbol = symbol_key(record)
        if symbol in self._repeated and len(normalised(record.input).split()) >= _SHORT:
            near = self._find_near(record, symbol)
            if near is not None:
                return near
        self._seen[exact] = record.id
        return None

    def _find_near(self, record: Record, symbol: int) -> str | None:
        from datasketch import MinHash, MinHashLSH

        if self._index is None:
            # Wider than the threshold: the true overlap has the last word.
            self._index = MinHashLSH(threshold=0.75 * self._threshold, num_perm=_PERMUTATIONS)
        parts = _parts(record.input)
        # Rows with another symbol share nothing in the index, however alike their words are.
        signature = MinHash(num_perm=_PERMUTATIONS, seed=1)
        signature.update_batch([f"{symbol} {record.split} {part}".encode() for part in parts])
        for other in sorted(self._index.query(signature)):
            known = _parts(self._near[other])
            if len(parts & known) >= self._threshold * len(parts | known):
                return other
        if record.id not in self._near:
            self._near[record.id] = record.input
            self._index.insert(record.id, signature)
        return None


def _parts(request: str) -> set[str]:
    """The words and pairs of neighbouring words of a request."""
    words = normalised(request).split()
    return {*words, *(" ".join(pair) for pair in pairwise(words))}
