"""Stanford Alpaca: general instructions, answered by text-davinci-003.

    {"instruction": "Name the colour.", "input": "grass", "output": "Green."}

becomes input "Name the colour.\\ngrass", completion "Green.". About 60 in 100 rows have no input; some say
"<noinput>" or "Noinput" instead, which means the same.
"""

from __future__ import annotations

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
    read_json,
    require,
)
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_FILE = "alpaca_data.json"
_FIELDS = ("instruction", "input", "output")
_NO_INPUT = frozenset({"", "noinput", "no input"})


class Alpaca(Source):
    task = "alpaca"
    format = "text"
    family = "General"
    licence = Licence("CC-BY-NC-4.0", False)
    upstream = Upstream(
        dataset="alpaca",
        url="https://github.com/tatsu-lab/stanford_alpaca",
        revision="main",
        citation=(
            "Rohan Taori, Ishaan Gulrajani, Tianyi Zhang, Yann Dubois, Xuechen Li, Carlos Guestrin, Percy Liang and "
            "Tatsunori B. Hashimoto. 2023. Stanford Alpaca: An Instruction-following LLaMA model."
        ),
        sizes={"train": 52_002},
    )
    prompt = Prompt(
        instructions=(
            "Follow the instruction.",
            "Do what the instruction says.",
            "Carry out the task below.",
            "Answer the request.",
            "Respond to the instruction as well as you can.",
            "Here is a task. Write a fitting answer.",
            "Read the instruction and answer it.",
            "Complete the following task.",
            "Give a helpful answer to the request.",
            "Write a response that does what is asked.",
        ),
        input_label="The instruction is:",
        cue="The answer is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per object of the list; upstream has a training split only."""
        path = require(folder, _FILE)[0]
        rows = read_json(path)
        if not isinstance(rows, list):
            raise UserError(f"{path}: expected a list of objects with {', '.join(_FIELDS)}. Is it upstream's file?")
        for index, row in enumerate(rows):
            yield Row(_FILE, index, Split.TRAIN, row)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        if not isinstance(row.data, dict):
            return Rejected(Reason.MALFORMED_ROW, f"expected an object, found {type(row.data).__name__}")
        values = [row.data.get(name, "") for name in _FIELDS]
        if not all(isinstance(value, str) for value in values):
            return Rejected(Reason.MALFORMED_ROW, f"{', '.join(_FIELDS)} must be texts")
        instruction, given, output = (value.strip() for value in values)
        if not instruction:
            return Rejected(Reason.EMPTY_INPUT, "the instruction is empty")
        if not output:
            return Rejected(Reason.EMPTY_SYMBOL, "the output is empty")
        has_input = given.strip("<>.[]() ").casefold() not in _NO_INPUT
        return Example(input=f"{instruction}\n{given}" if has_input else instruction, completion=output)


ALPACA = Alpaca()
