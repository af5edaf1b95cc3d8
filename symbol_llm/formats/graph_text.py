"""The two notations of a graph of steps with durations, and their tree.

    {'1': ['2'], '2': ['END'], 'END': [], 'START': ['1']}          adj_list = {7: [(3, 30.0)], 3: [(9, 0.0)], 9: []}
    {'1': '30 min', '2': '1 hour'}                                 source = 7
                                                                   target = 9

Left, the graph form of AsyncHow: successors of each node, then the time of each node. Right, its code form: the time of
a node stands on the edges that enter it. Python literals, of which this is all that is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbol_llm.errors import SymbolError
from symbol_llm.formats.durations import read_duration

START, END = "START", "END"
MAX_NODES = 1_000
MAX_EDGES = 20_000

NODE = re.compile(r"[A-Za-z0-9_]+")
_TOKEN = re.compile(
    r"""(?P<string>'[^'\\\n]*'|"[^"\\\n]*")|(?P<number>[0-9]{1,15}\.[0-9]{1,15})|(?P<integer>[0-9]{1,15}(?![0-9]))"""
    r"|(?P<word>[A-Za-z_]+)|(?P<mark>[{}\[\]():,=])|(?P<blank>[ \t\r\n]+)|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Successors of each node, in the order written.

    ``durations`` are (node, text) of the graph form. In the code form ``weights`` has the texts of the weights,
    in the same places as the successors, and ``source`` and ``target`` are set.
    """

    successors: tuple[tuple[str, tuple[str, ...]], ...]
    durations: tuple[tuple[str, str], ...] = ()
    weights: tuple[tuple[str, ...], ...] = ()
    source: str = START
    target: str = END
    is_weighted: bool = False

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(node for node, _ in self.successors)

    def edges(self) -> Iterator[tuple[str, str, str]]:
        """(from, to, text of the weight, or "")."""
        for i, (node, following) in enumerate(self.successors):
            for j, other in enumerate(following):
                yield node, other, self.weights[i][j] if self.is_weighted else ""


def render(graph: StepGraph) -> str:
    """The graph in its notation."""
    if not graph.is_weighted:
        successors = ", ".join(f"{_quoted(n)}: [{', '.join(map(_quoted, f))}]" for n, f in graph.successors)
        durations = ", ".join(f"{_quoted(node)}: '{time}'" for node, time in graph.durations)
        return f"{{{successors}}}\n{{{durations}}}"
    rows = []
    for (node, following), weights in zip(graph.successors, graph.weights):
        arcs = ", ".join(f"({_bare(other)}, {weight})" for other, weight in zip(following, weights))
        rows.append(f"{_bare(node)}: [{arcs}]")
    return f"adj_list = {{{', '.join(rows)}}}\nsource = {_bare(graph.source)}\ntarget = {_bare(graph.target)}"


def _quoted(node: str) -> str:
    return f"'{node}'"


def _bare(node: str) -> str:
    return node if node.isdecimal() and node == str(int(node)) else _quoted(node)


def parse(text: str) -> StepGraph:
    """Read either notation. Raises SymbolError with the position of the first fault."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            (match.lastgroup, match[0], match.start()) for match in _TOKEN.finditer(text) if match.lastgroup != "blank"
        ]
        self.next = 0
        self.num_edges = 0

    @property
    def position(self) -> int:
        return self.tokens[self.next][2] if self.next < len(self.tokens) else len(self.text)

    def sees(self, token: str) -> bool:
        return self.next < len(self.tokens) and self.tokens[self.next][1] == token

    def expect(self, token: str) -> None:
        if not self.sees(token):
            raise SymbolError(self.text, self.position, f"{token!r}")
        self.next += 1

    def take(self, kinds: tuple[str, ...], expected: str) -> str:
        if self.next >= len(self.tokens) or self.tokens[self.next][0] not in kinds:
            raise SymbolError(self.text, self.position, expected)
        self.next += 1
        return self.tokens[self.next - 1][1]

    def read(self) -> StepGraph:
        graph = self.read_weighted() if self.sees("adj_list") else self.read_timed()
        if self.next < len(self.tokens):
            raise SymbolError(self.text, self.position, "the end of the graph")
        return graph

    def read_node(self, known: frozenset[str] | None = None) -> str:
        at = self.position
        token = self.take(("string", "integer"), "a node")
        node = token.strip("'\"")
        if not NODE.fullmatch(node):
            raise SymbolError(self.text, at, "a node: letters, digits and _")
        if known is not None and node not in known:
            raise SymbolError(self.text, at, "a node of the graph", f"the node {node} has no entry")
        return node

    def read_keys(self) -> Iterator[str]:
        """The keys of a dictionary; the caller reads the value after each."""
        self.expect("{")
        seen: set[str] = set()
        while not self.sees("}"):
            if seen:
                self.expect(",")
            at = self.position
            node = self.read_node()
            if node in seen:
                raise SymbolError(self.text, at, "a node without an entry yet", f"the node {node} has two entries")
            if len(seen) == MAX_NODES:
                raise SymbolError(self.text, at, f"at most {MAX_NODES} nodes")
            seen.add(node)
            self.expect(":")
            yield node
        self.expect("}")

    def read_list(self, has_weights: bool) -> list[tuple[str, str, int]]:
        """(node, weight, position) of the arcs that leave one node."""
        found: list[tuple[str, str, int]] = []
        seen: set[str] = set()
        self.expect("[")
        while not self.sees("]"):
            if found:
                self.expect(",")
            if has_weights:
                self.expect("(")
            at = self.position
            node, weight = self.read_node(), ""
            if node in seen:
                raise SymbolError(self.text, at, "another node", f"the edge to {node} is there twice")
            self.num_edges += 1
            if self.num_edges > MAX_EDGES:
                raise SymbolError(self.text, at, f"at most {MAX_EDGES} edges")
            if has_weights:
                self.expect(",")
                weight = self.take(("number", "integer"), "a weight")
                self.expect(")")
            seen.add(node)
            found.append((node, weight, at))
        self.expect("]")
        return found

    def read_adjacency(self, has_weights: bool) -> list[tuple[str, list[tuple[str, str, int]]]]:
        at = self.position
        rows = [(node, self.read_list(has_weights)) for node in self.read_keys()]
        if not rows:
            raise SymbolError(self.text, at + 1, "a node and its successors")
        known = {node for node, _ in rows}
        for _, arcs in rows:
            for node, _, at in arcs:
                if node not in known:
                    raise SymbolError(self.text, at, "a node with an entry", f"the node {node} has no entry")
        return rows

    def read_timed(self) -> StepGraph:
        rows = self.read_adjacency(has_weights=False)
        known = frozenset(node for node, _ in rows) - {START, END}
        durations = []
        at = self.position
        for node in self.read_keys():
            if node not in known:
                raise SymbolError(self.text, at, "durations of steps", f"{node} is no step that takes time")
            at = self.position
            time = self.take(("string",), "a duration such as '30 min'")[1:-1]
            read_duration(time, self.text, at + 1)
            durations.append((node, time))
        missing = known - {node for node, _ in durations}
        if missing:
            raise SymbolError(self.text, self.position, f"a duration for each step; {min(missing)} has none")
        return StepGraph(_without_weights(rows), tuple(durations))

    def read_weighted(self) -> StepGraph:
        self.expect("adj_list")
        self.expect("=")
        rows = self.read_adjacency(has_weights=True)
        known = frozenset(node for node, _ in rows)
        ends = []
        for word in ("source", "target"):
            self.expect(word)
            self.expect("=")
            ends.append(self.read_node(known))
        weights = tuple(tuple(weight for _, weight, _ in arcs) for _, arcs in rows)
        return StepGraph(_without_weights(rows), (), weights, ends[0], ends[1], is_weighted=True)


def _without_weights(rows: list[tuple[str, list[tuple[str, str, int]]]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((node, tuple(other for other, _, _ in arcs)) for node, arcs in rows)
