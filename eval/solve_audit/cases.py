"""From a row to what is executed: the symbol, its context, and the gold answer it should give.

Case("Cat(tom)\\nAnimal(tom)", Context(), "Uncertain")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.gqa import DEFINITIONS as GQA_DEFINITIONS
from eval.solve_audit.established import established
from eval.solve_audit.sql_reference import plain_rows, wikisql_rows
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.fol_parser import parse_theory
from symbol_llm.formats.fol_tree import render
from symbol_llm.formats.gqa_program import from_semantic, render_program
from symbol_llm.solvers.sql_world import has_database

_ESTABLISHED: dict[str, tuple[bool, ...]] = {
    "entailment": (True,),
    "contradiction": (False,),
    "self_contradiction": (True, False),
    "neutral": (),
}


class Case(NamedTuple):
    """One symbol to execute and the gold answer, a JSON value."""

    symbol: str
    context: Context
    gold: Any


def _context(example: Example, raw: Path) -> Context:
    return Context(example.context.definitions, example.context.world, raw)


def one_case(row: Row, example: Example, raw: Path) -> Sequence[Case] | Rejected:
    """The completion and the answer of the example, as they are."""
    if example.answer is None:
        return Rejected(Reason.NO_LABEL, "upstream gives no answer for this row")
    return [Case(example.completion, _context(example, raw), example.answer)]


def both_ways(row: Row, example: Example, raw: Path) -> Sequence[Case] | Rejected:
    """LogicNLI: whether the whole theory establishes the statement as true, and whether as false."""
    try:
        *theory, statement = parse_theory(example.completion)
    except SymbolError as error:
        return Rejected(Reason.PARSE_ERROR, str(error))
    wanted = _ESTABLISHED[str(example.answer)]
    read = [established(formula) for formula in theory]
    return [
        Case(
            "\n".join(map(render, (*read, established(statement, value)))),
            Context(),
            "True" if value in wanted else "Uncertain",
        )
        for value in (True, False)
    ]


def scene_graph(row: Row, example: Example, raw: Path) -> Sequence[Case] | Rejected:
    """GQA: upstream's program with its ids of objects, on the picture's scene graph."""
    if row.data.get("scene") is None:
        return Rejected(Reason.MISSING_CONTEXT, "the scene graph of the picture is not at hand")
    try:
        program = from_semantic(row.data["semantic"])
    except (SymbolError, ValueError) as error:
        return Rejected(Reason.MALFORMED_ROW, str(error))
    context = Context(GQA_DEFINITIONS, {"scene": row.data["scene"]}, raw)
    return [Case(render_program(program), context, example.answer)]


def database_case(row: Row, example: Example, raw: Path) -> Sequence[Case] | Rejected:
    """Spider's family: the gold answer is what upstream's text of the query gives in SQLite without any guard."""
    context = _context(example, raw)
    if not has_database(context.world, context.root):
        return Rejected(Reason.MISSING_CONTEXT, "the database is not at hand")
    text = row.data.get("query") if isinstance(row.data, dict) else None
    gold = plain_rows(context, text if isinstance(text, str) else example.completion)
    return gold if isinstance(gold, Rejected) else [Case(example.completion, context, gold)]


def table_case(row: Row, example: Example, raw: Path) -> Sequence[Case] | Rejected:
    """WikiSQL: the gold answer is what the structured query gives, by the rules of upstream's dbengine.py."""
    context = _context(example, raw)
    gold = wikisql_rows(row.data, (raw / "wikisql" / row.file).with_suffix(".db"), context)
    return gold if isinstance(gold, Rejected) else [Case(example.completion, context, gold)]


def geometry_case(row: Row, example: Example, raw: Path) -> Sequence[Case] | Rejected:
    """Geometry3K: the forms of text and diagram; the gold answer is the number of the right choice, from 0
    (the first of them, where upstream gives one twice)."""
    choices, right = example.context.world["choices"], "ABCD".index(row.data["answer"])
    return [Case(example.completion, _context(example, raw), choices.index(choices[right]))]
