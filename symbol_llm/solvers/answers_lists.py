"""Answers that are several values: sets, multisets and lists.

    set        [3, 1, 1] = [1, 3]        ["Red", "blue"] = ["blue", "red"]
    multiset   [3, 1, 1] ≠ [1, 3]        [1, 3, 1] = [1, 1, 3]
    list       [3, 1] ≠ [1, 3]

Values are compared as numbers where both are numbers, as texts where both are texts; lists may be nested. A value that
is no list counts as a list of one.
"""

from __future__ import annotations

from typing import Any

from symbol_llm.solvers.answers import Comparator, as_number, as_text, same_number, same_text

_MOST_VALUES = 2_000  # comparing is quadratic


def same_item(answer: Any, gold: Any) -> bool:
    """One value against another; lists in them compare item by item."""
    if isinstance(answer, list) and isinstance(gold, list):
        return same_list(answer, gold)
    if isinstance(answer, bool) or isinstance(gold, bool) or answer is None or gold is None:
        return answer is gold
    return same_number(answer, gold) or (_is_text(answer) and _is_text(gold) and same_text(answer, gold))


def _is_text(value: Any) -> bool:
    return as_text(value) is not None


def same_list(answer: Any, gold: Any) -> bool:
    """The same values in the same order."""
    a, b = _values(answer), _values(gold)
    return len(a) == len(b) and all(map(same_item, a, b))


def same_set(answer: Any, gold: Any) -> bool:
    """Every value of either has an equal one in the other."""
    a, b = _values(answer), _values(gold)
    return all(any(same_item(one, other) for other in b) for one in a) and all(
        any(same_item(other, one) for other in a) for one in b
    )


def same_multiset(answer: Any, gold: Any) -> bool:
    """The same values equally often: a pairing of equal values exists.

    With a tolerance, equality is no equivalence (0, 0.0008, 0.0016), so pairs are sought, not groups.
    """
    a, b = _values(answer), _values(gold)
    if len(a) != len(b):
        return False
    if all(map(same_item, a, b)):
        return True
    from networkx import Graph
    from networkx.algorithms.bipartite import hopcroft_karp_matching

    left = [("answer", i) for i in range(len(a))]
    graph = Graph()
    graph.add_nodes_from(left)
    graph.add_edges_from(
        (("answer", i), ("gold", j)) for i, one in enumerate(a) for j, other in enumerate(b) if same_item(one, other)
    )
    matching = hopcroft_karp_matching(graph, left)
    return all(node in matching for node in left)


def _values(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def _is_list(value: Any) -> bool:
    values = _values(value)
    return len(values) <= _MOST_VALUES and all(map(_is_value, values))


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_value, value))
    return isinstance(value, bool) or as_number(value) is not None or _is_text(value)


SET = Comparator(same_set, _is_list)
MULTISET = Comparator(same_multiset, _is_list)
LIST = Comparator(same_list, _is_list)
