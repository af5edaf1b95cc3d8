"""The tasks of the audit: whose rows, which solver executes their symbols, and what counts as the gold answer.

    Task("folio", "collection.sources.folio:FOLIO", "fol", same_answer, "Z3's verdict is the label")

A row gives cases: a symbol, what it is executed against, and the gold answer. Most rows give one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from collection.sources.base import Example, Rejected, Row, Source
from eval.solve_audit import cases, judges
from symbol_llm.errors import unknown_name
from symbol_llm.solvers.outcome import Solution


class Task(NamedTuple):
    """How a task is audited. ``agreement`` says in words when an answer agrees with the gold one."""

    name: str
    where: str  # module:attribute of the source
    solver: str
    agreement: str
    judge: Callable[[Solution, cases.Case], Solution] = judges.same_answer
    to_cases: Callable[[Row, Example, Path], Sequence[cases.Case] | Rejected] = cases.one_case

    @property
    def source(self) -> Source:
        module, attribute = self.where.split(":")
        source: Source = getattr(importlib.import_module(module), attribute)
        return source


_ROWS_OF_SQLITE = "the rows that plain SQLite gives for upstream's own text of the query, torn operators joined"
_LABEL = "the label"
_ANSWER = "upstream's answer"


def _planning(name: str) -> Task:
    where = f"collection.sources.llm_pddl:{name.upper()}"
    return Task(name, where, "planner", "a plan that our validator executes on the problem", judges.valid_plan)


def _geometry(name: str, attribute: str) -> Task:
    where = f"collection.sources.geometry3k:{attribute}"
    return Task(name, where, "geometry", "the gold choice", judges.gold_choice, cases.geometry_case)


def _sql(name: str, where: str) -> Task:
    return Task(name, where, "sql", _ROWS_OF_SQLITE, judges.same_rows, cases.database_case)


_ALL = (
    Task("folio", "collection.sources.folio:FOLIO", "fol", _LABEL),
    Task(
        "logicnli",
        "collection.sources.logicnli:LOGICNLI",
        "fol",
        "the label: the theory establishes the statement as true, as false, as both or not at all (two runs)",
        to_cases=cases.both_ways,
    ),
    Task("proofwriter", "collection.sources.proofwriter:PROOFWRITER", "logic_program", _LABEL),
    Task("prontoqa", "collection.sources.prontoqa:PRONTOQA", "logic_program", _LABEL),
    Task("logical_deduction", "collection.sources.logical_deduction:LOGICAL_DEDUCTION", "csp", "the lettered option"),
    Task("gsm_hard", "collection.sources.gsm_hard:GSM_HARD", "python", "the target", judges.same_number),
    Task("gsm8k_code", "collection.sources.gsm8k:GSM8K_CODE", "python", "the number after ####", judges.same_number),
    Task("asynchow", "collection.sources.asynchow:ASYNCHOW", "graph", "upstream's time", judges.same_time),
    Task("clevr", "collection.sources.clevr:CLEVR", "scene", _ANSWER),
    Task("closure", "collection.sources.closure:CLOSURE", "scene", _ANSWER),
    Task(
        "gqa", "collection.sources.gqa:GQA", "scene", f"{_ANSWER}, from upstream's program", to_cases=cases.scene_graph
    ),
    _geometry("geometry3k", "GEOMETRY3K"),
    _geometry("geometry3k_dissolved", "GEOMETRY3K_DISSOLVED"),
    _planning("blocksworld"),
    _planning("termes"),
    _planning("floortile"),
    _planning("grippers"),
    _sql("spider", "collection.sources.spider:SPIDER"),
    _sql("sparc", "collection.sources.sparc:SPARC"),
    _sql("cosql", "collection.sources.cosql:COSQL"),
    Task(
        "wikisql",
        "collection.sources.wikisql:WIKISQL",
        "sql",
        "the rows that upstream's structured query gives on upstream's own database, or on the table of the row",
        judges.same_rows,
        cases.table_case,
    ),
)
TASKS: dict[str, Task] = {task.name: task for task in _ALL}


def get(name: str) -> Task:
    """The task of that name. Raises UserError for an unknown name."""
    if name not in TASKS:
        raise unknown_name("audited task", name, TASKS, "symbol-llm solve audit --help")
    return TASKS[name]
