"""Conditions of a query in one form: AND, OR and IN in order, comparisons one way round, NOT pushed into them.

```
3 < age AND NOT name = 'ann' AND 3 < age    ->    age > 3 AND name <> 'ann'
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from symbol_llm.formats.sql_syntax import render

if TYPE_CHECKING:
    from sqlglot import exp


def settle_predicates(tree: exp.Query, *, flips_columns: bool) -> bool:
    """Rewrite predicates bottom-up, in place; whether anything changed."""
    from sqlglot import exp

    has_changed = False
    for node in reversed(list(tree.walk(bfs=True))):
        if node is not tree and node.parent is None:
            continue  # replaced with its parent
        if isinstance(node, exp.Paren) and _is_needless(node):
            node.replace(node.this)
        elif isinstance(node, exp.Not):
            if not _settle_not(node):
                continue
        elif isinstance(node, exp.Ordered) and node.args.get("desc") is False:
            node.set("desc", None)
        elif isinstance(node, exp.Count) and isinstance(node.this, exp.Literal):
            node.set("this", exp.Star())
        elif isinstance(node, exp.In) and node.expressions:
            items = _settled(node.expressions)
            if items is None:
                continue
            node.set("expressions", items)
        else:
            continue
        has_changed = True
    for node in reversed(list(tree.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE))):
        has_changed |= _settle_comparison(node, flips_columns)
    for node in reversed(list(tree.find_all(exp.And, exp.Or))):
        if not isinstance(node.parent, type(node)):
            items = _settled(list(_operands(node, type(node))))
            if items is not None:
                node.replace(connected(type(node), items))
                has_changed = True
    return has_changed


def _settled(items: list[exp.Expr]) -> list[exp.Expr] | None:
    """The items sorted by their text, each once; None if they are."""
    by_text = {render(item): item for item in items}
    texts = sorted(by_text)
    return None if len(texts) == len(items) and texts == list(by_text) else [by_text[text] for text in texts]


def _operands(node: exp.Expr, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    if isinstance(node, kind):
        yield from _operands(node.this, kind)
        yield from _operands(node.expression, kind)
    else:
        yield node


def connected(kind: type[exp.Expr], items: list[exp.Expr]) -> exp.Expr:
    whole = items[0].copy()
    for item in items[1:]:
        whole = kind(this=whole, expression=item.copy())
    return whole


def _is_needless(paren: exp.Paren) -> bool:
    """Whether what is inside binds at least as tightly as the place asks for. Unknown places keep theirs."""
    from sqlglot import exp

    inner, parent = paren.this, paren.parent
    if isinstance(inner, (exp.Column, exp.Literal, exp.Func, exp.Subquery, exp.Paren, exp.Null)) and not isinstance(
        inner, (exp.Connector, exp.Binary)
    ):
        return True
    if isinstance(parent, (exp.Where, exp.Having, exp.Join)):
        return True
    is_predicate = isinstance(inner, (exp.Predicate, exp.Not)) and not isinstance(inner, exp.Connector)
    if isinstance(parent, exp.And):
        return is_predicate or isinstance(inner, exp.And)
    if isinstance(parent, exp.Or):
        return is_predicate or isinstance(inner, exp.Connector)
    return False


def _settle_not(node: exp.Not) -> bool:
    """NOT before a comparison turns it round; NULL stays NULL. Whether it changed."""
    from sqlglot import exp

    opposites: dict[type[exp.Expr], type[exp.Expr]] = {
        exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.LT: exp.GTE, exp.GTE: exp.LT, exp.GT: exp.LTE, exp.LTE: exp.GT
    }  # fmt: skip
    inner = node.this.this if isinstance(node.this, exp.Paren) else node.this
    if type(inner) in opposites:
        opposite = opposites[type(inner)](this=inner.this.copy(), expression=inner.expression.copy())
        node.replace(opposite)
    elif isinstance(node.this, exp.Paren) and isinstance(inner, (exp.In, exp.Like, exp.Between, exp.Is, exp.Exists)):
        node.set("this", inner)
    else:
        return False
    return True


def _settle_comparison(node: exp.Expr, flips_columns: bool) -> bool:
    """Columns stand on the left, literals on the right; two sides of one kind in alphabetical order.

    Whether it changed.
    """
    from sqlglot import exp

    mirrors: dict[type[exp.Expr], type[exp.Expr]] = {
        exp.EQ: exp.EQ, exp.NEQ: exp.NEQ, exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE
    }  # fmt: skip
    # Other operands are left alone: an operator's precedence would have to be looked at.
    ranks = (exp.Column, exp.Func, exp.Subquery, exp.Paren, exp.Null, exp.Literal)
    left, right = node.this, node.expression
    places = [next((i for i, kind in enumerate(ranks) if isinstance(side, kind)), None) for side in (left, right)]
    if None in places or isinstance(left, exp.Binary) or isinstance(right, exp.Binary):
        return False
    if places[0] == places[1]:
        is_settled = not flips_columns or render(left) <= render(right)
    else:
        # Of two columns the left one's collation counts, and a function or subquery may hand on a column's.
        is_settled = places < places[::-1] or not (flips_columns or exp.Literal in (type(left), type(right)))
    if not is_settled:
        node.replace(mirrors[type(node)](this=right.copy(), expression=left.copy()))
    return not is_settled
