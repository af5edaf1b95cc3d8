"""Plans of steps with times, generated: translated to a graph, or worked out step by step.

    to open the shop : step 1 . wash the cup ( 4 minutes ) step 2 . … step 1 must precede step 2 . what is the … ?
    →   procedures_natural     1 : 0 + 4 = 4 ; 2 : 4 + 9 = 13 ; end : 13 = 13 ; <answer> 13 minutes </answer>

    Step 1. wash the cup (4 min)⏎Step 2. sort the desk (9 min)⏎Step 1 must precede step 2.
    →   procedures_to_graph    {'1': ['2'], '2': ['END'], 'END': [], 'START': ['1']}⏎{'1': '4 min', '2': '9 min'}

``procedures_graph`` and ``procedures_code`` put the same question as a graph and as a call, with the same trace as
completion. A graph is a symbol: the definitions name its steps, and the solver "graph" finds its longest path. A trace
is the work itself, for which there is no engine, so its format is "text". ``answer`` is in seconds, as AsyncHow's.
Training plans are those of the split ``train`` of collection/procedures/splits.py, the others those of ``id``: no plan
is on both sides, whatever its form.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from collection.procedures import splits
from collection.procedures.compact import WORDINGS
from collection.procedures.convert import Form, write
from collection.procedures.critical_path import critical_time
from collection.procedures.instance import Plan
from collection.procedures.paper_forms import graph_symbol, plan_lines
from collection.sources.base import Example, GeneratedSource, Prompt, Row
from symbol_llm.formats import Context
from symbol_llm.record import Split

_TRACED = (
    "How long do all steps take?",
    "Find the shortest time for all steps.",
    "When is the last step done?",
    "Work out when each step is done.",
    "Give the finish time of every step.",
    "How soon can all be done?",
    "State when each step ends, then the answer.",
    "Find the time of the longest path.",
)
_TRANSLATED = (
    "Write the plan as a graph.",
    "Turn the plan into a graph.",
    "Give the graph of the steps.",
    "Translate the plan to a graph.",
    "State the steps as a graph.",
    "Draw the plan up as a graph.",
    "Which step follows which? Give a graph.",
    "Express the plan as a graph with times.",
)


class Procedures(GeneratedSource):
    """Plans as they are drawn for both kinds of task."""

    family = "Procedures"
    sizes: Mapping[Split, int] = {Split.TRAIN: 4_000, Split.VALIDATION: 100, Split.TEST: 300}

    def plan(self, split: Split, rng: Random) -> Plan:
        return splits.draw(splits.Split.TRAIN if split is Split.TRAIN else splits.Split.ID, rng)


class Traced(Procedures):
    """Questions in one form, with the trace as completion."""

    format = "text"

    def __init__(self, task: str, form: Form, label: str) -> None:
        self.task, self._form = task, form
        self.prompt = Prompt(instructions=_TRACED, input_label=label, cue="The steps are done at:")

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        plan = self.plan(split, rng)
        written = write(plan, self._form, rng, rng.choice(WORDINGS))
        return {"question": written.question, "completion": written.completion, "answer": _answer(plan)}

    def to_example(self, row: Row, folder: Path) -> Example:
        return Example(input=row.data["question"], completion=row.data["completion"], answer=row.data["answer"])


class Translated(Procedures):
    """Plans in language, step by step, with the graph as completion."""

    task = "procedures_to_graph"
    format = "graph"
    prompt = Prompt(
        instructions=_TRANSLATED,
        definitions_label="The steps, and what must come first:",
        input_label="What the steps are for:",
        cue="The graph is:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        plan = self.plan(split, rng)
        steps, orders = plan_lines(plan)
        return {"title": plan.title, "lines": [*steps, *orders], "graph": graph_symbol(plan), "answer": _answer(plan)}

    def to_example(self, row: Row, folder: Path) -> Example:
        data = row.data
        context = Context("\n".join(data["lines"]))
        return Example(input=data["title"], completion=data["graph"], context=context, answer=data["answer"])


def _answer(plan: Plan) -> dict[str, int | Fraction]:
    low, high = critical_time(plan)
    return {"low": low, "high": high}


PROCEDURES_NATURAL = Traced("procedures_natural", Form.COMPACT_NATURAL, "The plan is:")
PROCEDURES_GRAPH = Traced("procedures_graph", Form.COMPACT_GRAPH, "The graph is:")
PROCEDURES_CODE = Traced("procedures_code", Form.COMPACT_CODE, "The call is:")
PROCEDURES_TO_GRAPH = Translated()
