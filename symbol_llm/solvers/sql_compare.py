"""Whether two query results are the same, by the named rules of the field.

    gold {"columns": 2, "rows": [["tom", 3], ["ann", 5]], "ordered": False}
    same {"columns": 2, "rows": [[5, "ann"], [3, "tom"]], "ordered": False}    spider_ts: yes, strict_list: no

Values are compared as Python does: 1 equals 1.0, "1" does not, NULL equals NULL. Of floats twelve digits count, so
that a sum does not depend on the order in which SQLite adds. ``spider_test_suite`` and ``bird_set`` are the rules as
the authors' own programs apply them, to be compared with published numbers: there all digits count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from symbol_llm.solvers.answers import Comparator

Answer = Mapping[str, Any]
Column = tuple[Any, ...]


def strict_list(gold: Answer, answer: Answer) -> bool:
    """The same rows in the same order, columns in the same order."""
    return _tuples(gold) == _tuples(answer)


def bird_set(gold: Answer, answer: Answer) -> bool:
    """BIRD's rule: the same set of rows. Neither order nor repetition counts; the order of columns and all digits do.

    Li et al. 2023, evaluation.py: ``set(predicted_res) == set(ground_truth_res)``.
    """
    return set(map(tuple, gold["rows"])) == set(map(tuple, answer["rows"]))


def spider_ts(gold: Answer, answer: Answer) -> bool:
    """The same rows as often, columns in any order, rows in order if the gold query's outermost level orders them.

    The rule of Spider's test suites (Zhong et al. 2020), except that two empty results with different numbers of
    columns differ, and that order is read from the query's tree rather than from the words "order by".
    """
    if gold["columns"] != answer["columns"]:
        return False
    return _same_rows(_tuples(gold), _tuples(answer), gold["ordered"])


def _same_rows(a: list[Column], b: list[Column], is_ordered: bool) -> bool:
    """Whether some order of columns makes two lists of rows the same."""
    if len(a) != len(b) or (a and len(a[0]) != len(b[0])):
        return False
    if is_ordered:
        # Ordered rows: a permutation of columns exists if both have the same columns as often.
        return Counter(zip(*a)) == Counter(zip(*b))
    return Counter(a) == Counter(b) or _is_permuted(list(zip(*a)), list(zip(*b)), len(a))


def spider_test_suite(gold: Answer, answer: Answer) -> bool:
    """The rule of Spider's test suites, word for word (Zhong et al. 2020, exec_eval.py, ``result_eq``).

    Two empty results are equal whatever their columns. Else: as many rows and columns, and some order of the answer's
    columns gives the gold rows, as often, and in their order if the words "order by" stand anywhere in the gold query.
    That query is ``gold["query"]``; without it, ``gold["ordered"]`` decides. All digits of floats count. Upstream also
    strips DISTINCT from both queries before it runs them: that is for the caller to do.
    """
    if not gold["rows"] and not answer["rows"]:
        return True
    if not gold["rows"] or not answer["rows"]:
        return False
    is_ordered = "order by" in gold["query"].lower() if "query" in gold else gold["ordered"]
    return _same_rows(list(map(tuple, gold["rows"])), list(map(tuple, answer["rows"])), is_ordered)


def _result(value: Any) -> bool:
    return isinstance(value, Mapping) and {"columns", "rows"} <= value.keys()


def _comparator(same: Callable[[Answer, Answer], bool]) -> Comparator:
    return Comparator(lambda answer, gold: same(gold, answer), _result)


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


ROWS = _comparator(spider_ts)
ORDERED_ROWS = _comparator(strict_list)
SPIDER_TEST_SUITE = _comparator(spider_test_suite)
BIRD_SET = _comparator(bird_set)
