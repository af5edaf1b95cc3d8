"""Definitions as lines, one symbol each, and renaming the symbols in them.

    I_TURN_RIGHT: turn right
    filter_color(color,set): objects of that color

A line defines a symbol if its gloss, the text after the colon, is one that the language knows: the gloss says what
the symbol means, whatever it is called. Parentheses after the name only show its arguments. All other lines are
plain text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from symbol_llm.errors import SymbolError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LINE = re.compile(rf"^({NAME.pattern})(?:\([a-z, ]*\))?:[ ]+([^\n]*?)[ \t\r]*$", re.MULTILINE)


def read_definitions(text: str, glosses: Container[str]) -> dict[str, str]:
    """Gloss of each defined name, in order of definition.

    Raises SymbolError where a name is defined twice, or a meaning has two names: then the text defines nothing.
    """
    found: dict[str, str] = {}
    for line in _defining_lines(text, glosses):
        if line[1] in found:
            raise SymbolError(text, line.start(1), "a name that is not defined yet", f"{line[1]} is defined twice")
        if line[2] in found.values():
            raise SymbolError(text, line.start(2), "another meaning", f"two names mean {line[2]!r}")
        found[line[1]] = line[2]
    return found


def rename_definitions(text: str, glosses: Container[str], mapping: Mapping[str, str]) -> str:
    """The same text with the defined names replaced, all at once; every other byte stays.

    Raises ValueError where ``check_names`` does.
    """
    lines = list(_defining_lines(text, glosses))
    check_names((line[1] for line in lines), mapping)
    parts, end = [], 0
    for line in lines:
        parts += [text[end : line.start(1)], mapping.get(line[1], line[1])]
        end = line.end(1)
    return "".join(parts) + text[end:]


def check_names(names: Iterable[str], mapping: Mapping[str, str]) -> None:
    """Raises ValueError if the mapping gives two of the names the same new name, or one that is no name.

    Such a renaming has no inverse.
    """
    taken: dict[str, str] = {}
    for name in dict.fromkeys(names):
        new = mapping.get(name, name)
        if not NAME.fullmatch(new):
            raise ValueError(f"{name} cannot be renamed to {new!r}: a name is a letter, then letters, digits and _")
        if new in taken:
            raise ValueError(f"{taken[new]} and {name} would both be called {new}")
        taken[new] = name


def _defining_lines(text: str, glosses: Container[str]) -> Iterator[re.Match[str]]:
    return (line for line in _LINE.finditer(text) if line[2] in glosses)
