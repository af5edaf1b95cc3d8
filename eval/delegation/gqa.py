"""Visual reasoning on GQA: the model writes a chain of operations, the scene solver runs it on the scene graph.

    Is the sky dark?  →  select: sky --> verify color: dark [0]  →  "yes"

Upstream's scene graphs exist for train and val only, so the validation questions whose graph is at hand are the items;
where there are none, the two debug questions are. Answers are compared as texts, as upstream does.

The gold symbol is upstream's program with its ids of objects, which no question tells: it reaches every answer of its
graph. A program without ids, all that a model can write, sees every object of a name; where upstream meant one of
several, its answer may differ, so the ceiling of a model is lower. (Upstream's generator, which knew which word is a
kind of which, was never released.)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from collection.sources.base import Example, Rejected, Row
from collection.sources.gqa import DEFINITIONS
from eval.delegation.base import Benchmark, Demonstration, Item
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.gqa_program import from_semantic, render_program
from symbol_llm.record import Split
from symbol_llm.solvers.answers import judge
from symbol_llm.solvers.outcome import Solution

_GRAPH = {
    "objects": {
        "1": {"name": "dog", "x": 10, "y": 60, "w": 30, "h": 20, "attributes": ["brown", "small"],
              "relations": [{"name": "on", "object": "2"}]},
        "2": {"name": "sofa", "x": 0, "y": 50, "w": 90, "h": 50, "attributes": ["green"], "relations": []},
        "3": {"name": "lamp", "x": 70, "y": 10, "w": 10, "h": 30, "attributes": ["white"],
              "relations": [{"name": "to the right of", "object": "1"}]},
    }
}  # fmt: skip


class Gqa(Benchmark):
    name = "gqa"
    scene = "visual"
    task = "gqa"
    solver = "scene"
    language = "gqa"
    split = Split.VALIDATION
    demonstrations: ClassVar = (
        Demonstration("Is the sofa green?", "select: sofa --> verify color: green [0]", "yes", world={"scene": _GRAPH}),
        Demonstration(
            "What is the dog on?",
            "select: dog --> relate: _,on,o [0] --> query: name [1]",
            "sofa",
            world={"scene": _GRAPH},
        ),
        Demonstration(
            "Is there a lamp that is white?",
            "select: lamp --> filter color: white [0] --> exist: ? [1]",
            "yes",
            world={"scene": _GRAPH},
        ),
    )

    def read(self, folder: Path, seed: int) -> Iterator[Row]:
        """Validation questions; the debug ones where there are none with a scene graph."""
        debug: list[Row] = []
        has_items = False
        for row in self.source.read(folder, seed):
            if isinstance(row.data, Rejected) or row.data.get("scene") is None:
                continue
            if row.split is self.split:
                has_items = True
                yield row
            elif "debug" in row.file:
                debug.append(row)
        if not has_items:
            yield from debug

    def question(self, row: Row, example: Example) -> Example | None:
        try:
            program = render_program(from_semantic(row.data["semantic"]))
        except (SymbolError, ValueError):
            return None  # cannot be: the source has read it
        context = Context(DEFINITIONS, {"scene": row.data["scene"]})
        return Example(
            input=example.input, completion=program, context=context, answer=example.answer, group=example.group
        )

    def judge(self, solution: Solution, item: Item) -> Solution:
        return judge(solution, item.answer, "text")
