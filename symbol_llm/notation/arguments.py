"""Arguments in another order: ``relate(right,scene())`` written ``relate(scene(),right)``.

```
Order of arguments: relate 2 1      the second argument of relate comes first
```
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from symbol_llm.notation.terms import Term, Terms, changed, walk

Orders = Mapping[str, tuple[int, ...]]  # head -> which of its arguments (from 0) is written at each place
LABEL = "Order of arguments: "


def choose_orders(terms: Terms, heads: frozenset[str], rng: Random) -> Orders:
    """Another order for some of the heads that always have the same number, two or more, of arguments.

    Empty if there are none.
    """
    counts: dict[str, set[int]] = {}
    for term in walk(terms):
        if term.args is not None and term.head in heads:
            counts.setdefault(term.head, set()).add(len(term.args))
    fit = sorted(head for head, found in counts.items() if len(found) == 1 and min(found) > 1)
    chosen = rng.sample(fit, rng.randint(1, len(fit))) if fit else []
    return {head: _other_order(min(counts[head]), rng) for head in sorted(chosen)}


def _other_order(count: int, rng: Random) -> tuple[int, ...]:
    order = list(range(count))
    while order == list(range(count)):
        rng.shuffle(order)
    return tuple(order)


def reorder(terms: Terms, orders: Orders) -> Terms:
    """Raises ValueError for a term with another number of arguments than its order has."""

    def change(term: Term) -> Term:
        if term.args is None or term.head not in orders:
            return term
        order = orders[term.head]
        if len(order) != len(term.args):
            raise ValueError(f"{term.head} has {len(term.args)} arguments, its order {len(order)}")
        return Term(term.head, tuple(term.args[place] for place in order))

    return changed(terms, change)


def inverse(orders: Orders) -> Orders:
    return {head: tuple(order.index(place) for place in range(len(order))) for head, order in orders.items()}


def tell(orders: Orders) -> list[str]:
    return [f"{LABEL}{head} {' '.join(str(place + 1) for place in order)}" for head, order in orders.items()]


def read(lines: list[str]) -> Orders:
    """Raises ValueError for a line that gives no order."""
    orders: dict[str, tuple[int, ...]] = {}
    for line in lines:
        head, *places = line.removeprefix(LABEL).split(" ")
        order = tuple(int(place) - 1 for place in places)
        if sorted(order) != list(range(len(order))) or head in orders:
            raise ValueError(f"not an order of arguments: {line[:80]}")
        orders[head] = order
    return orders
