"""Duplicates: exact ones, then near ones by the words of the request, found through MinHash (datasketch).

Near duplicates must also carry the same symbol under the same definitions: requests that differ in one word and
in meaning ("left" for "right") are what a model has to tell apart, and are kept.

Memory stays small at any size: a census of keys, 8 bytes each, tells beforehand which rows can have duplicates
at all; only those are remembered while the rows go by.

    census = take_census(row_keys, symbol_keys, num_words)
    bands = band_keys(symbol key, split and request of each of census.near_candidates)
    duplicates = Duplicates(census, bands, request_of)
    duplicates.find(0, row_key) -> None, duplicates.find(1, row_key) -> 0      numbers of records
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from collection.identity import checksums, keys_of, normalised
from symbol_llm.record import Record

if TYPE_CHECKING:
    import numpy as np

THRESHOLD = 0.8  # of the words and neighbouring words of two requests, taken together
_SHORT = 12  # words: requests below differ by words that matter ("jump twice and walk", "walk and jump twice")
# At the threshold, one pair in 3,000 shares no band; of those that do, the true overlap has the last word.
NUM_BANDS, _ROWS = 20, 5
# A band that so many different kept requests share tells nothing; without a limit, work would grow with the square.
_CROWDED = 32


class Census(NamedTuple):
    """What is known of all records of a task before the first is judged."""

    repeated_rows: np.ndarray  # sorted row keys that occur more than once
    near_candidates: np.ndarray  # numbers of the records that can have near duplicates, ascending


def take_census(row_keys: np.ndarray, symbol_keys: np.ndarray, num_words: np.ndarray) -> Census:
    """The census of a task from one key of each kind per record, in order."""
    import numpy as np

    _, firsts = np.unique(row_keys, return_index=True)
    firsts.sort()
    symbols = symbol_keys[firsts]
    can_be_near = np.isin(symbols, _repeated(symbols)) & (num_words[firsts] >= _SHORT)
    return Census(_repeated(row_keys), firsts[can_be_near])


def _repeated(keys: np.ndarray) -> np.ndarray:
    import numpy as np

    ordered = np.sort(keys)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


class Duplicates:
    """Finds duplicates within one task, first come first kept. Ask for the records in order."""

    def __init__(self, census: Census, bands: np.ndarray, request_of: Callable[[int], str]) -> None:
        """``bands``: one row of ``band_keys`` per near candidate. ``request_of``: the request of record number n."""
        self._census = census
        self._request_of = request_of
        self._seen: dict[int, int] = {}
        self._chains = _Chains(bands)

    def find(self, number: int, row_key: int) -> int | None:
        """The number of the kept record that this one repeats, or None; then this one is remembered."""
        if row_key in self._seen:
            return self._seen[row_key]
        place = _place(self._census.near_candidates, number)
        first = None if place is None else self._find_near(place, number)
        if _place(self._census.repeated_rows, row_key) is not None:
            self._seen[row_key] = number if first is None else first
        return first

    def _find_near(self, place: int, number: int) -> int | None:
        if similar := self._chains.sharing_a_band(place):
            parts = _parts(self._request_of(number))
            for earlier in similar:
                other = int(self._census.near_candidates[earlier])
                if _overlap(parts, _parts(self._request_of(other))) >= THRESHOLD:
                    return other
        self._chains.add(place)
        return None


def _place(ordered: np.ndarray, value: int) -> int | None:
    """Where a value stands in a sorted array; None if it does not."""
    place = int(ordered.searchsorted(ordered.dtype.type(value)))
    return place if place < len(ordered) and int(ordered[place]) == value else None


class _Chains:
    """For every band that two requests share, the kept requests that have it: linked lists in flat arrays."""

    def __init__(self, bands: np.ndarray) -> None:
        import numpy as np

        self._bands = np.full(bands.shape, -1, np.int32)  # -1: a band that no other request has
        num_bands = 0
        for column, keys in enumerate(bands.T):
            shared = _repeated(keys)
            if len(shared):
                places = np.minimum(np.searchsorted(shared, keys), len(shared) - 1)
                self._bands[:, column] = np.where(shared[places] == keys, places + num_bands, -1)
                num_bands += len(shared)
        self._last = np.full(num_bands, -1, np.int32)
        self._length = np.zeros(num_bands, np.uint8)
        self._before = np.full(bands.shape, -1, np.int32)

    def sharing_a_band(self, place: int) -> list[int]:
        """The kept requests before this one that share a band with it, in order."""
        found: set[int] = set()
        for column, band in self._shared(place):
            earlier = int(self._last[band])
            while earlier >= 0:
                found.add(earlier)
                earlier = int(self._before[earlier, column])
        return sorted(found)

    def add(self, place: int) -> None:
        """Keep a request."""
        for column, band in self._shared(place):
            if self._length[band] < _CROWDED:
                self._before[place, column], self._last[band] = self._last[band], place
                self._length[band] += 1

    def _shared(self, place: int) -> list[tuple[int, int]]:
        return [(column, band) for column, band in enumerate(self._bands[place].tolist()) if band >= 0]


def band_keys(asked: Sequence[tuple[int, str, str]]) -> np.ndarray:
    """Twenty 64-bit keys for each (symbol key, split, request): two that share one may be near duplicates.

    Rows with another symbol share nothing, however alike their words are.
    """
    import numpy as np
    from datasketch import MinHash

    factor, places = np.uint64(0x9E3779B97F4A7C15), np.arange(NUM_BANDS, dtype=np.uint64)
    signature = MinHash(num_perm=NUM_BANDS * _ROWS, seed=1, hashfunc=int)  # the parts are numbers already
    bands = np.empty((len(asked), NUM_BANDS), np.uint64)
    for place, (symbol, split, request) in enumerate(asked):
        signature.clear()
        signature.update_batch((_parts(request) * factor >> np.uint64(32)).tolist())
        keys = np.full(NUM_BANDS, symbol ^ zlib.crc32(split.encode()), np.uint64) * factor + places
        for column in signature.hashvalues.astype(np.uint64).reshape(NUM_BANDS, _ROWS).T:
            keys = keys * factor + column
            keys ^= keys >> np.uint64(29)
        bands[place] = keys
    return bands


def _parts(request: str) -> np.ndarray:
    """The words and pairs of neighbouring words of a request, by their checksums: sorted, without repeats."""
    import numpy as np

    words = checksums(normalised(request).split())
    return np.unique(np.concatenate([words, (words[:-1] << np.uint64(32)) + words[1:]]))


def _overlap(parts: np.ndarray, others: np.ndarray) -> float:
    """The share of two requests' parts that both have, in 0..1."""
    import numpy as np

    common = len(np.intersect1d(parts, others, assume_unique=True))
    return common / (len(parts) + len(others) - common)


def find_duplicates(records: list[Record]) -> list[str | None]:
    """For each record the id of the earlier one that it repeats. All records are of one task."""
    import numpy as np

    keys = [keys_of(record) for record in records]
    census = take_census(
        np.array([k.row for k in keys], np.uint64),
        np.array([k.symbol for k in keys], np.uint64),
        np.array([k.asked.num_words for k in keys], np.int32),
    )
    chosen = [(keys[n].symbol, records[n].split, records[n].input) for n in census.near_candidates.tolist()]
    duplicates = Duplicates(census, band_keys(chosen), lambda n: records[n].input)
    found = [duplicates.find(number, k.row) for number, k in enumerate(keys)]
    return [None if first is None else records[first].id for first in found]
