"""Whether two PDDL problems are the same task, by canonical form or by a renaming of objects.

    init (on a b), goal (on b a)   and   init (on x y), goal (on y x)   →   the same under a→x, b→y

Problems that name the same objects are compared fact by fact, because the request gives the names. Where the names
differ, the problems are the same task iff their labelled graphs (objects, facts, goals) are isomorphic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from symbol_llm.formats.pddl_printer import show
from symbol_llm.formats.pddl_tree import Atom, Condition, Junction, Not, Problem, Value

if TYPE_CHECKING:
    import networkx as nx

MAX_NODES = 3_000  # of a graph; a larger pair is left undecided


class Comparison(NamedTuple):
    """``holds`` is None where the question is left open; ``reason`` is the proof or the witness."""

    holds: bool | None
    reason: str


def compare(a: Problem, b: Problem) -> Comparison:
    """Compare two canonical problems of one domain."""
    if a == b:
        return Comparison(True, "same canonical form")
    if a.domain != b.domain:
        return Comparison(False, f"problems of different domains, {a.domain} and {b.domain}")
    if a.metric != b.metric:
        return Comparison(False, "different metrics")
    if a.objects == b.objects:
        return _compare_facts(a, b)
    if {entry.name for entry in a.objects} == {entry.name for entry in b.objects}:
        return Comparison(False, "the same objects are of different types")
    if sorted(entry.types for entry in a.objects) != sorted(entry.types for entry in b.objects):
        return Comparison(False, "different numbers of objects per type")
    first, second = _graph(a), _graph(b)
    if first is None or second is None:
        return Comparison(None, "objects differ, and goals beyond literals or huge problems are not matched")
    return _match(first, second)


def _compare_facts(a: Problem, b: Problem) -> Comparison:
    first, second = set(map(show, a.init)), set(map(show, b.init))
    if first != second:
        return Comparison(False, "initial states differ: " + _difference(first, second))
    if _literals(a.goal) is None or _literals(b.goal) is None:
        return Comparison(None, "goals beyond literals have different canonical forms")
    first, second = (set(map(show, _literals(p.goal) or ())) for p in (a, b))
    return Comparison(False, "goals differ: " + _difference(first, second))


def _difference(first: set[str], second: set[str]) -> str:
    only = [
        f"only the {name} has {min(facts)}"
        for name, facts in (("first", first - second), ("second", second - first))
        if facts
    ]
    return ", ".join(only)


def _literals(goal: Condition) -> tuple[Atom | Not, ...] | None:
    """The conjuncts of a goal of literals, or None for any other goal."""
    parts = goal.parts if isinstance(goal, Junction) and goal.op == "and" else (goal,)
    literals = tuple(p for p in parts if isinstance(p, Atom) or (isinstance(p, Not) and isinstance(p.part, Atom)))
    return literals if len(literals) == len(parts) else None


def _graph(problem: Problem) -> nx.Graph | None:
    """A node per object, fact, goal literal and argument place; edges tie facts to their arguments.

    Labels carry everything but the objects' own names.
    """
    import networkx as nx

    graph = nx.Graph()
    for entry in problem.objects:
        graph.add_node(("object", entry.name), label=f"object {entry.types}")
    goals = _literals(problem.goal)
    if goals is None:
        return None
    facts = [("init", fact) for fact in problem.init] + [("goal", goal) for goal in goals]
    for section, fact in facts:
        if isinstance(fact, Value):
            name, args = f"{fact.fluent.function} = {fact.amount}", fact.fluent.args
        else:
            atom = fact.part if isinstance(fact, Not) else fact
            assert isinstance(atom, Atom)
            name, args = f"{'not ' if isinstance(fact, Not) else ''}{atom.predicate}", atom.args
        node: Any = (section, show(fact))
        graph.add_node(node, label=f"{section} {name}")
        for place, arg in enumerate(args):
            target = ("object", arg)
            if target not in graph:
                graph.add_node(target, label=f"constant {arg}")  # of the domain: keeps its name
            graph.add_node((*node, place), label=f"place {place}")
            graph.add_edge(node, (*node, place))
            graph.add_edge((*node, place), target)
    return graph if len(graph) <= MAX_NODES else None


def _match(first: nx.Graph, second: nx.Graph) -> Comparison:
    import networkx as nx
    from networkx.algorithms.isomorphism import vf2pp_isomorphism

    no = Comparison(False, "no renaming of the objects makes them equal")
    hashes = [nx.weisfeiler_lehman_graph_hash(g, node_attr="label", iterations=4) for g in (first, second)]
    if hashes[0] != hashes[1]:
        return no
    mapping = vf2pp_isomorphism(first, second, node_label="label")
    if mapping is None:
        return no
    renaming = [f"{node[1]}→{image[1]}" for node, image in sorted(mapping.items()) if node[0] == "object"]
    return Comparison(True, "isomorphic under " + ", ".join(renaming))
