"""Distilled pairs: what ``symbol-llm distill collect`` wrote, read like any other source.

    RAW/distilled/gsm8k_code.jsonl
    {"question": "Weng earns $12 an hour …", "symbol": "def solution():\\n    …", "answer": 10, "definitions": "",
     "world": {}, "group": "", "parent": "gsm8k_code-train-3f0c…", "model": "gpt-4.1-mini-2025-04-14",
     "proof": "execution: CPython 3.11.7 gives the gold answer; 3 of 4 samples …", …}

All are training pairs: they were asked from training rows. The builder parses and checks them once more, and removes
what repeats another row or a test item. Prompts and licence are those of the task that was distilled; a model's terms
may restrict the use of its answers, so none counts as free for commercial use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import collection.sources
from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.formats.base import Context
from symbol_llm.record import Origin, Split

_TEXTS = ("question", "symbol", "definitions", "group", "parent", "model", "proof")


class Distilled(Source):
    """The distilled pairs of one task."""

    origin = Origin.DISTILLED

    def __init__(self, distilled: str) -> None:
        self.task = f"{distilled}_distilled"
        self._distilled = distilled

    @cached_property
    def _of(self) -> Source:
        if self._distilled == "wikitablequestions":  # a benchmark's reader, not a task of the collection
            from collection.sources.wikitablequestions import WIKITABLEQUESTIONS

            return WIKITABLEQUESTIONS
        return collection.sources.get(self._distilled)

    # What the builder asks of every source is the distilled task's own.

    @property
    def format(self) -> str:  # type: ignore[override]
        return self._of.format

    @property
    def family(self) -> str:  # type: ignore[override]
        return self._of.family

    @property
    def licence(self) -> Licence:  # type: ignore[override]
        return Licence(f"{self._of.licence.name}, and the terms of the model", False)

    @property
    def upstream(self) -> Upstream:  # type: ignore[override]
        asked = self._of.upstream
        url = asked.url or "generated"
        return Upstream(dataset="distilled", url=url, revision="as distilled", citation=asked.citation or "generated")

    @property
    def prompt(self) -> Prompt:  # type: ignore[override]
        return self._of.prompt

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The pairs in the order in which they were asked."""
        name = f"{self._distilled}.jsonl"
        require(folder, name)
        yield from read_jsonl_rows(folder / name, folder, Split.TRAIN)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in _TEXTS):
            return Rejected(Reason.MALFORMED_ROW, f"expected text in {', '.join(_TEXTS)}")
        world: Any = data.get("world", {})
        if not isinstance(world, Mapping):
            return Rejected(Reason.MALFORMED_ROW, '"world" must be an object')
        return Example(
            input=data["question"],
            completion=data["symbol"],
            context=Context(data["definitions"], world),
            answer=data.get("answer"),
            group=data["group"],
            parent=data["parent"],
            proof=data["proof"],
        )


GSM8K_CODE = Distilled("gsm8k_code")
AQUA_CODE = Distilled("aqua_code")
MATH_CODE = Distilled("math_code")
PROOFWRITER = Distilled("proofwriter")
WIKITABLEQUESTIONS = Distilled("wikitablequestions")
BLOCKSWORLD_GENERATED = Distilled("blocksworld_generated")
STORIES = Distilled("stories")
