"""The canonical form of a SPARQL query: variables ?v0, ?v1 … and all that commutes in a fixed order.

    SELECT ?x WHERE { ?y ns:b ?x . ns:m.0a ns:a ?y }    ->    SELECT ?v0 WHERE { ns:m.0a ns:a ?v1 . ?v1 ns:b ?v0 . }

Laws used: the parts of a group commute, filters apply to their whole group, triples and filters count once, groups of
plain patterns dissolve, ``a > b`` is ``b < a``, the sides of =, !=, && and || commute, as do those of UNION. OPTIONAL,
MINUS and BIND keep their place. Variables are ordered by colour refinement, as in graph isomorphism: a variable's
colour is what the query looks like from it. Ties are broken by trying all ways, where they are few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from math import factorial, prod

from symbol_llm.formats.sparql_tree import Node, map_terms, render_part, variables

MAX_VARIABLES = 40  # beyond that, variables are only renamed in order; those of the datasets stay below 20
MAX_EFFORT = 200_000  # variables² × nodes: about a second; those of the datasets stay below 20,000
MAX_WAYS = 24

_COMMUTING = {"triple", "values", "union", "group", "select"}
_FLIPPED = {">": "<", ">=": "<="}


def canonical_query(query: Node) -> Node:
    """The canonical tree. Idempotent."""
    query = _simplified(separated(query))
    names = variables(query)
    if len(names) > MAX_VARIABLES or len(names) ** 2 * sum(1 for _ in query.walk()) > MAX_EFFORT:
        return map_terms(query, lambda term: f"?v{names.index(term)}" if term in names else term)
    colours = _refined(query, dict.fromkeys(names, 0))
    num_ways = prod(factorial(size) for size in _sizes(colours).values())
    return min(_ways(query, colours, num_ways <= MAX_WAYS), key=render_part)


def _ways(query: Node, colours: Mapping[str, int], tries_all: bool) -> list[Node]:
    """The query with its variables named by colour; one for each way to break ties."""
    tied = [colour for colour, size in sorted(_sizes(colours).items()) if size > 1]
    if not tied:
        return [_ordered(query, {name: f"?v{colour}" for name, colour in colours.items()})]
    members = sorted(
        (name for name, colour in colours.items() if colour == tied[0]), key=lambda name: (len(name), name)
    )
    ways: list[Node] = []
    for chosen in members if tries_all else members[:1]:
        # The chosen one comes first; the others of its colour move up.
        split = {name: colour + (colour == tied[0] and name != chosen) for name, colour in colours.items()}
        ways += _ways(query, _refined(query, split), tries_all)
    return ways


def _sizes(colours: Mapping[str, int]) -> dict[int, int]:
    values = list(colours.values())
    return {colour: values.count(colour) for colour in values}


def _refined(query: Node, colours: Mapping[str, int]) -> dict[str, int]:
    """Colours such that variables of one colour look the same; a colour is the number of variables before it."""
    while True:
        seen = {}
        for name in colours:
            names = {other: f"?c{colour}" for other, colour in colours.items()} | {name: "?self"}
            seen[name] = (colours[name], render_part(_ordered(query, names)))
        ranked = sorted(seen.values())
        finer = {name: ranked.index(look) for name, look in seen.items()}
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer


def _ordered(node: Node, names: Mapping[str, str]) -> Node:
    """With other names for the variables, and in order what commutes."""
    parts = [names.get(part, part) if isinstance(part, str) else _ordered(part, names) for part in node.parts]
    match node.kind:
        case "or" | "and" | "=" | "!=" | "union" | "group by" | "having":
            parts.sort(key=render_part)
        case "in" | "not in" | "values":
            parts[1:] = sorted(parts[1:], key=render_part)
        case "group":
            parts = _ordered_group(parts)
    return Node(node.kind, tuple(parts))


def _ordered_group(parts: list[Node | str]) -> list[Node | str]:
    filters = {render_part(part): part for part in parts if _kind(part) == "filter"}
    found: list[Node | str] = []
    for commutes, run in groupby((p for p in parts if _kind(p) != "filter"), lambda part: _kind(part) in _COMMUTING):
        together = list(run)
        if commutes:
            triples = {render_part(part): part for part in together if _kind(part) == "triple"}
            others = [part for part in together if _kind(part) != "triple"]
            together = [*(triples[text] for text in sorted(triples)), *sorted(others, key=render_part)]
        found += together
    return found + [filters[text] for text in sorted(filters)]


def _kind(part: Node | str) -> str:
    return part.kind if isinstance(part, Node) else ""


def _simplified(node: Node) -> Node:
    parts: list[Node | str] = [_simplified(part) if isinstance(part, Node) else part for part in node.parts]
    if node.kind in _FLIPPED:
        return Node(_FLIPPED[node.kind], (parts[1], parts[0]))
    if node.kind == "group":
        parts = [piece for part in parts for piece in _dissolved(part)]
    if node.kind == "union":
        parts = [piece for part in parts for piece in _alternatives(part)]
    return Node(node.kind, tuple(parts))


def _dissolved(part: Node | str) -> tuple[Node | str, ...]:
    """The parts of a group of plain patterns, the conditions of a conjunction; else the part itself."""
    if isinstance(part, Node) and part.kind == "group" and all(_kind(below) in _COMMUTING for below in part.parts):
        return part.parts
    if isinstance(part, Node) and part.kind == "filter" and _kind(part.parts[0]) == "and":
        assert isinstance(part.parts[0], Node)
        return tuple(Node("filter", (condition,)) for condition in part.parts[0].parts)
    return (part,)


def _alternatives(part: Node | str) -> tuple[Node | str, ...]:
    if isinstance(part, Node) and part.kind == "group" and len(part.parts) == 1 and _kind(part.parts[0]) == "union":
        return part.parts[0].parts  # type: ignore[union-attr]
    return (part,)


def separated(query: Node) -> Node:
    """With names of their own for the variables that a subquery keeps to itself but that occur outside it too.

    rdflib 7.6 needs that: it lets such variables of a subquery meet those outside.
    """
    taken = set(variables(query))

    def visit(node: Node, outside: set[str]) -> Node:
        own = [variables(part) if isinstance(part, Node) else (part,) for part in node.parts]
        uses = Counter(name for names in own for name in set(names))
        parts: list[Node | str] = []
        for part, names in zip(node.parts, own):
            if not isinstance(part, Node) or not any(below.kind == "select" for below in part.walk()):
                parts.append(part)
            elif part.kind == "select":
                beside = {name for name in names if name in outside or uses[name] > 1}
                parts.append(visit(_own_names(part, beside, taken), set()))
            else:
                parts.append(visit(part, outside | {name for name in uses if uses[name] > (name in names)}))
        return Node(node.kind, tuple(parts))

    return visit(query, set())


def _own_names(select: Node, outside: set[str], taken: set[str]) -> Node:
    projection = select.parts[1]
    assert isinstance(projection, Node)
    if not projection.parts:  # SELECT * shows all
        return select
    shown = {p if isinstance(p, str) else str(p.parts[1]) for p in projection.parts}
    new: dict[str, str] = {}
    for name in variables(select):
        if name in outside and name not in shown:
            number = next(i for i in range(len(taken) + 1) if f"{name}_{i}" not in taken)
            new[name] = f"{name}_{number}"
            taken.add(new[name])
    return map_terms(select, lambda term: new.get(term, term))
