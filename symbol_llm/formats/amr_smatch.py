"""Smatch (Cai and Knight 2013): matching triples of two AMRs under the best mapping of their variables.

    predicted (g / go-02 :ARG0 (b / boy))         gold (g / go-02 :ARG0 (b / boy) :polarity -)
    4 triples match, of 4 predicted and 5 gold: precision 1, recall 0.8, F1 0.89

Triples and their comparison are those of the ``smatch`` package, read by its own reader, with all its habits (the top
counts as a triple, case is ignored, ``:mod 1`` counts for nothing). Only the search for the best mapping differs: the
package climbs hills from random starts and reports what it meets; here the optimum is found by an integer program, as
the paper defines it, so a score is the same on every run and machine and never below the package's.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.amr_penman import MAX_LENGTH, MAX_NODES

_MAX_UNKNOWNS = 30_000  # of the integer program; a pair of the largest real graphs needs about 15,000
_MAX_BRANCHES = 2_000

Pair = tuple[int, int]  # a node of the first graph and one of the second


class Triples(NamedTuple):
    """Labels of the nodes: (kind, text) pairs such as ("instance", "boy"); edges (role, source, target)."""

    labels: list[list[tuple[str, str]]]
    edges: list[tuple[str, int, int]]

    @property
    def num_triples(self) -> int:
        return sum(map(len, self.labels)) + len(self.edges)


@cache
def _package() -> Any:
    try:
        import amr  # the top-level module of the smatch distribution
    except ImportError as error:
        raise EngineMissing("smatch", "pip install smatch") from error
    amr.ERROR_LOG = open(os.devnull, "w", encoding="utf-8")  # it explains every bad graph on standard error
    return amr


def read_triples(text: str) -> Triples | None:
    """The triples that the package reads, or None where it reads no graph."""
    if len(text) > MAX_LENGTH:
        return None
    line = "".join(part.strip() for part in text.split("\n"))
    try:
        graph = _package().AMR.parse_AMR_line(line)
    except (IndexError, KeyError, ValueError):  # its ways to say that the text is no graph
        return None
    if graph is None or len(graph.nodes) > MAX_NODES:
        return None
    instances, attributes, relations = graph.get_triples()
    place = {name: i for i, (_, name, _) in enumerate(instances)}
    labels: list[list[tuple[str, str]]] = [[] for _ in instances]
    for kind, name, value in (*instances, *attributes):
        labels[place[name]].append((_normal(kind), _normal(value)))
    edges = [(_normal(role), place[source], place[target]) for role, source, target in relations]
    return Triples(labels, edges)


def _normal(text: str) -> str:
    return text.lower().rstrip("_")


def best_match(first: Triples, second: Triples) -> int:
    """The largest number of matching triples over all one-to-one mappings of the nodes.

    A lower bound where the graphs are absurdly large (more than 30,000 unknowns).
    """
    weights: dict[Pair, int] = defaultdict(int)
    for i, mine in enumerate(first.labels):
        for j, theirs in enumerate(second.labels):
            same = sum(a == b for a in mine for b in theirs)
            if same:
                weights[i, j] = same
    edges = [
        (k, (s1, s2), (t1, t2))
        for k, (role, s1, t1) in enumerate(first.edges)
        for other, s2, t2 in second.edges
        if role == other
    ]
    pairs = sorted({*weights, *(pair for _, *ends in edges for pair in ends)})
    if not pairs:
        return 0
    if len(pairs) + len(edges) <= _MAX_UNKNOWNS:
        return _optimum(pairs, weights, edges)
    return _assigned(weights, edges, len(first.labels), len(second.labels))


def _optimum(pairs: Sequence[Pair], weights: dict[Pair, int], edges: list[tuple[int, Pair, Pair]]) -> int:
    """Unknowns: is this pair mapped, do these two edges match. An edge matches only if its ends are mapped."""
    import numpy
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_matrix

    place = {pair: i for i, pair in enumerate(pairs)}
    at_most_one: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pair, i in place.items():
        at_most_one[0, pair[0]].append(i)
        at_most_one[1, pair[1]].append(i)
    # For one edge of the first graph and one mapped end, at most one edge of the second graph matches.
    needs: dict[tuple[int, int, Pair], list[int]] = defaultdict(list)
    for i, (k, source, target) in enumerate(edges):
        needs[0, k, source].append(len(pairs) + i)
        needs[1, k, target].append(len(pairs) + i)
    entries = [(row, i, 1) for row, unknowns in enumerate(at_most_one.values()) for i in unknowns]
    for row, ((_, _, pair), unknowns) in enumerate(needs.items(), len(at_most_one)):
        entries += [(row, i, 1) for i in unknowns]
        entries.append((row, place[pair], -1))
    rows, columns, values = zip(*entries)
    num_unknowns = len(pairs) + len(edges)
    matrix = coo_matrix((values, (rows, columns)), shape=(len(at_most_one) + len(needs), num_unknowns))
    limits = numpy.array([1] * len(at_most_one) + [0] * len(needs))
    gains = numpy.array([weights.get(pair, 0) for pair in pairs] + [1] * len(edges))
    found = milp(
        -gains,
        constraints=LinearConstraint(matrix.tocsc(), -numpy.inf, limits),
        integrality=numpy.array([1] * len(pairs) + [0] * len(edges)),
        bounds=Bounds(0, 1),
        options={"node_limit": _MAX_BRANCHES},
    )
    if found.x is None:
        return _assigned(weights, edges, 1 + max(i for i, _ in pairs), 1 + max(j for _, j in pairs))
    return round(-found.fun)


def _assigned(weights: dict[Pair, int], edges: list[tuple[int, Pair, Pair]], num_first: int, num_second: int) -> int:
    """Matching triples under the mapping that is best for the labels alone."""
    import numpy
    from scipy.optimize import linear_sum_assignment

    gains = numpy.zeros((num_first, num_second))
    for pair, weight in weights.items():
        gains[pair] = weight
    mapped = {(int(i), int(j)) for i, j in zip(*linear_sum_assignment(gains, maximize=True))}
    matched = {(k, source, target) for k, source, target in edges if source in mapped and target in mapped}
    return sum(weights.get(pair, 0) for pair in mapped) + len(matched)
