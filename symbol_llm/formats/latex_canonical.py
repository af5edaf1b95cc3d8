r"""One text for expressions that print the same mathematics.

    \dfrac 1 2 = \frac{1}{2}     \left(3,4\right) = (3,4)     x^2 = x^{2}     85,\!184 = 85184     .5 = 0.5

Spacing and sizes go, synonyms become one command, arguments get braces, other braces go where they group nothing, and
the comma that is set as a thousands separator (``{,}`` or ``,\!``) goes. A plain comma may separate the items of a list
and stays.
"""

from __future__ import annotations

import re

from symbol_llm.formats.latex_commands import SAME, SPACING
from symbol_llm.formats.latex_tree import Command, Environment, Fence, Group, Item, Items, Leaf, Script, Words


def canonical_items(items: Items) -> Items:
    """The canonical form of a sequence. Idempotent."""
    items = _without_separators(items)
    plain: list[Item] = []
    for i, item in enumerate(items):
        if isinstance(item, Leaf) and item.text.removeprefix("\\") in SPACING and item.text.startswith("\\"):
            continue
        made = _canonical(item)
        if isinstance(made, Fence):
            plain += [*_delimiter(made.left), *made.items, *_delimiter(made.right)]
        elif isinstance(made, Group) and not _is_scripted(items, i, made):
            plain += made.items
        else:
            plain.append(made)
    return tuple(_with_zeros(plain))


def _canonical(item: Item) -> Item:
    match item:
        case Leaf(text):
            name = text.removeprefix("\\")
            return Leaf("\\" + SAME[name]) if text.startswith("\\") and name in SAME else item
        case Words(command, text):
            return Words(SAME.get(command, command), " ".join(re.sub(r"~|\\ ", " ", text).split()))
        case Group(items):
            return Group(canonical_items(items))
        case Script(mark, argument):
            return Script(mark, _braced(argument))
        case Fence(left, items, right):
            return Fence(left, canonical_items(items), right)
        case Environment(name, columns, items):
            return Environment(name, columns.replace(" ", ""), _without_last_break(canonical_items(items)))
        case Command(name, arguments, option):
            arguments = tuple(map(_braced, arguments))
            return Command(SAME.get(name, name), arguments, option and canonical_items(option))


def _braced(argument: Item) -> Group:
    return Group(canonical_items(argument.items if isinstance(argument, Group) else (argument,)))


def _is_scripted(items: Items, i: int, group: Group) -> bool:
    """Whether the braces hold something together: ``{ab}^2``, ``{a^2}^3``, ``a^2{}^3``."""
    follows = i + 1 < len(items) and isinstance(items[i + 1], Script)
    return follows and not (len(group.items) == 1 and isinstance(group.items[0], Leaf))


def _without_separators(items: Items) -> Items:
    r"""Without ``{,}`` and ``,\!`` between digits."""
    kept: list[Item] = []
    i = 0
    while i < len(items):
        width = 0
        if items[i] == Group((Leaf(","),)):
            width = 1
        elif items[i : i + 2] == (Leaf(","), Leaf("\\!")):
            width = 2
        if width and kept and _is_digit(kept[-1]) and all(map(_is_digit, items[i + width : i + width + 3] or ".")):
            i += width
            continue
        kept.append(items[i])
        i += 1
    return tuple(kept)


def _is_digit(item: Item | str) -> bool:
    return isinstance(item, Leaf) and item.text in tuple("0123456789")


def _with_zeros(items: list[Item]) -> list[Item]:
    """``.5`` becomes ``0.5``."""
    made: list[Item] = []
    for i, item in enumerate(items):
        starts = item == Leaf(".") and i + 1 < len(items) and _is_digit(items[i + 1])
        if starts and not (made and (_is_digit(made[-1]) or made[-1] == Leaf("."))):
            made.append(Leaf("0"))
        made.append(item)
    return made


def _without_last_break(items: Items) -> Items:
    while items and items[-1] == Leaf("\\\\"):
        items = items[:-1]
    return items


def _delimiter(text: str) -> Items:
    return () if text == "." else (_canonical(Leaf(text)),)
