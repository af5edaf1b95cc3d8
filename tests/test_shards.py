"""The ordered parallel map."""

from __future__ import annotations

import os
import time

import pytest

from symbol_llm.shards import chunked, ordered_map


def slow_square(number: int) -> int:
    time.sleep(0.02 if number % 5 == 0 else 0)
    if number < 0:
        raise ValueError("negative")
    return number * number


def process_of(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    assert list(ordered_map(slow_square, range(40), workers)) == [n * n for n in range(40)]


def test_items_are_taken_as_they_are_needed() -> None:
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = ordered_map(slow_square, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 8, "memory does not grow with the input"
    results.close()


def test_two_workers_are_two_processes() -> None:
    assert len(set(ordered_map(process_of, range(12), 2)) - {os.getpid()}) == 2


def test_an_exception_of_a_worker_arrives() -> None:
    with pytest.raises(ValueError, match="negative"):
        list(ordered_map(slow_square, [1, -1, 2], 2))


def test_chunks() -> None:
    assert list(chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunked([], 2)) == []
