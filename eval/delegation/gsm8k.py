"""GSM8K's test questions, solved by programs.

Every question with a final answer is an item: also those whose solution gives no program, with no gold symbol.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import collection.sources
from collection.prompts import render
from collection.sources.base import Example, Rejected
from collection.sources.gsm8k import read_fields
from eval.delegation.base import Item
from eval.delegation.program_answers import NumberBenchmark
from symbol_llm.formats.base import Context


class Gsm8k(NumberBenchmark):
    """1,319 items with the whole test file."""

    name = "gsm8k"
    scene = "maths"
    task = "gsm8k_code"

    def items(self, raw: Path | None, seed: int = 0) -> Iterator[Item]:
        source = collection.sources.get(self.task)
        folder = (raw or Path()) / source.upstream.dataset
        for row in source.read(folder, seed):
            if row.split != self.split or isinstance(row.data, Rejected):
                continue
            fields = read_fields(row.data)
            if isinstance(fields, Rejected):
                continue
            example = source.to_example(row, folder)
            if isinstance(example, Rejected):
                example = Example(input=fields.question, completion="", answer=fields.answer)
            prompt = render(source.prompt, example, self.task, row.split, seed)
            yield Item(prompt.id, prompt.text, example.completion, fields.answer, Context(root=raw), prompt.id)
