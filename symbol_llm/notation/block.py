"""What a prompt says about another notation, and taking a symbol back with nothing but that.

    relate: objects on that side of it           the definitions
    The notation is another one.                 from here on, the block
    Order of arguments: relate 2 1
    kab(?1,?2) stands for unique(filter_size(?1,?2))
    Terms: "[" name { " ; " term } "]"

A symbol is written by merging and splitting, then ordering arguments, then the surface; it is taken back the other way.
"""

from __future__ import annotations

from typing import NamedTuple

from symbol_llm.notation import arguments, macros, syntax
from symbol_llm.notation.terms import Terms, read_terms, write_terms

MARK = "The notation is another one."
HEADLESS = frozenset({"scan", "gqa"})  # the outermost term of a line has no head


class Notation(NamedTuple):
    """Each part may be missing."""

    rule: macros.Rule | None = None
    orders: arguments.Orders | None = None
    surface: syntax.Syntax | None = None


def apply(notation: Notation, format_name: str, text: str) -> str:
    """A symbol in another notation. Raises ValueError if it is not made of terms."""
    terms = read_terms(format_name, text)
    if notation.rule:
        terms = macros.rewrite(terms, notation.rule.right, notation.rule.left)
    if notation.orders:
        terms = arguments.reorder(terms, notation.orders)
    return syntax.write(terms, notation.surface) if notation.surface else write_terms(format_name, terms)


def take_back(notation: Notation, format_name: str, text: str) -> str:
    """Inverse of ``apply``. Raises ValueError if the text is not in this notation."""
    terms: Terms
    if notation.surface:
        terms = syntax.read(text, notation.surface, format_name in HEADLESS)
    else:
        terms = read_terms(format_name, text)
    if notation.orders:
        terms = arguments.reorder(terms, arguments.inverse(notation.orders))
    if notation.rule:
        terms = macros.rewrite(terms, notation.rule.left, notation.rule.right)
    own = write_terms(format_name, terms)
    if read_terms(format_name, own) != terms:  # f(a) is an atom where brackets are square
        raise ValueError(f"not in the notation that the prompt tells: {text[:80]}")
    return own


def tell(notation: Notation, format_name: str) -> str:
    """The block."""
    lines = [MARK]
    if notation.rule:
        lines.append(macros.tell(notation.rule, format_name))
    if notation.orders:
        lines += arguments.tell(notation.orders)
    if notation.surface:
        lines.append(syntax.tell(notation.surface, format_name in HEADLESS))
    return "\n".join(lines)


def with_block(definitions: str, notation: Notation, format_name: str) -> str:
    """Definitions with the block after them."""
    block = tell(notation, format_name)
    return f"{definitions}\n{block}" if definitions else block


def read_block(definitions: str, format_name: str) -> tuple[str, Notation | None]:
    """Definitions without their block, and the notation that it tells; None if there is no block.

    Raises ValueError where the block says nothing that can be followed.
    """
    before, mark, after = definitions.rpartition(MARK)
    if not mark or (before and not before.endswith("\n")):
        return definitions, None
    lines = after.removeprefix("\n").split("\n")
    orders = arguments.read([line for line in lines if line.startswith(arguments.LABEL)])
    labels = (syntax.LABEL, syntax.NAMELESS_LABEL)
    surfaces = [syntax.heard(line, format_name in HEADLESS) for line in lines if line.startswith(labels)]
    rules = [macros.heard(line, format_name) for line in lines if not line.startswith((arguments.LABEL, *labels))]
    if len(surfaces) > 1 or len(rules) > 1:
        raise ValueError("the block tells two notations")
    notation = Notation(rules[0] if rules else None, orders or None, surfaces[0] if surfaces else None)
    return before.removesuffix("\n"), notation


def undo(format_name: str, text: str, definitions: str) -> tuple[str, str]:
    """A symbol and its definitions in the language's own notation, by what the definitions say.

    Both unchanged if they tell no other notation. Raises ValueError if the text is not in the notation they tell.
    """
    plain, notation = read_block(definitions, format_name)
    return (text, definitions) if notation is None else (take_back(notation, format_name, text), plain)
