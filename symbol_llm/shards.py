"""The ordered parallel map: results come in the order of the items, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from typing import TypeVar

from symbol_llm.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """A pool of processes, started when it is first used. One worker means this process."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Map over items, in order; at most ``2 * number + 2`` items are in flight.

        ``function`` must be importable (a module-level function or a partial of one). Memory does not grow with the
        number of items. An exception of the function is raised here, and the items not yet started are dropped.
        Raises UserError if a worker process dies.
        """
        if self.number <= 1:
            yield from map(function, items)
            return
        if self._pool is None:
            # Spawned, not forked: engines with threads (Z3, RDKit, Arrow) do not survive a fork.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.number, mp_context=context, initializer=_end_with_parent)
        source = iter(items)
        waiting: deque[Future[Result]] = deque()
        try:
            for item in islice(source, 2 * self.number + 2):
                waiting.append(self._pool.submit(function, item))
            while waiting:
                result = waiting.popleft().result()
                for item in islice(source, 1):
                    waiting.append(self._pool.submit(function, item))
                yield result
        except BrokenProcessPool as error:
            raise UserError(
                "a worker process died, most likely killed for lack of memory. Run the same command again, "
                "with fewer --workers if it happens again"
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def ordered_map(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """``Workers.map`` with a pool for this one call."""
    with Workers(workers) as pool:
        yield from pool.map(function, items)


def _end_with_parent() -> None:
    """Leave when the parent is gone, however it went: a worker of a killed run must not write beside the next."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def chunked(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive chunks of ``size`` items; the last may be shorter."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
