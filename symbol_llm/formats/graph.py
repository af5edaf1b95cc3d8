"""Graphs of steps with durations, the symbols of asynchronous planning (AsyncHow).

    Step 1. Heat the oven (10 min)  Step 2. Mix the batter (5 min)  Step 3. Bake (30 min)
    {'1': ['3'], '2': ['3'], '3': ['END'], 'START': ['1', '2'], 'END': []}
    {'1': '10 min', '2': '5 min', '3': '30 min'}

    graph_text   the two notations (graph form and code form), strict     durations   times in words
    graph_definitions   the steps as a prompt shows them                         graph_paths times of paths

Steps that the definitions name are what they are; other nodes are only names, and graphs are then compared up to
isomorphism. START and END are never renamed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.durations import read_duration
from symbol_llm.formats.graph_definitions import check_nodes, read_steps, rename_steps
from symbol_llm.formats.graph_paths import longest_path, path_fault
from symbol_llm.formats.graph_text import END, START, StepGraph, parse, render
from symbol_llm.formats.isomorphism import SearchTooLong, is_isomorphic

_KIND = "node"


class Graph(Format[StepGraph]):
    name = "graph"
    grammar = "adjacency lists with durations of AsyncHow, Lin et al. 2024, arXiv 2402.02805"
    metric = "F1"
    is_evolvable = True

    @property
    def engine(self) -> str:
        return _engine()

    def parse(self, text: str) -> StepGraph:
        return parse(text)

    def render(self, tree: StepGraph) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Nodes and edges sorted, one text for one time; names stay."""
        return render(_sorted(parse(text)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether networkx finds no cycle, and every node on a way from the start to the end.

        The reason gives the longest path and its time.
        """
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, "symbol-llm", str(error))
        engine = self.engine
        fault = path_fault(tree)
        if fault:
            return Verdict(False, engine, fault)
        try:
            defined = read_steps(context.definitions)
        except SymbolError as error:
            return Verdict(None, engine, f"the definitions contradict themselves: {error}")
        unknown = sorted(set(tree.nodes) - {START, END} - set(defined)) if defined else []
        if unknown:
            return Verdict(False, engine, f"{unknown[0]} is not a step; there are {', '.join(defined)}")
        path, time = longest_path(tree)
        return Verdict(True, engine, f"longest path {' '.join(path)}: {time}")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same canonical form, or isomorphic where the names of nodes are not defined. Exact within a budget."""
        try:
            first, second = _sorted(self.parse(a)), _sorted(self.parse(b))
            defined = read_steps(context.definitions)
        except SymbolError as error:
            return Verdict(None, self.engine, f"cannot be read: {error}")
        if first == second:
            return Verdict(True, self.engine, "the same canonical form")
        if first.is_weighted != second.is_weighted:
            return Verdict(None, self.engine, "times with units stand against weights without")
        extra = sorted(set(map(_item, first.edges())) ^ set(map(_item, second.edges())))
        extra += [f"{n} takes {t}" for n, t in sorted(set(first.durations) ^ set(second.durations))]
        if {*first.nodes, *second.nodes} <= {*defined, START, END}:
            return Verdict(False, self.engine, f"only one has: {', '.join(extra[:3])}")
        try:
            same = is_isomorphic((_labels(first, defined), _labels(second, defined)), (_arcs(first), _arcs(second)))
        except SearchTooLong:
            return Verdict(None, self.engine, "too symmetrical: no isomorphism found or excluded within the budget")
        return Verdict(
            same, self.engine, "isomorphic" if same else f"no renaming of nodes makes them the same: {extra[0]}"
        )

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """F1 of the edges, by the names of their nodes and their weight where they have one.

        ``counts`` are matched, predicted and gold edges; ``is_equivalent`` looks at durations, too.
        """
        is_exact, is_parsed = prediction.split() == reference.split(), self.parses(prediction)
        mine, wanted = self._edges(prediction), self._edges(reference)
        counts = (float(len(mine & wanted)), float(len(mine)), float(len(wanted)))
        value = float(is_exact) if not mine | wanted else _f1(*counts)
        if not self.parses(reference):
            is_equivalent = None
        else:
            is_equivalent = self.equivalent(prediction, reference, context).holds if is_parsed else False
        return Score(self.metric, value, is_exact, is_parsed, is_equivalent, counts)

    def aggregate(self, scores: Sequence[Score]) -> float:
        """Micro F1: over the edges of all graphs."""
        sums = [sum(column) for column in zip(*(score.counts for score in scores))]
        return _f1(*sums) if any(sums) else super().aggregate(scores)

    def _edges(self, text: str) -> set[tuple[str, str, str]]:
        try:
            return set(_sorted(self.parse(text)).edges())
        except SymbolError:
            return set()

    def names(self, tree: StepGraph) -> frozenset[Name]:
        return frozenset(Name(_KIND, node) for node in tree.nodes if node not in (START, END))

    def rename(self, tree: StepGraph, mapping: Mapping[Name, str]) -> StepGraph:
        """Rename nodes, all at once. Raises ValueError if two nodes would become one, or a new name is none."""
        new = _texts(mapping)
        check_nodes(dict.fromkeys(tree.nodes), new)
        return StepGraph(
            tuple((new.get(n, n), tuple(new.get(f, f) for f in following)) for n, following in tree.successors),
            tuple((new.get(n, n), time) for n, time in tree.durations),
            tree.weights,
            new.get(tree.source, tree.source),
            new.get(tree.target, tree.target),
            tree.is_weighted,
        )

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """The steps of the definitions. Raises SymbolError if one is defined twice."""
        return tuple(Name(_KIND, name, gloss) for name, gloss in read_steps(context.definitions).items())

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        return replace(context, definitions=rename_steps(context.definitions, _texts(mapping)))


def _sorted(tree: StepGraph) -> StepGraph:
    rows = []
    for i, (node, following) in enumerate(tree.successors):
        weights = [repr(float(w)) for w in tree.weights[i]] if tree.is_weighted else [""] * len(following)
        rows.append((node, sorted(zip(following, weights), key=lambda arc: _place(arc[0]))))
    rows.sort(key=lambda row: _place(row[0]))
    return StepGraph(
        tuple((node, tuple(other for other, _ in arcs)) for node, arcs in rows),
        tuple((n, str(read_duration(time))) for n, time in sorted(tree.durations, key=lambda d: _place(d[0]))),
        tuple(tuple(weight for _, weight in arcs) for _, arcs in rows) if tree.is_weighted else (),
        tree.source,
        tree.target,
        tree.is_weighted,
    )


def _place(node: str) -> tuple[int, int, str]:
    """START first, END last, numbers by value."""
    if node in (START, END):
        return (0 if node == START else 3, 0, node)
    return (1, int(node), node) if node.isdecimal() and len(node) < 20 else (2, 0, node)


def _labels(tree: StepGraph, defined: Mapping[str, str]) -> list[Hashable]:
    times = dict(tree.durations)
    ends = (tree.source, tree.target)
    return [(n if n in defined else "", n == ends[0], n == ends[1], times.get(n, "")) for n in tree.nodes]


def _arcs(tree: StepGraph) -> dict[tuple[int, int], Hashable]:
    place = {node: i for i, node in enumerate(tree.nodes)}
    return {(place[source], place[target]): weight for source, target, weight in tree.edges()}


def _item(edge: tuple[str, str, str]) -> str:
    source, target, weight = edge
    return f"{source} -> {target}" + (f" ({weight})" if weight else "")


def _f1(matched: float, predicted: float, gold: float) -> float:
    return 2 * matched / (predicted + gold) if matched else 0.0


def _texts(mapping: Mapping[Name, str]) -> dict[str, str]:
    return {name.text: new for name, new in mapping.items() if name.kind == _KIND}


@lru_cache(maxsize=1)
def _engine() -> str:
    try:
        import networkx
    except ImportError as error:
        raise EngineMissing("networkx", "pip install networkx") from error
    return f"networkx {networkx.__version__}"
