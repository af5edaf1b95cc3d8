"""The contract of a benchmark: what each file of this folder provides.

    items ──prompt──▶ model ──extract──▶ symbol ──solver──▶ answer ──judge──▶ correct | wrong | why not

The model writes a symbol, a real solver executes it, the answer counts. Items come straight from a source's
rows, so rows whose gold symbol is broken stay in the denominator.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import collection.sources
from collection.prompts import render
from collection.sources.base import Rejected
from symbol_llm.formats.base import Context
from symbol_llm.record import Split
from symbol_llm.solvers.outcome import Outcome, Solution


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``symbol`` is the gold symbol (for the gold backend), ``answer`` the gold answer.

    ``group`` names the story, scene or schema that items share: the cluster of the confidence interval.
    """

    id: str
    prompt: str
    symbol: str
    answer: Any
    context: Context
    group: str


class Benchmark(ABC):
    """One delegation benchmark."""

    name: ClassVar[str]
    scene: ClassVar[str]  # maths, symbolic, logic, planning, visual, table
    task: ClassVar[str]  # the source whose rows are the items
    solver: ClassVar[str]
    split: ClassVar[Split] = Split.TEST

    def items(self, raw: Path | None, seed: int = 0) -> Iterator[Item]:
        """The items in the source's order. Rows without a gold answer are not items."""
        source = collection.sources.get(self.task)
        folder = (raw or Path()) / source.upstream.dataset
        for row in source.read_some(folder, seed, split=self.split):
            if isinstance(row.data, Rejected):
                continue
            example = source.to_example(row, folder)
            if isinstance(example, Rejected) or example.answer is None:
                continue
            prompt = render(source.prompt, example, self.task, row.split, seed)
            context = Context(example.context.definitions, example.context.world, raw)
            yield Item(
                prompt.id,
                prompt.text,
                example.completion,
                example.answer,
                context,
                example.group or prompt.id,
            )

    def extract(self, output: str) -> str | None:
        """The symbol in a model's output, or None: the first fenced block, else the whole text."""
        fence = re.search(r"```[\w-]*\n(.*?)(?:```|\Z)", output, re.DOTALL)
        text = (fence[1] if fence else output).strip()
        return text or None

    @abstractmethod
    def judge(self, solution: Solution, item: Item) -> Solution:
        """Compare an executed answer (``solution.outcome is None``) with the gold one.

        The solution gets CORRECT, WRONG, or BAD_ANSWER where it is not an answer of this benchmark's type.
        """


def judged_equal(solution: Solution, is_correct: bool) -> Solution:
    """CORRECT or WRONG."""
    return solution.judged(Outcome.CORRECT if is_correct else Outcome.WRONG)
