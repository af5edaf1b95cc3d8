"""The table of tasks, in the paper's order: task name -> where its source is defined.

Generated sources come last; they need no raw files. A module is imported when its task is asked for.
"""

from __future__ import annotations

import importlib
from functools import cache

from collection.sources.base import Source
from symbol_llm.errors import unknown_name

SOURCES: dict[str, str] = {
    # Planning
    "blocksworld": "collection.sources.llm_pddl:BLOCKSWORLD",
    "termes": "collection.sources.llm_pddl:TERMES",
    "floortile": "collection.sources.llm_pddl:FLOORTILE",
    "grippers": "collection.sources.llm_pddl:GRIPPERS",
    # SQL
    "spider": "collection.sources.spider:SPIDER",
    # Command, code
    "scan": "collection.sources.scan:SCAN",
    "nl2bash": "collection.sources.nl2bash:NL2BASH",
    "nl2rx": "collection.sources.nl_rx:NL2RX",
    # First-order logic
    "folio": "collection.sources.folio:FOLIO",
    # Visual reasoning
    "clevr": "collection.sources.clevr:CLEVR",
    # Mathematics
    "gsm8k_code": "collection.sources.gsm8k:GSM8K_CODE",
    # AI for science
    "chebi20": "collection.sources.chebi20:CHEBI20",
    # General instructions
    "alpaca": "collection.sources.alpaca:ALPACA",
    # Generated: no files needed
    "blocksworld_generated": "collection.sources.blocksworld_generated:BLOCKSWORLD_GENERATED",
    "grippers_generated": "collection.sources.grippers_generated:GRIPPERS_GENERATED",
    "scan_generated": "collection.sources.scan_generated:SCAN_GENERATED",
    "clevr_generated": "collection.sources.clevr_generated:CLEVR_GENERATED",
    "stories": "collection.sources.stories:STORIES",
    "theories": "collection.sources.theories:THEORIES",
    "letters": "collection.sources.letters:LETTERS",
    "tables": "collection.sources.tables:TABLES",
    "general": "collection.sources.general:GENERAL",
}


@cache
def get(task: str) -> Source:
    """The source of a task. Raises UserError for an unknown name."""
    if task not in SOURCES:
        raise unknown_name("task", task, SOURCES, "symbol-llm collect list")
    module, attribute = SOURCES[task].split(":")
    return getattr(importlib.import_module(module), attribute)
