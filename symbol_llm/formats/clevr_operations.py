"""The operations of CLEVR programs: what each one takes and gives, and what it does.

    filter_color(color,set): objects of that color

Names and types are those of CLEVR v1.0 (Johnson et al. 2017, arXiv 1612.06890; the functions of
``question_generation/metadata.json`` in facebookresearch/clevr-dataset-gen). Glosses are ours: they tell an
operation in a definition, whatever it is called there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What an operation takes or gives."""

    SET = "set"
    OBJECT = "object"
    NUMBER = "number"
    TRUTH = "yes or no"
    COLOR = "color"
    SHAPE = "shape"
    SIZE = "size"
    MATERIAL = "material"
    SIDE = "side"

    @property
    def is_answer(self) -> bool:
        """A program may end in it."""
        return self not in (Type.SET, Type.OBJECT, Type.SIDE)


ATTRIBUTES = (Type.COLOR, Type.SHAPE, Type.SIZE, Type.MATERIAL)
VALUES: dict[Type, tuple[str, ...]] = {
    Type.COLOR: ("gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow"),
    Type.SHAPE: ("cube", "sphere", "cylinder"),
    Type.SIZE: ("small", "large"),
    Type.MATERIAL: ("rubber", "metal"),
    Type.SIDE: ("left", "right", "behind", "front"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the kind of its value argument if it has one, its inputs, its result, and what it does."""

    name: str
    value: Type | None
    inputs: tuple[Type, ...]
    output: Type
    gloss: str

    @property
    def is_commutative(self) -> bool:
        return len(self.inputs) == 2 and self.name not in ("less_than", "greater_than")

    @property
    def definition(self) -> str:
        """``filter_color(color,set): objects of that color``"""
        arguments = ",".join((*([self.value] if self.value else []), *self.inputs))
        return f"{self.name}({arguments}): {self.gloss}"


def _operations() -> Iterator[Operation]:
    s, o, n, t = Type.SET, Type.OBJECT, Type.NUMBER, Type.TRUTH
    yield Operation("scene", None, (), s, "all objects")
    yield from (Operation(f"filter_{kind}", kind, (s,), s, f"objects of that {kind}") for kind in ATTRIBUTES)
    yield Operation("unique", None, (s,), o, "the only object")
    yield Operation("relate", Type.SIDE, (o,), s, "objects on that side of it")
    yield from (Operation(f"same_{kind}", None, (o,), s, f"other objects of its {kind}") for kind in ATTRIBUTES)
    yield Operation("union", None, (s, s), s, "objects in either")
    yield Operation("intersect", None, (s, s), s, "objects in both")
    yield Operation("count", None, (s,), n, "how many")
    yield Operation("exist", None, (s,), t, "is there any")
    yield from (Operation(f"query_{kind}", None, (o,), kind, f"its {kind}") for kind in ATTRIBUTES)
    yield from (Operation(f"equal_{kind}", None, (kind, kind), t, f"is it the same {kind}") for kind in ATTRIBUTES)
    yield Operation("equal_integer", None, (n, n), t, "is it the same number")
    yield Operation("equal_object", None, (o, o), t, "is it the same object")
    yield Operation("less_than", None, (n, n), t, "is the first smaller")
    yield Operation("greater_than", None, (n, n), t, "is the first larger")


OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _operations()}
BY_GLOSS: dict[str, Operation] = {operation.gloss: operation for operation in OPERATIONS.values()}
