"""Isomorphism of small labelled directed graphs, within a budget of steps.

    labels "boy", "go-02", edges {(1, 0): ":ARG0"}   against   labels "go-02", "boy", edges {(0, 1): ":ARG0"}

VF2 of networkx decides. The budget counts steps, not seconds, so the answer does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

_STEPS = 100_000


class SearchTooLong(Exception):
    """No isomorphism was found or excluded within the budget."""


def is_isomorphic(
    labels: tuple[Sequence[Hashable], Sequence[Hashable]],
    edges: tuple[Mapping[tuple[int, int], Hashable], Mapping[tuple[int, int], Hashable]],
) -> bool:
    """Whether a one-to-one mapping of nodes keeps all labels of nodes and edges. Raises SearchTooLong."""
    import networkx

    made = []
    for nodes, arcs in zip(labels, edges):
        graph = networkx.DiGraph()
        graph.add_nodes_from((i, {"label": label}) for i, label in enumerate(nodes))
        graph.add_edges_from((*ends, {"label": label}) for ends, label in arcs.items())
        made.append(graph)
    return bool(_matcher()(*made).is_isomorphic())


@lru_cache(maxsize=1)
def _matcher() -> Any:
    from networkx.algorithms.isomorphism import DiGraphMatcher

    def same(a: Mapping[str, Hashable], b: Mapping[str, Hashable]) -> bool:
        return a["label"] == b["label"]

    class Matcher(DiGraphMatcher):
        steps = 0

        def __init__(self, first: Any, second: Any) -> None:
            super().__init__(first, second, node_match=same, edge_match=same)

        def syntactic_feasibility(self, first: int, second: int) -> bool:
            self.steps += 1
            if self.steps > _STEPS:
                raise SearchTooLong
            return bool(super().syntactic_feasibility(first, second))

    return Matcher
