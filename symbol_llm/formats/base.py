"""The contract of a symbolic language: what each file of this folder provides.

A format knows how to read a symbol, print it, reduce it to a canonical form, ask the language's real engine
about it, decide whether two symbols mean the same, rename what may be renamed, and score a prediction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from symbol_llm.errors import SymbolError

Tree = TypeVar("Tree")


@dataclass(frozen=True, slots=True)
class Context:
    """What a symbol is read against.

    ``definitions`` is the text that the prompt shows (schema, operations, predicates). ``world`` is what only
    the engine sees (a database, a scene, the gold problem): plain JSON values, the same as ``Record.world``.
    ``root`` is the folder of the raw data that relative file names in ``world`` start from.
    """

    definitions: str = ""
    world: Mapping[str, Any] = field(default_factory=dict)
    root: Path | None = None


EMPTY = Context()


@dataclass(frozen=True, slots=True)
class Verdict:
    """An engine's answer to a yes/no question. ``holds`` is None where it cannot tell.

    ``reason`` is the proof or witness of the answer, or the engine's own message.
    """

    holds: bool | None
    engine: str
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds is True


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A symbol that a definition introduces and Symbol-Evol may rename, e.g. Name("predicate", "on")."""

    kind: str
    text: str
    gloss: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Score:
    """How good a prediction is, all values in 0..1.

    ``value`` is the field's metric for this one item. ``is_equivalent`` is the honest one: same meaning, by
    proof or execution; None where it cannot be decided. ``counts`` are the sufficient statistics of a corpus
    metric (BLEU, micro F1), summed and turned into one number by ``Format.aggregate``.
    """

    metric: str
    value: float
    is_exact: bool
    is_parsed: bool
    is_equivalent: bool | None = None
    counts: tuple[float, ...] = ()


class Format(ABC, Generic[Tree]):
    """One symbolic language. Stateless for callers; engines are opened once and reused."""

    name: ClassVar[str]
    grammar: ClassVar[str]  # the document that defines the language
    metric: ClassVar[str]  # the field's metric: EM, F1, BLEU, Smatch or LE
    is_evolvable: ClassVar[bool] = False
    is_case_sensitive: ClassVar[bool] = True

    @property
    @abstractmethod
    def engine(self) -> str:
        """Name and version of the real engine behind ``accepts``, e.g. "SQLite 3.40.1"."""

    @abstractmethod
    def parse(self, text: str) -> Tree:
        """Read a symbol strictly. Raises SymbolError with position and expectation."""

    @abstractmethod
    def render(self, tree: Tree) -> str:
        """Print a tree; ``parse(render(tree)) == tree`` for every tree that ``parse`` gives."""

    @abstractmethod
    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """The same text for symbols that mean the same by the cheap laws of the language. Idempotent.

        Raises SymbolError if ``text`` does not parse.
        """

    @abstractmethod
    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Ask the language's real engine. ``holds`` is None where the context lacks what it needs."""

    @abstractmethod
    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Whether two symbols mean the same; ``reason`` names the proof or the witness. Never a guess."""

    @abstractmethod
    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """Score one prediction. A prediction that does not parse scores as the metric says, never raises."""

    def aggregate(self, scores: Sequence[Score]) -> float:
        """The metric over a corpus, in 0..1: the mean, unless the field defines it on summed counts."""
        return sum(score.value for score in scores) / len(scores) if scores else 0.0

    # Renaming: formats with ``is_evolvable`` override these four.

    def names(self, tree: Tree) -> frozenset[Name]:
        """The renamable names that occur in a tree."""
        return frozenset()

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        """Replace names without capture. Names that are not in the mapping stay."""
        return tree

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """The names that the context defines, in order of definition, each with its gloss."""
        return ()

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in the definitions and in the world together; the glosses stay."""
        return context

    def parses(self, text: str) -> bool:
        """Whether ``parse`` accepts the text."""
        try:
            self.parse(text)
        except SymbolError:
            return False
        return True
