"""CLEVR programs: the tree, its text, its types, and upstream's list form.

    "How many blue cubes are there?"   count(filter_shape(cube,filter_color(blue,scene())))

Value arguments come first, then the programs that an operation works on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from symbol_llm.errors import SymbolError
from symbol_llm.formats.clevr_operations import VALUES, Operation
from symbol_llm.formats.definition_lines import NAME

MAX_DEPTH = 100  # CLEVR's own programs stay below 25
MAX_NODES = 1_000


@dataclass(frozen=True, slots=True)
class Node:
    """One operation applied: ``filter_color(green,scene())`` is Node("filter_color", ("green",), (Node("scene"),))."""

    function: str
    values: tuple[str, ...] = ()
    inputs: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, inputs before what uses them."""
        order, waiting = [], [self]
        while waiting:
            node = waiting.pop()
            order.append(node)
            waiting.extend(node.inputs)
        return reversed(order)


def render_program(node: Node) -> str:
    """``count(filter_color(green,scene()))``"""
    return f"{node.function}({','.join((*node.values, *map(render_program, node.inputs)))})"


_TOKEN = re.compile(rf"({NAME.pattern})|[^ \t\n]")  # any other sign is a token of its own


class _Reader:
    """Recursive descent over ``name(value,…,program,…)``; blanks may stand between tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [(match[1] is not None, match[0], match.start()) for match in _TOKEN.finditer(text)]
        self.next = 0
        self.num_nodes = 0

    def peek(self) -> tuple[bool, str, int]:
        """Whether the next token is a name, its text and its position; at the end an empty text."""
        return self.tokens[self.next] if self.next < len(self.tokens) else (False, "", len(self.text))

    def expect(self, token: str, expected: str) -> None:
        _, found, start = self.peek()
        if found != token:
            raise SymbolError(self.text, start, expected)
        self.next += 1

    def read_name(self, expected: str) -> tuple[str, int]:
        is_name, token, start = self.peek()
        if not is_name:
            raise SymbolError(self.text, start, expected)
        self.next += 1
        return token, start

    def read_node(self, function: str, start: int, depth: int) -> Node:
        """The rest of a node after its name."""
        self.num_nodes += 1
        if depth > MAX_DEPTH:
            raise SymbolError(self.text, start, f"at most {MAX_DEPTH} operations within each other")
        if self.num_nodes > MAX_NODES:
            raise SymbolError(self.text, start, f"at most {MAX_NODES} operations")
        self.expect("(", f"'(' after the operation {function[:40]}")
        values: list[str] = []
        inputs: list[Node] = []
        if self.peek()[1] == ")":
            self.next += 1
            return Node(function)
        while True:
            name, where = self.read_name("a value or an operation")
            if self.peek()[1] == "(":
                inputs.append(self.read_node(name, where, depth + 1))
            elif inputs:
                raise SymbolError(self.text, where, "an operation: values stand before programs")
            else:
                values.append(name)
            if self.peek()[1] != ",":
                break
            self.next += 1
        self.expect(")", "',' or ')'")
        return Node(function, tuple(values), tuple(inputs))


def parse_program(text: str) -> Node:
    """Read a program. Names are not looked up here: which operations exist is for the definitions to say.

    Raises SymbolError with the position of the first fault.
    """
    reader = _Reader(text)
    name, start = reader.read_name("an operation")
    node = reader.read_node(name, start, 1)
    if reader.next < len(reader.tokens):
        raise SymbolError(text, reader.peek()[2], "the end of the program")
    return node


def type_fault(tree: Node, meaning: Mapping[str, Operation]) -> str:
    """Why a program is ill-typed, or "" if it is sound. ``meaning`` maps the names in use to operations."""
    for node in tree.walk():
        operation = meaning.get(node.function)
        if operation is None:
            return f"{node.function} is not an operation; there are {', '.join(meaning)}"
        takes = 1 if operation.value else 0
        if len(node.values) != takes or len(node.inputs) != len(operation.inputs):
            return (
                f"{node.function} takes {takes} values and {len(operation.inputs)} programs, "
                f"not {len(node.values)} and {len(node.inputs)}: {render_program(node)}"
            )
        if operation.value and node.values[0] not in VALUES[operation.value]:
            known = ", ".join(VALUES[operation.value])
            return f"{node.function} takes a {operation.value} ({known}), not {node.values[0]}"
        # Inputs come first in the walk, so their operations are known here.
        for expected, below in zip(operation.inputs, node.inputs):
            given = meaning[below.function].output
            if given != expected:
                return f"{node.function} needs '{expected}' but gets '{given}' from {render_program(below)}"
    result = meaning[tree.function].output
    return "" if result.is_answer else f"the program ends in '{result}', which is not an answer"


def from_program(program: Any) -> Node:
    """The tree of upstream's list form: ``[{"function": …, "inputs": [int], "value_inputs": [str]}, …]``.

    Also the generator's own files, where the key is ``type`` and values are ``side_inputs``. A result that is used
    twice becomes two subtrees. Raises ValueError if the list is not such a program.
    """
    if not isinstance(program, list) or not program:
        raise ValueError("the program is not a list of functions")
    nodes: list[Node] = []
    sizes: list[tuple[int, int]] = []  # nodes and depth of each subtree
    used: set[int] = set()
    for index, step in enumerate(program):
        if not isinstance(step, dict):
            raise ValueError(f"function {index} is not an object")
        function = step.get("function", step.get("type"))
        inputs = step.get("inputs", [])
        values = step.get("value_inputs", step.get("side_inputs", []))
        if not isinstance(function, str) or not NAME.fullmatch(function):
            raise ValueError(f"function {index} has no name")
        if not isinstance(values, list) or not all(isinstance(v, str) and NAME.fullmatch(v) for v in values):
            raise ValueError(f"function {index} ({function}): value_inputs are not names")
        if not isinstance(inputs, list) or not all(type(i) is int and 0 <= i < index for i in inputs):
            raise ValueError(f"function {index} ({function}): inputs are not earlier functions")
        size, depth = 1 + sum(sizes[i][0] for i in inputs), 1 + max((sizes[i][1] for i in inputs), default=0)
        if size > MAX_NODES or depth > MAX_DEPTH:
            raise ValueError(f"function {index} ({function}): the program grows too large")
        nodes.append(Node(function, tuple(values), tuple(nodes[i] for i in inputs)))
        sizes.append((size, depth))
        used.update(inputs)
    unused = set(range(len(nodes) - 1)) - used
    if unused:
        raise ValueError(f"nothing uses the result of function {min(unused)} ({nodes[min(unused)].function})")
    return nodes[-1]


def to_program(tree: Node) -> list[dict[str, Any]]:
    """Upstream's list form of a tree, inputs before what uses them."""
    steps: list[dict[str, Any]] = []
    waiting: list[int] = []  # results that nothing uses yet
    for node in tree.walk():
        start = len(waiting) - len(node.inputs)
        inputs = waiting[start:]
        waiting[start:] = [len(steps)]
        steps.append({"function": node.function, "inputs": inputs, "value_inputs": list(node.values)})
    return steps
