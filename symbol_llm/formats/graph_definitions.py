"""Definitions of the steps that a graph is about, and renaming them.

    Step 1. Learn the basics of programming (180 days)          2: program the game
    Step 1 must precede step 2 and 3.

A line ``Step 1. …`` or ``1: …`` defines a step; the rest of it is the gloss. Lines that say what must precede what use
the names. All other lines are plain text, as are glosses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from symbol_llm.errors import SymbolError
from symbol_llm.formats.graph_text import END, NODE, START

_DEFINITION = re.compile(rf"^(?:Step ({NODE.pattern})\.[ ]*|({NODE.pattern}):[ ]+)([^ \t\r\n][^\r\n]*)", re.MULTILINE)
_ORDER = re.compile(
    rf"^Step ({NODE.pattern}) must precede step ({NODE.pattern}(?:, {NODE.pattern})*(?:,? and {NODE.pattern})?)\.",
    re.MULTILINE,
)


def read_steps(text: str) -> dict[str, str]:
    """Gloss of each step, in order. Raises SymbolError where a step is defined twice."""
    found: dict[str, str] = {}
    for line in _DEFINITION.finditer(text):
        name = line[1] or line[2]
        if name in found:
            raise SymbolError(text, line.start(), "a step that is not defined yet", f"step {name} is defined twice")
        found[name] = line[3].strip()
    return found


def rename_steps(text: str, mapping: Mapping[str, str]) -> str:
    """The same text with the steps renamed, all at once. Raises ValueError where ``check_nodes`` does."""
    check_nodes(read_steps(text), mapping)
    spots = sorted(_spots(text))
    parts, end = [], 0
    for start, stop in spots:
        parts += [text[end:start], mapping.get(text[start:stop], text[start:stop])]
        end = stop
    return "".join(parts) + text[end:]


def check_nodes(nodes: Mapping[str, object], mapping: Mapping[str, str]) -> None:
    """Raises ValueError if a new name is no name or two nodes would get the same one."""
    taken: dict[str, str] = {}
    for node in nodes:
        new = mapping.get(node, node)
        if not NODE.fullmatch(new) or (new != node and new in (START, END)):
            raise ValueError(f"{node} cannot be renamed to {new!r}: a node is letters, digits and _, not START or END")
        if new in taken:
            raise ValueError(f"{taken[new]} and {node} would both be called {new}")
        taken[new] = node


def _spots(text: str) -> Iterator[tuple[int, int]]:
    for line in _DEFINITION.finditer(text):
        yield line.span(1 if line[1] else 2)
    for line in _ORDER.finditer(text):
        yield line.span(1)
        for name in re.finditer(NODE.pattern, line[2]):
            if name[0] != "and":
                yield line.start(2) + name.start(), line.start(2) + name.end()
