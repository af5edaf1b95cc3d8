"""The contract of a distillation task: what each file of tasks/ provides.

    Question ──messages──▶ model ──extract──▶ symbol ──solver──▶ answer ──agrees──▶ pair

The gold answer is compared after the solver has run. It never enters a request.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import collection.sources
from collection.prompts import render
from collection.sources.base import Example, Rejected, Row, Source
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.record import Split, content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a model is asked, with what only the solver and the judge see: ``context.world`` and ``answer``.

    ``answer`` is the gold answer, a JSON value. ``file`` and ``row`` say where upstream has it.
    """

    id: str
    text: str
    answer: Any
    context: Context = EMPTY
    group: str = ""
    file: str = ""
    row: int = 0


class Prompts(StrEnum):
    """How a question is put."""

    FEW_SHOT = "few-shot"  # to a model that was never trained on the collection
    COLLECTION = "collection"  # as the records put it, to a model that was


class Demonstration(NamedTuple):
    """One worked pair of a few-shot prompt, in our own words."""

    question: str
    symbol: str


class Task(ABC):
    """One task whose pairs are distilled. ``version`` changes with the prompt: old answers are then asked anew."""

    name: ClassVar[str]  # the collection's task that the pairs belong to
    version: ClassVar[str]
    solver: ClassVar[str]
    fence: ClassVar[str]  # the language of a fenced block
    system: ClassVar[str]
    demonstrations: ClassVar[Sequence[Demonstration]]

    @property
    def source(self) -> Source:
        return collection.sources.get(self.name)

    def questions(self, raw: Path | None, seed: int = 0) -> Iterator[Question]:
        """The training questions that have a gold answer, in the source's order. Raises UserError without files."""
        folder = (raw or Path()) / self.source.upstream.dataset
        for row in self.source.read_some(folder, seed, split=Split.TRAIN):
            if not isinstance(row.data, Rejected) and (question := self.to_question(row, folder)) is not None:
                yield question

    def to_question(self, row: Row, folder: Path) -> Question | None:
        """What a row asks; None where it has no gold answer. Overridden where rows without a symbol have one."""
        example = self.source.to_example(row, folder)
        if isinstance(example, Rejected) or example.answer is None:
            return None
        return self.question_of(example, row)

    def question_of(self, example: Example, row: Row) -> Question:
        """The question of an example; its gold symbol is left behind."""
        identity = content_id(self.name, row.split, example.context.definitions, example.input, example.group)
        return Question(
            id=identity,
            text=example.input,
            answer=example.answer,
            context=example.context,
            group=example.group,
            file=row.file,
            row=row.index,
        )

    def messages(self, question: Question, prompts: Prompts = Prompts.FEW_SHOT) -> list[dict[str, str]]:
        """The chat that asks for a symbol: rules, demonstrations, the question; or what a trained model knows."""
        if prompts is Prompts.COLLECTION:
            example = Example(input=question.text, completion="", context=question.context, group=question.group)
            prompt = render(self.source.prompt, example, self.name, Split.TRAIN, 0)
            return [{"role": "user", "content": prompt.text}]
        chat = [{"role": "system", "content": self.system}]
        for demonstration in self.demonstrations:
            chat.append({"role": "user", "content": demonstration.question})
            chat.append({"role": "assistant", "content": f"```{self.fence}\n{demonstration.symbol}\n```"})
        chat.append({"role": "user", "content": self.shown(question)})
        return chat

    def shown(self, question: Question) -> str:
        """The question as the model reads it, after the definitions that it may use."""
        return f"{question.context.definitions}\n\n{question.text}".lstrip("\n")

    def repair_messages(self, question: Question, output: str, fault: str) -> list[dict[str, str]]:
        """The chat that shows a model its own answer and what the solver said of it (ENVISIONS, Xu et al. 2024)."""
        return [
            *self.messages(question),
            {"role": "assistant", "content": output},
            {"role": "user", "content": f"Executed, this ended so: {fault}\nWrite it again, whole and corrected."},
        ]

    def extract(self, output: str) -> str | None:
        """The symbol in an answer: its last fenced block, else the whole text; None if there is nothing."""
        blocks = re.findall(r"```[\w-]*[ \t]*\n(.*?)(?:```|\Z)", output, re.DOTALL)
        text = (blocks[-1] if blocks else output).strip("\n")
        return text if text.strip() else None

    @abstractmethod
    def agrees(self, answer: Any, question: Question) -> bool | None:
        """Whether an executed answer is the gold one; None where it is not of the gold answer's kind."""
