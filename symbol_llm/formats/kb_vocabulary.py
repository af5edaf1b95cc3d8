"""Names of a knowledge base such as Freebase, and the definitions that list them.

    relation people.person.nationality: nationality
    class people.person: person

Where a relation is defined, no other may occur in a query; likewise for classes. Entities (``m.02rxpxn``) and
literals are words of the question and are never renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Name, Verdict
from symbol_llm.formats.vocabulary_lines import Layout

OPERATORS = ("AND", "JOIN", "R", "ARGMAX", "ARGMIN", "COUNT", "TC", "lt", "le", "gt", "ge")
NOW = "NOW"
XSD = "http://www.w3.org/2001/XMLSchema#"

ENTITY = re.compile(r"[mg]\.[0-9a-z_]+")
_RESERVED = "|".join((*OPERATORS, NOW))
NAME = re.compile(rf"(?![mg]\.[0-9])(?!(?:{_RESERVED})(?![\w.$-]))[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_$-]+)*")
LAYOUT = Layout({"relation ": "relation", "class ": "class"}, NAME)


def last_words(text: str) -> str:
    """The words of a name's last part: "place of birth" for ``people.person.place_of_birth``."""
    return text.rpartition(".")[2].replace("_", " ")


def undefined(names: Iterable[Name], definitions: str, engine: str) -> Verdict | None:
    """The verdict on names that are not defined, or None where all are or nothing is."""
    try:
        defined = LAYOUT.read(definitions)
    except SymbolError as error:
        return Verdict(None, engine, f"the definitions contradict themselves: {error}")
    kinds = {name.kind for name in defined}
    unknown = sorted(name for name in set(names) - set(defined) if name.kind in kinds)
    if not unknown:
        return None
    return Verdict(False, engine, f"no such {unknown[0].kind}: {', '.join(name.text for name in unknown)[:200]}")
