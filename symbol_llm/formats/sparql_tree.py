"""The tree of a SPARQL query, and its text.

    SELECT DISTINCT ?x WHERE { ?x ns:film.film.directed_by ns:m.0abc . FILTER (?x != ns:m.0abd) }

A term is a string: ``?x``, ``<http://…>``, ``"1998"^^<http://…>``, ``"Rome"@en``, ``12``, ``true``. All else is a Node:

    select    modifier, projection, group, group by, having, order by, limit, offset, values     ask    group
    group     triple, filter, optional, union, minus, bind, values, group, select …
    triple    subject, predicate, object       filter    expression           optional, minus    group
    union     group, group …                   bind      expression, variable
    values    names, row, row …                as        expression, variable
    expressions: or, and, not, =, !=, <, <=, >, >=, in, not in, +, -, *, /, neg, call, exists, not exists, aggregate
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NS = "http://rdf.freebase.com/ns/"
XSD = "http://www.w3.org/2001/XMLSchema#"
# Virtuoso, on which the datasets' queries run, knows these without a declaration.
PREFIXES = {
    "ns": NS,
    "xsd": XSD,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
TYPE = f"<{NS}type.object.type>"

_IRI = re.compile(r"<([^<>]*)>")
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_SHORT = re.compile(r"(?<![\w:-])(ns|xsd|rdf|rdfs|owl):")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LEVELS = {"or": 1, "and": 2, **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "in", "not in"), 3)}
_LEVELS |= {"+": 4, "-": 4, "*": 5, "/": 5, "not": 6, "neg": 6}
_SIGNS = {"or": "||", "and": "&&"}


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a query; see the top of this file for the kinds."""

    kind: str
    parts: tuple[Node | str, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, from left to right."""
        waiting: list[Node | str] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Node):
                yield node
                waiting.extend(reversed(node.parts))


def is_variable(part: Node | str) -> bool:
    return isinstance(part, str) and part.startswith("?")


def is_iri(part: Node | str) -> bool:
    return isinstance(part, str) and part.startswith("<")


def map_terms(node: Node, change: Callable[[str], str]) -> Node:
    """The same tree with every string changed: terms, operators' names and modifiers."""
    return Node(node.kind, tuple(change(p) if isinstance(p, str) else map_terms(p, change) for p in node.parts))


def variables(node: Node) -> tuple[str, ...]:
    """The variables of a tree in the order in which they first occur."""
    return tuple(dict.fromkeys(p for below in node.walk() for p in below.parts if isinstance(p, str) and p[:1] == "?"))


def render_query(query: Node) -> str:
    """One line of standard SPARQL 1.1 with the prefixes that it uses."""
    body = render_part(query)
    used = set(_SHORT.findall(_STRING.sub('""', body)))
    prefixes = (f"PREFIX {prefix}: <{iri}> " for prefix, iri in PREFIXES.items() if prefix in used)
    return "".join(prefixes) + body


def render_part(part: Node | str) -> str:
    """The text of any part, without the prologue."""
    if isinstance(part, str):
        return _IRI.sub(_shortened, part) if "<" in part and not part.startswith('"') else _literal(part)
    return _PRINTERS[part.kind](part) if part.kind in _PRINTERS else _expression(part)


def _literal(text: str) -> str:
    value, mark, datatype = text.rpartition("^^")
    return (
        f"{value}^^{_IRI.sub(_shortened, datatype)}" if mark and text.startswith('"') and text.endswith(">") else text
    )


def _shortened(iri: re.Match[str]) -> str:
    for prefix, start in PREFIXES.items():
        if iri[1].startswith(start) and _LOCAL.fullmatch(iri[1], len(start)):
            return f"{prefix}:{iri[1][len(start) :]}"
    return iri[0]


def _joined(parts: tuple[Node | str, ...], sign: str = " ") -> str:
    return sign.join(map(render_part, parts))


def _select(node: Node) -> str:
    modifier, projection, group, group_by, having, order, limit, offset, values = node.parts
    assert all(isinstance(part, Node) for part in (projection, group_by, having, order, values))
    text = ["SELECT"]
    text += [render_part(part) for part in (modifier, projection) if part]
    text += ["WHERE", render_part(group)]
    for head, clause in (("GROUP BY", group_by), ("HAVING", having), ("ORDER BY", order)):
        if clause.parts:  # type: ignore[union-attr]
            text += [head, render_part(clause)]
    text += [f"{head} {number}" for head, number in (("LIMIT", limit), ("OFFSET", offset)) if number]
    text += [render_part(values)] if values.parts else []  # type: ignore[union-attr]
    return " ".join(text)


def _group(node: Node) -> str:
    texts = []
    for part in node.parts:
        is_triple = isinstance(part, Node) and part.kind == "triple"
        text = f"{{ {render_part(part)} }}" if isinstance(part, Node) and part.kind == "select" else render_part(part)
        texts.append(f"{text} ." if is_triple else text)
    if len(node.parts) == 1 and isinstance(node.parts[0], Node) and node.parts[0].kind == "select":
        return texts[0]  # a group that is one subquery needs no second pair of braces
    return f"{{ {' '.join(texts)} }}" if texts else "{ }"


def _bracketed(part: Node | str) -> str:
    """A condition as FILTER, HAVING and ORDER BY take it."""
    return f"({render_part(part)})"


def _values(node: Node) -> str:
    names, *rows = node.parts
    return f"VALUES {render_part(names)} {{ {_joined(tuple(rows))} }}"


def _aggregate(node: Node) -> str:
    name, modifier, *arguments = node.parts
    separator = f"; SEPARATOR = {render_part(arguments[1])}" if len(arguments) == 2 else ""
    return f"{name}({f'{modifier} ' if modifier else ''}{render_part(arguments[0])}{separator})"


def _order(node: Node) -> str:
    shown = []
    for part in node.parts:
        assert isinstance(part, Node)
        key = part.parts[0]
        shown.append(f"DESC({render_part(key)})" if part.kind == "desc" else f"ASC({render_part(key)})")
    return " ".join(shown)


def _group_by(node: Node) -> str:
    """Variables stand bare, expressions in parentheses; ``as`` brings its own."""
    bare = (is_variable(part) or (isinstance(part, Node) and part.kind == "as") for part in node.parts)
    return " ".join(render_part(part) if is_bare else _bracketed(part) for part, is_bare in zip(node.parts, bare))


_PRINTERS: dict[str, Callable[[Node], str]] = {
    "select": _select,
    "ask": lambda node: f"ASK {render_part(node.parts[0])}",
    "projection": lambda node: _joined(node.parts) or "*",
    "as": lambda node: f"({render_part(node.parts[0])} AS {node.parts[1]})",
    "group": _group,
    "triple": lambda node: _joined(node.parts),
    "filter": lambda node: f"FILTER {_bracketed(node.parts[0])}",
    "optional": lambda node: f"OPTIONAL {render_part(node.parts[0])}",
    "minus": lambda node: f"MINUS {render_part(node.parts[0])}",
    "union": lambda node: _joined(node.parts, " UNION "),
    "bind": lambda node: f"BIND ({render_part(node.parts[0])} AS {node.parts[1]})",
    "values": _values,
    "names": lambda node: f"({_joined(node.parts)})",
    "row": lambda node: f"({_joined(node.parts)})",
    "group by": _group_by,
    "having": lambda node: " ".join(map(_bracketed, node.parts)),
    "order": _order,
    "call": lambda node: f"{render_part(node.parts[0])}({_joined(node.parts[1:], ', ')})",
    "aggregate": _aggregate,
    "exists": lambda node: f"EXISTS {render_part(node.parts[0])}",
    "not exists": lambda node: f"NOT EXISTS {render_part(node.parts[0])}",
}


def _expression(node: Node) -> str:
    level = _LEVELS[node.kind]
    if node.kind in ("not", "neg"):
        return f"{'!' if node.kind == 'not' else '- '}{_operand(node.parts[0], level)}"
    if node.kind in ("in", "not in"):
        return f"{_operand(node.parts[0], 4)} {node.kind.upper()} ({_joined(node.parts[1:], ', ')})"
    # or and and are flat; of the others the right side binds tighter.
    lowest = [level + (node.kind not in ("or", "and")) * (i > 0 or level == 3) for i in range(len(node.parts))]
    sign = f" {_SIGNS.get(node.kind, node.kind)} "
    return sign.join(_operand(part, low) for part, low in zip(node.parts, lowest))


def _operand(part: Node | str, lowest: int) -> str:
    text = render_part(part)
    return f"({text})" if isinstance(part, Node) and _LEVELS.get(part.kind, 9) < lowest else text
