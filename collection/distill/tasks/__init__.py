"""The tasks that can be distilled, one file each."""

from __future__ import annotations

import importlib

from collection.distill.base import Task
from symbol_llm.errors import unknown_name

# task of the collection -> module:constant
TASKS: dict[str, str] = {
    "gsm8k_code": "collection.distill.tasks.gsm8k_code:GSM8K_CODE",
    "aqua_code": "collection.distill.tasks.aqua_code:AQUA_CODE",
    "math_code": "collection.distill.tasks.math_code:MATH_CODE",
    "proofwriter": "collection.distill.tasks.proofwriter:PROOFWRITER",
    "wikitablequestions": "collection.distill.tasks.wikitablequestions:WIKITABLEQUESTIONS",
    "blocksworld_generated": "collection.distill.tasks.blocksworld_generated:BLOCKSWORLD_GENERATED",
    "stories": "collection.distill.tasks.stories:STORIES",
}


def get(name: str) -> Task:
    """A task. Raises UserError for an unknown name."""
    if name not in TASKS:
        raise unknown_name("distillation task", name, TASKS, "symbol-llm distill tasks")
    module, constant = TASKS[name].split(":")
    task: Task = getattr(importlib.import_module(module), constant)
    return task
