"""TOP brackets: the tree, its text, and the bracket scores of the TOP paper.

    [IN:CREATE_REMINDER remind [SL:PERSON_REMINDED me ] to [SL:TODO [IN:CREATE_CALL [SL:CONTACT mum ] ] ] ]

An intent holds words and slots, a slot holds words and intents (Gupta et al. 2018, arXiv 1810.07942, section 2).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbol_llm.errors import SymbolError

MAX_DEPTH = 100  # TOP's own trees stay below 10
MAX_TOKENS = 20_000
_KINDS = {"IN": "intent", "SL": "slot"}
# White space is what str.split splits at, so that words are the tokens of the upstream files.
_TOKEN = re.compile(r"\[|\]|[^\s\[\]]+")
_LABEL = re.compile(r"(IN|SL):([A-Za-z][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Node:
    """One bracket: ``[SL:CONTACT my mum ]`` is Node("SL", "CONTACT", ("my", "mum"))."""

    marker: str  # IN or SL
    name: str
    parts: tuple[str | Node, ...] = ()

    @property
    def kind(self) -> str:
        """intent or slot"""
        return _KINDS[self.marker]

    @property
    def label(self) -> str:
        """``IN:GET_WEATHER``"""
        return f"{self.marker}:{self.name}"

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The brackets right below this one."""
        return tuple(part for part in self.parts if isinstance(part, Node))

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.nodes)


def render(node: Node) -> str:
    """``[IN:GET_WEATHER [SL:LOCATION Rome ] ]``, with blanks as the upstream files have them."""
    parts = (part if isinstance(part, str) else render(part) for part in node.parts)
    return " ".join((f"[{node.label}", *parts, "]"))


def parse(text: str) -> Node:
    """Read one tree. Raises SymbolError with the position of the first fault."""
    open_nodes: list[tuple[int, str, str, list[str | Node]]] = []
    root: Node | None = None
    end, is_label_due = 0, False
    for number, token in enumerate(_TOKEN.finditer(text)):
        start, word = token.start(), token[0]
        if root is not None:
            raise SymbolError(text, start, "the end of the tree")
        if number == MAX_TOKENS:
            raise SymbolError(text, start, f"at most {MAX_TOKENS} tokens")
        if is_label_due:
            if start != end:
                raise SymbolError(text, end, "IN: or SL: right after '['")
            open_nodes.append((start - 1, *_label(text, word, start, bool(open_nodes), open_nodes), []))
            if len(open_nodes) > MAX_DEPTH:
                raise SymbolError(text, start, f"at most {MAX_DEPTH} brackets within each other")
            is_label_due = False
        elif word == "[":
            is_label_due = True
        elif not open_nodes:
            raise SymbolError(text, start, "'[IN:'")
        elif word == "]":
            _, marker, name, parts = open_nodes.pop()
            node = Node(marker, name, tuple(parts))
            if open_nodes:
                open_nodes[-1][3].append(node)
            else:
                root = node
        else:
            open_nodes[-1][3].append(word)
        end = token.end()
    if is_label_due:
        raise SymbolError(text, end, "IN: or SL: right after '['")
    if open_nodes:
        raise SymbolError(text, len(text), f"']' of the bracket [{open_nodes[-1][1]}:{open_nodes[-1][2][:40]}")
    if root is None:
        raise SymbolError(text, len(text), "'[IN:'")
    return root


def _label(
    text: str, word: str, start: int, is_inner: bool, open_nodes: list[tuple[int, str, str, list[str | Node]]]
) -> tuple[str, str]:
    match = _LABEL.fullmatch(word)
    if match is None:
        raise SymbolError(text, start, "IN: or SL: with a name of letters, digits and _")
    if not is_inner and match[1] != "IN":
        raise SymbolError(text, start, "an intent: a tree begins with IN:")
    if is_inner and match[1] == open_nodes[-1][1]:
        inside = "a slot (SL:) inside an intent" if match[1] == "IN" else "an intent (IN:) inside a slot"
        raise SymbolError(text, start, inside)
    return match[1], match[2]


def decoupled(node: Node) -> Node:
    """Without the words that carry no argument: those of intents, and those beside an intent in a slot.

    The decoupled form of TOPv2 (Chen et al. 2020) and MTOP (Li et al. 2021, section 3.1).
    """
    below = tuple(map(decoupled, node.nodes))
    keeps_words = node.marker == "SL" and not below
    return Node(node.marker, node.name, node.parts if keeps_words else below)


def ordered(node: Node) -> Node:
    """With the slots of each intent in the order of their names; slots of one name keep their order."""
    parts = tuple(part if isinstance(part, str) else ordered(part) for part in node.parts)
    if node.marker == "SL" or not all(isinstance(part, Node) for part in parts):
        return Node(node.marker, node.name, parts)
    return Node(node.marker, node.name, tuple(sorted(parts, key=lambda part: part.name)))  # type: ignore[union-attr]


def brackets(tree: Node) -> Counter[tuple[str, int, int]]:
    """Label, first and last-plus-one word of each bracket, counted over the words that the tree holds."""
    found: Counter[tuple[str, int, int]] = Counter()

    def place(node: Node, start: int) -> int:
        end = start
        for part in node.parts:
            end = end + 1 if isinstance(part, str) else place(part, end)
        found[node.label, start, end] += 1
        return end

    place(tree, 0)
    return found


def bracket_counts(prediction: Node | None, reference: Node) -> tuple[float, float, float]:
    """Matched, predicted and expected brackets. A prediction that is no tree (None) has none."""
    expected = brackets(reference)
    found = brackets(prediction) if prediction is not None else Counter()
    return float((found & expected).total()), float(found.total()), float(expected.total())


def bracket_f1(counts: Iterable[tuple[float, ...]]) -> float:
    """Labelled bracket F1, 0..1, of one or many pairs' counts (TOP paper, section 5)."""
    matched, found, expected = (sum(column) for column in zip(*counts, (0.0, 0.0, 0.0)))
    return 2 * matched / (found + expected) if found + expected else 0.0
