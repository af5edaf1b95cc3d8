"""Test sets of languages that training has seen, from places that it has not: ``eval symbolic --raw RAW``.

    closure     CLEVR programs in compositions that CLEVR's questions never have
    wikisql     SQL over web tables, where Spider's databases were trained on
    *.evolved   any task under names that it has never seen (symbol-llm evolve; held-out tasks and styles there)

What is in a collection is scored from there; ``closure``, which is no task of the collection, straight from its files.
Whether a set is out of the domain depends on what a model was trained on: the label here is for the paper's 34 tasks.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from collection.check import Chunk, check_row
from collection.sources.base import FilesMissing, Source
from eval.published import paper_tasks
from symbol_llm.console import log
from symbol_llm.record import Origin, Record, Split

# name -> module:source. Rows for evaluation only.
SOURCES = {"closure": "collection.sources.closure:CLOSURE"}

FROM_COLLECTION = (
    "wikisql",
    "proofwriter",
    "planbench",
    "little_prince",
    "nl2python_conala",
    "nl2python_mbpp",
    "nl2python_mbxp",
    "nl2java_concode",
    "nl2java_mbxp",
)


def group_of(task: str, origin: str) -> str:
    """``paper`` (one of the 34), ``evolved``, ``out_of_domain``, ``generated`` or ``other``."""
    if origin == Origin.EVOLVED:
        return "evolved"
    if task in paper_tasks():
        return "paper"
    if task in SOURCES or task in FROM_COLLECTION:
        return "out_of_domain"
    return "generated" if origin == Origin.GENERATED else "other"


def source_of(name: str) -> Source:
    """One of SOURCES."""
    module, attribute = SOURCES[name].split(":")
    source: Source = getattr(importlib.import_module(module), attribute)
    return source


def load(name: str, raw: Path | None, seed: int = 0) -> list[Record]:
    """The records of one of SOURCES, checked as a build checks them; none if its files are not in ``raw``."""
    source = source_of(name)
    if raw is None:
        return []
    chunk = Chunk(name, [], raw, seed, {}, Path())
    records, num_rejected = [], 0
    try:
        for row in source.read_some(raw / source.upstream.dataset, seed, split=Split.TEST):
            entry = check_row(source, row, chunk)
            if entry.record is None:
                num_rejected += 1
            else:
                records.append(entry.record)
    except FilesMissing:
        return []
    if num_rejected:
        log(f"{name}: {num_rejected} of {len(records) + num_rejected} rows have no usable gold symbol and are left out")
    return records
