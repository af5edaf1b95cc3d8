"""What the code languages that tree-sitter reads have in common: faults, tokens, canonical form, BLEU.

    int f(int x) { return x // twice        tokens: int f ( int x ) { return x * 2 ; }
        * 2; }

tree-sitter never fails: it marks what it could not read with ERROR nodes and puts in MISSING tokens of no width, and
some it only counts. All three are faults here. A language adds which texts are whole (java.py, go.py).
"""

from __future__ import annotations

import importlib
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Verdict
from symbol_llm.formats.bleu import ScoredByBleu

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST_CODE = 100_000  # characters; the longest functions of CodeSearchNet have about 50,000
# How often tree-sitter may report progress. Good code needs up to 0.06 reports a character; a text of many faults has
# made it search for seconds. A count, unlike a time limit, gives the same answer on every machine.
MOST_STEPS = 10_000
_CHUNK = 16_384
_SHORT = 2_000  # bytes; no text of this length takes long
_BAD = re.compile("[\0\ud800-\udfff]")


class Token(NamedTuple):
    """A token of a program; ``parent`` is the kind of node it belongs to."""

    text: str
    kind: str
    parent: str
    at: int  # offset in bytes
    is_first_on_line: bool


@dataclass(frozen=True, slots=True)
class Code:
    """A program: its text, and its tokens without comments. Equal if the tokens are, whatever the layout."""

    source: str = field(compare=False)
    tokens: tuple[str, ...]


class Fault(NamedTuple):
    """What tree-sitter could not read: where, as an offset in bytes, and what it expected."""

    at: int
    expected: str
    message: str = ""

    def to_error(self, text: str, source: bytes, lead: int = 0) -> SymbolError:
        """``lead``: how many bytes of ``source`` stand before the text."""
        before = source[lead : max(lead, self.at)].decode(errors="ignore")
        return SymbolError(text, len(before), self.expected, self.message)


class Reading(NamedTuple):
    """A text that was read without a fault."""

    text: str
    source: bytes  # what tree-sitter saw: the text, and what was put around it
    parts: list[Node]  # the text's own part of the tree


class TreeSitterCode(ScoredByBleu[Code]):
    """A language read by tree-sitter. ``package`` is the grammar's wheel, e.g. "tree-sitter-java"."""

    package: str
    atoms: frozenset[str]  # kinds of node that are one token, such as strings with the blanks inside them

    @property
    def engine(self) -> str:
        return _engine(self.package)

    @abstractmethod
    def read(self, text: str) -> Reading:
        """Raises SymbolError at the first place that is not in the language."""

    def tokens(self, reading: Reading) -> tuple[str, ...]:
        """The tokens of a text without comments."""
        return tuple(t.text for part in reading.parts for t in leaves(part, reading.source, self.atoms))

    def parse(self, text: str) -> Code:
        check_characters(text)
        reading = self.read(text)
        return Code(reading.text.strip(), self.tokens(reading))

    def render(self, tree: Code) -> str:
        return tree.source

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """The tokens on one line with a blank between, without comments."""
        return " ".join(self.parse(text).tokens)

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether tree-sitter's grammar takes it whole. Names and types are not looked up."""
        try:
            check_characters(text)
            self.read(text)
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        return _accepted(self.package)

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Yes for one canonical form; otherwise unknown."""
        try:
            same = self.canonical(a) == self.canonical(b)
        except SymbolError as error:
            return Verdict(None, self.engine, str(error))
        return Verdict(True if same else None, self.engine, "the same tokens" if same else "undecidable in general")

    def root(self, text: str, source: bytes) -> Node:
        """The tree of a text. Raises SymbolError where recovering from its faults would take too long."""
        parser = _parser(self.package)
        if len(source) <= _SHORT:
            return parser.parse(source).root_node
        num_steps = 0

        def is_enough(offset: int, has_error: bool) -> bool:
            nonlocal num_steps
            num_steps += 1
            return num_steps > MOST_STEPS

        try:
            tree = parser.parse(lambda offset, point: source[offset : offset + _CHUNK], progress_callback=is_enough)
        except ValueError:  # stopped by is_enough
            parser.reset()
            raise SymbolError(text, 0, "a program", "not a program: too many faults to tell the first") from None
        return tree.root_node


def join_tokens(tokens: Iterable[str]) -> str:
    """The text of a list of tokens, such as ``code_tokens`` of CodeSearchNet: a line comment ends its line."""
    return "".join(f"{token}\n" if token.startswith("//") else f"{token} " for token in tokens).rstrip(" ")


def check_characters(text: str) -> None:
    """Raises SymbolError for what is no source text: too long, NUL bytes, lone surrogates."""
    if len(text) > LONGEST_CODE:
        raise SymbolError(text, LONGEST_CODE, f"at most {LONGEST_CODE:,} characters")
    bad = None if text.isascii() and "\0" not in text else _BAD.search(text)
    if bad:
        raise SymbolError(text, bad.start(), "Unicode text without NUL bytes")


@cache
def _engine(package: str) -> str:
    from importlib.metadata import version

    _parser(package)
    return f"{package} {version(package)}"


@cache
def _accepted(package: str) -> Verdict:
    return Verdict(True, _engine(package), "syntax accepted, not compiled")


@cache
def _parser(package: str) -> Parser:
    try:
        import tree_sitter

        grammar = importlib.import_module(package.replace("-", "_"))
    except ImportError as error:
        raise EngineMissing(package, f"pip install tree-sitter {package}") from error
    return tree_sitter.Parser(tree_sitter.Language(grammar.language()))


def first_fault(root: Node) -> Fault | None:
    """The first fault in order of the text, or None for a program that was read whole."""
    if not root.has_error:
        return None
    node, inside = root, "program"
    while True:
        if node.is_missing:
            return Fault(node.start_byte, f"a {_words(node.type)}" if node.is_named else f"'{node.type}'")
        if node.is_error:  # over several parts, the last of them is the one that did not fit
            place = node.children[-1] if node.child_count > 1 else node
            return Fault(place.start_byte, f"another token in the {_words(inside)}")
        for child in node.children:
            if child.has_error or child.is_missing:
                node, inside = child, node.type
                break
        else:  # a token that the grammar hides is missing at the end of this node
            return Fault(node.end_byte, f"the end of the {_words(node.type)}")


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def leaves(root: Node, source: bytes, atoms: frozenset[str]) -> Iterator[Token]:
    """The tokens in order of the text, without comments; iterative, since sums of many terms nest deeply."""
    end = 0
    stack = [(root, "")]  # with the kind of the parent: asking a node for its parent walks down from the root
    while stack:
        node, parent = stack.pop()
        if node.type.endswith("comment"):
            continue  # the gap that it leaves keeps its newlines
        if node.children and node.type not in atoms:
            stack.extend((child, node.type) for child in reversed(node.children))
            continue
        text = source[node.start_byte : node.end_byte].decode()
        if text.strip():
            yield Token(text, node.type, parent, node.start_byte, b"\n" in source[end : node.start_byte])
            end = node.end_byte
