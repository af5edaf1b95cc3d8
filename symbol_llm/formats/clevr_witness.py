"""Scenes on which two CLEVR programs are compared.

On a scene drawn at random "the small red cube" mostly does not exist, or is not the only one, and a program has no
answer. So scenes are drawn around what the programs describe: for each description mostly one object that fits it, and
some objects at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from symbol_llm.formats.clevr_operations import ATTRIBUTES, VALUES, Operation
from symbol_llm.formats.clevr_program import Node
from symbol_llm.formats.clevr_scene import Scene, place_objects, read_scene

_NUM_SCENES = 64
_MAX_OBJECTS = 10  # as in CLEVR

Description = tuple[tuple[str, str], ...]  # (attribute, value), sorted


def telling_scenes(trees: Sequence[Node], meaning: Mapping[str, Operation]) -> Iterator[Scene]:
    """Scenes for well-typed programs: always the same for the same programs, in any order and under any names."""
    rng = Random("CLEVR scenes")
    described = sorted({found for tree in trees for found in _descriptions(tree, meaning)})
    for _ in range(_NUM_SCENES):
        fitting = [found for found in described for _ in range(rng.choice((1, 1, 1, 1, 0, 2)))]
        rng.shuffle(fitting)
        others: list[Description] = [()] * rng.randint(0 if fitting else 3, 4)
        objects = []
        for description in [*fitting, *others][:_MAX_OBJECTS]:
            drawn = {kind.value: rng.choice(VALUES[kind]) for kind in ATTRIBUTES}
            objects.append({**drawn, **dict(description)})
        yield read_scene(place_objects(rng, objects))


def _descriptions(tree: Node, meaning: Mapping[str, Operation]) -> Iterator[Description]:
    """The attributes that neighbouring filters ask for together."""
    inner: set[int] = set()
    for node in reversed(list(tree.walk())):  # outer filters come before the filters inside them
        if id(node) in inner:
            continue
        found: dict[str, str] = {}
        while meaning[node.function].name.startswith("filter_"):
            found[meaning[node.function].name.removeprefix("filter_")] = node.values[0]
            node = node.inputs[0]
            inner.add(id(node))
        if found:
            yield tuple(sorted(found.items()))
