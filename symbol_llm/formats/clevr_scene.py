"""CLEVR scenes and running programs on them.

    {"objects": [{"color": "red", "shape": "cube", "size": "small", "material": "metal"}, …],
     "relationships": {"left": [[1], []], "right": …, "front": …, "behind": …}}

``relationships["left"][i]`` lists the objects that are left of object i. A scene file's other keys are not needed.
The semantics are those of upstream's ``question_engine.py``. Sets of objects are bit masks: bit i is object i.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple

from symbol_llm.formats.clevr_operations import ATTRIBUTES, VALUES, Operation, Type
from symbol_llm.formats.clevr_program import Node, render_program

ENGINE = "CLEVR executor 1.0"

_FAR_ENOUGH = 0.2  # upstream's margin for one object to be left of another


class SceneFault(ValueError):
    """A scene is not in CLEVR's format."""


class RunFault(ValueError):
    """A program has no answer on a scene: ``unique`` of no or of several objects."""

    def __init__(self, num_objects: int, node: Node) -> None:
        super().__init__(num_objects, node)
        self.num_objects, self.node = num_objects, node

    def __str__(self) -> str:
        found = f"{self.num_objects} objects" if self.num_objects else "no object"
        return f"there is {found} where one is needed: {render_program(self.node)}"


class Scene(NamedTuple):
    """A scene made ready for programs."""

    objects: tuple[Mapping[str, str], ...]
    having: dict[str, int]  # "color red" -> the objects that are red
    beside: dict[str, tuple[int, ...]]  # "left" -> for each object, the objects left of it


def read_scene(data: Any) -> Scene:
    """A scene from its JSON. Raises SceneFault saying what is wrong with it."""
    try:
        objects = tuple({kind.value: item[kind] for kind in ATTRIBUTES} for item in data["objects"])
        sides = {side: data["relationships"][side] for side in VALUES[Type.SIDE]}
    except (KeyError, TypeError, IndexError) as error:
        raise SceneFault(f"not a CLEVR scene: {error!r}") from error
    having = {f"{kind} {value}": 0 for kind in ATTRIBUTES for value in VALUES[kind]}
    for index, item in enumerate(objects):
        for kind, value in item.items():
            if value not in VALUES[Type(kind)]:
                raise SceneFault(f"object {index}: {value!r} is not a {kind}")
            having[f"{kind} {value}"] |= 1 << index
    beside: dict[str, tuple[int, ...]] = {}
    for side, lists in sides.items():
        if not isinstance(lists, list) or len(lists) != len(objects):
            raise SceneFault(f"relationships {side!r} are not one list per object")
        for others in lists:
            if not isinstance(others, list) or not all(type(i) is int and 0 <= i < len(objects) for i in others):
                raise SceneFault(f"relationships {side!r} name objects that are not there: {others!r:.60}")
        beside[side] = tuple(sum(1 << i for i in set(others)) for others in lists)
    return Scene(objects, having, beside)


def compact_scene(data: Mapping[str, Any]) -> dict[str, Any]:
    """What programs need of a scene file's entry: attributes and relationships, without coordinates."""
    return {
        "objects": [{kind.value: item[kind] for kind in ATTRIBUTES} for item in data["objects"]],
        "relationships": {side: data["relationships"][side] for side in VALUES[Type.SIDE]},
    }


def random_scene(rng: Random, num_objects: int) -> dict[str, Any]:
    """The JSON of a scene with random objects at random places."""
    columns = [rng.choices(VALUES[kind], k=num_objects) for kind in ATTRIBUTES]
    return place_objects(rng, [{kind.value: value for kind, value in zip(ATTRIBUTES, row)} for row in zip(*columns)])


def place_objects(rng: Random, objects: list[dict[str, str]]) -> dict[str, Any]:
    """The JSON of a scene with the objects at random places in the plane."""
    x = [rng.uniform(-3, 3) for _ in objects]
    y = [rng.uniform(-3, 3) for _ in objects]

    def smaller(at: list[float]) -> list[list[int]]:
        return [[i for i, there in enumerate(at) if here - there > _FAR_ENOUGH] for here in at]

    def larger(at: list[float]) -> list[list[int]]:
        return [[i for i, there in enumerate(at) if there - here > _FAR_ENOUGH] for here in at]

    sides = {"left": smaller(x), "right": larger(x), "behind": larger(y), "front": smaller(y)}
    return {"objects": objects, "relationships": sides}


def run_program(tree: Node, meaning: Mapping[str, Operation], scene: Scene) -> str:
    """The answer of a well-typed program (see ``type_fault``): "yes", "no", a number or an attribute.

    Raises RunFault if ``unique`` meets no object or several.
    """
    results: list[Any] = []  # a stack: nodes come inputs first
    for node in tree.walk():
        operation = meaning[node.function]
        start = len(results) - len(operation.inputs)
        inputs = results[start:]
        del results[start:]
        if operation.name == "unique" and inputs[0].bit_count() != 1:
            raise RunFault(inputs[0].bit_count(), node)
        results.append(_RUN[operation.name](scene, node.values[0] if node.values else "", *inputs))
    answer = results.pop()
    return ("yes" if answer else "no") if isinstance(answer, bool) else str(answer)


def _same(kind: Type) -> Callable[..., int]:
    return lambda scene, value, it: scene.having[f"{kind} {scene.objects[it][kind]}"] & ~(1 << it)


def _having(kind: Type) -> Callable[..., int]:
    return lambda scene, value, found: found & scene.having[f"{kind} {value}"]


def _query(kind: Type) -> Callable[..., str]:
    return lambda scene, value, it: scene.objects[it][kind]


_RUN: dict[str, Callable[..., Any]] = {
    "scene": lambda scene, value: (1 << len(scene.objects)) - 1,
    "unique": lambda scene, value, found: found.bit_length() - 1,  # a mask of one bit
    "relate": lambda scene, value, it: scene.beside[value][it],
    "union": lambda scene, value, a, b: a | b,
    "intersect": lambda scene, value, a, b: a & b,
    "count": lambda scene, value, found: found.bit_count(),
    "exist": lambda scene, value, found: found != 0,
    "less_than": lambda scene, value, a, b: a < b,
    "greater_than": lambda scene, value, a, b: a > b,
    **{f"filter_{kind}": _having(kind) for kind in ATTRIBUTES},
    **{f"same_{kind}": _same(kind) for kind in ATTRIBUTES},
    **{f"query_{kind}": _query(kind) for kind in ATTRIBUTES},
    **{f"equal_{kind}": lambda scene, value, a, b: a == b for kind in (*ATTRIBUTES, "integer", "object")},
}
