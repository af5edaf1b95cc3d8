"""WizardLM Evol-Instruct: instructions made harder step by step by a language model, and answered by it.

    {"instruction": "Name a fish that lives in the dark.", "output": "The anglerfish."}                 70k
    {"idx": "x1", "conversations": [{"from": "human", "value": …}, {"from": "gpt", "value": …}]}         V2
    ->  input "Name a fish that lives in the dark.", completion "The anglerfish."

The two releases differ in shape; both are training rows. WizardLM_testset.jsonl has instructions without answers (no
label), with CR LF line ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources import conversations
from collection.sources.base import Example, Licence, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.instruction_rows import PROMPT, Fields, to_example
from collection.sources.row_files import read_row_file
from symbol_llm.record import Split

_PAIRS = "alpaca_evol_instruct_70k.json"
_CHATS = "WizardLM_evol_instruct_V2_143k.json"
_TEST = ("WizardLM_testset.jsonl", "WizardLM/data/WizardLM_testset.jsonl")


class EvolInstruct(Source):
    """Both training files and the test instructions. ``unit``, "turn" or "conversation", matters for V2 alone."""

    task = "evol_instruct"
    format = "text"
    family = "General"
    licence = Licence("CC-BY-NC-4.0", False)
    upstream = Upstream(
        dataset="evol_instruct",
        url="https://github.com/nlpxucan/WizardLM",
        revision="70k, V2",
        citation="Xu et al. 2023. WizardLM: Empowering Large Language Models to Follow Complex Instructions. "
        "arXiv:2304.12244.",
        sizes={"train": 213_000, "test": 218},
    )
    prompt = PROMPT

    def __init__(self, unit: str = "turn") -> None:
        self.unit = conversations.check_unit(unit)

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of all files that are there. Raises UserError if none is, or one cannot be read."""
        for path in require(folder, _PAIRS, _CHATS, *_TEST):
            if path.name == _CHATS:
                yield from conversations.read_chats(path, folder, Split.TRAIN, self.unit)
            else:
                yield from read_row_file(path, folder, Split.TRAIN if path.name == _PAIRS else Split.TEST)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        if isinstance(row.data, dict) and "conversations" in row.data:
            messages = conversations.read_messages(row.data["conversations"])
            return messages if isinstance(messages, Rejected) else conversations.to_example(messages)
        if isinstance(row.data, dict) and isinstance(row.data.get("Instruction"), str):
            return Rejected(
                Reason.NO_LABEL, "a test instruction: upstream gives no answer", request=row.data["Instruction"]
            )
        return to_example(row.data, Fields("instruction", "output"))


EVOL_INSTRUCT = EvolInstruct()
