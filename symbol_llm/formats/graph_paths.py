"""Paths of a graph of steps, by networkx: the shortest possible time for all steps is the longest path.

```
{'1': ['2'], '2': ['END'], …} with 30 min and 1 hour      longest path START 1 2 END: 90 min
```
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from symbol_llm.formats.durations import Duration, read_duration
from symbol_llm.formats.graph_text import StepGraph


@lru_cache(maxsize=1)
def to_networkx(graph: StepGraph) -> Any:
    """A ``networkx.DiGraph``; the attributes ``low`` and ``high`` of an edge bound the time of the node it enters."""
    import networkx

    made, times = networkx.DiGraph(), _bounds(graph)
    made.add_nodes_from(graph.nodes)
    for source, target, weight in graph.edges():
        low, high = times.get(target, (0.0, 0.0))
        if graph.is_weighted:
            low = high = float(weight)
        made.add_edge(source, target, low=low, high=high)
    return made


@lru_cache(maxsize=1)
def _order(graph: StepGraph) -> list[str]:
    """Each node before those that follow. Raises NetworkXUnfeasible for a cycle."""
    import networkx

    return list(networkx.topological_sort(to_networkx(graph)))


def path_fault(graph: StepGraph) -> str:
    """Why the graph cannot be walked, or "": a cycle, no end, a node that is on no way."""
    import networkx

    made = to_networkx(graph)
    try:
        order = _order(graph)
    except networkx.NetworkXUnfeasible:
        return f"a cycle: {' '.join(source for source, _ in networkx.find_cycle(made))}"
    for end in (graph.source, graph.target):
        if end not in made:
            return f"no node {end}"
    lost = set(made) - (_reached(graph.source, order, made.succ) & _reached(graph.target, order[::-1], made.pred))
    return f"{min(lost)} lies on no way from {graph.source} to {graph.target}" if lost else ""


def _reached(start: str, order: list[str], following: Mapping[str, Iterable[str]]) -> set[str]:
    """The nodes on a way from ``start``, itself included; ``order`` has each node before those that follow."""
    found = {start}
    for node in order:
        if node in found:
            found.update(following[node])
    return found


def longest_time(graph: StepGraph) -> tuple[float, float]:
    """The shortest and the longest time from start to end, in seconds; in the code form in its own unit.

    They differ only where months and years occur. Raises ValueError if the graph cannot be walked.
    """
    fault = path_fault(graph)
    if fault:
        raise ValueError(fault)
    return _longest(graph, "low")[1], _longest(graph, "high")[1]


def longest_path(graph: StepGraph) -> tuple[list[str], str]:
    """The nodes of a longest path and its time in words, for a graph without fault."""
    path, time = _longest(graph, "high")
    if graph.is_weighted:
        return path, f"{time:g}"
    durations = [read_duration(text) for node, text in graph.durations if node in path]
    return path, str(Duration(*(sum(amounts) for amounts in zip(Duration(), *durations))))


def _longest(graph: StepGraph, bound: str) -> tuple[list[str], float]:
    """A longest path from start to end. Not networkx's own, which leaves out ends that take no time."""
    made = to_networkx(graph)
    times, before = {graph.source: 0.0}, {graph.source: ""}
    for node in _order(graph):
        for _, following, step in made.out_edges(node, data=bound):
            time = times[node] + step
            if time > times.get(following, -1.0):
                times[following], before[following] = time, node
    path = [graph.target]
    while before[path[-1]]:
        path.append(before[path[-1]])
    return path[::-1], times[graph.target]


def _bounds(graph: StepGraph) -> dict[str, tuple[float, float]]:
    bounds = {node: read_duration(time).bounds for node, time in graph.durations}
    return {node: (float(low), float(high)) for node, (low, high) in bounds.items()}
