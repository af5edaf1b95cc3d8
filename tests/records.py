"""Records for tests, with sensible values for what a test does not care about."""

from __future__ import annotations

from typing import Any

from symbol_llm.record import Provenance, Record, content_id


def make_record(**changes: Any) -> Record:
    values: dict[str, Any] = {
        "task": "scan_generated",
        "format": "scan",
        "origin": "generated",
        "split": "train",
        "prompt": "Translate.\nThe command is: jump\nThe actions are:\n",
        "completion": "I_JUMP",
        "instruction": "Translate.",
        "context": "",
        "group": "",
        "input": "jump",
        "template": "0/0-shot",
        "parses": True,
        "canonical": "I_JUMP",
        "source": Provenance("", "generated", "seed-0/train", 0, ""),
        "licence": "Apache-2.0",
        "commercial": True,
        **changes,
    }
    name = content_id(*(values[k] for k in ("task", "split", "context", "input", "completion", "group")))
    return Record(**{"id": name, **values})
