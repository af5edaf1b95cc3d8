"""GSM-Hard: GSM8K's test questions with large numbers put in, each with the program that answers it.

    {"input": "Ann packs 2287720 boxes and Bob half as many. How many boxes do they pack?", "target": 3431580.0,
     "code": "\\ndef solution():\\n    \\"\\"\\"Ann packs 2 boxes …\\"\\"\\"\\n    ann = 2287720\\n …"}
    →   input       the question
        completion  the program as upstream wrote it; its docstring still has the question of GSM8K
        answer      3431580

A benchmark of delegation, not a task of the collection: all rows are test rows. The swap of numbers makes some
questions senseless; 146 targets are negative, 303 are no integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    require,
)
from collection.sources.gsm8k import GSM8K_CODE
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.record import Split

_FILE = "datasets/gsmhardv2.jsonl"


class GsmHard(Source):
    """Questions with upstream's own programs."""

    task = "gsm_hard"
    format = "math_program"
    family = "Math"
    licence = Licence("Apache-2.0", True)
    upstream = Upstream(
        dataset="gsm_hard",
        url="https://github.com/reasoning-machines/pal",
        revision="f81ca2a9777f002f98a6b4d0f10b61bd5c8feb02",
        citation="Gao et al. 2022. PAL: Program-aided Language Models. arXiv:2211.10435.",
        sizes={"test": 1_319},
    )
    prompt: Prompt = GSM8K_CODE.prompt

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the one file. Raises UserError if it is not there."""
        for path in require(folder, _FILE):
            yield from read_jsonl_rows(path, folder, Split.TEST)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in ("input", "code")):
            return Rejected(Reason.MALFORMED_ROW, 'a row needs the texts "input" and "code"')
        target = data.get("target")
        if not data["input"].strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if target is None:
            return Rejected(Reason.NO_LABEL, "the row has no target")
        if isinstance(target, bool) or not isinstance(target, int | float) or not math.isfinite(target):
            return Rejected(Reason.MALFORMED_ROW, f"the target {target!r} is no number")
        if not data["code"].strip():
            return Rejected(Reason.EMPTY_SYMBOL, "the program is empty")
        answer = int(target) if target == int(target) else target
        return Example(input=data["input"].strip(), completion=data["code"].strip(), answer=answer)


GSM_HARD = GsmHard()
