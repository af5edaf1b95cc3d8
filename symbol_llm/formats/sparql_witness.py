"""Small graphs that may tell two SPARQL queries apart, and the queries as rdflib compares them.

    SELECT ?x WHERE { ns:m.0a ns:a ?x }      <…/ns/m.0a> <…/ns/a> <http://thing/3> .

Every query plants what would satisfy it: its patterns with things for variables, and values near its constants where
it compares or orders; some triples are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from symbol_llm.formats.sparql_rdflib import Side
from symbol_llm.formats.sparql_terms import number_type
from symbol_llm.formats.sparql_tree import XSD, Node, is_iri, is_variable, render_query, variables

NUM_GRAPHS = 12

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_YEAR = re.compile(r'"(-?[0-9]{4})((?:-[^"]*)?"\^\^<.*(?:date|dateTime|gYear|gYearMonth)>)')
_TYPED_NUMBER = re.compile(r'"(-?[0-9]+)(\.[0-9]+)?("\^\^<.*>)')
_ORDERING = {"<", "<=", ">", ">=", "+", "-", "*", "/", "neg", "asc", "desc", "aggregate"}
_TESTING = {"=", "!=", "in", "not in", "call"}
_MAYBE = {"optional", "minus", "exists", "not exists"}


def sides(queries: Sequence[Node]) -> list[Side] | None:
    """The queries, ``separated`` (see sparql_canonical.py), as they are compared.

    None where a limit leaves the answer open: in a subquery, or with REDUCED.
    """
    found = []
    for query in queries:
        inner = [node for node in query.walk() if node.kind == "select" and node is not query]
        if any(node.parts[6] or node.parts[7] or node.parts[0] == "REDUCED" for node in inner):
            return None
        side = _side(query)
        if side is None:
            return None
        found.append(side)
    return found


def _side(query: Node) -> Side | None:
    whole = Side(query=render_query(query), num_keys=0, is_distinct=False, window=None)
    if query.kind == "ask":
        return whole
    modifier, projection, group, by, having, order, limit, offset, values = query.parts
    if modifier == "REDUCED":
        return None
    if not limit and not offset:
        return whole
    assert (
        isinstance(projection, Node) and isinstance(order, Node) and isinstance(limit, str) and isinstance(offset, str)
    )
    if not projection.parts:
        return None
    keys = tuple(Node("as", (key.parts[0], f"?key_{i}")) for i, key in enumerate(order.parts) if isinstance(key, Node))
    shown = Node("projection", (*projection.parts, *keys))
    window = int(str(offset) or 0), int(str(limit) or 10**9)
    text = render_query(Node("select", ("", shown, group, by, having, order, "", "", values)))
    return Side(query=text, num_keys=len(keys), is_distinct=modifier == "DISTINCT", window=window)


def graphs(queries: Sequence[Node]) -> Iterator[str]:
    """Graphs in N-Triples, the same ones for the same queries."""
    pool = _values(queries)
    for seed in range(NUM_GRAPHS):
        rng = Random(seed)
        triples: dict[str, None] = {}
        things: list[str] = []
        for number, query in enumerate((*queries, *queries)):
            terms = _chosen(query, pool, f"{seed}/{number}", things, rng)
            for triple, is_maybe in _patterns(query, False):
                subject, predicate, thing = (terms.get(str(part), str(part)) for part in triple.parts)
                if rng.random() < (0.5 if is_maybe else 0.9) and is_iri(subject) and is_iri(predicate):
                    triples[f"{subject} {predicate} {_n_triples(thing)} ."] = None
        yield "\n".join(triples)


def _patterns(node: Node, is_maybe: bool) -> Iterator[tuple[Node, bool]]:
    if node.kind == "triple":
        yield node, is_maybe
    for part in node.parts:
        if isinstance(part, Node):
            yield from _patterns(part, is_maybe or node.kind in _MAYBE)


def _chosen(query: Node, pool: Sequence[str], label: str, things: list[str], rng: Random) -> dict[str, str]:
    """A value for each variable, or a thing: a new one, or now and then one of those before."""
    subjects = {str(part) for triple, _ in _patterns(query, False) for part in triple.parts[:2]}
    ordered, tested = (
        {name for node in query.walk() if node.kind in kinds for name in variables(node)} - subjects
        for kinds in (_ORDERING, _TESTING)
    )
    terms = {}
    for number, name in enumerate(variables(query)):
        chance = 0.95 if name in ordered else 0.3 if name in tested else 0.1 if name not in subjects else 0.0
        if rng.random() < chance:
            terms[name] = rng.choice(pool)
        elif things and rng.random() < 0.2:
            terms[name] = rng.choice(things)
        else:
            terms[name] = f"<http://thing/{label}/{number}>"
            things.append(terms[name])
    for node in query.walk():
        if node.kind == "values" and len(node.parts) > 1:
            names, *rows = node.parts
            row = rng.choice(rows)
            assert isinstance(names, Node) and isinstance(row, Node)
            terms.update({str(n): str(t) for n, t in zip(names.parts, row.parts) if is_variable(n) and t != "UNDEF"})
    return terms


def _values(queries: Sequence[Node]) -> list[str]:
    """The constants of the queries, others near them, and some more of their kind."""
    constants = {p for query in queries for node in query.walk() for p in node.parts if isinstance(p, str)}
    found = []
    for constant in sorted(constants):
        if constant.startswith('"') or _NUMBER.fullmatch(constant):
            found += [constant, *_near(_n_triples(constant))]
    if any("date" in constant.lower() and constant.startswith("<") for constant in constants):
        found += [f'"{year}-05-17T00:00:00"^^<{XSD}dateTime>' for year in range(1900, 2020, 3)]
    else:
        found += [f'"{number}"^^<{XSD}integer>' for number in range(3, 120, 3)]
    return [*found, '"word"']


def _near(literal: str) -> list[str]:
    if match := _YEAR.fullmatch(literal):
        return [f'"{int(match[1]) + shift:04d}{match[2]}' for shift in (-1, 1)]
    if match := _TYPED_NUMBER.fullmatch(literal):
        return [f'"{int(match[1]) + shift}{match[2] or ""}{match[3]}' for shift in (-1, 1)]
    return []


def _n_triples(term: str) -> str:
    """A term as N-Triples has it: numbers and truth values with their types."""
    if term in ("true", "false"):
        return f'"{term}"^^<{XSD}boolean>'
    if not _NUMBER.fullmatch(term):
        return term
    return f'"{term}"^^<{XSD}{number_type(term)}>'
