"""General instructions written for this project: short requests in plain words with short answers.

    opposite <tab> What is the opposite of hot? <tab> cold

becomes input "What is the opposite of hot?", completion "cold". They let a small model keep plain language while it
learns symbols, without any download. The rows are in general_instructions.tsv, one a line; the hash of an
instruction decides its split, so none is in two.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from random import Random

from collection.sources.base import Example, GeneratedSource, Prompt, Reason, Rejected, Row
from symbol_llm.record import Split

_FILE = "general_instructions.tsv"


class General(GeneratedSource):
    """Row i of a split is the i-th line of the file that falls into it, whatever the seed."""

    task = "general"
    format = "text"
    family = "General"
    prompt = Prompt(
        instructions=(
            "Follow the instruction.",
            "Do what is asked.",
            "Answer the request.",
            "Carry out the task.",
            "Reply to the request.",
            "Give a short answer.",
            "Respond in a few words.",
            "Do the following task.",
            "Answer briefly.",
            "Read and answer.",
        ),
        input_label="The instruction is:",
        cue="The answer is:",
    )

    def __init__(self) -> None:
        self._rows: dict[Split, list[dict[str, str]]] = {split: [] for split in Split}
        text = files("collection.sources").joinpath(_FILE).read_text(encoding="utf-8")
        for line in text.splitlines():
            family, instruction, answer = line.split("\t")
            row = {"family": family, "instruction": instruction, "answer": answer}
            self._rows[_draw(instruction)].append(row)
        self.sizes = {split: len(rows) for split, rows in self._rows.items()}

    def generate(self, split: Split, index: int, rng: Random) -> dict[str, str]:
        return self._rows[split][index]

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        instruction, answer = row.data["instruction"], row.data["answer"]
        if not instruction or not answer:
            return Rejected(Reason.MALFORMED_ROW, f"{_FILE}: an instruction and an answer are needed")
        return Example(input=instruction, completion=answer, group=row.data["family"])


def _draw(instruction: str) -> Split:
    share = int.from_bytes(hashlib.sha256(instruction.encode()).digest()[:4]) / 2**32
    return Split.TRAIN if share < 0.88 else Split.VALIDATION if share < 0.92 else Split.TEST


GENERAL = General()
