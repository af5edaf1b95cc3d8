"""CLEVR-like questions over generated scenes of three to five objects; no files needed.

    {"question": "How many large things are left of the red cube?", "answer": "1", "scene": {"objects": […], …},
     "program": "count(filter_size(large,relate(left,unique(filter_shape(cube,filter_color(red,scene()))))))"}

Eleven families of questions, each in several wordings. The answer is what the program gives on the scene; of questions
that can be answered yes or no, half are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from collection.sources.base import Example, GeneratedSource, Prompt, Row
from symbol_llm.formats.base import Context
from symbol_llm.formats.clevr_operations import OPERATIONS, VALUES, Type
from symbol_llm.formats.clevr_program import Node, render_program
from symbol_llm.formats.clevr_scene import RunFault, random_scene, read_scene, run_program
from symbol_llm.record import Split

_FINDING = ("scene", "filter_size", "filter_color", "filter_shape", "unique", "relate", "same_color")
_ANSWERING = ("count", "exist", "query_color", "query_shape", "greater_than")
DEFINITIONS = "\n".join(f"{name}: {OPERATIONS[name].gloss}" for name in (*_FINDING, *_ANSWERING))

_SIDES = {"left": "left of", "right": "right of", "front": "in front of", "behind": "behind"}
_SYNONYMS = {"small": ("small", "tiny"), "large": ("large", "big")}
_SCENE = Node("scene")
_DESCRIBING = (Type.SIZE, Type.COLOR, Type.SHAPE)  # in the order of the words; upstream filters in this order too
# What a description may name where one attribute is asked for: one attribute, or more often two.
_NAMED = {
    asked: [kinds for num, times in ((1, 1), (2, 2)) for kinds in combinations(allowed, num) for _ in range(times)]
    for asked in (None, Type.COLOR, Type.SHAPE)
    for allowed in [[kind for kind in _DESCRIBING if kind is not asked]]
}


class Words(NamedTuple):
    """A description such as "large red cube": the attributes that it names, and the words for them."""

    attributes: Mapping[Type, str]
    one: str

    @property
    def many(self) -> str:
        return f"{self.one}s"

    def among(self, objects: Node) -> Node:
        """The program that keeps the objects that fit."""
        for kind in _DESCRIBING:
            if kind in self.attributes:
                objects = Node(f"filter_{kind}", (self.attributes[kind],), (objects,))
        return objects


class Draw(NamedTuple):
    """What a family builds its question from: two descriptions and a side."""

    a: Words
    b: Words
    side: str

    @property
    def beside(self) -> Node:
        """The objects on that side of the b."""
        return Node("relate", (self.side,), (_apply("unique", self.b.among(_SCENE)),))


class Family(NamedTuple):
    """One kind of question: its wordings, its program, and the attribute that it asks for and so must not name."""

    wordings: tuple[str, ...]
    program: Callable[[Draw], Node]
    asked: Type | None = None
    weight: int = 1  # families with more different questions are drawn more often


def _apply(operation: str, *inputs: Node) -> Node:
    return Node(operation, (), inputs)


def _same(draw: Draw) -> Node:
    return _apply("same_color", _apply("unique", draw.b.among(_SCENE)))


FAMILIES = (
    Family(
        ("How many {a.many} are there?", "Count the {a.many}.", "What is the number of {a.many}?"),
        lambda d: _apply("count", d.a.among(_SCENE)),
    ),
    Family(
        ("Is there a {a.one}?", "Are there any {a.many}?", "Can you see a {a.one}?"),
        lambda d: _apply("exist", d.a.among(_SCENE)),
    ),
    Family(
        ("What color is the {a.one}?", "The {a.one} has what color?", "What is the color of the {a.one}?"),
        lambda d: _apply("query_color", _apply("unique", d.a.among(_SCENE))),
        Type.COLOR,
    ),
    Family(
        ("What shape is the {a.one}?", "The {a.one} has what shape?", "What is the shape of the {a.one}?"),
        lambda d: _apply("query_shape", _apply("unique", d.a.among(_SCENE))),
        Type.SHAPE,
    ),
    Family(
        ("How many {a.many} are {side} the {b.one}?", "Count the {a.many} {side} the {b.one}."),
        lambda d: _apply("count", d.a.among(d.beside)),
        weight=4,
    ),
    Family(
        ("Is there a {a.one} {side} the {b.one}?", "Are there any {a.many} {side} the {b.one}?"),
        lambda d: _apply("exist", d.a.among(d.beside)),
        weight=4,
    ),
    Family(
        ("What color is the {a.one} {side} the {b.one}?", "What is the color of the {a.one} {side} the {b.one}?"),
        lambda d: _apply("query_color", _apply("unique", d.a.among(d.beside))),
        Type.COLOR,
        weight=4,
    ),
    Family(
        ("What shape is the {a.one} {side} the {b.one}?", "What is the shape of the {a.one} {side} the {b.one}?"),
        lambda d: _apply("query_shape", _apply("unique", d.a.among(d.beside))),
        Type.SHAPE,
        weight=4,
    ),
    Family(
        ("How many other things have the color of the {b.one}?", "Count the other things of the {b.one}'s color."),
        lambda d: _apply("count", _same(d)),
    ),
    Family(
        ("Does any other thing have the color of the {b.one}?", "Is there another thing of the {b.one}'s color?"),
        lambda d: _apply("exist", _same(d)),
    ),
    Family(
        ("Are there more {a.many} than {b.many}?", "Is the number of {a.many} larger than that of {b.many}?"),
        lambda d: _apply("greater_than", _apply("count", d.a.among(_SCENE)), _apply("count", d.b.among(_SCENE))),
        weight=4,
    ),
)
_WEIGHTS = [family.weight for family in FAMILIES]


class ClevrGenerated(GeneratedSource):
    task = "clevr_generated"
    format = "clevr"
    family = "Visual"
    sizes: Mapping[Split, int] = {Split.TRAIN: 8_000, Split.VALIDATION: 100, Split.TEST: 300}
    prompt = Prompt(
        instructions=(
            "Translate the question into a program.",
            "Write a program that answers the question.",
            "Turn the question into nested operations.",
            "Give the program of the question.",
            "Which program answers the question?",
            "Rewrite the question with these operations.",
            "Parse the question into operations.",
            "Convert the question to a program.",
        ),
        input_label="The question is:",
        cue="The program is:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        """A question with its scene, program and answer."""
        (family,) = rng.choices(FAMILIES, _WEIGHTS)
        unwanted = rng.choice(("yes", "no"))
        while True:
            data = random_scene(rng, rng.randint(3, 5))
            scene = read_scene(data)
            for _ in range(8):
                draw = _draw(rng, data["objects"], family)
                program = family.program(draw)
                try:
                    answer = run_program(program, OPERATIONS, scene)
                except RunFault:
                    continue
                # Two descriptions of the same, half of the yes-or-no answers and most zeros are drawn again.
                is_spare = answer == unwanted or (answer == "0" and rng.random() < 0.7)
                if is_spare or draw.a.attributes == draw.b.attributes:
                    continue
                wording = rng.choice(family.wordings)
                return {
                    "question": wording.format(a=draw.a, b=draw.b, side=_SIDES[draw.side]),
                    "program": render_program(program),
                    "answer": answer,
                    "scene": data,
                }

    def to_example(self, row: Row, folder: Path) -> Example:
        return Example(
            input=row.data["question"],
            completion=row.data["program"],
            context=Context(DEFINITIONS, {"scene": row.data["scene"]}),
            answer=row.data["answer"],
            group=f"{row.file}/{row.index}",  # every question has a scene of its own
        )


def _draw(rng: Random, objects: list[dict[str, str]], family: Family) -> Draw:
    """Descriptions that mostly fit some object of the scene, and never name what is asked for."""
    return Draw(_describe(rng, objects, family.asked), _describe(rng, objects), rng.choice(tuple(_SIDES)))


def _describe(rng: Random, objects: list[dict[str, str]], asked: Type | None = None) -> Words:
    """One or two attributes in words, mostly those of an object of the scene."""
    named = rng.choice(_NAMED[asked])
    item = rng.choice(objects)
    attributes = {kind: item[kind] if rng.random() < 0.8 else rng.choice(VALUES[kind]) for kind in named}
    words = [rng.choice(_SYNONYMS[value]) if value in _SYNONYMS else value for value in attributes.values()]
    if Type.SHAPE not in attributes:
        words.append(rng.choice(("thing", "object")))
    return Words(attributes, " ".join(words))


CLEVR_GENERATED = ClevrGenerated()
