"""Whether two query results are the same, by the named rules of the field.

    gold {"columns": 2, "rows": [["tom", 3], ["ann", 5]], "ordered": False}
    same {"columns": 2, "rows": [[5, "ann"], [3, "tom"]], "ordered": False}    spider_ts: yes, strict_list: no

Values are compared as Python does: 1 equals 1.0, "1" does not, NULL equals NULL. Of floats twelve digits count, so
that a sum does not depend on the order in which SQLite adds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Answer = Mapping[str, Any]
Column = tuple[Any, ...]


def strict_list(gold: Answer, answer: Answer) -> bool:
    """The same rows in the same order, columns in the same order."""
    return _tuples(gold) == _tuples(answer)


def bird_set(gold: Answer, answer: Answer) -> bool:
    """The same set of rows: neither order nor repetition counts, the order of columns does (BIRD's rule)."""
    return set(_tuples(gold)) == set(_tuples(answer))


def spider_ts(gold: Answer, answer: Answer) -> bool:
    """The same rows as often, columns in any order, rows in order if the gold query's outermost level orders them.

    The rule of Spider's test suites (Zhong et al. 2020), except that two empty results with different numbers of
    columns differ, and that order is read from the query's tree rather than from the words "order by".
    """
    a, b = _tuples(gold), _tuples(answer)
    if gold["columns"] != answer["columns"] or len(a) != len(b):
        return False
    if gold["ordered"]:
        # Ordered rows: a permutation of columns exists if both have the same columns as often.
        return Counter(zip(*a)) == Counter(zip(*b))
    return Counter(a) == Counter(b) or _is_permuted(list(zip(*a)), list(zip(*b)), len(a))


COMPARATORS: dict[str, Callable[[Answer, Answer], bool]] = {
    "spider_ts": spider_ts,
    "bird_set": bird_set,
    "strict_list": strict_list,
}


def _tuples(answer: Answer) -> list[tuple[Any, ...]]:
    return [tuple(float(f"{v:.12g}") if isinstance(v, float) else v for v in row) for row in answer["rows"]]


def _is_permuted(gold: list[Column], answer: list[Column], num_rows: int) -> bool:
    """Whether some order of the answer's columns gives the gold rows.

    Columns are placed one by one; a placement is given up as soon as the rows so far differ as multisets.
    """
    if Counter(map(_profile, gold)) != Counter(map(_profile, answer)):
        return False

    def place(done: int, rows: list[int], others: list[int], free: tuple[int, ...]) -> bool:
        if done == len(gold):
            return True
        tried: set[Column] = set()
        for choice in free:
            column = answer[choice]
            if column in tried:  # an equal column leads nowhere either
                continue
            tried.add(column)
            # Rows that agree so far share a number: the same numbering on both sides compares whole prefixes.
            numbers: dict[tuple[int, Any], int] = {}
            left = [numbers.setdefault((row, value), len(numbers)) for row, value in zip(rows, gold[done])]
            right = [numbers.setdefault((row, value), len(numbers)) for row, value in zip(others, column)]
            rest = tuple(i for i in free if i != choice)
            if Counter(left) == Counter(right) and place(done + 1, left, right, rest):
                return True
        return False

    return place(0, [0] * num_rows, [0] * num_rows, tuple(range(len(answer))))


def _profile(column: Iterable[Any]) -> frozenset[tuple[Any, int]]:
    return frozenset(Counter(column).items())
