"""Leaks: training rows that a test set also asks.

A row leaks if a test row of any task (rejected ones included, since delegation asks them too) has the same
problem key, the same normalised request, or, for long requests of formats without a telling symbol, if half of its
8-grams stand in one test request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from collection.identity import IDENTITIES, Identity, key, normalised, problem_key, request_key
from symbol_llm.record import Record, Split

_N = 8
_LONG = 25  # words: shorter requests share 8-grams by template alone
_CONTAINMENT = 0.5


class Leak(NamedTuple):
    """Which test row a record repeats, and how it was seen."""

    test: str
    kind: str


class LeakIndex:
    """The test rows of all tasks. ``add`` them first, then ask ``find`` for the others."""

    def __init__(self) -> None:
        self._problems: dict[int, str] = {}
        self._requests: dict[int, str] = {}
        self._grams: dict[int, list[int]] = {}
        self._long: list[str] = []

    def add(self, record: Record) -> None:
        """Remember a test record."""
        problem = problem_key(record)
        if problem is not None:
            self._problems.setdefault(problem, record.id)
        self.add_request(record.input, record.id, scope(record.format, record.context, record.group), record.format)

    def add_request(self, request: str, name: str, asked_against: str, format_name: str) -> None:
        """Remember a test request, and what it is asked against: see ``scope``."""
        self._requests.setdefault(request_key(request, asked_against), name)
        if _uses_grams(format_name):
            grams = _grams(request)
            if grams:
                for gram in grams:
                    self._grams.setdefault(gram, []).append(len(self._long))
                self._long.append(name)

    def find(self, record: Record) -> Leak | None:
        """The test row that a training or validation record repeats."""
        if record.split == Split.TEST:
            return None
        problem = problem_key(record)
        if problem is not None and problem in self._problems:
            return Leak(self._problems[problem], "same problem")
        request = request_key(record.input, scope(record.format, record.context, record.group))
        if request in self._requests:
            return Leak(self._requests[request], "same request")
        if _uses_grams(record.format):
            grams = _grams(record.input)
            hits = Counter(test for gram in grams for test in self._grams.get(gram, ()))
            best = hits.most_common(1)
            if best and best[0][1] >= _CONTAINMENT * len(grams):
                return Leak(self._long[best[0][0]], f"{best[0][1] / len(grams):.0%} of its 8-grams")
        return None


def scope(format_name: str, definitions: str, group: str) -> str:
    """What a request is asked against: the same words about another scene are another question."""
    is_grouped = IDENTITIES.get(format_name) is Identity.GROUP
    return f"{definitions}\x1f{group}" if is_grouped else definitions


def _uses_grams(format_name: str) -> bool:
    return IDENTITIES.get(format_name) is Identity.REQUEST


def _grams(request: str) -> set[int]:
    words = normalised(request).split()
    if len(words) < _LONG:
        return set()
    return {key(*words[i : i + _N]) for i in range(len(words) - _N + 1)}


def build_index(records: Iterable[Record]) -> LeakIndex:
    """An index of the test records among ``records``."""
    index = LeakIndex()
    for record in records:
        if record.split == Split.TEST:
            index.add(record)
    return index
