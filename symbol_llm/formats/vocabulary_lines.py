"""Definitions of an open vocabulary as lines, and renaming the names in them.

    relation people.person.nationality: nationality
    IN:GET_WEATHER: get the weather

Unlike definition_lines.py, where the gloss must be one that the language knows, any gloss will do here: a layout says
what a line looks like, and the line's own name and gloss are what is defined. All other lines are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Name


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a language look: one ``marker`` per kind of name, then the name, then its gloss.

    ``markers`` maps the text before a name to its kind, ``name`` is what names look like, ``arguments`` what may
    stand between name and colon.
    """

    markers: Mapping[str, str]
    name: re.Pattern[str]
    arguments: str = ""
    line: re.Pattern[str] = field(init=False)
    _read: Callable[[str], tuple[Name, ...]] = field(init=False, compare=False)  # keeps the last answers

    def __post_init__(self) -> None:
        marker = "|".join(map(re.escape, self.markers))
        line = rf"^(?P<marker>{marker})(?P<name>{self.name.pattern}){self.arguments}:[ ]+(?P<gloss>[^\n]*?)[ \t\r]*$"
        object.__setattr__(self, "line", re.compile(line, re.MULTILINE))
        object.__setattr__(self, "_read", lru_cache(maxsize=256)(self._read_anew))

    def read(self, definitions: str) -> tuple[Name, ...]:
        """The defined names with their glosses, in order of definition.

        Raises SymbolError where a name of one kind is defined twice.
        """
        return self._read(definitions)

    def _read_anew(self, definitions: str) -> tuple[Name, ...]:
        found: dict[Name, None] = {}
        for line in self._lines(definitions):
            name = Name(self.markers[line["marker"]], line["name"], line["gloss"])
            if name in found:
                expected = "a name that is not defined yet"
                raise SymbolError(definitions, line.start("name"), expected, f"{name.text} is defined twice")
            found[name] = None
        return tuple(found)

    def rename(self, definitions: str, mapping: Mapping[Name, str]) -> str:
        """The same text with the defined names replaced, all at once; every other byte stays.

        Raises ValueError where ``check`` does.
        """
        lines = list(self._lines(definitions))
        names = [Name(self.markers[line["marker"]], line["name"]) for line in lines]
        self.check(names, mapping)
        parts, end = [], 0
        for line, name in zip(lines, names):
            parts += [definitions[end : line.start("name")], mapping.get(name, name.text)]
            end = line.end("name")
        return "".join(parts) + definitions[end:]

    def check(self, names: Iterable[Name], mapping: Mapping[Name, str]) -> None:
        """Raises ValueError if two names of one kind would become one, or if a new name is none of the language.

        Such a renaming has no inverse.
        """
        taken: dict[Name, str] = {}
        for name in dict.fromkeys(names):
            new = mapping.get(name, name.text)
            if new != name.text and not self.name.fullmatch(new):
                raise ValueError(f"the {name.kind} {name.text} cannot be renamed to {new!r}: that is not a name")
            target = Name(name.kind, new)
            if target in taken:
                raise ValueError(f"the {name.kind}s {taken[target]} and {name.text} would both be called {new}")
            taken[target] = name.text

    def _lines(self, definitions: str) -> Iterator[re.Match[str]]:
        return (line for line in self.line.finditer(definitions) if line["gloss"])
