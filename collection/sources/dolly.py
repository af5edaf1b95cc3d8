"""Dolly 15k: requests and answers written by the employees of Databricks.

    {"instruction": "When did the ship sink?", "context": "The ship sank in 1912.[1] …", "response": "In 1912.",
     "category": "closed_qa"}
    ->  input "When did the ship sink?⏎The ship sank in 1912.[1] …", completion "In 1912."

The context is a passage, most often empty; Wikipedia's citation marks in it stay. There is one file, without splits.
"""

from __future__ import annotations

from collection.sources.base import Licence, Upstream
from collection.sources.instruction_rows import Fields, InstructionSource
from symbol_llm.record import Split


class Dolly(InstructionSource):
    task = "dolly"
    licence = Licence("CC-BY-SA-3.0", True)
    files = dict.fromkeys(("databricks-dolly-15k.jsonl", "sample_three_rows.jsonl"), Split.TRAIN)
    fields = Fields("instruction", "response", given="context")
    upstream = Upstream(
        dataset="dolly",
        url="https://huggingface.co/datasets/databricks/databricks-dolly-15k",
        revision="bdd27f4d94b9c1f951818a7da7fd7aeea5dbff1a",
        citation="Conover et al. 2023. Free Dolly: Introducing the World's First Truly Open Instruction-Tuned LLM. "
        "databricks.com.",
        sizes={"train": 15_011},
    )


DOLLY = Dolly()
