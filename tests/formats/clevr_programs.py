"""Random well-typed CLEVR programs for property tests, and a second, slow executor to check the first against."""

from __future__ import annotations

from random import Random
from typing import Any

from symbol_llm.formats.clevr_operations import OPERATIONS, VALUES, Type
from symbol_llm.formats.clevr_program import Node


def random_program(rng: Random, result: Type | None = None, depth: int | None = None) -> Node:
    """A program that gives ``result`` (by default some answer). Half of the sets are the whole scene."""
    if result is None:
        result = rng.choice([kind for kind in Type if kind.is_answer])
    if depth is None:
        depth = rng.randint(1, 7)
    fitting = [op for op in OPERATIONS.values() if op.output is result]
    if depth <= 0 or (result is Type.SET and rng.random() < 0.4):
        # scene() ends a set; everything else goes on towards one by a single input.
        fitting = [op for op in fitting if len(op.inputs) < 2]
        fitting = [op for op in fitting if op.name == "scene"] or fitting
    operation = rng.choice(fitting)
    values = (rng.choice(VALUES[operation.value]),) if operation.value else ()
    return Node(operation.name, values, tuple(random_program(rng, kind, depth - 1) for kind in operation.inputs))


def run_slowly(program: list[dict[str, Any]], scene: dict[str, Any]) -> str | None:
    """The answer of a program in list form, with plain lists; None where ``unique`` fails."""
    objects = scene["objects"]
    results: list[Any] = []
    for step in program:
        verb, _, kind = step["function"].partition("_")
        inputs = [results[i] for i in step["inputs"]]
        value = step["value_inputs"][0] if step["value_inputs"] else ""
        match verb:
            case "scene":
                found: Any = list(range(len(objects)))
            case "filter":
                found = [i for i in inputs[0] if objects[i][kind] == value]
            case "unique":
                if len(inputs[0]) != 1:
                    return None
                found = inputs[0][0]
            case "relate":
                found = scene["relationships"][value][inputs[0]]
            case "same":
                same = objects[inputs[0]][kind]
                found = [i for i, other in enumerate(objects) if other[kind] == same and i != inputs[0]]
            case "union":
                found = sorted(set(inputs[0]) | set(inputs[1]))
            case "intersect":
                found = sorted(set(inputs[0]) & set(inputs[1]))
            case "count":
                found = len(inputs[0])
            case "exist":
                found = bool(inputs[0])
            case "query":
                found = objects[inputs[0]][kind]
            case "equal":
                found = inputs[0] == inputs[1]
            case "less":
                found = inputs[0] < inputs[1]
            case "greater":
                found = inputs[0] > inputs[1]
            case _:
                raise AssertionError(verb)
        results.append(found)
    return {True: "yes", False: "no"}[results[-1]] if isinstance(results[-1], bool) else str(results[-1])
