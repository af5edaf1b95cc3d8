"""Plans of steps with times, generated: translated to a graph, or worked out step by step.

    to open the shop : step 1 . wash the cup ( 4 minutes ) step 2 . … step 1 must precede step 2 . what is the … ?
    →   procedures_to_graph    {'1': ['2'], '2': ['END'], 'END': [], 'START': ['1']}⏎{'1': '4 min', '2': '9 min'}
    →   procedures_natural     1 : 0 + 4 = 4 ; 2 : 4 + 9 = 13 ; end : 13 = 13 ; <answer> 13 minutes </answer>

``procedures_graph`` and ``procedures_code`` put the same question as a graph and as a call, with the same trace as
completion. A graph is a symbol: the solver "graph" finds its longest path. A trace is the work itself, for which there
is no engine, so its format is "text". ``answer`` is in seconds, as AsyncHow's. Training plans are those of the split
``train`` of collection/procedures/splits.py, the others those of ``id``: no plan is on both sides, whatever its form.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from collection.procedures import splits
from collection.procedures.compact import WORDINGS
from collection.procedures.convert import Form, write
from collection.procedures.critical_path import critical_time
from collection.procedures.paper_forms import graph_symbol
from collection.sources.base import Example, GeneratedSource, Prompt, Row
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
    """Questions in one form, with the trace, or the graph, as completion."""

    family = "Procedures"
    sizes: Mapping[Split, int] = {Split.TRAIN: 4_000, Split.VALIDATION: 100, Split.TEST: 300}

    def __init__(self, task: str, form: Form, label: str, *, is_translated: bool = False) -> None:
        self.task = task
        self.format = "graph" if is_translated else "text"
        self.prompt = Prompt(
            instructions=_TRANSLATED if is_translated else _TRACED,
            input_label=label,
            cue="The graph is:" if is_translated else "The steps are done at:",
        )
        self._form, self._is_translated = form, is_translated

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        plan = splits.draw(splits.Split.TRAIN if split is Split.TRAIN else splits.Split.ID, rng)
        written = write(plan, self._form, rng, rng.choice(WORDINGS))
        low, high = critical_time(plan)
        return {
            "question": written.question,
            "completion": graph_symbol(plan) if self._is_translated else written.completion,
            "answer": {"low": low, "high": high},
        }

    def to_example(self, row: Row, folder: Path) -> Example:
        return Example(input=row.data["question"], completion=row.data["completion"], answer=row.data["answer"])


PROCEDURES_NATURAL = Procedures("procedures_natural", Form.COMPACT_NATURAL, "The plan is:")
PROCEDURES_GRAPH = Procedures("procedures_graph", Form.COMPACT_GRAPH, "The graph is:")
PROCEDURES_CODE = Procedures("procedures_code", Form.COMPACT_CODE, "The call is:")
PROCEDURES_TO_GRAPH = Procedures("procedures_to_graph", Form.COMPACT_NATURAL, "The plan is:", is_translated=True)
