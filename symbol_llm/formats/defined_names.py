"""Renaming what definitions name: once for languages with a vocabulary of their own, once for those with an open one.

    count(set): how many                  Glossed: the gloss is one that the language knows, and says what is meant
    IN:GET_WEATHER: get the weather       Listed: the line's own name and gloss are what is defined

A language says which names a tree holds and how they are replaced; the rest is here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from symbol_llm.formats.base import Context, Format, Name, Tree
from symbol_llm.formats.definition_lines import check_names, read_definitions, rename_definitions
from symbol_llm.formats.vocabulary_lines import Layout


class Glossed(Format[Tree]):
    """A language whose names are of one ``kind``; definitions are lines as in definition_lines.py."""

    is_evolvable = True
    kind: ClassVar[str]
    meanings: ClassVar[Container[str]]  # all glosses
    own_glosses: ClassVar[Mapping[str, str]]  # of the names that the language itself has

    @abstractmethod
    def used(self, tree: Tree) -> Iterable[str]:
        """The names in a tree, again where they stand again."""

    @abstractmethod
    def replaced(self, tree: Tree, new: Mapping[str, str]) -> Tree:
        """The tree with other names; those that are not in ``new`` stay."""

    def names(self, tree: Tree) -> frozenset[Name]:
        return frozenset(Name(self.kind, text, self.own_glosses.get(text, "")) for text in self.used(tree))

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        """Replace names, all at once. Raises ValueError if two would become one, or if a new one is none."""
        new = self._texts(mapping)
        check_names(self.used(tree), new)
        return self.replaced(tree, new)

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """Raises SymbolError if the definitions contradict themselves."""
        found = read_definitions(context.definitions, self.meanings)
        return tuple(Name(self.kind, name, gloss) for name, gloss in found.items())

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in the definitions. The world holds none of the names and stays."""
        definitions = rename_definitions(context.definitions, self.meanings, self._texts(mapping))
        return replace(context, definitions=definitions)

    def _texts(self, mapping: Mapping[Name, str]) -> dict[str, str]:
        return {name.text: new for name, new in mapping.items() if name.kind == self.kind}


class Listed(Format[Tree]):
    """A language whose names are of one or more kinds; definitions are lines as in vocabulary_lines.py."""

    is_evolvable = True
    layout: ClassVar[Layout]

    @abstractmethod
    def map_names(self, tree: Tree, change: Callable[[str, str], str]) -> Tree:
        """The tree with every name changed; ``change`` takes kind and text."""

    @abstractmethod
    def gloss(self, text: str) -> str:
        """The words of a name that no definition glosses."""

    def names(self, tree: Tree) -> frozenset[Name]:
        found: set[Name] = set()

        def noted(kind: str, text: str) -> str:
            found.add(Name(kind, text, self.gloss(text)))
            return text

        self.map_names(tree, noted)
        return frozenset(found)

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        """Replace names, all at once. Raises ValueError if two of a kind would become one, or if a new one is none."""
        self.layout.check(sorted(self.names(tree)), mapping)
        return self.map_names(tree, lambda kind, text: mapping.get(Name(kind, text), text))

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """Raises SymbolError if the definitions contradict themselves."""
        return self.layout.read(context.definitions)

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in the definitions. The world holds none of the names and stays."""
        return replace(context, definitions=self.layout.rename(context.definitions, mapping))
