"""What the tasks over Freebase share: reading their JSON files, and the definitions that a prompt shows.

    (JOIN (R people.person.place_of_birth) m.0abc)
    ->  entity m.0abc: Ada Lovelace
        relation people.person.nationality: nationality
        relation people.person.place_of_birth: place of birth

Upstream's files hold questions and queries, not the graph: what there is to choose from comes from the queries
themselves. Beside each relation and class that a query needs, the definitions list the ``NUM_OTHERS`` nearest ones of
all files of the dataset: those that share most of the name's front, so relations of the same type come first. They
depend on the needed names alone, so that the same query always stands under the same definitions, which is how
duplicates and leaks are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Reason, Rejected, Row
from collection.sources.json_array import read_json_elements
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.formats import get as get_format
from symbol_llm.formats.base import Name
from symbol_llm.formats.kb_expression import Node, is_entity
from symbol_llm.formats.kb_vocabulary import ENTITY, NAME, last_words
from symbol_llm.record import Split

NUM_OTHERS = 3
_CHUNK = 1 << 20
# ns:people.person.gender in WebQSP and CompWebQ, :people.person.gender in GrailQA.
_TYPE = "type.object.type"
_NAMED = re.compile(r":(type\.object\.type (?:ns)?:)?([A-Za-z_]\w*(?:\.[\w$-]+)+)", re.ASCII)


def read_rows(file: UpstreamFile, split: Split, key: str = "") -> Iterator[Row]:
    """One row per object of a file that is an array, or has one under ``key``; one object is in memory at a time.

    Raises UserError if the file is broken; the rows before the fault have been given by then.
    """
    with file.open_text() as text:
        for index, data in enumerate(read_json_elements(text, file.name, key)):
            yield Row(file.name, index, split, _checked(data))


def _checked(data: Any) -> Any:
    """The row, or why it cannot be stored: half of a surrogate pair, which JSON's escapes can spell, is no text."""
    if not isinstance(data, dict):
        return Rejected(Reason.MALFORMED_ROW, "the row is no JSON object")
    try:
        orjson.dumps(data)
    except TypeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"the row cannot be written as JSON again: {error}")
    return data


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The relations and classes that the queries of a dataset use, by kind and domain (``people``), sorted."""

    names: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def others(self, name: Name) -> list[Name]:
        """The nearest names of the same kind and domain; among equally near ones a fixed choice."""
        parts = name.text.split(".")

        def distance(other: str) -> tuple[int, bytes]:
            shared = next((i for i, (a, b) in enumerate(zip(parts, other.split("."))) if a != b), len(parts))
            return -shared, sha256(f"{name.text} {other}".encode()).digest()

        near = (other for other in self.names.get((name.kind, parts[0]), ()) if other != name.text)
        return [Name(name.kind, other, last_words(other)) for other in sorted(near, key=distance)[:NUM_OTHERS]]

    def expression_definitions(self, tree: Node, labels: Mapping[str, str | None]) -> str:
        """The definitions of an s-expression; ``labels`` name entities, also others than it holds."""
        atoms = {part for node in tree.walk() for part in node.arguments if not isinstance(part, Node)}
        entities = {atom: labels.get(atom) for atom in atoms if is_entity(atom)}
        return self.definitions(get_format("kb_sexpr").names(tree), entities)

    def definitions(self, needed: Iterable[Name], entities: Mapping[str, str | None]) -> str:
        """The lines of a prompt: entities with their names where upstream tells them, then relations, then classes."""
        needed = set(needed)
        offered = {*needed, *(other for name in needed for other in self.others(name))}
        lines = []
        for entity, label in sorted(entities.items()):
            label = " ".join((label or "").split())
            lines.append(f"entity {entity}: {label}" if label else f"entity {entity}")
        for kind in ("relation", "class"):
            named = sorted(name.text for name in offered if name.kind == kind)
            lines += [f"{kind} {text}: {last_words(text)}" for text in named]
        return "\n".join(lines)


@lru_cache(maxsize=4)
def vocabulary(folder: Path, pattern: str, expected: str) -> Vocabulary:
    """The names in the queries of all files of a folder that match ``pattern``; see ``upstream_files``."""
    found: dict[tuple[str, str], set[str]] = {}
    with upstream_files(folder, pattern, expected) as files:
        for file in files.values():
            for is_class, text in _names(file):
                if NAME.fullmatch(text) and not ENTITY.fullmatch(text) and (is_class or text.count(".") > 1):
                    kind = "class" if is_class else "relation"
                    found.setdefault((kind, text.partition(".")[0]), set()).add(text)
    return Vocabulary({key: tuple(sorted(names)) for key, names in found.items()})


def _names(file: UpstreamFile) -> Iterator[tuple[bool, str]]:
    """The names of a file's queries, and whether each is a class, found in its text a piece at a time."""
    rest = ""
    with file.open_text() as text:
        while chunk := text.read(_CHUNK):
            window = rest + chunk
            # Not to cut a name, nor a class from the type before it, the last words wait for the next piece.
            cut = max(0, window.rfind(" "))
            if window.endswith(_TYPE, 0, cut):
                cut = max(0, window.rfind(" ", 0, cut))
            yield from ((bool(is_class), name) for is_class, name in _NAMED.findall(window[:cut]))
            rest = window[cut:]
    yield from ((bool(is_class), name) for is_class, name in _NAMED.findall(rest))
