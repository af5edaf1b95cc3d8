"""The logic graph of an s-expression, by which GrailQA's exact match compares two of them.

    (AND C (JOIN r m.0a))      the question node, of class C, ──r──▶ the entity m.0a

Two expressions match if their graphs are isomorphic (dki-lab/GrailQA, utils/logic_form_util.py). Each JOIN brings a
node of its own, so the graph is a tree that hangs from the question node, and isomorphism is equality of the sorted
tree. As upstream, the graph does not tell ``(AND C (ARGMAX S r))`` from ``(ARGMAX (AND C S) r)``; nodes that upstream
labels with a relation's domain and range stay unlabelled, since Freebase's ontology is no part of the dataset.
"""

from __future__ import annotations

from symbol_llm.formats.kb_expression import COMPARISONS, Node, is_entity, is_literal, normal, render, steps

# Labels of a node, and its edges: relation, whether it points here, and what hangs on it.
Vertex = tuple[frozenset[str], tuple[tuple[str, bool, str], ...]]


def logic_graph(tree: Node) -> str:
    """The graph of a sound expression (see ``fault``) in one spelling: equal exactly if graphs are isomorphic."""
    return _spelled(_vertex(normal(tree)))


def _spelled(vertex: Vertex) -> str:
    labels, edges = vertex
    spelled = (f"{'<' if is_backward else '>'}{relation} {end}" for relation, is_backward, end in edges)
    return f"[{' '.join((*sorted(labels), *sorted(spelled)))}]"


def _vertex(node: Node | str) -> Vertex:
    if isinstance(node, str):
        kind = "entity" if is_entity(node) else "literal" if is_literal(node) else "class"
        return frozenset({f"{kind}:{node}"}), ()
    if node.operator == "COUNT":
        labels, edges = _vertex(node.arguments[0])
        return labels | {"count"}, edges
    if node.operator == "AND":
        (labels, edges), (more_labels, more_edges) = map(_vertex, node.arguments)
        return labels | more_labels, edges + more_edges
    if node.operator == "TC":
        labels, edges = _vertex(node.arguments[0])
        return labels | {f"time:{render(node.arguments[1])}:{render(node.arguments[2])}"}, edges
    if node.operator == "JOIN":
        return _path(node.arguments[0], _vertex(node.arguments[1]))
    if node.operator in COMPARISONS:
        return _path(node.arguments[0], (frozenset({f"{node.operator}:{render(node.arguments[1])}"}), ()))
    labels, edges = _vertex(node.arguments[0])
    return labels, edges + _path(node.arguments[1], (frozenset({node.operator}), ()))[1]


def _path(path: Node | str, end: Vertex) -> Vertex:
    """The node from which a path leads to ``end``."""
    for relation, is_backward in reversed(steps(path)):
        end = (frozenset(), ((relation, is_backward, _spelled(end)),))
    return end
