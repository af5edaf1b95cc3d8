"""GQA programs: the steps, their text, their types, and upstream's list form.

    "What is on the white wall?"
    select: wall (722332) --> filter color: white [0] --> relate: _,on,s (722335) [1] --> query: name [2]

Numbers in brackets are the earlier steps that a step works on; where they are left out, a step takes the last results
that nothing has taken yet. Ids in parentheses are objects of the scene graph, ``(-)`` is an object that is not there.
Upstream's ``semanticStr`` joins the steps with ``->``, the Symbolic Collection with ``-->``: both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symbol_llm.errors import SymbolError
from symbol_llm.formats.gqa_operations import Operation, Type

MAX_STEPS = 100  # GQA's own programs have up to 9
MAX_LENGTH = 10_000  # characters

_ARROW = re.compile(r"[ \t\n]*-?->[ \t\n]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_HEAD = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_]*)(?P<category>(?: +[A-Za-z][A-Za-z-]*)*) *:[ ]*")
_INPUTS = re.compile(r" *[0-9]{1,3}(?: *, *[0-9]{1,3})* *")
_OBJECTS = re.compile(r" *(?:[0-9]+(?: *, *[0-9]+)*|-) *")
_ARGUMENT = re.compile(r"not\([^()\[\]:<>]+\)|[^()\[\]:<>]*")


@dataclass(frozen=True, slots=True)
class Step:
    """``filter color: white [0]`` is Step("filter", "color", "white", (), (0,)).

    ``objects`` are ids, ("-",) for none in the scene, () where nothing is said; ``inputs`` is None where left out.
    """

    operation: str
    category: str = ""
    argument: str = ""
    objects: tuple[str, ...] = ()
    inputs: tuple[int, ...] | None = None


Program = tuple[Step, ...]


class TypeFault(ValueError):
    """A program is not well-typed."""


def render_step(step: Step) -> str:
    """``relate: _,on,s (722335) [1]``"""
    parts = [f"{step.operation} {step.category}".rstrip() + ":"]
    parts += [step.argument] * bool(step.argument)
    parts += [f"({','.join(step.objects)})"] * bool(step.objects)
    parts += [f"[{', '.join(map(str, step.inputs))}]"] if step.inputs else []
    return " ".join(parts)


def render_program(program: Program) -> str:
    """The steps with ``-->`` between."""
    return " --> ".join(map(render_step, program))


def parse_program(text: str) -> Program:
    """Read a program. Which operations exist is for the definitions to say. Raises SymbolError."""
    if len(text) > MAX_LENGTH:
        raise SymbolError(text, MAX_LENGTH, f"at most {MAX_LENGTH:,} characters")
    start = len(text) - len(text.lstrip(" \t\n"))
    end = len(text.rstrip(" \t\n"))
    steps: list[Step] = []
    while True:
        arrow = _ARROW.search(text, start, end)
        steps.append(_step(text, start, arrow.start() if arrow else end, len(steps)))
        if arrow is None:
            return tuple(steps)
        if len(steps) == MAX_STEPS:
            raise SymbolError(text, arrow.start(), f"at most {MAX_STEPS} steps")
        start = arrow.end()


def _step(text: str, start: int, end: int, index: int) -> Step:
    head = _HEAD.match(text, start, end)
    if head is None:
        name = _NAME.match(text, start, end)
        raise SymbolError(text, name.end() if name else start, "':' after the operation" if name else "an operation")
    for position in range(start, end):
        if not text[position].isprintable():
            raise SymbolError(text, position, "a printable character")
    # From the end, since "(…)" may be objects or belong to the argument: not(black).
    rest, inputs, objects = text[head.end() : end].rstrip(" "), None, ""
    if rest.endswith("]"):
        opening = rest.rfind("[")
        inside = rest[opening + 1 : -1]
        inputs = tuple(map(int, inside.split(","))) if opening >= 0 and _INPUTS.fullmatch(inside) else (index,)
        if max(inputs) >= index:
            raise SymbolError(text, head.end() + max(opening, 0), "the numbers of earlier steps in brackets")
        rest = rest[:opening].rstrip(" ")
    if rest.endswith(")"):
        opening = rest.rfind("(")
        if opening >= 0 and _OBJECTS.fullmatch(rest[opening + 1 : -1]):
            objects, rest = rest[opening + 1 : -1], rest[:opening].rstrip(" ")
    argument = _ARGUMENT.match(rest)
    assert argument is not None  # it may be empty
    if argument.end() < len(rest):
        raise SymbolError(text, head.end() + argument.end(), "an argument, (objects), [steps], then '-->' or the end")
    return Step(
        head["name"],
        " ".join(head["category"].split()),
        _normal_argument(rest),
        tuple(part.strip() for part in objects.split(",")) if objects else (),
        inputs,
    )


def _normal_argument(argument: str) -> str:
    """One blank between words, none around commas and bars; ``not( x )`` is ``not(x)``."""
    return re.sub(r" ?([,|()]) ?", r"\1", " ".join(argument.split()))


@dataclass(frozen=True, slots=True)
class Node:
    """A step whose operation and inputs are known."""

    step: Step
    operation: Operation
    inputs: tuple[int, ...]


def typed(program: Program, meaning: Mapping[str, Operation]) -> tuple[Node, ...]:
    """The steps with their operations and inputs. Raises TypeFault for a program that is not well-typed."""
    nodes: list[Node] = []
    is_open: list[int] = []  # results that nothing has taken yet
    for step in program:
        operation = meaning.get(step.operation)
        if operation is None:
            raise TypeFault(f"{step.operation} is not an operation; there are {', '.join(meaning)}")
        arity = _arity(step, operation)
        inputs = step.inputs if step.inputs is not None else tuple(is_open[len(is_open) - arity :] if arity else ())
        if len(inputs) != arity:
            raise TypeFault(f"'{render_step(step)}' takes the results of {arity} steps, not of {len(inputs)}")
        for before in inputs:
            given = nodes[before].operation.output
            if given != operation.inputs:
                raise TypeFault(f"'{render_step(step)}' needs '{operation.inputs}' but step {before} gives '{given}'")
        fault = _argument_fault(step, operation.name)
        if fault:
            raise TypeFault(f"'{render_step(step)}': {fault}")
        is_open = [index for index in is_open if index not in inputs] + [len(nodes)]
        nodes.append(Node(step, operation, inputs))
    result = nodes[-1].operation.output
    if result is Type.SET:
        raise TypeFault("the program ends in a set, which is no answer")
    return tuple(nodes)


def _arity(step: Step, operation: Operation) -> int:
    if operation.name == "select":
        return 0
    if operation.name in ("and", "or", "common"):
        return 2
    # Two objects are compared by a category; an argument belongs to one set.
    return 1 if step.argument or operation.name not in ("same", "different", "choose") else 2


def _argument_fault(step: Step, operation: str) -> str:
    """What is wrong with the category, the argument or the objects of a step, or ""."""
    may_have_category = operation in ("filter", "verify", "choose") or (
        operation in ("same", "different") and not step.argument
    )
    if step.category and not may_have_category:
        return f"{operation} has no category here"
    if operation in ("select", "query", "same", "different") and step.argument.startswith("not("):
        return "nothing can be negated here"
    parts = step.argument.split(",")
    if operation == "relate" or step.category == "rel":
        if len(parts) != 3 or not all(parts) or parts[2] not in ("s", "o", "_"):
            return "a relation is name,relation,s or name,relation,o"
        is_choice = len(parts[1].split("|")) > 1
        return "" if is_choice == (operation == "choose") else "only choose has options with '|' between"
    if step.objects and operation != "select":
        return "only select and relations name objects"
    if operation in ("and", "or", "common"):
        return f"{operation} has no argument" if step.argument else ""
    if operation == "exist":
        return "" if step.argument == "?" else "exist has the argument '?'"
    if operation == "choose" and step.argument:
        options = step.argument.split("|")
        return "" if len(options) > 1 and all(options) else "choose has options with '|' between"
    if operation in ("choose", "same", "different") and not step.argument:
        return "" if step.category else "two objects are compared in a category"
    return "" if step.argument else "the argument is missing"


def from_semantic(semantic: Any) -> Program:
    """The program of upstream's list: ``[{"operation": …, "argument": …, "dependencies": [int]}, …]``.

    Raises ValueError if the list is not such a program.
    """
    if not isinstance(semantic, list) or not semantic:
        raise ValueError("the program is not a list of operations")
    texts = []
    for index, step in enumerate(semantic):
        if not isinstance(step, dict):
            raise ValueError(f"step {index} is not an object")
        operation, argument = step.get("operation"), step.get("argument")
        inputs = step.get("dependencies")
        if not isinstance(operation, str) or not isinstance(argument, str) or not isinstance(inputs, list):
            raise ValueError(f"step {index} lacks operation, argument or dependencies")
        if not all(type(i) is int and 0 <= i < index for i in inputs):
            raise ValueError(f"step {index} ({operation}): dependencies are not earlier steps")
        if "->" in operation + argument:
            raise ValueError(f"step {index} ({operation}): an arrow inside of a step")
        texts.append(f"{operation}: {argument}" + (f" [{', '.join(map(str, inputs))}]" if inputs else ""))
    return parse_program(" --> ".join(texts))


def to_semantic(program: Program) -> list[dict[str, Any]]:
    """Upstream's list form; a step without inputs has none there."""
    return [
        {
            "operation": f"{step.operation} {step.category}".rstrip(),
            "dependencies": list(step.inputs or ()),
            "argument": f"{step.argument} ({','.join(step.objects)})" if step.objects else step.argument,
        }
        for step in program
    ]


def without_objects(program: Program) -> Program:
    """The program without ids of objects, which no question tells."""
    return tuple(Step(step.operation, step.category, step.argument, (), step.inputs) for step in program)
