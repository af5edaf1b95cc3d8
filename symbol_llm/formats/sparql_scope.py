"""The scope rules of SPARQL 1.1 that rdflib does not check: section 18.2.1 and notes 12 and 13 of section 19.8.

```
SELECT ?y (COUNT(?x) AS ?n) WHERE { ?x ns:a ?y }      ?y is neither grouped by nor aggregated
```
"""

from __future__ import annotations

from symbol_llm.formats.sparql_tree import Node, is_variable, variables

_SPARED = {"filter", "minus", "exists", "not exists"}  # what these mention is not bound for what follows


def scope_fault(query: Node) -> str:
    """Why a query breaks a scope rule, or "" if it breaks none."""
    for node in query.walk():
        if node.kind == "group":
            fault = _group_fault(node)
        elif node.kind == "select":
            fault = _select_fault(node)
        else:
            fault = ""
        if fault:
            return fault
    return ""


def _group_fault(group: Node) -> str:
    bound: set[str] = set()
    for part in group.parts:
        assert isinstance(part, Node)
        if part.kind in ("filter", "bind") and (name := _aggregate(part)):
            return f"{name} may not stand in {part.kind.upper()}: use HAVING, or a subquery"
        if part.kind == "bind" and part.parts[1] in bound:
            return f"BIND gives {part.parts[1]} a value, which it has already"
        bound |= _visible(part)
    return ""


def _select_fault(select: Node) -> str:
    projection, group, group_by, having, order = select.parts[1:6]
    assert isinstance(projection, Node) and isinstance(group, Node) and isinstance(group_by, Node)
    bound = _visible(group)
    named = [str(part.parts[1]) for part in projection.parts if isinstance(part, Node)]
    for name in named:
        if name in bound or named.count(name) > 1:
            return f"(… AS {name}) names a variable that has a value already"
    is_grouped = bool(group_by.parts) or any(isinstance(p, Node) and _aggregate(p) for p in (projection, having, order))
    if not is_grouped:
        return ""
    if not projection.parts:
        return "SELECT * cannot stand with GROUP BY or an aggregate"
    keys = {part if isinstance(part, str) else str(part.parts[-1]) for part in group_by.parts} | set(named)
    loose = [
        name for part in projection.parts for name in _loose(part) if name not in keys and part not in group_by.parts
    ]
    return f"{loose[0]} is neither grouped by nor in an aggregate" if loose else ""


def _aggregate(node: Node) -> str:
    """The first aggregate of an expression, not counting subqueries; "" if there is none."""
    if node.kind == "aggregate":
        return str(node.parts[0])
    below = (_aggregate(part) for part in node.parts if isinstance(part, Node) and part.kind != "group")
    return next(filter(None, below), "")


def _loose(part: Node | str) -> tuple[str, ...]:
    """The variables of a projected expression that stand in no aggregate."""
    if isinstance(part, str):
        return (part,) if is_variable(part) else ()
    expression = part.parts[:1] if part.kind == "as" else part.parts
    return () if part.kind == "aggregate" else tuple(name for below in expression for name in _loose(below))


def _visible(part: Node) -> set[str]:
    """The variables that a part of a group binds."""
    if part.kind in _SPARED:
        return set()
    if part.kind == "select":
        projection, group = part.parts[1:3]
        assert isinstance(projection, Node) and isinstance(group, Node)
        if not projection.parts:
            return _visible(group)
        return {shown if isinstance(shown, str) else str(shown.parts[1]) for shown in projection.parts}
    if part.kind == "bind":
        return {str(part.parts[1])}
    if part.kind in ("group", "union", "optional"):
        return set().union(*(_visible(below) for below in part.parts if isinstance(below, Node)))
    return set(variables(part))
