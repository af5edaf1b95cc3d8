"""An AMR as a graph: what its PENMAN text means, in whatever order and direction it was written.

    (b / boy :ARG0-of (g / go-02 :polarity -))   and   (b2 / boy :ARG0-of (x / go-02 :polarity -))

Inverse roles are turned round (``:consist-of`` is none), ``:domain`` is the inverse of ``:mod``, variables are only
names, alignments are dropped. What counts: concepts, constants, edges with their number, and which node is the top.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from symbol_llm.formats.amr_penman import Edge, Node
from symbol_llm.formats.isomorphism import is_isomorphic

# Roles that end in -of and are no inverses, as in Smatch and in penman's model of AMR.
_NOT_INVERSE = frozenset({":consist-of", ":prep-out-of", ":prep-on-behalf-of"})


@dataclass(frozen=True, slots=True)
class Graph:
    """Node 0 is the top; ``edges`` are (source, role, target), ``attributes`` sorted (role, constant) of each node."""

    concepts: tuple[str, ...]
    attributes: tuple[tuple[tuple[str, str], ...], ...]
    edges: tuple[tuple[int, str, int], ...]


def graph_of(tree: Node) -> Graph:
    """The graph of a tree."""
    nodes = list(tree.walk())
    index = {node.variable: i for i, node in enumerate(nodes)}
    attributes: list[list[tuple[str, str]]] = [[] for _ in nodes]
    edges = []
    for i, node in enumerate(nodes):
        for edge in node.edges:
            name = edge.target.variable if isinstance(edge.target, Node) else edge.target
            if name in index:
                edges.append(_directed(i, edge.role, index[name]))
            else:
                attributes[i].append((edge.role, name))
    return Graph(tuple(node.concept for node in nodes), tuple(tuple(sorted(a)) for a in attributes), tuple(edges))


def _directed(source: int, role: str, target: int) -> tuple[int, str, int]:
    if role.endswith("-of") and role not in _NOT_INVERSE:
        source, role, target = target, role.removesuffix("-of"), source
    if role == ":domain":
        source, role, target = target, ":mod", source
    return source, role, target


def canonical_tree(tree: Node) -> Node:
    """The same graph laid out in one way: nodes near the top first, roles sorted, variables named by concepts.

    Nodes that colour refinement cannot tell apart are taken in the order of the text; in real graphs these are
    copies of each other, so that the order makes no difference.
    """
    for _ in range(4):
        following = _laid_out(graph_of(tree))
        if following == tree:
            break
        tree = following
    return tree


def _laid_out(graph: Graph) -> Node:
    rank = _ranks(graph)
    outgoing: dict[int, list[tuple[str, int]]] = defaultdict(list)
    inverse: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for source, role, target in graph.edges:
        outgoing[source].append((role, target))
        inverse[target].append((role, source))
    # Breadth first, so that no text becomes deeper than the one that was read. Edges in their own direction first.
    parent: dict[int, tuple[int, bool, str]] = {0: (-1, False, "")}
    level = [0]
    while level:
        found: dict[int, tuple[bool, int, str, int]] = {}
        for node in level:
            for is_inverse, steps in ((False, outgoing[node]), (True, inverse[node])):
                for role, other in steps:
                    if other not in parent:
                        step = (is_inverse, rank[node], role, node)
                        found[other] = min(found.get(other, step), step)
        parent.update({other: (step[3], step[0], step[2]) for other, step in found.items()})
        level = list(found)
    laid: set[tuple[int, str, int]] = set()
    children: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for node, (above, is_inverse, role) in parent.items():
        if above >= 0:
            children[above].append((_inverse_of(role) if is_inverse else role, node))
            laid.add((node, role, above) if is_inverse else (above, role, node))
    left = Counter(graph.edges) - Counter(laid)
    names: dict[int, str] = {}
    _name(graph, rank, children, names)

    def build(node: int) -> Node:
        edges = [((role, 0, 0, value), Edge(role, value)) for role, value in graph.attributes[node]]
        edges += [((role, 1, rank[below], ""), Edge(role, build(below))) for role, below in children[node]]
        edges += [
            ((role, 2, rank[target], ""), Edge(role, names[target]))
            for (source, role, target), count in left.items()
            if source == node
            for _ in range(count)
        ]
        return Node(names[node], graph.concepts[node], tuple(edge for _, edge in sorted(edges, key=lambda e: e[0])))

    return build(0)


def _inverse_of(role: str) -> str:
    return ":domain" if role == ":mod" else f"{role}-of"


def _name(graph: Graph, rank: list[int], children: dict[int, list[tuple[str, int]]], names: dict[int, str]) -> None:
    """``b``, ``b2``, ``b3`` … by the first letter of the concept, in the order of the text."""
    used: Counter[str] = Counter()
    waiting = [0]
    while waiting:
        node = waiting.pop()
        letter = graph.concepts[node].lstrip('"')[:1].lower()
        letter = letter if letter.isascii() and letter.isalpha() else "x"
        used[letter] += 1
        names[node] = letter if used[letter] == 1 else f"{letter}{used[letter]}"
        waiting.extend(below for _, _, below in sorted(((r, rank[b], b) for r, b in children[node]), reverse=True))


def _ranks(graph: Graph) -> list[int]:
    """A place for each node, all different, that does not depend on names or on the order of the text."""
    colours = _refined(graph, _initial(graph))
    while len(set(colours)) < len(colours):
        count = Counter(colours)
        tied = min(colour for colour in colours if count[colour] > 1)
        first = colours.index(tied)
        colours = _refined(graph, [2 * c - (i == first) for i, c in enumerate(colours)])
    return colours


def _initial(graph: Graph) -> list[int]:
    return _numbered([(i > 0, c, a) for i, (c, a) in enumerate(zip(graph.concepts, graph.attributes))])


def _numbered(signatures: list[Hashable]) -> list[int]:
    place = {signature: i for i, signature in enumerate(sorted(set(signatures)))}  # type: ignore[type-var]
    return [place[signature] for signature in signatures]


def _refined(graph: Graph, colours: list[int]) -> list[int]:
    """Colour refinement (Weisfeiler and Leman) to the end; the order of the colours is kept."""
    while True:
        around: list[list[tuple[bool, str, int]]] = [[] for _ in colours]
        for source, role, target in graph.edges:
            around[source].append((False, role, colours[target]))
            around[target].append((True, role, colours[source]))
        following = _numbered([(c, tuple(sorted(a))) for c, a in zip(colours, around)])
        if len(set(following)) == len(set(colours)):
            return following
        colours = following


def difference(first: Graph, second: Graph) -> str:
    """A triple that one graph has more often than the other, or "" if there is none."""
    for one, other, which in ((first, second, "first"), (second, first, "second")):
        extra = _triples(one) - _triples(other)
        if extra:
            return f"only the {which} has {min(extra)}"
    return ""


def _triples(graph: Graph) -> Counter[str]:
    named = [f"top {graph.concepts[0]}", *graph.concepts]
    named += [f"{c} {role} {v}" for c, a in zip(graph.concepts, graph.attributes) for role, v in a]
    named += [f"{graph.concepts[s]} {role} {graph.concepts[t]}" for s, role, t in graph.edges]
    return Counter(named)


def is_same(first: Graph, second: Graph) -> bool:
    """Whether the graphs are the same up to variables, which is Smatch 1.0 both ways. Raises SearchTooLong."""
    return is_isomorphic((_labels(first), _labels(second)), (_roles(first), _roles(second)))


def _labels(graph: Graph) -> list[Hashable]:
    return [(i == 0, *node) for i, node in enumerate(zip(graph.concepts, graph.attributes))]


def _roles(graph: Graph) -> dict[tuple[int, int], Hashable]:
    roles: dict[tuple[int, int], list[str]] = defaultdict(list)
    for source, role, target in graph.edges:
        roles[source, target].append(role)
    return {ends: tuple(sorted(found)) for ends, found in roles.items()}
