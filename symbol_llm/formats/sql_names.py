"""What each identifier of a query stands for, and renaming tables and columns.

    SELECT T1.name FROM pets AS T1 ORDER BY age     tables: pets    columns: name, age    aliases: T1

A tree alone, without a schema, does not always tell a column from an alias or, in double quotes, from a string.
SQLite's rules are followed as far as they go without one; ``roles`` says where a choice is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Name
from symbol_llm.formats.sql_tokens import fold, needs_quotes

if TYPE_CHECKING:
    from sqlglot import exp

_ROW_IDS = frozenset({"rowid", "_rowid_", "oid"})


class Role(Enum):
    """What an identifier names."""

    TABLE = "table"
    COLUMN = "column"
    ALIAS = "alias"  # the query itself introduces it: AS, WITH, WINDOW
    STRING = "string"  # in double quotes where a value is due: a literal
    BUILTIN = "builtin"  # rowid, main, an index


def roles(tree: exp.Expr) -> Iterator[tuple[exp.Identifier, Role]]:
    """Every identifier of a tree with its role.

    A name in double quotes is taken for a string where it is compared with something, as in
    ``country = "France"``; elsewhere for a column. In GROUP BY, WHERE and HAVING a name is taken for an alias of the
    select list unless the aliased expression itself uses a column of that name.
    """
    from sqlglot import exp

    for node in tree.find_all(exp.Identifier):
        parent, key = node.parent, node.arg_key
        if isinstance(parent, exp.Column):
            if key == "this":
                yield node, _column_role(parent)
            elif key == "table":
                yield node, _qualifier_role(parent, fold(node.name))
            else:
                yield node, Role.BUILTIN
        elif isinstance(parent, exp.Table):
            is_table = key == "this" and not _is_cte(parent, fold(node.name))
            yield node, Role.TABLE if is_table else Role.ALIAS if key == "this" else Role.BUILTIN
        elif isinstance(parent, exp.Join):
            yield node, Role.COLUMN  # USING (…)
        elif isinstance(parent, (exp.Alias, exp.TableAlias, exp.Window)):
            yield node, Role.ALIAS
        else:
            yield node, Role.BUILTIN


def names(tree: exp.Expr) -> frozenset[Name]:
    """Tables and columns of a tree, each once in the spelling that occurs first."""
    found: dict[tuple[Role, str], Name] = {}
    for node, role in roles(tree):
        if role in (Role.TABLE, Role.COLUMN):
            found.setdefault((role, fold(node.name)), Name(role.value, node.name))
    return frozenset(found.values())


def rename(tree: exp.Query, mapping: Mapping[Name, str]) -> exp.Query:
    """A copy with other names for tables and columns; case does not matter in the names that are looked up.

    Aliases and double-quoted strings that would capture a new name are changed out of its way. A word in double
    quotes is renamed wherever the mapping has such a column: SQLite reads it as the column if it sees one.
    Raises UserError if two names of the query would become one.
    """
    from sqlglot import exp

    copy = tree.copy()
    found = list(roles(copy))
    changes = _changes(found, mapping)
    new = {fold(name) for (_, old), name in changes.items() if fold(name) != old}
    taken = new | {fold(node.name) for node, _ in found}
    detours: dict[str, str] = {}
    for node, role in found:
        text = fold(node.name)
        if role is Role.ALIAS and text in new:
            if text not in detours:
                detours[text] = _fresh(node.name, taken)
                taken.add(fold(detours[text]))
            node.set("this", detours[text])
        elif role is Role.STRING and text in new and (Role.COLUMN, text) not in changes and node.parent:
            node.parent.replace(exp.Literal.string(node.name))
        elif (kind := Role.COLUMN if role is Role.STRING else role, text) in changes:
            name = changes[kind, text]
            # Quotes that only the old name needed go with it, so that exchanging names back gives the same text.
            node.set("quoted", needs_quotes(name) or (node.quoted and not needs_quotes(node.name)))
            node.set("this", name)
    return copy


def folded(mapping: Mapping[Name, str]) -> dict[tuple[Role, str], str]:
    """The changes of a mapping by role and folded name."""
    return {(Role(old.kind), fold(old.text)): new for old, new in mapping.items()}


def _changes(found: list[tuple[exp.Identifier, Role]], mapping: Mapping[Name, str]) -> dict[tuple[Role, str], str]:
    changes = folded(mapping)
    origins: dict[tuple[Role, str], str] = {}
    for node, role in found:
        if role in (Role.TABLE, Role.COLUMN):
            old = fold(node.name)
            new = fold(changes.get((role, old), old))
            if origins.setdefault((role, new), old) != old:
                raise UserError(
                    f"renaming makes two {role.value}s one: {origins[role, new]} and {old} both become {new}. "
                    "Choose a name that the query does not use"
                )
    return changes


def _fresh(name: str, taken: set[str]) -> str:
    number = 2
    while fold(f"{name}_{number}") in taken:
        number += 1
    return f"{name}_{number}"


# Scopes


def sources(select: exp.Expr) -> list[exp.Expr]:
    """What a SELECT reads from: tables and subqueries, in order; parenthesised joins are opened."""
    from sqlglot import exp

    if not isinstance(select, exp.Select):
        return []
    start = select.args.get("from_")
    waiting = [start.this] if start else []
    waiting += [join.this for join in select.args.get("joins") or []]
    found: list[exp.Expr] = []
    while waiting:
        item = waiting.pop(0)
        inner = item.this if isinstance(item, exp.Subquery) else None
        if isinstance(inner, exp.Table):  # FROM (a JOIN b ON …)
            waiting[:0] = [inner, *(join.this for join in inner.args.get("joins") or [])]
            continue
        found.append(item)
        waiting[:0] = [join.this for join in item.args.get("joins") or []]
    return found


def exposed(source: exp.Expr) -> str:
    """The folded name by which a source is qualified: its alias, else the table's name."""
    return fold(source.alias_or_name)


def scopes(node: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs whose sources a column at ``node`` can see, the nearest first.

    A subquery in FROM does not see its siblings.
    """
    from sqlglot import exp

    child: exp.Expr | None = node
    is_hidden = False
    while child is not None:
        if isinstance(child, exp.Select) and not is_hidden:
            yield child
        parent = child.parent
        if isinstance(child, (exp.Subquery, exp.CTE)) and isinstance(parent, (exp.From, exp.Join, exp.With)):
            is_hidden = True
        elif isinstance(child, exp.Select) and is_hidden:
            is_hidden = False
        child = parent


def outputs(query: exp.Expr) -> list[exp.Expr]:
    """The select list that names the columns of a query's result."""
    from sqlglot import exp

    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    return query.expressions if isinstance(query, exp.Select) else []


def cte(node: exp.Expr, name: str) -> exp.CTE | None:
    """The WITH table of that (folded) name that is visible at a node."""
    from sqlglot import exp

    parent: exp.Expr | None = node
    while parent is not None:
        clause = parent.args.get("with_")
        for item in clause.expressions if isinstance(clause, exp.With) else []:
            if fold(item.alias) == name:
                return item
        parent = parent.parent
    return None


def _is_cte(table: exp.Table, name: str) -> bool:
    return not table.args.get("db") and cte(table, name) is not None


def _column_role(column: exp.Column) -> Role:
    from sqlglot import exp

    name, parent = fold(column.name), column.parent
    if isinstance(parent, exp.In) and column.arg_key == "field":  # x IN t
        return Role.ALIAS if cte(column, name) else Role.TABLE
    if name in _ROW_IDS and not column.this.quoted:
        return Role.BUILTIN
    if _is_value_place(column):
        return Role.STRING
    qualifier = fold(column.table)
    for select in scopes(column):
        for source in sources(select):
            if (not qualifier or exposed(source) == qualifier) and name in _given_names(source):
                return Role.ALIAS
    return Role.ALIAS if not qualifier and _is_output_alias(column, name) else Role.COLUMN


def _is_value_place(column: exp.Column) -> bool:
    from sqlglot import exp

    parent, key = column.parent, column.arg_key
    if column.table or not column.this.quoted:
        return False
    if isinstance(parent, exp.In):
        return key == "expressions"
    if isinstance(parent, exp.Between):
        return key in ("low", "high")
    if isinstance(parent, (exp.Predicate, exp.Glob)) and isinstance(parent, exp.Binary):
        left = parent.this
        return key == "expression" and not isinstance(left, exp.Literal)
    return False


def _is_output_alias(column: exp.Column, name: str) -> bool:
    """Whether an unqualified name means an alias of the select list that it stands behind."""
    from sqlglot import exp

    owner = column.find_ancestor(exp.Select, exp.SetOperation)
    if owner is None:
        return False
    if isinstance(owner, exp.Select):
        child: exp.Expr = column
        while child.parent is not owner:
            assert child.parent
            child = child.parent
        if child.arg_key == "expressions":
            return False
    for item in outputs(owner):
        if isinstance(item, exp.Alias) and fold(item.alias) == name:
            # ORDER BY looks at aliases first, the other clauses at columns first.
            is_order = isinstance(column.parent, exp.Ordered) and isinstance(column.parent.parent, exp.Order)
            return is_order or not any(fold(used.name) == name for used in item.this.find_all(exp.Column))
    return False


def _given_names(source: exp.Expr, depth: int = 0) -> set[str]:
    """Folded names that a subquery or WITH table gives to its columns by AS or a column list."""
    from sqlglot import exp

    query: exp.Expr | None = source
    given = {fold(column.name) for column in source.args["alias"].columns} if source.args.get("alias") else set()
    if isinstance(source, exp.Table):
        definition = None if source.args.get("db") else cte(source, fold(source.name))
        if definition is None:
            return given
        given |= {fold(column.name) for column in definition.args["alias"].columns}
        query = definition.this
    elif isinstance(source, exp.Subquery):
        query = source.this
    if query is None or depth > 8:  # a recursive WITH
        return given
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    for item in outputs(query):
        if isinstance(item, exp.Alias):
            given.add(fold(item.alias))
        elif isinstance(item, exp.Column) and not item.is_star:
            qualifier = fold(item.table)
            if any(
                fold(item.name) in _given_names(inner, depth + 1)
                for inner in sources(query)
                if not qualifier or exposed(inner) == qualifier
            ):
                given.add(fold(item.name))
        elif item.is_star:
            qualifier = fold(item.table) if isinstance(item, exp.Column) else ""
            for inner in sources(query):
                if not qualifier or exposed(inner) == qualifier:
                    given |= _given_names(inner, depth + 1)
    return given


def _qualifier_role(column: exp.Column, name: str) -> Role:
    """A qualifier is an alias, or the name of a table that has none."""
    from sqlglot import exp

    for select in scopes(column):
        for source in sources(select):
            if exposed(source) == name:
                is_table = isinstance(source, exp.Table) and not source.alias and not _is_cte(source, name)
                return Role.TABLE if is_table else Role.ALIAS
    return Role.ALIAS if cte(column, name) else Role.TABLE


def literals(tree: exp.Expr) -> set[str]:
    """The values that a query mentions, as text; names in double quotes count, since they may be strings."""
    from sqlglot import exp

    found = {node.name for node in tree.find_all(exp.Literal)}
    return found | {node.name for node in tree.find_all(exp.Identifier) if node.quoted}
