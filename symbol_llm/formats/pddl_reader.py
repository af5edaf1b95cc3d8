"""Reading PDDL's parentheses: ``(on a b) ; a comment`` becomes ``Block(Word on, Word a, Word b)`` with positions.

The lexical rules are those of the PDDL 3.1 BNF: words of printable ASCII, ``;`` comments to the end of the line.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from symbol_llm.errors import SymbolError

MAX_DEPTH = 60  # real PDDL nests about eight deep; the bound keeps every recursive walk shallow

_GAP = r"(?:[ \t\r\n\f\v]|;[^\r\n]*+)*+"
_TOKEN = re.compile(rf"{_GAP}([()]|[!-'*-:<-~]++|\Z)")
_BLANK = re.compile(_GAP)


class Word(NamedTuple):
    """A word as spelt. ``key`` is its lower case: PDDL does not distinguish case."""

    text: str
    start: int

    @property
    def key(self) -> str:
        return self.text.lower()


class Block(NamedTuple):
    """A parenthesised list. ``start`` is its opening parenthesis, ``end`` its closing one."""

    items: tuple[Node, ...]
    start: int
    end: int


Node: TypeAlias = Word | Block


def read(text: str) -> tuple[Node, ...]:
    """The top-level nodes of a text; none if it holds only comments.

    Raises SymbolError for a blank text, a character outside ASCII, unbalanced parentheses and nesting deeper
    than MAX_DEPTH.
    """
    if not text.strip():
        raise SymbolError(text, 0, "a PDDL domain, problem or plan")
    open_blocks: list[tuple[int, list[Node]]] = []
    items: list[Node] = []
    position = 0
    for token in _TOKEN.finditer(text):
        if token.start() != position:  # what stands between is no token
            break
        word, position = token[1], token.end()
        if word == "(":
            if len(open_blocks) == MAX_DEPTH:
                raise SymbolError(text, position - 1, f"at most {MAX_DEPTH} nested parentheses")
            open_blocks.append((position - 1, items))
            items = []
        elif word == ")":
            if not open_blocks:
                raise SymbolError(text, position - 1, "the end of the text", "unmatched ')'")
            start, outer = open_blocks.pop()
            outer.append(Block(tuple(items), start, position - 1))
            items = outer
        elif word:
            items.append(Word(word, position - len(word)))
    if position < len(text):
        gap = _BLANK.match(text, position)
        assert gap is not None
        raise SymbolError(text, gap.end(), "an ASCII word or a parenthesis")
    if open_blocks:
        raise SymbolError(text, len(text), "')'", f"expected ')' for the '(' at character {open_blocks[-1][0] + 1}")
    return tuple(items)
