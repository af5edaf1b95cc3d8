"""One text for all ways to write the same GQA program.

Steps are in the order of use and name their inputs; steps that nothing uses are gone, and what stands twice is one
step. Neighbouring filters, the inputs of commutative operations and the options of a choice are sorted. Order is
decided in the operations' own names, so a renamed program has the renamed canonical form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from symbol_llm.formats.gqa_program import Node, Program, Step

Key = str  # digest of a step and all that it uses


def canonical_program(nodes: tuple[Node, ...]) -> Program:
    """The canonical steps of a well-typed program."""
    known: dict[Key, tuple[Step, tuple[Key, ...]]] = {}

    def add(node: Node, inputs: tuple[Key, ...]) -> Key:
        step = replace(node.step, argument=_argument(node), objects=_objects(node.step), inputs=None)
        own = (node.operation.name, step.category, step.argument, step.objects, inputs)
        key = hashlib.sha256(repr(own).encode()).hexdigest()
        known[key] = (step, inputs)
        return key

    keys: list[Key] = []
    for node in nodes:
        if node.operation.name == "filter":
            keys.append(_filtered(nodes, node, keys, add))
            continue
        inputs = [keys[index] for index in node.inputs]
        keys.append(add(node, tuple(sorted(inputs) if node.operation.is_commutative else inputs)))

    steps: list[Step] = []
    index_of: dict[Key, int] = {}

    def place(key: Key) -> int:
        """Put a step after its inputs; the depth is bounded by the number of steps."""
        if key not in index_of:
            step, inputs = known[key]
            placed = tuple(place(before) for before in inputs)
            index_of[key] = len(steps)
            steps.append(replace(step, inputs=placed or None))
        return index_of[key]

    place(keys[-1])
    return tuple(steps)


def _filtered(nodes: tuple[Node, ...], node: Node, keys: list[Key], add: Callable[[Node, tuple[Key, ...]], Key]) -> Key:
    """A chain of filters in a fixed order, each once."""
    filters = {}
    while node.operation.name == "filter":
        filters[node.step.category, node.step.argument] = node
        before = node.inputs[0]
        node = nodes[before]
    key = keys[before]
    for _, one in sorted(filters.items(), key=lambda item: item[0]):
        key = add(one, (key,))
    return key


def _argument(node: Node) -> str:
    step = node.step
    if node.operation.name != "choose":
        return step.argument
    if step.category != "rel":
        return "|".join(sorted(set(step.argument.split("|"))))
    name, relations, side = step.argument.split(",")
    return f"{name},{'|'.join(sorted(set(relations.split('|'))))},{side}"


def _objects(step: Step) -> tuple[str, ...]:
    return tuple(sorted(set(step.objects), key=lambda key: (len(key), key)))
