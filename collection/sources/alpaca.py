"""Stanford Alpaca and Code Alpaca: general instructions and coding tasks, answered by text-davinci-003.

    {"instruction": "Name the colour.", "input": "grass", "output": "Green."}

becomes input "Name the colour.\\ngrass", completion "Green.". About 60 in 100 rows have no input; some say
``<noinput>`` or ``Noinput`` instead, which means the same. Code Alpaca's 2k file is a sample of its 20k file: where
both are there, its rows are duplicates.
"""

from __future__ import annotations

from pathlib import Path

from collection.sources.base import Example, Licence, Rejected, Row, Upstream
from collection.sources.instruction_rows import Fields, InstructionSource, to_example
from symbol_llm.record import Split

_NO_INPUT = frozenset({"", "noinput", "no input"})


class AlpacaRows(InstructionSource):
    """Rows of instruction, input and output."""

    licence = Licence("CC-BY-NC-4.0", False)
    fields = Fields("instruction", "output", given="input")

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        given = data.get("input") if isinstance(data, dict) else None
        if isinstance(given, str) and given.strip("<>.[]() \t\r\n").casefold() in _NO_INPUT:
            data = {**data, "input": ""}
        return to_example(data, self.fields)


class Alpaca(AlpacaRows):
    task = "alpaca"
    files = dict.fromkeys(("alpaca_data.json",), Split.TRAIN)
    upstream = Upstream(
        dataset="alpaca",
        url="https://github.com/tatsu-lab/stanford_alpaca",
        revision="761dc5bfbdeeffa89b8bff5d038781a4055f796a",
        citation=(
            "Rohan Taori, Ishaan Gulrajani, Tianyi Zhang, Yann Dubois, Xuechen Li, Carlos Guestrin, Percy Liang and "
            "Tatsunori B. Hashimoto. 2023. Stanford Alpaca: An Instruction-following LLaMA model."
        ),
        sizes={"train": 52_002},
    )


class CodeAlpaca(AlpacaRows):
    task = "codealpaca"
    files = dict.fromkeys(
        (f"{place}code_alpaca_{size}.json" for place in ("", "data/") for size in ("20k", "2k")), Split.TRAIN
    )
    upstream = Upstream(
        dataset="codealpaca",
        url="https://github.com/sahil280114/codealpaca",
        revision="2f78ddc5c682ed6738ad092bbbfa59ba915afcb0",
        citation="Sahil Chaudhary. 2023. Code Alpaca: An Instruction-following LLaMA model for code generation.",
        sizes={"train": 20_022},
    )


ALPACA = Alpaca()
CODEALPACA = CodeAlpaca()
