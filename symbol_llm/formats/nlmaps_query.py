"""NLmaps queries: the tree, its text, and which operator takes what.

    query(area(keyval('name','Paris')),nwr(keyval('amenity','bar')),qtype(findkey('name',topx(1))))

Quotes inside a value are not escaped upstream, ``keyval('name','McDonald's')``: a quote closes a value only where the
query can go on after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from symbol_llm.errors import SymbolError

MAX_DEPTH = 60  # NLmaps' own queries stay below 10
MAX_NODES = 5_000

# After the quote that closes a value comes ``,'`` or ``,word`` and a sign, or ``)`` and then ``,`` or ``)`` or the end.
_CLOSING = re.compile(r"'(?=\s*(?:,\s*(?:'|[A-Za-z0-9_.]+\s*[,()])|\)\s*(?:[,)]|$)))")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted key or value."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator applied; without arguments a bare word or number: ``count``, ``DIST_INTOWN``, ``200``."""

    operator: str
    arguments: tuple[Call | Text, ...] = ()

    def walk(self) -> Iterator[Call]:
        """This call and all below it, from left to right."""
        waiting: list[Call | Text] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Call):
                yield node
                waiting.extend(reversed(node.arguments))


def render(node: Call | Text) -> str:
    """Without blanks, as upstream writes it."""
    if isinstance(node, Text):
        return f"'{node.text}'"
    return f"{node.operator}({','.join(map(render, node.arguments))})" if node.arguments else node.operator


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.num_nodes = 0

    def peek(self) -> str:
        """The next character after white space, "" at the end."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def read(self, depth: int) -> Call | Text:
        self.num_nodes += 1
        found = self.peek()
        if depth > MAX_DEPTH:
            raise SymbolError(self.text, self.at, f"at most {MAX_DEPTH} operators within each other")
        if self.num_nodes > MAX_NODES:
            raise SymbolError(self.text, self.at, f"at most {MAX_NODES} operators")
        if found == "'":
            return self.read_text()
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise SymbolError(self.text, self.at, "an operator, a number or a quoted text")
        self.at = word.end()
        if self.peek() != "(":
            return Call(word[0])
        if word[0][0].isdigit():
            raise SymbolError(self.text, self.at, "',' or ')' after a number")
        self.at += 1
        arguments = [self.read(depth + 1)]
        while self.peek() == ",":
            self.at += 1
            arguments.append(self.read(depth + 1))
        if self.peek() != ")":
            raise SymbolError(self.text, self.at, "',' or ')'")
        self.at += 1
        return Call(word[0], tuple(arguments))

    def read_text(self) -> Text:
        start = self.at + 1
        closing = _CLOSING.search(self.text, start)
        if closing is None:
            raise SymbolError(self.text, start - 1, "a quote that closes this text")
        if closing.start() == start:
            raise SymbolError(self.text, start, "a text between the quotes")
        self.at = closing.end()
        return Text(self.text[start : closing.start()])


def parse(text: str) -> Call:
    """Read a query. Which operators there are is for ``fault`` to say.

    Raises SymbolError with the position of the first fault.
    """
    reader = _Reader(text)
    tree = reader.read(1)
    if isinstance(tree, Text) or not tree.arguments:
        raise SymbolError(text, 0, "query( or dist(")
    reader.peek()
    if reader.at < len(text):
        raise SymbolError(text, reader.at, "the end of the query")
    return tree


def map_keys(node: Call, change: Callable[[str], str]) -> Call:
    """The same query with every key changed: those of keyval, and those that findkey asks for."""

    def changed(argument: Call | Text, is_key: bool) -> Call | Text:
        if isinstance(argument, Text):
            return Text(change(argument.text)) if is_key else argument
        if is_key and argument.operator in ("and", "or"):
            return Call(argument.operator, tuple(changed(below, True) for below in argument.arguments))
        return map_keys(argument, change)

    holds_keys = range({"keyval": 1, "findkey": len(node.arguments)}.get(node.operator, 0))
    arguments = tuple(changed(argument, index in holds_keys) for index, argument in enumerate(node.arguments))
    return Call(node.operator, arguments)


# What an operator takes, as a pattern over the operators of its arguments: ``'`` is a text, ``9`` a number.
_ONE_QUALITY = r"(?:count|latlong|findkey|nodup|least)"
TAKES: dict[str, str] = {
    "dist": r"query (?:query )?(?:for )?(?:unit )?",
    "query": r"(?:(?:area )?nwr |around |(?:north|south|east|west) )qtype ",
    "north": r"(?:area )?nwr |around ",
    "south": r"(?:area )?nwr |around ",
    "east": r"(?:area )?nwr |around ",
    "west": r"(?:area )?nwr |around ",
    "around": r"center search maxdist (?:topx )?",
    "center": r"(?:area )?nwr ",
    "search": r"nwr ",
    "area": r"(?:keyval |and |or )+",
    "nwr": r"(?:keyval |and |or )+",
    "keyval": r"' (?:' |or |and )",
    "maxdist": r"(?:9|WALKDING_DIST|WALKING_DIST|DIST_INTOWN|DIST_OUTTOWN|DIST_DAYTRIP) ",
    "topx": r"9 ",
    "qtype": rf"(?:{_ONE_QUALITY} )+",
    "latlong": r"(?:topx )?",
    "findkey": r"(?:' |and )(?:topx )?",
    "nodup": r"findkey ",
    "least": r"topx ",
    "for": r"' ",
    "unit": r"(?:km|mi) ",
    "and": r"(?:keyval |and |or ){2,}|(?:' ){2,}",
    "or": r"(?:keyval |and |or ){2,}|(?:' ){2,}",
    **dict.fromkeys(
        ("count", "km", "mi", "WALKDING_DIST", "WALKING_DIST", "DIST_INTOWN", "DIST_OUTTOWN", "DIST_DAYTRIP"), ""
    ),
}
_PATTERNS = {operator: re.compile(pattern) for operator, pattern in TAKES.items()}


def fault(tree: Call) -> str:
    """Why a query is not built as NLmaps' are, or "" if it is."""
    if tree.operator not in ("query", "dist"):
        return f"a query begins with query( or dist(, not {tree.operator[:40]}("
    nodes = [node for node in tree.walk() if not node.operator[0].isdigit()]
    for node in nodes:
        if node.operator not in TAKES:
            return f"{node.operator[:40]} is not an operator; there are {', '.join(TAKES)}"
    for node in nodes:
        given = "".join(f"{_sort(argument)} " for argument in node.arguments)
        if not _PATTERNS[node.operator].fullmatch(given):
            return f"{node.operator} cannot take ({given.replace(' ', ', ')[:80].rstrip(', ')}): {render(node)[:100]}"
    return ""


def _sort(argument: Call | Text) -> str:
    if isinstance(argument, Text):
        return "'"
    return "9" if argument.operator[0].isdigit() else argument.operator
