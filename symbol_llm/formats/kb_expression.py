"""s-expressions over a knowledge base: the tree, its text, its types and its normal form.

    (AND people.person (JOIN (R film.film.directed_by) m.0abc))

    S := entity | class | (AND S S) | (JOIN P S) | (JOIN P literal) | (ARGMAX S P) | (ARGMIN S P)
       | (lt P literal) | (le …) | (gt …) | (ge …) | (TC S relation time)          time: NOW, a year or a date
    P := relation | (R relation) | (JOIN P P)
    expression := S | (COUNT S)

Gu et al. 2021 (arXiv 2011.07743); TC, a time constraint, and JOIN as the path of a comparison come from the WebQSP and
CompWebQ files of GMT-KBQA.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbol_llm.errors import SymbolError
from symbol_llm.formats.kb_vocabulary import ENTITY, NAME, NOW, OPERATORS, XSD

MAX_DEPTH = 100  # those of the datasets stay below 15
MAX_NODES = 5_000

_TOKEN = re.compile(r'[()]|"(?:[^"\\]|\\.)*"(?:@[A-Za-z-]+|\^\^[^\s()"]+)?|[^\s()"]+|"')
_LITERAL = re.compile(r'".*|[^\s()"]+\^\^[^\s()"]+|[+-]?[0-9][0-9.,:TZeE+-]*', re.DOTALL)
_TYPED = re.compile(r'"?(?P<value>[^"]*?)"?\^\^<?(?:xsd:|http://www\.w3\.org/2001/XMLSchema#)(?P<type>\w+)>?')
COMPARISONS = ("lt", "le", "gt", "ge")


@dataclass(frozen=True, slots=True)
class Node:
    """An operator applied: ``(R film.film.directed_by)`` is Node("R", ("film.film.directed_by",))."""

    operator: str
    arguments: tuple[Node | str, ...]

    def walk(self) -> Iterator[Node]:
        """This node and all below it, from left to right."""
        waiting: list[Node | str] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Node):
                yield node
                waiting.extend(reversed(node.arguments))


def render(node: Node | str) -> str:
    """With single blanks, as the datasets write it."""
    return node if isinstance(node, str) else f"({' '.join((node.operator, *map(render, node.arguments)))})"


def is_entity(atom: Node | str) -> bool:
    return isinstance(atom, str) and ENTITY.fullmatch(atom) is not None


def is_literal(atom: Node | str) -> bool:
    return isinstance(atom, str) and _LITERAL.fullmatch(atom) is not None


def is_name(atom: Node | str) -> bool:
    return isinstance(atom, str) and NAME.fullmatch(atom) is not None


def parse(text: str) -> Node:
    """Read an expression. What operators take is for ``fault`` to say.

    Raises SymbolError with the position of the first fault.
    """
    open_lists: list[tuple[str, list[Node | str]]] = []
    root: Node | None = None
    is_operator_due = False
    end = 0
    for number, match in enumerate(_TOKEN.finditer(text)):
        token, start = match[0], match.start()
        if root is not None:
            raise SymbolError(text, start, "the end of the expression")
        if number == MAX_NODES:
            raise SymbolError(text, start, f"at most {MAX_NODES} signs")
        if is_operator_due:
            if token not in OPERATORS:
                raise SymbolError(text, start, f"an operator: {', '.join(OPERATORS)}")
            open_lists.append((token, []))
            if len(open_lists) > MAX_DEPTH:
                raise SymbolError(text, start, f"at most {MAX_DEPTH} operators within each other")
            is_operator_due = False
        elif token == "(":
            is_operator_due = True
        elif not open_lists:
            raise SymbolError(text, start, "'('")
        elif token == ")":
            operator, arguments = open_lists.pop()
            if not arguments:
                raise SymbolError(text, start, f"what {operator} is applied to")
            node = Node(operator, tuple(arguments))
            if open_lists:
                open_lists[-1][1].append(node)
            else:
                root = node
        else:
            open_lists[-1][1].append(_atom(text, token, start))
        end = match.end()
    if is_operator_due:
        raise SymbolError(text, end, f"an operator: {', '.join(OPERATORS)}")
    if open_lists:
        raise SymbolError(text, len(text), f"')' of ({open_lists[-1][0]}")
    if root is None:
        raise SymbolError(text, len(text), "'('")
    return root


def _atom(text: str, token: str, start: int) -> str:
    if token == '"':
        raise SymbolError(text, start, "a quote that closes this text")
    if token == NOW or is_entity(token) or is_literal(token) or is_name(token):
        return token
    raise SymbolError(text, start, "an entity (m.0abc), a relation, a class or a literal (2008^^xsd:date)")


def fault(tree: Node) -> str:
    """Why an expression is ill-typed, or "" if it is sound."""
    inner = tree.arguments[0] if tree.operator == "COUNT" and len(tree.arguments) == 1 else tree
    return _set_fault(inner)


def _set_fault(node: Node | str) -> str:
    """Why something is no set of entities."""
    if isinstance(node, str):
        return "" if is_entity(node) or is_name(node) else f"{node[:60]} is neither an entity nor a class"
    arguments = node.arguments
    number = 3 if node.operator == "TC" else 1 if node.operator in ("R", "COUNT") else 2
    if len(arguments) != number:
        return f"{node.operator} takes {number} arguments, not {len(arguments)}: {render(node)[:100]}"
    if node.operator == "AND":
        return _set_fault(arguments[0]) or _set_fault(arguments[1])
    if node.operator == "JOIN":
        return _path_fault(arguments[0]) or ("" if is_literal(arguments[1]) else _set_fault(arguments[1]))
    if node.operator in ("ARGMAX", "ARGMIN"):
        return _set_fault(arguments[0]) or _path_fault(arguments[1])
    if node.operator in COMPARISONS:
        value = "" if is_literal(arguments[1]) else f"{node.operator} compares with a literal: {render(node)[:100]}"
        return _path_fault(arguments[0]) or value
    if node.operator == "TC":
        time = "" if arguments[2] == NOW or is_literal(arguments[2]) else f"no point in time: {render(node)[:100]}"
        relation = "" if is_name(arguments[1]) else f"TC takes a relation: {render(node)[:100]}"
        return _set_fault(arguments[0]) or relation or time
    return f"{render(node)[:100]} is no set of entities"


def _path_fault(node: Node | str) -> str:
    """Why something is no path of relations."""
    if isinstance(node, str):
        return "" if is_name(node) else f"{node[:60]} is not a relation"
    if node.operator == "R" and len(node.arguments) == 1:
        return _path_fault(node.arguments[0]) if not isinstance(node.arguments[0], Node) else "R takes a relation"
    if node.operator == "JOIN" and len(node.arguments) == 2:
        return _path_fault(node.arguments[0]) or _path_fault(node.arguments[1])
    return f"{render(node)[:100]} is not a path of relations"


def steps(path: Node | str) -> tuple[tuple[str, bool], ...]:
    """The relations of a sound path in order, each with whether it is walked backwards."""
    if isinstance(path, str):
        return ((path, False),)
    if path.operator == "R":
        return ((render(path.arguments[0]), True),)
    return steps(path.arguments[0]) + steps(path.arguments[1])


def normal(node: Node | str) -> Node | str:
    """AND flat, sorted and each part once; JOIN and comparisons along a path step by step; one spelling of literals."""
    if isinstance(node, str):
        typed = _TYPED.fullmatch(node)
        if typed is None or not typed["value"] or re.search(r"[\s()\\]", typed["value"]):
            return node
        return f"{typed['value']}^^{XSD}{typed['type']}"
    arguments = tuple(map(normal, node.arguments))
    if len(arguments) != 2 or node.operator not in ("AND", "JOIN", *COMPARISONS):
        return Node(node.operator, arguments)
    first, second = arguments
    if node.operator in COMPARISONS:
        if isinstance(first, Node) and first.operator == "JOIN" and len(first.arguments) == 2:
            return normal(Node("JOIN", (first.arguments[0], Node(node.operator, (first.arguments[1], second)))))
        return Node(node.operator, arguments)
    if node.operator == "JOIN":
        if isinstance(first, Node) and first.operator == "JOIN" and len(first.arguments) == 2:
            return normal(Node("JOIN", (first.arguments[0], Node("JOIN", (first.arguments[1], second)))))
        return Node("JOIN", arguments)
    every = {render(part): part for part in _conjuncts(Node("AND", arguments))}
    *parts, last = (every[text] for text in sorted(every))
    for part in reversed(parts):
        last = Node("AND", (part, last))
    return last


def _conjuncts(node: Node | str) -> Iterator[Node | str]:
    if isinstance(node, Node) and node.operator == "AND" and len(node.arguments) == 2:
        for argument in node.arguments:
            yield from _conjuncts(argument)
    else:
        yield node
