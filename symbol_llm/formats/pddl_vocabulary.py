"""The vocabulary of a domain as a prompt shows it, and the renaming of names inside PDDL texts.

    domain blocksworld-4ops
    type block: a block
    (on ?x ?y): ?x is on top of ?y
    function (total-cost): the cost of the plan

One line per symbol: its declaration, a colon, a gloss. Lines of domain and function tell what is fixed. Renaming
touches declarations only: a gloss is plain words, also where one of them is spelt like a predicate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Name
from symbol_llm.formats.pddl_parser import Occurrence, declaration, occurrences
from symbol_llm.formats.pddl_printer import render_declaration
from symbol_llm.formats.pddl_tree import Declaration, Domain, renamable

_TYPE = re.compile(r"type ([A-Za-z][A-Za-z0-9_-]*)(?: - ([A-Za-z][A-Za-z0-9_-]*))?(: )(.+)")
_ACTION = "action "
Glosses = Mapping[tuple[str, str], str]


class _Line(NamedTuple):
    """What a vocabulary line declares: a name (None for fixed lines), and where names stand in the line."""

    name: Name | None
    found: list[Occurrence]


def vocabulary(domain: Domain, glosses: Glosses, with_actions: bool = False) -> str:
    """The vocabulary lines of a domain.

    ``glosses`` maps (kind, lower-case name) to words in which ``{0}``, ``{1}`` … stand for the parameters. A
    symbol without one gets a neutral gloss from its own parameters.
    """
    lines = [f"domain {domain.name}"]
    for entry in domain.types:
        if renamable("type", entry.name):
            parent = f" - {entry.types[0]}" if entry.types and renamable("type", entry.types[0]) else ""
            lines.append(f"type {entry.name}{parent}: {glosses.get(('type', entry.name.lower()), 'a kind of object')}")
    lines += [_declared("", item, glosses, "predicate") for item in domain.predicates]
    lines += [_declared("function ", item, glosses, "function") for item in domain.functions]
    if with_actions:
        actions = [Declaration(action.name, action.parameters) for action in domain.actions]
        lines += [_declared(_ACTION, item, glosses, "action") for item in actions]
    return "\n".join(lines)


def _declared(prefix: str, item: Declaration, glosses: Glosses, kind: str) -> str:
    names = [entry.name for entry in item.parameters]
    gloss = glosses.get((kind, item.name.lower()))
    if gloss is None:
        gloss = f"a {kind} of {' and '.join(names)}" if names else f"a {kind} of the whole scene"
    return f"{prefix}{render_declaration(item)}: {gloss.format(*names)}"


def names(definitions: str) -> tuple[Name, ...]:
    """The predicates, types and actions that the lines declare, in order, with their glosses."""
    return tuple(line.name for line in map(_read, definitions.split("\n")) if line.name)


def rename_lines(definitions: str, mapping: Mapping[Name, str]) -> str:
    """Rename the declared names and the types of their parameters. Glosses and other lines stay."""
    return "\n".join(replace_names(line, _read(line).found, mapping) for line in definitions.split("\n"))


def rename_text(text: str, mapping: Mapping[Name, str]) -> str:
    """Rename inside the text of a domain, problem or plan; layout and comments stay. Raises SymbolError."""
    return replace_names(text, occurrences(text), mapping)


def replace_names(text: str, found: Iterable[Occurrence], mapping: Mapping[Name, str]) -> str:
    """Replace the names at the given places that are in the mapping."""
    result, end = [], 0
    for start, stop, kind in sorted(found):
        new = lookup(mapping, kind, text[start:stop])
        result += [text[end:start], new]
        end = stop
    return "".join(result) + text[end:]


def lookup(mapping: Mapping[Name, str], kind: str, name: str) -> str:
    """The new name: by exact spelling, else in any case (PDDL ignores it), else the name itself."""
    exact = mapping.get(Name(kind, name))
    if exact is not None:
        return exact
    lower = name.lower()
    return next((new for old, new in mapping.items() if old.kind == kind and old.text.lower() == lower), name)


def _read(line: str) -> _Line:
    """Read one line; a line that declares nothing has no name."""
    if match := _TYPE.fullmatch(line):
        spans = [Occurrence(*match.span(group), "type") for group in (1, 2) if match[group]]
        found = [item for item in spans if renamable("type", line[item.start : item.end])]
        name = Name("type", match[1], match[4]) if renamable("type", match[1]) else None
        return _Line(name, found)
    prefix = next((p for p in (_ACTION, "function ") if line.startswith(p)), "")
    head, colon, gloss = line[len(prefix) :].partition("): ")
    if not colon or not head.startswith("("):
        return _Line(None, [])
    try:
        item, found = declaration(head + ")")
    except SymbolError:
        return _Line(None, [])
    kind = {_ACTION: "action", "": "predicate"}.get(prefix)
    shifted = []
    for index, (start, stop, found_kind) in enumerate(found):
        if index == 0:  # the declared name itself, read as a predicate
            if kind is None:
                continue
            found_kind = kind
        shifted.append(Occurrence(start + len(prefix), stop + len(prefix), found_kind))
    return _Line(Name(kind, item.name, gloss) if kind else None, shifted)
