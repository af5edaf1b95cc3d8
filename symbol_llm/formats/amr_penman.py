"""PENMAN notation of one AMR: the tree, its text, and what a graph must hold to.

    (w / want-01~e.2
        :ARG0 (b / boy~e.1)
        :ARG1 (g / go-02
            :ARG0 b))

Stricter than the ``penman`` package, which takes a variable that is defined nowhere for a constant, and two
definitions of one variable for one node. Alignments (``~e.2`` after concepts, roles and targets) are kept in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from symbol_llm.errors import SymbolError

# The longest graphs of AMR 3.0 have about 200 nodes.
MAX_NODES = 400
MAX_DEPTH = 100
MAX_EDGES = 4_000

# The only words that AMR uses as constants (``:mode imperative``); every other bare word is a variable or a mistake.
WORDS = frozenset({"imperative", "interrogative", "expressive"})

_TOKEN = re.compile(
    r"""[ \t\r\n]*+("[^"\\\n]*(?:\\.[^"\\\n]*)*"|[()/]"""  # a string, or one mark
    r"""|:[^ \t\r\n\v\f"()/:~]*|~(?:[a-z]\.?)?[0-9]+(?:,[0-9]+)*"""  # a role, an alignment
    r"""|[^ \t\r\n\v\f"()/:~]+|[^ \t\r\n]|\Z)""",  # a symbol, what is none of these, the end
    re.DOTALL,
)
_KINDS = {"": "end", "(": "open", ")": "close", "/": "slash", '"': "other", "~": "other", "\v": "other", "\f": "other"}
_KINDS_BY_LETTER = {'"': "string", ":": "role", "~": "alignment"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ROLE = re.compile(r":[A-Za-z][A-Za-z0-9_-]*")


class Node(NamedTuple):
    """``(b / boy~e.1 …)``"""

    variable: str
    concept: str
    edges: tuple[Edge, ...] = ()
    alignment: str = ""

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(edge.target for edge in reversed(node.edges) if isinstance(edge.target, Node))


class Edge(NamedTuple):
    """``:ARG0~e.2 b~e.3``; the target is a node, or the text of a variable or constant."""

    role: str
    target: Node | str
    role_alignment: str = ""
    alignment: str = ""


def render(node: Node, depth: int = 0) -> str:
    """One edge a line, four blanks a level, as AMR releases are laid out."""
    parts = [f"({node.variable} / {node.concept}{node.alignment}"]
    for edge in node.edges:
        target = edge.target if isinstance(edge.target, str) else render(edge.target, depth + 1)
        parts.append(f"{'    ' * (depth + 1)}{edge.role}{edge.role_alignment} {target}{edge.alignment}")
    return "\n".join(parts) + ")"


def parse(text: str) -> Node:
    """Read one graph. Raises SymbolError with the position of the first fault."""
    return _Reader(text).read()


@dataclass(slots=True)
class _Open:
    """A node that is not closed yet, and the edge that led to it."""

    variable: str
    concept: str
    alignment: str
    role: str
    role_alignment: str
    edges: list[Edge] = field(default_factory=list)

    def closed(self) -> Node:
        return Node(self.variable, self.concept, tuple(self.edges), self.alignment)


class _Reader:
    """One pass over the tokens with a stack of open nodes."""

    def __init__(self, text: str) -> None:
        control = _CONTROL.search(text)
        if control:
            raise SymbolError(text, control.start(), "no control character")
        self.text = text
        self.tokens: list[str] = _TOKEN.findall(text)
        self.kinds = [_KINDS.get(token) or _KINDS_BY_LETTER.get(token[0], "symbol") for token in self.tokens]
        self.next = 0
        self.variables: set[str] = set()
        self.references: list[tuple[int, str]] = []  # numbers of tokens

    def fail(self, expected: str, token: int | None = None, message: str = "") -> NoReturn:
        places = [match.start(1) for match in _TOKEN.finditer(self.text)]
        raise SymbolError(self.text, places[self.next if token is None else token], expected, message)

    def take(self, kind: str, expected: str) -> str:
        if self.kinds[self.next] != kind:
            self.fail(expected)
        self.next += 1
        return self.tokens[self.next - 1]

    def take_alignment(self) -> str:
        if self.kinds[self.next] != "alignment":
            return ""
        self.next += 1
        return self.tokens[self.next - 1]

    def read(self) -> Node:
        stack = [self.open_node("", "", 0)]
        num_edges = 0
        while True:
            if self.kinds[self.next] == "close":
                self.next += 1
                done = stack.pop()
                if not stack:
                    break
                stack[-1].edges.append(Edge(done.role, done.closed(), done.role_alignment))
                continue
            role = self.take("role", "a role such as :ARG0, or ')'")
            if not _ROLE.fullmatch(role):
                self.fail("the name of a role after ':'", self.next - 1)
            num_edges += 1
            if num_edges > MAX_EDGES:
                self.fail(f"at most {MAX_EDGES} edges", self.next - 1)
            role_alignment = self.take_alignment()
            if self.kinds[self.next] == "open":
                stack.append(self.open_node(role, role_alignment, len(stack)))
                continue
            target = self.read_leaf()
            stack[-1].edges.append(Edge(role, target, role_alignment, self.take_alignment()))
        if self.kinds[self.next] != "end":
            self.fail("the end of the graph")
        self.check_references()
        return done.closed()

    def open_node(self, role: str, role_alignment: str, depth: int) -> _Open:
        self.take("open", "'('")
        if depth >= MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} nodes within each other", self.next - 1)
        variable = self.take("symbol", "a variable")
        if not _VARIABLE.fullmatch(variable):
            self.fail("a variable: a letter, then letters, digits and _", self.next - 1)
        if variable in self.variables:
            told = f"the variable {variable} is defined twice"
            self.fail("a variable that is not defined yet", self.next - 1, told)
        self.variables.add(variable)
        if len(self.variables) > MAX_NODES:
            self.fail(f"at most {MAX_NODES} nodes", self.next - 1)
        self.take("slash", "'/' and a concept")
        kind = "string" if self.kinds[self.next] == "string" else "symbol"
        concept = self.take(kind, "a concept")
        return _Open(variable, concept, self.take_alignment(), role, role_alignment)

    def read_leaf(self) -> str:
        if self.kinds[self.next] == "string":
            return self.take("string", "a string")
        symbol = self.take("symbol", "a node, a variable or a constant")
        self.references.append((self.next - 1, symbol))
        return symbol

    def check_references(self) -> None:
        for token, symbol in self.references:
            if symbol in self.variables or symbol in WORDS or not symbol[0].isalpha():
                continue
            expected = "a variable that the graph defines, a number, a string, '-' or '+'"
            self.fail(expected, token, f"the variable {symbol} is not defined")
