"""Leaks: training rows that a test set also asks.

A row leaks if a test row of any task (rejected ones included, since delegation asks them too) has the same
problem key, the same normalised request, or, for long requests of formats without a telling symbol, if half of its
8-grams stand in one test request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from collection.identity import Asked, Keys, keys_of
from symbol_llm.record import Record, Split

if TYPE_CHECKING:
    import numpy as np

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
        self._long: dict[bytes, str] = {}  # 8-grams of a request: its name
        self._grams: tuple[np.ndarray, np.ndarray] | None = None

    def add(self, name: str, asked: Asked, problem: int | None = None) -> None:
        """Remember a test row; ``problem`` is None for one without a symbol."""
        if problem is not None:
            self._problems.setdefault(problem, name)
        self._requests.setdefault(asked.request, name)
        if asked.grams is not None:
            self._long.setdefault(asked.grams.tobytes(), name)
            self._grams = None

    def find(self, split: str, keys: Keys) -> Leak | None:
        """The test row that a training or validation record repeats."""
        if split == Split.TEST:
            return None
        if keys.problem is not None and keys.problem in self._problems:
            return Leak(self._problems[keys.problem], "same problem")
        if keys.asked.request in self._requests:
            return Leak(self._requests[keys.asked.request], "same request")
        if keys.asked.grams is not None and self._long:
            return self._contained(keys.asked.grams)
        return None

    def _contained(self, grams: np.ndarray) -> Leak | None:
        import numpy as np

        known, tests = self._sorted_grams()
        first, last = np.searchsorted(known, grams, "left"), np.searchsorted(known, grams, "right")
        spans = [(start, end) for start, end in zip(first.tolist(), last.tolist()) if start < end]
        if len(spans) < _CONTAINMENT * len(grams):
            return None
        hits = Counter(test for start, end in spans for test in tests[start:end].tolist())
        most = max(hits.values())
        if most < _CONTAINMENT * len(grams):
            return None
        best = min(test for test, count in hits.items() if count == most)
        return Leak(list(self._long.values())[best], f"{most / len(grams):.0%} of its 8-grams")

    def _sorted_grams(self) -> tuple[np.ndarray, np.ndarray]:
        """Every 8-gram in order, and the number of the test request it stands in."""
        import numpy as np

        if self._grams is None:
            arrays = [np.frombuffer(grams, np.uint64) for grams in self._long]
            known = np.concatenate(arrays)
            tests = np.repeat(np.arange(len(arrays), dtype=np.uint32), [len(array) for array in arrays])
            order = np.argsort(known, kind="stable")
            self._grams = known[order], tests[order]
        return self._grams


def build_index(records: Iterable[Record]) -> LeakIndex:
    """An index of the test records among ``records``."""
    index = LeakIndex()
    for record in records:
        if record.split == Split.TEST:
            keys = keys_of(record)
            index.add(record.id, keys.asked, keys.problem)
    return index
