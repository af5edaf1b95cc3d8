"""From an output to its score: extract the symbol, score it against the gold one, in processes beside the model.

    score_output("sql", "```sql\\nselect 1\\n```", "SELECT 1", context, group)
    {"symbol": "select 1", "outcome": "exact", "metric": "EM", "value": 1.0, "is_equivalent": true, …}

Processes, since the engines of formats are not made for threads.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from enum import StrEnum
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import symbol_llm.formats
from eval.answer_f1 import Answers, answer_f1, graph_files, to_answers
from eval.backends.base import Generation, Request
from eval.extraction import PromptMarks, extract
from eval.runner import Sampled, Work
from eval.symbolic_tasks import marks
from symbol_llm.errors import SymbolLLMError
from symbol_llm.formats.base import Context, Score
from symbol_llm.notation.block import MARK, undo
from symbol_llm.record import Record

ANSWERED = "webqsp"  # the task whose metric is F1 of answers, where the graph that gives them is in RAW


class Match(StrEnum):
    """How a predicted symbol relates to the gold one; exactly one holds."""

    NO_SYMBOL = "no_symbol"
    UNPARSED = "unparsed"
    DIFFERENT = "different"  # by proof or execution
    UNDECIDED = "undecided"  # neither proved equal nor proved different
    EQUIVALENT = "equivalent"  # another text, the same meaning
    EXACT = "exact"


def open_pool(workers: int) -> ProcessPoolExecutor:
    """Scoring processes that end with this one, however it ends."""
    return ProcessPoolExecutor(workers, mp_context=get_context("forkserver"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "runs in a scoring process"

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


class SymbolicWork(Work):
    """One task: extract the symbol and score it against the gold one in a worker process."""

    def __init__(
        self,
        name: str,
        items: Sequence[Sampled],
        pool: Executor,
        root: Path | None,
        votes: bool = False,
        constrains: bool = False,
    ) -> None:
        self.name = name
        self.votes = votes
        self.records: list[Record] = [sampled.item for sampled in items]
        self.requests = [Request(s.id, s.item.prompt, s.item.completion) for s in items]
        if constrains:
            from eval.grammars import grammar_of

            self.requests = [
                request._replace(grammar=grammar_of(record.format, record.context))
                for request, record in zip(self.requests, self.records)
            ]
        self.pool = pool
        self.root = root
        self.graph = graph_files(root) if name == ANSWERED else ()

    def is_final(self, row: Mapping[str, Any]) -> bool:
        # A row from when the run drew one sample per item has no vote yet.
        return not self.votes or "vote" in row

    def submit(self, generation: Generation) -> Future[dict[str, Any]]:
        record = self.records[generation.position]
        arguments = (generation.text, record.completion, record.to_context(self.root), record.group)
        answers = to_answers(json.loads(record.answer or "null"), self.graph) if self.graph else None
        try:
            return self.pool.submit(
                score_output,
                record.format,
                *arguments,
                votes=self.votes,
                prompt_marks=marks(record),
                answers=answers,
            )
        except BrokenProcessPool as error:
            raise SymbolLLMError(
                f"a scoring process died while task {self.name} was scored (out of memory, or killed). "
                "Finished items are kept: run the same command again, with fewer --workers"
            ) from error


def score_output(
    format_name: str,
    output: str,
    gold: str,
    context: Context,
    group: str,
    *,
    votes: bool = False,
    prompt_marks: PromptMarks = PromptMarks(),  # noqa: B008 - immutable
    answers: Answers | None = None,
) -> dict[str, Any]:
    """Score one output against its gold symbol; the columns of its row.

    With ``votes`` also the canonical form by which samples of one item vote, None for what does not parse. With
    ``answers`` the metric is their F1.
    """
    start = time.perf_counter()
    # In another notation a symbol has other marks than its language's: then only fences and the prompt tell it apart.
    symbol = extract(output, "" if MARK in context.definitions else format_name, *prompt_marks)
    language = symbol_llm.formats.get(format_name)
    meant, gold_meant, context = _in_own_notation(format_name, symbol or "", gold, context)
    score = language.score(meant, gold_meant, context)
    if answers is not None:
        score = replace(score, metric="F1", value=answer_f1(meant, answers))
    vote = {"vote": language.canonical(meant, context) if meant and score.is_parsed else None} if votes else {}
    return {
        **vote,
        "group": group,
        "symbol": symbol,
        "outcome": _match(symbol, score),
        "metric": score.metric,
        "value": score.value,
        "is_exact": score.is_exact,
        "is_parsed": score.is_parsed,
        # What is not in the language means nothing: decided, whatever the format could say about it.
        "is_equivalent": score.is_equivalent if score.is_parsed else False,
        "counts": list(score.counts),
        "message": "",
        "seconds": round(time.perf_counter() - start, 6),
        "gold": gold,
    }


def _in_own_notation(format_name: str, symbol: str, gold: str, context: Context) -> tuple[str, str, Context]:
    """Symbol, gold and context without another notation that the definitions tell; "" for what does not follow it."""
    gold, definitions = undo(format_name, gold, context.definitions)
    try:
        symbol, _ = undo(format_name, symbol, context.definitions)
    except ValueError:
        symbol = ""
    return symbol, gold, replace(context, definitions=definitions)


def _match(symbol: str | None, score: Score) -> Match:
    if symbol is None:
        return Match.NO_SYMBOL
    if score.is_exact:
        return Match.EXACT
    if not score.is_parsed:
        return Match.UNPARSED
    if score.is_equivalent is None:
        return Match.UNDECIDED
    return Match.EQUIVALENT if score.is_equivalent else Match.DIFFERENT


def score_of(row: Mapping[str, Any]) -> Score:
    """The score that a stored row holds."""
    columns = ("metric", "value", "is_exact", "is_parsed", "is_equivalent")
    return Score(**{column: row[column] for column in columns}, counts=tuple(row["counts"]))
