"""OpenOrca: prompts of the FLAN Collection, answered by GPT-4 and GPT-3.5.

    {"id": "flan.7", "system_prompt": "You are a teacher.", "question": "Name a fish.", "response": "The cod."}
    ->  definitions "You are a teacher.", input "Name a fish.", completion "The cod."

The system prompt, one of a few or empty, holds for the whole record and comes first, where other tasks have their
definitions. The files are Parquet, without splits: 994,896 rows by GPT-4, the rest by GPT-3.5.
"""

from __future__ import annotations

from collection.sources.base import Licence, Upstream
from collection.sources.instruction_rows import Fields, InstructionSource
from symbol_llm.record import Split

_NAMES = ("1M-GPT4-Augmented", "3_5M-GPT3_5-Augmented")


class OpenOrca(InstructionSource):
    task = "openorca"
    licence = Licence("MIT", True)
    files = dict.fromkeys(
        [*(f"{name}{ending}" for name in _NAMES for ending in (".parquet", ".jsonl")), "sample_one_row.jsonl"],
        Split.TRAIN,
    )
    fields = Fields("question", "response", system="system_prompt")
    upstream = Upstream(
        dataset="openorca",
        url="https://huggingface.co/datasets/Open-Orca/OpenOrca",
        revision="e9c87b4abb2609913751f9b26553fdb9c061796c",
        citation="Lian et al. 2023. OpenOrca: An Open Dataset of GPT Augmented FLAN Reasoning Traces. After "
        "Mukherjee et al. 2023, arXiv:2306.02707.",
        sizes={"train": 4_233_923},
    )


OPENORCA = OpenOrca()
