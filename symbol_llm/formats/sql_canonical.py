"""The canonical form of a query: one text for queries that are the same by cheap laws.

    select T1.Name from PETS as T1 where 3 < T1.age and T1.city == "Rome"
    ->  SELECT name FROM pets WHERE age > 3 AND city = 'Rome'

The laws: case and quotes of identifiers, table aliases, needless qualifiers, aliases of the outermost select list,
inner JOIN … ON as WHERE, order and repetition in AND, OR and IN, the sides of comparisons, NOT before a comparison,
needless parentheses, ASC, COUNT(1). With a schema, columns are told from strings and qualified where several
tables are read. Joins are not reordered: what SQLite returns where a query leaves a choice depends on their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbol_llm.formats.sql_names import Role, cte, exposed, outputs, roles, scopes, sources
from symbol_llm.formats.sql_predicates import connected, settle_predicates
from symbol_llm.formats.sql_schema import Schema
from symbol_llm.formats.sql_tokens import fold, needs_quotes

if TYPE_CHECKING:
    from sqlglot import exp

_ROW_ID = ("rowid", "oid", "_rowid_")  # every table has it by these names


def canonical_tree(tree: exp.Query, schema: Schema | None) -> exp.Query:
    """A canonical copy of a tree. The schema may be None."""
    from sqlglot import exp

    copy = tree.copy()
    fold_identifiers(copy)
    if schema:
        _settle_strings(copy, schema)
    for select in list(copy.find_all(exp.Select)):
        _open_order_aliases(select)
    _drop_output_aliases(copy)
    _qualify(copy, schema)
    for node in list(copy.find_all(exp.Identifier)):
        is_needed = needs_quotes(node.name) and not _quotes_make_string(node, schema)
        node.set("quoted", is_needed or (node.quoted and _may_be_string(node, schema)))
    for select in reversed(list(copy.find_all(exp.Select))):  # inner ones first: conditions are copied
        _join_by_where(select)
    flips_columns = not (schema and schema.has_collations)
    while settle_predicates(copy, flips_columns=flips_columns):
        pass  # one law may make room for another
    return copy


def fold_identifiers(tree: exp.Query) -> None:
    """Write identifiers in lower case, in place; double-quoted strings stay."""
    for identifier, role in list(roles(tree)):
        if role is not Role.STRING and not (role is Role.COLUMN and _may_be_string(identifier, None)):
            identifier.set("this", fold(identifier.name))


def _may_be_string(identifier: exp.Identifier, schema: Schema | None) -> bool:
    """Whether SQLite may still read a name in double quotes as a string, because nothing says it is a column."""
    from sqlglot import exp

    column = identifier.parent
    if not isinstance(column, exp.Column) or not identifier.quoted or column.table:
        return False
    if schema is None:
        return True
    names, is_known = _visible(column, schema)
    return not is_known and fold(identifier.name) not in names


# Names


def _columns(source: exp.Expr, schema: Schema | None) -> tuple[str, ...] | None:
    """Folded columns of a source; None if unknown."""
    from sqlglot import exp

    query: exp.Expr | None = None
    listed: list[exp.Identifier] = list(source.args["alias"].columns) if source.args.get("alias") else []
    if isinstance(source, exp.Table):
        definition = cte(source, fold(source.name)) if not source.args.get("db") else None
        if definition is None:
            return schema.tables.get(fold(source.name)) if schema else None
        query, listed = definition.this, listed or list(definition.args["alias"].columns)
    elif isinstance(source, exp.Subquery):
        query = source.this
    if listed:
        return tuple(fold(column.name) for column in listed)
    found: list[str] = []
    for item in outputs(query) if query is not None else []:
        if item.is_star:
            return None
        found.append(fold(item.alias_or_name))
    return tuple(found) if found else None


def _settle_strings(tree: exp.Query, schema: Schema) -> None:
    """Turn names in double quotes that no visible column or alias bears into strings, as SQLite does."""
    from sqlglot import exp

    for column in list(tree.find_all(exp.Column)):
        if not isinstance(column.this, exp.Identifier) or not column.this.quoted or column.table:
            continue
        names, is_known = _visible(column, schema)
        if fold(column.name) in names:
            column.this.set("this", fold(column.name))
        elif is_known:
            column.replace(exp.Literal.string(column.name))


def _visible(column: exp.Column, schema: Schema) -> tuple[set[str], bool]:
    """The folded columns and aliases that a column without a table may mean, and whether these are all."""
    from sqlglot import exp

    names, is_known = set(), True
    for select in scopes(column):
        names |= {fold(item.alias) for item in select.expressions if isinstance(item, exp.Alias)}
        for source in sources(select):
            columns = _columns(source, schema)
            is_known = is_known and columns is not None
            names |= set(columns or ())
    return names, is_known


def _quotes_make_string(identifier: exp.Identifier, schema: Schema | None) -> bool:
    """Whether a bare name that nothing bears would become a string in quotes."""
    from sqlglot import exp

    column = identifier.parent
    if schema is None or identifier.quoted or not isinstance(column, exp.Column) or column.table:
        return False
    names, is_known = _visible(column, schema)
    return is_known and fold(identifier.name) not in names


def _open_order_aliases(select: exp.Select) -> None:
    """ORDER BY an alias becomes ORDER BY what it stands for."""
    from sqlglot import exp

    order = select.args.get("order")
    if order is None or isinstance(select.parent, exp.SetOperation):
        return
    aliases = {item.alias: item.this for item in reversed(select.expressions) if isinstance(item, exp.Alias)}
    for term in order.expressions:
        column = term.this
        if isinstance(column, exp.Column) and not column.table and column.name in aliases:
            term.set("this", aliases[column.name].copy())


def _drop_output_aliases(tree: exp.Query) -> None:
    """Drop the aliases of the outermost select list that nothing refers to."""
    from sqlglot import exp

    if not isinstance(tree, exp.Select):
        return
    used = {fold(column.name) for column in tree.find_all(exp.Column)}
    tree.set("expressions", [_unaliased(item, used) for item in tree.expressions])


def _unaliased(item: exp.Expr, used: set[str]) -> exp.Expr:
    from sqlglot import exp

    if isinstance(item, exp.Alias):
        is_own = isinstance(item.this, exp.Column) and fold(item.this.name) == item.alias
        if is_own or item.alias not in used:
            return item.this
    return item


def _qualify(tree: exp.Query, schema: Schema | None) -> None:
    """Name sources after their tables, and qualify columns only where a SELECT reads several sources."""
    from sqlglot import exp

    bound = [(column, _binding(column, schema)) for column in tree.find_all(exp.Column)]
    stars = [(column, binding) for column, binding in bound if binding and column.is_star]
    # A qualifier that nothing bears must not come to mean a table that loses its alias.
    loose = {fold(c.table) for c, binding in bound if binding is None and c.table and not _is_exposed(c)}
    wanted = _source_names(tree, schema, loose)
    for column, binding in bound:
        if binding is None:
            continue
        select, source = binding
        is_alone = next(scopes(column)) is select and len(sources(select)) == 1
        column.set("db", None)
        # Without its qualifier, a column that the source lacks would be looked for around it.
        if is_alone and (column, binding) not in stars and _may_have(source, column, schema):
            column.set("table", None)
        else:
            column.set("table", exp.to_identifier(wanted[id(source)]))
    for source in [s for select in tree.find_all(exp.Select) for s in sources(select)]:
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            source.set("db", None if fold(source.db) == "main" else source.args.get("db"))
            name, alias = wanted[id(source)], source.args.get("alias")
            if name == fold(source.name) and not (alias and alias.columns):
                source.set("alias", None)
            elif name != exposed(source):
                source.set("alias", exp.TableAlias(this=exp.to_identifier(name)))


def _binding(column: exp.Column, schema: Schema | None) -> tuple[exp.Select, exp.Expr] | None:
    """The SELECT and the source that a column belongs to; None if it cannot be told."""
    qualifier, name = fold(column.table), fold(column.name)
    if fold(column.db) not in ("", "main"):
        return None
    for select in scopes(column):
        visible = sources(select)
        if qualifier:
            named = [source for source in visible if exposed(source) == qualifier]
            if named:
                return (select, named[0]) if len(named) == 1 else None
            continue
        owners = [(source, _columns(source, schema)) for source in visible]
        holders = [source for source, columns in owners if columns is not None and name in columns]
        if len(holders) == 1 and all(columns is not None for _, columns in owners):
            return select, holders[0]
        if holders or any(columns is None for _, columns in owners):
            return None  # ambiguous, merged by USING, or unknown
    return None


def _may_have(source: exp.Expr, column: exp.Column, schema: Schema | None) -> bool:
    columns = _columns(source, schema)
    return columns is None or fold(column.name) in columns or fold(column.name) in _ROW_ID


def _is_exposed(column: exp.Column) -> bool:
    return any(exposed(source) == fold(column.table) for select in scopes(column) for source in sources(select))


def _source_names(tree: exp.Query, schema: Schema | None, loose: set[str]) -> dict[int, str]:
    """The name each source shall have: its table's, numbered where that is taken in its SELECT or around it."""
    from sqlglot import exp

    taken_by_tables = set(schema.tables) if schema else set()
    wanted: dict[int, str] = {}
    for select in tree.find_all(exp.Select, bfs=False):
        around = {wanted[id(s)] for outer in scopes(select) if outer is not select for s in sources(outer)}
        here: set[str] = set()
        is_correlated = _reads_outer(select)
        for source in sources(select):
            base = fold(source.name) if isinstance(source, exp.Table) else exposed(source)
            if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
                wanted[id(source)] = exposed(source)
                here.add(exposed(source))
                continue
            blocked = here | loose | (around if is_correlated else set())
            name, number = base, 2
            while name in blocked or (name != base and name in taken_by_tables):
                name, number = f"{base}_{number}", number + 1
            wanted[id(source)] = name
            here.add(name)
    return wanted


def _reads_outer(select: exp.Select) -> bool:
    """Whether a column inside is qualified with, or may belong to, a source outside."""
    from sqlglot import exp

    inside = {exposed(s) for inner in select.find_all(exp.Select) for s in sources(inner)}
    return any(column.table and fold(column.table) not in inside for column in select.find_all(exp.Column))


# Predicates


def _join_by_where(select: exp.Select) -> None:
    """Inner joins are a product and a condition; SQLite treats them so itself."""
    from sqlglot import exp

    joins = select.args.get("joins") or []
    for join in joins:
        is_inner = join.side == "" and join.method == "" and join.kind in ("", "INNER", "CROSS")
        if not is_inner or join.args.get("using") or not isinstance(join.this, (exp.Table, exp.Subquery)):
            return
        if isinstance(join.this, exp.Subquery) and isinstance(join.this.this, exp.Table):
            return
    conditions = [join.args["on"] for join in joins if join.args.get("on")]
    for join in joins:
        join.set("on", None)
        join.set("kind", None)
    if conditions:
        where = select.args.get("where")
        conditions += [where.this] if where else []
        select.set("where", exp.Where(this=connected(exp.And, [exp.Paren(this=c) for c in conditions])))
