"""The contract of a benchmark: what each file of this folder provides.

    items ──prompt──▶ model ──extract──▶ symbol ──solver──▶ answer ──judge──▶ correct | wrong | why not

The model writes a symbol, a real solver executes it, the answer counts. Items come straight from a source's
rows, so rows whose gold symbol is broken, or which have none, stay in the denominator: then ``Item.symbol`` is empty.

Prompts are the source's own (zero-shot, as in training). ``get("folio", shots=3)`` puts three worked examples before
the request. Demonstrations are written for this repository, are no rows of any dataset, and are executed in the tests.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import collection.sources
from collection.prompts import render
from collection.sources.base import Example, Prompt, Rejected, Row, Source
from eval.extraction import extract, marks_of
from symbol_llm.errors import UserError
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


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A worked example of a few-shot prompt: a request and its symbol.

    ``definitions`` are shown before the request where they differ from example to example (a schema); empty: they are
    those of the item. ``answer`` and ``world`` are not shown: with them the tests execute the symbol.
    """

    input: str
    symbol: str
    answer: Any
    definitions: str = ""
    world: Mapping[str, Any] = field(default_factory=dict)


class Benchmark(ABC):
    """One delegation benchmark.

    ``where`` names the source as "module:NAME" if its rows are for evaluation only, and the source is therefore not in
    the collection's table. ``files`` is a pattern below the dataset's folder: without a match, the benchmark cannot
    run. ``language`` is what ``eval/extraction.py`` looks for in an output; empty: any. ``no_gold`` says why there are
    no gold symbols, if there are none: the gold backend has nothing to write then.
    """

    name: ClassVar[str]
    scene: ClassVar[str]  # maths, symbolic, logic, planning, visual, table
    task: ClassVar[str]  # the source whose rows are the items
    solver: ClassVar[str]
    split: ClassVar[Split] = Split.TEST
    where: ClassVar[str] = ""
    files: ClassVar[str] = "*"
    language: ClassVar[str] = ""
    no_gold: ClassVar[str] = ""
    demonstrations: ClassVar[Sequence[Demonstration]] = ()
    shots: int = 0

    @property
    def source(self) -> Source:
        """The source of the items."""
        if not self.where:
            return collection.sources.get(self.task)
        module, attribute = self.where.split(":")
        source: Source = getattr(importlib.import_module(module), attribute)
        return source

    @property
    def dataset(self) -> str:
        """The folder under RAW that holds the items; empty where they are generated."""
        return self.source.upstream.dataset

    def has_files(self, raw: Path | None) -> bool:
        """Whether the items can be read: generated ones always, others if their files are there."""
        return not self.dataset or (raw is not None and any((raw / self.dataset).glob(self.files)))

    def with_shots(self, shots: int) -> Benchmark:
        """This benchmark with so many demonstrations in its prompts. Raises UserError if there are fewer."""
        if not 0 <= shots <= len(self.demonstrations):
            raise UserError(
                f"benchmark {self.name} has {len(self.demonstrations)} demonstrations, not {shots}. Lower --shots"
            )
        self.shots = shots
        return self

    def items(self, raw: Path | None, seed: int = 0) -> Iterator[Item]:
        """The items in the source's order. Rows without a gold answer are not items."""
        for _, item in self.rows(raw, seed):
            yield item

    def rows(self, raw: Path | None, seed: int = 0) -> Iterator[tuple[Row, Item]]:
        """The items, each with the raw row that it comes from: what ties outputs made elsewhere to our ids."""
        source = self.source
        folder = (raw or Path()) / self.dataset
        for row in self.read(folder, seed):
            if isinstance(row.data, Rejected):
                continue
            found = source.to_example(row, folder)
            example = self.without_symbol(row, found) if isinstance(found, Rejected) else self.question(row, found)
            if example is None or example.answer is None:
                continue
            rendered = render(source.prompt, example, self.task, row.split, seed)
            text = self.prompt(source.prompt, rendered.instruction, example) if self.shots else rendered.text
            context = Context(example.context.definitions, example.context.world, raw)
            group = example.group or rendered.id
            yield row, Item(rendered.id, text, example.completion, example.answer, context, group)

    def read(self, folder: Path, seed: int) -> Iterator[Row]:
        """The rows that are items, if they have an answer: those of the benchmark's split."""
        return self.source.read_some(folder, seed, split=self.split)

    def question(self, row: Row, example: Example) -> Example | None:
        """The item of a row whose gold symbol is known; None if it is not an item."""
        return example

    def without_symbol(self, row: Row, why: Rejected) -> Example | None:
        """The item of a row without a usable gold symbol, its completion empty; None if it is not an item at all."""
        return None

    def prompt(self, prompt: Prompt, instruction: str, example: Example) -> str:
        """A few-shot prompt. What all items share comes first, so that it is computed once."""
        shown = self.demonstrations[: self.shots]
        are_shared = not any(demonstration.definitions for demonstration in shown)
        parts = [instruction]
        if are_shared:
            parts += _definitions(prompt, example.context.definitions)
        for number, demonstration in enumerate(shown, 1):
            parts += ["", f"Example {number}"]
            parts += _definitions(prompt, demonstration.definitions)
            parts += [f"{prompt.input_label} {demonstration.input}", prompt.cue, demonstration.symbol]
        parts += ["", "Your turn"]
        if not are_shared:
            parts += _definitions(prompt, example.context.definitions)
        parts += [f"{prompt.input_label} {example.input}", prompt.cue]
        return "\n".join(parts) + "\n"

    def extract(self, output: str) -> str | None:
        """The symbol in a model's output, or None: see ``eval/extraction.py``."""
        if not self.where and self.task not in collection.sources.SOURCES:  # a benchmark of a test
            return extract(output, self.language)
        return extract(output, self.language, *marks_of(self.source.prompt))

    @abstractmethod
    def judge(self, solution: Solution, item: Item) -> Solution:
        """Compare an executed answer (``solution.outcome is None``) with the gold one.

        The solution gets CORRECT, WRONG, or BAD_ANSWER where it is not an answer of this benchmark's type.
        """


def _definitions(prompt: Prompt, definitions: str) -> list[str]:
    if not definitions:
        return []
    return [*filter(None, [prompt.definitions_label]), definitions.strip("\n")]


def judged_equal(solution: Solution, is_correct: bool) -> Solution:
    """CORRECT or WRONG."""
    return solution.judged(Outcome.CORRECT if is_correct else Outcome.WRONG)
