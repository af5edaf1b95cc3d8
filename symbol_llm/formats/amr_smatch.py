"""Smatch (Cai and Knight 2013): matching triples of two AMRs under the best mapping of their variables.

    predicted (g / go-02 :ARG0 (b / boy))         gold (g / go-02 :ARG0 (b / boy) :polarity -)
    4 triples match, of 4 predicted and 5 gold: precision 1, recall 0.8, F1 0.89

Triples and their comparison are those of the ``smatch`` package, read by its own reader, with all its habits (the top
counts as a triple, case is ignored, ``:mod 1`` counts for nothing). The search for the best mapping differs: the
package climbs hills from random starts and reports what it meets; here the optimum is found by an integer program, as
the paper defines it, so a score is the same on every run and machine and never below the package's. And a triple
matches one triple: where a graph repeats one, the package counts each pair and can pass 1.0.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.amr_penman import MAX_NODES

_MAX_UNKNOWNS = 30_000  # of the integer program; a pair of the largest real graphs needs about 15,000
_MAX_BRANCHES = 2_000
_MAX_LENGTH = 200_000

Pair = tuple[int, int]  # a node of the first graph and one of the second


class Triples(NamedTuple):
    """Labels of the nodes: (kind, text) pairs such as ("instance", "boy"); edges (role, source, target)."""

    labels: list[list[tuple[str, str]]]
    edges: list[tuple[str, int, int]]

    @property
    def num_triples(self) -> int:
        return sum(map(len, self.labels)) + len(self.edges)


class _Silent(io.TextIOBase):
    """Where the package may explain every bad graph."""

    def write(self, text: str, /) -> int:
        return len(text)


@cache
def _package() -> Any:
    try:
        import amr  # the top-level module of the smatch distribution
    except ImportError as error:
        raise EngineMissing("smatch", "pip install smatch") from error
    amr.ERROR_LOG = _Silent()  # standard error otherwise
    return amr


def read_triples(text: str) -> Triples | None:
    """The triples that the package reads, or None where there is no graph.

    The package reads half a graph without complaint, so penman has to parse the text, too.
    """
    import penman

    if len(text) > _MAX_LENGTH:
        return None
    try:
        penman.parse(text)
    except (penman.DecodeError, RecursionError):
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


class _Match(NamedTuple):
    """Two edges that match if their ends are mapped to each other; the first two fields are their numbers."""

    first: int
    second: int
    source: Pair
    target: Pair


def best_match(first: Triples, second: Triples) -> int:
    """The largest number of matching triples over all one-to-one mappings of the nodes.

    A lower bound where the graphs are absurdly large (more than 30,000 unknowns). Raises EngineMissing without SciPy.
    """
    weights: dict[Pair, int] = {}
    for i, mine in enumerate(first.labels):
        for j, theirs in enumerate(second.labels):
            same = sum((Counter(mine) & Counter(theirs)).values())
            if same:
                weights[i, j] = same
    matches = [
        _Match(k, m, (source, other_source), (target, other_target))
        for k, (role, source, target) in enumerate(first.edges)
        for m, (other, other_source, other_target) in enumerate(second.edges)
        if role == other
    ]
    pairs = sorted({*weights, *(pair for match in matches for pair in (match.source, match.target))})
    if not pairs:
        return 0
    if len(pairs) + len(matches) <= _MAX_UNKNOWNS:
        found = _optimum(pairs, weights, matches)
        if found is not None:
            return found
    return _assigned(weights, matches, len(first.labels), len(second.labels))


def _optimum(pairs: Sequence[Pair], weights: dict[Pair, int], matches: Sequence[_Match]) -> int | None:
    """Unknowns: is this pair mapped, do these two edges match. None if the search found nothing in its budget."""
    _check_installed()
    import numpy
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_matrix

    place = {pair: i for i, pair in enumerate(pairs)}
    # A node is mapped once; an edge whose end is mapped matches at most one edge there, and none otherwise.
    once: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pair, i in place.items():
        once[0, pair[0]].append(i)
        once[1, pair[1]].append(i)
    needs: dict[tuple[str, int, Pair], list[int]] = defaultdict(list)
    for i, match in enumerate(matches, len(pairs)):
        for end, pair in (("source", match.source), ("target", match.target)):
            needs[f"first {end}", match.first, pair].append(i)
            needs[f"second {end}", match.second, pair].append(i)
    entries = [(row, i, 1) for row, unknowns in enumerate(once.values()) for i in unknowns]
    for row, ((_, _, pair), unknowns) in enumerate(needs.items(), len(once)):
        entries += [(row, i, 1) for i in unknowns]
        entries.append((row, place[pair], -1))
    rows, columns, values = zip(*entries)
    shape = (len(once) + len(needs), len(pairs) + len(matches))
    found = milp(
        -numpy.array([weights.get(pair, 0) for pair in pairs] + [1] * len(matches)),
        constraints=LinearConstraint(
            coo_matrix((values, (rows, columns)), shape=shape).tocsc(),
            -numpy.inf,
            numpy.array([1] * len(once) + [0] * len(needs)),
        ),
        integrality=numpy.ones(shape[1]),
        bounds=Bounds(0, 1),
        options={"node_limit": _MAX_BRANCHES},
    )
    return None if found.x is None else round(-found.fun)


def _assigned(weights: dict[Pair, int], matches: Sequence[_Match], num_first: int, num_second: int) -> int:
    """Matching triples under the mapping that is best for the labels alone."""
    _check_installed()
    import numpy
    from scipy.optimize import linear_sum_assignment

    gains = numpy.zeros((num_first, num_second))
    for pair, weight in weights.items():
        gains[pair] = weight
    mapped = {(int(i), int(j)) for i, j in zip(*linear_sum_assignment(gains, maximize=True))}
    used: tuple[set[int], set[int]] = (set(), set())
    for match in matches:
        is_free = match.first not in used[0] and match.second not in used[1]
        if is_free and match.source in mapped and match.target in mapped:
            used[0].add(match.first)
            used[1].add(match.second)
    return sum(weights.get(pair, 0) for pair in mapped) + len(used[0])


@cache
def _check_installed() -> None:
    for package, name in (("numpy", "NumPy"), ("scipy", "SciPy")):
        if find_spec(package) is None:
            raise EngineMissing(name, f"pip install {package}")
