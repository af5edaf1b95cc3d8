"""Symbolic scores: the field's metric exactly as defined, and ours beside it.

    scan_generated          300 items   EM 0.967 (0.940 .. 0.982)   equivalent 290 yes, 10 no, 0 unknown
    scan_generated.evolved  300 items   EM 0.913 …                  the same task under names it has never seen

Items are the test records of a collection. Evolved records are a task of their own: their score answers another
question. Scoring runs in processes beside the model, since the engines of formats are not made for threads.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from enum import StrEnum
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import symbol_llm.formats
from collection.sources import SOURCES
from collection.sources import get as get_source
from eval.backends.base import Backend, Generation, Request
from eval.intervals import Interval, mean_interval, statistic_interval
from eval.runner import Sampled, Work, run_work, sample
from eval.store import open_run, scoring_version, write_json
from symbol_llm.errors import SymbolLLMError, UserError, unknown_name
from symbol_llm.formats.base import Context, Format, Score
from symbol_llm.ledger import exclusive, make_folder
from symbol_llm.record import Origin, Record, Split, record_from_json


class Match(StrEnum):
    """How a predicted symbol relates to the gold one; exactly one holds."""

    NO_SYMBOL = "no_symbol"
    UNPARSED = "unparsed"
    DIFFERENT = "different"  # by proof or execution
    UNDECIDED = "undecided"  # neither proved equal nor proved different
    EQUIVALENT = "equivalent"  # another text, the same meaning
    EXACT = "exact"


def load_tasks(data: Path, names: Sequence[str] | None = None) -> dict[str, list[Record]]:
    """Test records per task of the collection in ``data``, evolved ones as ``<task>.evolved``, sorted by name.

    ``names`` chooses tasks (``scan`` takes ``scan`` and ``scan.evolved``). Raises UserError for a folder that is
    no collection, and for a task that it does not hold.
    """
    files = sorted((data / "records").glob("*.parquet"))
    if not files:
        raise UserError(f"{data}: no records/*.parquet here. Make a collection with: symbol-llm collect build")
    tasks: dict[str, list[Record]] = {}
    for file in files:
        for record in _test_records(file):
            name = f"{record.task}.evolved" if record.origin == Origin.EVOLVED else record.task
            tasks.setdefault(name, []).append(record)
    for wanted in names or ():
        if wanted not in tasks and f"{wanted}.evolved" not in tasks:
            if any(file.stem == wanted for file in files):
                raise UserError(f"task {wanted} has no test records in {data}. Leave it out of --tasks")
            raise unknown_name("task", wanted, tasks, f"symbol-llm eval list --data {data}")
    chosen = {name for wanted in names or tasks for name in (wanted, f"{wanted}.evolved")}
    return {name: tasks[name] for name in sorted(tasks) if name in chosen}


def _test_records(file: Path) -> Iterator[Record]:
    """The test records of one file; the training rows, nearly all, are never made into Python objects."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, filters=[("split", "==", Split.TEST.value)])
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{file}: not a readable record file ({error}). Rebuild it with: collect build") from error
    yield from map(record_from_json, table.to_pylist())


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

    def __init__(self, name: str, items: Sequence[Sampled], pool: Executor, root: Path | None) -> None:
        self.name = name
        self.records: list[Record] = [sampled.item for sampled in items]
        self.requests = [Request(s.id, s.item.prompt, s.item.completion) for s in items]
        self.pool = pool
        self.root = root

    def submit(self, generation: Generation) -> Future[dict[str, Any]]:
        record = self.records[generation.position]
        context = record.to_context(self.root)
        try:
            return self.pool.submit(
                score_output, record.format, generation.text, record.completion, context, record.group
            )
        except BrokenProcessPool as error:
            raise SymbolLLMError(
                f"a scoring process died while task {self.name} was scored (out of memory, or killed). "
                "Finished items are kept: run the same command again, with fewer --workers"
            ) from error


def extract(output: str, format_name: str) -> str | None:
    """The symbol in an output, or None: the first fenced block, else the whole text. Plain text keeps its fences."""
    fence = None if format_name == "text" else re.search(r"```[\w-]*\n(.*?)(?:```|\Z)", output, re.DOTALL)
    return (fence[1] if fence else output).strip() or None


def score_output(format_name: str, output: str, gold: str, context: Context, group: str) -> dict[str, Any]:
    """Score one output against its gold symbol; the columns of its row."""
    start = time.perf_counter()
    symbol = extract(output, format_name)
    score = symbol_llm.formats.get(format_name).score(symbol or "", gold, context)
    return {
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


def run_symbolic(
    data: Path,
    backend: Backend,
    out: Path,
    *,
    names: Sequence[str] | None = None,
    raw: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    workers: int = 2,
    is_rescoring: bool = False,
) -> dict[str, Any]:
    """Score the tasks of a collection into ``out``/symbolic and return the summary, also written there.

    Raises UserError for a folder that is no collection, an unwritable folder or a folder of another run, before
    anything is generated.
    """
    tasks = load_tasks(data, names)
    folder = make_folder(out / "symbolic")
    config = {
        "kind": "symbolic",
        "version": scoring_version(),
        **backend.identity,
        "tasks": list(tasks),
        "limit": limit,
        "seed": seed,
    }
    summaries: dict[str, dict[str, Any]] = {}
    with exclusive(folder), open_pool(workers) as pool:
        open_run(folder, config, is_rescoring=is_rescoring)
        for name, records in tasks.items():
            work = SymbolicWork(name, sample(records, limit, seed, name), pool, raw)
            rows = run_work(work, backend, folder, is_rescoring=is_rescoring)
            language = symbol_llm.formats.get(records[0].format)
            summaries[name] = {
                "task": records[0].task,
                "family": _family(records[0].task),
                "format": language.name,
                "origin": records[0].origin,
                **summarise(rows, language, seed),
            }
    document = {"run": config, "tasks": summaries, "families": by_family(summaries), "mean": _mean(summaries.values())}
    write_json(folder / "summary.json", document)
    return document


def summarise(rows: Sequence[Mapping[str, Any]], language: Format[Any], seed: int = 0) -> dict[str, Any]:
    """The metric (0..1) with its 95 % interval, and counts of exact, parsed and equivalent items."""
    columns = ("metric", "value", "is_exact", "is_parsed", "is_equivalent")
    scores = [Score(**{column: row[column] for column in columns}, counts=tuple(row["counts"])) for row in rows]
    groups = [row["group"] or row["id"] for row in rows]
    interval: Interval
    if type(language).aggregate is Format.aggregate:
        interval = mean_interval([score.value for score in scores], groups, seed)
    else:
        interval = statistic_interval(groups, lambda drawn: language.aggregate([scores[i] for i in drawn]), seed)
    verdicts = Counter(score.is_equivalent for score in scores)
    matches = Counter(Match(row["outcome"]) for row in rows)
    return {
        "items": len(rows),
        "metric": scores[0].metric,
        "value": language.aggregate(scores),
        "interval": [interval.low, interval.high],
        "interval_method": interval.method,
        "exact": sum(score.is_exact for score in scores),
        "parsed": sum(score.is_parsed for score in scores),
        "equivalent": {"yes": verdicts[True], "no": verdicts[False], "unknown": verdicts[None]},
        "outcomes": {match.value: matches[match] for match in Match if matches[match]},
        "groups": len(set(groups)),
        "cut_at_length": sum(row["finish"] == "length" for row in rows),
    }


def by_family(summaries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The plain mean over the tasks of each family. Evolved tasks are a family of their own."""
    members: dict[str, list[Mapping[str, Any]]] = {}
    for summary in summaries.values():
        members.setdefault(summary["family"], []).append(summary)
    return {family: {"tasks": len(parts), "mean": _mean(parts)} for family, parts in members.items()}


def _mean(summaries: Iterable[Mapping[str, Any]]) -> float | None:
    values = [summary["value"] for summary in summaries]
    return sum(values) / len(values) if values else None


def _family(task: str) -> str:
    return get_source(task).family if task in SOURCES else "other"
