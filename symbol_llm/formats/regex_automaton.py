r"""Deciding regular expressions: derivatives (Brzozowski 1964) give the automaton, automata-lib compares.

    alphabet = Alphabet.of(parse(".*a.*"), parse("a"))
    difference(automaton(parse(".*a.*"), alphabet), automaton(parse("a"), alphabet), alphabet)  ->  "aa"

``\b`` is exact, also below ``~`` and ``&``: an expression denotes a set of strings *in context*, the context being
whether the characters just outside are word characters ([A-Za-z0-9_]; the ends of the line are not). A derivative
therefore knows the character before it, and what accepts the empty string is a set of contexts: bit 2p+n of a
term's ``null`` says that it accepts between a left neighbour of kind p and a right neighbour of kind n (1: word).
Characters that no expression tells apart share one symbol, so "any other character" is a symbol of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from symbol_llm.formats.regex_parser import (
    LAST,
    WORD,
    Boundary,
    Chars,
    Complement,
    Concat,
    Intersection,
    Node,
    Repeat,
    Union,
)

if TYPE_CHECKING:
    from automata.fa.dfa import DFA

# Far above what the data needs (129 states, 8,000 steps); reached within about a second.
MAX_STATES = 2_000
MAX_STEPS = 300_000
MAX_RANGES = 500

_ALWAYS, _AT_BOUNDARY = 0b1111, 0b0110
_READABLE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.,;:!?#%@'\"/=<>+*&|~^$()[]{}\\`"


class TooLarge(Exception):
    """Deciding would need more states, derivation steps or character ranges than allowed."""


@dataclass(frozen=True)
class Alphabet:
    """Characters that the expressions tell apart, one representative each, and which of them are word characters."""

    symbols: tuple[str, ...]
    words: tuple[bool, ...]
    _cuts: tuple[int, ...]
    _symbol_of: tuple[int, ...]

    @classmethod
    def of(cls, *trees: Node) -> Alphabet:
        """The alphabet of some expressions together. Raises TooLarge above ``MAX_RANGES`` character ranges."""
        sets = {node.ranges for tree in trees for node in _walk(tree) if isinstance(node, Chars)}
        if any(isinstance(node, Boundary) for tree in trees for node in _walk(tree)):
            sets.add(WORD)
        if sum(map(len, sets)) > MAX_RANGES:
            raise TooLarge(f"more than {MAX_RANGES} character ranges")
        ordered = sorted(sets)
        cuts = sorted({0, *(c for s in ordered for low, high in s for c in (low, high + 1) if c <= LAST)})
        members: dict[tuple[bool, ...], list[int]] = {}
        owners = [_owner(cut, ordered) for cut in cuts]
        for index, owner in enumerate(owners):
            members.setdefault(owner, []).append(index)
        names = {owner: number for number, owner in enumerate(members)}
        ends = [*cuts[1:], LAST + 1]
        symbols = tuple(_representative([(cuts[i], ends[i] - 1) for i in where]) for where in members.values())
        words = tuple(_inside(ord(symbol), WORD) for symbol in symbols)
        return cls(symbols, words, tuple(cuts), tuple(names[owner] for owner in owners))

    def mask(self, chars: Chars) -> int:
        """The symbols of a set, as bits."""
        marks = (1 << self._symbol_of[i] for i, cut in enumerate(self._cuts) if _inside(cut, chars.ranges))
        return reduce(int.__or__, marks, 0)


def _walk(tree: Node) -> Iterator[Node]:
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Concat | Union | Intersection):
            stack.extend(node.parts)
        elif isinstance(node, Repeat | Complement):
            stack.append(node.part)


def _inside(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _owner(code: int, sets: list[tuple[tuple[int, int], ...]]) -> tuple[bool, ...]:
    return tuple(_inside(code, ranges) for ranges in sets)


def _representative(ranges: list[tuple[int, int]]) -> str:
    """A character of the set that people can read in a witness, if there is one."""
    readable = (mark for mark in _READABLE if _inside(ord(mark), tuple(ranges)))
    return next(readable, chr(ranges[0][0]))


class _Term:
    """One interned expression; two terms are equal if they are the same object.

    ``parts`` are the terms inside, ``data`` the symbol mask of "chars" or the bounds of "repeat". ``null`` holds
    the contexts in which the empty string is accepted; ``is_local`` that a boundary occurs inside.
    """

    __slots__ = ("data", "is_local", "kind", "null", "number", "parts")

    def __init__(self, number: int, kind: str, parts: tuple[_Term, ...], data: Any, null: int) -> None:
        self.number, self.kind, self.parts, self.data, self.null = number, kind, parts, data, null
        self.is_local: bool = kind == "boundary" or any(part.is_local for part in parts)


class _Terms:
    """Builds, simplifies and derives terms over one alphabet."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.any_symbol = (1 << len(alphabet.symbols)) - 1
        self._steps = 0
        self._table: dict[tuple[str, tuple[_Term, ...], Any], _Term] = {}
        self._derived: dict[tuple[_Term, int, int], _Term] = {}
        self.never = self._make("never", (), 0)
        self.empty = self._make("empty", (), _ALWAYS)
        self.always = self._make("not", (self.never,), _ALWAYS)

    def _make(self, kind: str, parts: tuple[_Term, ...], null: int, data: Any = None) -> _Term:
        self._steps += 1 + len(parts)
        if self._steps > MAX_STEPS:
            raise TooLarge(f"more than {MAX_STEPS} derivation steps")
        key = (kind, parts, data)
        term = self._table.get(key)
        if term is None:
            term = self._table[key] = _Term(len(self._table), kind, parts, data, null)
        return term

    def cat(self, head: _Term, tail: _Term) -> _Term:
        """Right-associated; a union at the head is distributed, which keeps the automaton small."""
        if head is self.never or tail is self.never:
            return self.never
        if tail is self.empty:
            return head
        if head.kind == "or":
            return self.either(self.cat(part, tail) for part in head.parts)
        firsts = []
        while head.kind == "cat":
            first, head = head.parts
            firsts.append(first)
        for part in (head, *reversed(firsts)):
            is_doubled = part is self.always and (tail is part or (tail.kind == "cat" and tail.parts[0] is part))
            if part is not self.empty and not is_doubled:  # ".*.*" is ".*"
                tail = self._make("cat", (part, tail), part.null & tail.null)
        return tail

    def _flat(self, kind: str, parts: Iterable[_Term]) -> set[_Term]:
        return {inner for part in parts for inner in (part.parts if part.kind == kind else (part,))}

    def either(self, parts: Iterable[_Term]) -> _Term:
        """Union, up to order, repetition and what ``.*`` already covers."""
        chosen = self._flat("or", parts)
        if self.always in chosen:
            return self.always
        chosen.discard(self.never)
        if len(chosen) > 1:  # "x" adds nothing to ".*x"
            chosen -= {term.parts[1] for term in chosen if term.kind == "cat" and term.parts[0] is self.always}
        if len(chosen) <= 1:
            return chosen.pop() if chosen else self.never
        null = reduce(int.__or__, (term.null for term in chosen))
        return self._make("or", tuple(sorted(chosen, key=_number)), null)

    def both(self, parts: Iterable[_Term]) -> _Term:
        """Intersection, up to order and repetition."""
        chosen = self._flat("and", parts)
        if self.never in chosen:
            return self.never
        chosen.discard(self.always)
        if len(chosen) <= 1:
            return chosen.pop() if chosen else self.always
        null = reduce(int.__and__, (term.null for term in chosen))
        return self._make("and", tuple(sorted(chosen, key=_number)), null)

    def negated(self, part: _Term) -> _Term:
        return part.parts[0] if part.kind == "not" else self._make("not", (part,), _ALWAYS & ~part.null)

    def repeated(self, part: _Term, low: int, high: int | None) -> _Term:
        if high == 0 or part is self.empty:
            return self.empty
        if low == high == 1:
            return part
        if part is self.never:
            return self.empty if low == 0 else self.never
        if low == 0 and high is None and part.kind == "chars" and part.data == self.any_symbol:
            return self.always
        return self._make("repeat", (part,), _ALWAYS if low == 0 else part.null, (low, high))

    def term(self, tree: Node) -> _Term:
        """The term of a parsed expression."""
        match tree:
            case Chars():
                mask = self.alphabet.mask(tree)
                return self._make("chars", (), 0, mask) if mask else self.never
            case Boundary():
                return self._make("boundary", (), _AT_BOUNDARY)
            case Concat(parts):
                return reduce(lambda tail, part: self.cat(self.term(part), tail), reversed(parts), self.empty)
            case Union(parts):
                return self.either(map(self.term, parts))
            case Intersection(parts):
                return self.both(map(self.term, parts))
            case Repeat(part, low, high):
                return self.repeated(self.term(part), low, high)
            case Complement(part):
                return self.negated(self.term(part))

    def derive(self, term: _Term, symbol: int, before: int) -> _Term:
        """What may follow after ``symbol``, when the character before it was of kind ``before`` (1: word)."""
        key = (term, symbol, before)
        result = self._derived.get(key)
        if result is None:
            result = self._derived[key] = self._derive(term, symbol, before)
        return result

    def _derive(self, term: _Term, symbol: int, before: int) -> _Term:
        context = 1 << (2 * before + self.alphabet.words[symbol])
        match term.kind:
            case "chars":
                return self.empty if term.data >> symbol & 1 else self.never
            case "or":
                return self.either([self.derive(part, symbol, before) for part in term.parts])
            case "and":
                return self.both([self.derive(part, symbol, before) for part in term.parts])
            case "not":
                return self.negated(self.derive(term.parts[0], symbol, before))
            case "repeat":
                (part,), (low, high) = term.parts, term.data
                # Turns that consume nothing may come first, where the part allows that here.
                left = 0 if part.null & context else max(0, low - 1)
                rest = self.repeated(part, left, None if high is None else high - 1)
                return self.cat(self.derive(part, symbol, before), rest)
            case "cat":
                found = []
                while term.kind == "cat":  # not recursive: a chain may be long
                    head, tail = term.parts
                    found.append(self.cat(self.derive(head, symbol, before), tail))
                    if not head.null & context:
                        return self.either(found)
                    term = tail
                return self.either([*found, self.derive(term, symbol, before)])
        return self.never  # "never", the empty string and the boundary consume nothing


def _number(term: _Term) -> int:
    return term.number


def automaton(tree: Node, alphabet: Alphabet) -> DFA:
    """The complete deterministic automaton of an expression, checked by automata-lib; state 0 is the start.

    Raises TooLarge above ``MAX_STATES`` states or ``MAX_STEPS`` derivation steps.
    """
    from automata.fa.dfa import DFA

    terms = _Terms(alphabet)
    start = (terms.term(tree), 0)
    numbers = {start: 0}
    queue = deque([start])
    transitions: dict[int, dict[str, int]] = {}
    final: set[int] = set()
    while queue:
        term, before = queue.popleft()
        number = len(transitions)
        if term.null >> (2 * before) & 1:  # the end of the line is no word character
            final.add(number)
        row = transitions[number] = {}
        for index, symbol in enumerate(alphabet.symbols):
            follower = terms.derive(term, index, before)
            # Only a term that may still meet a boundary has to remember this character.
            state = (follower, int(follower.is_local and alphabet.words[index]))
            if state not in numbers:
                if len(numbers) >= MAX_STATES:
                    raise TooLarge(f"more than {MAX_STATES} states")
                numbers[state] = len(numbers)
                queue.append(state)
            row[symbol] = numbers[state]
    return DFA(
        states=set(transitions),
        input_symbols=set(alphabet.symbols),
        transitions=transitions,
        initial_state=0,
        final_states=final,
    )


def difference(a: DFA, b: DFA, alphabet: Alphabet) -> str | None:
    """A shortest string that exactly one of two automata accepts, or None.

    Hopcroft and Karp's merging of states, breadth first: a pair is skipped only if earlier, no longer strings
    already lead to pairs that tell its states apart, so the first difference found is a shortest one.
    """
    first: Any = a.transitions
    second: Any = b.transitions
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(state: tuple[str, int]) -> tuple[str, int]:
        while state in parent:
            state = parent[state]
        return state

    queue = deque([(0, 0, "")])
    while queue:
        left, right, word = queue.popleft()
        if (left in a.final_states) != (right in b.final_states):
            return word
        for symbol in alphabet.symbols:
            pair = first[left][symbol], second[right][symbol]
            x, y = root(("a", pair[0])), root(("b", pair[1]))
            if x != y:
                parent[x] = y
                queue.append((*pair, word + symbol))
    return None
