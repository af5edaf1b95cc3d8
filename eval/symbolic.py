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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace
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
from eval.out_of_domain import SOURCES as OUTSIDE
from eval.out_of_domain import group_of, load, source_of
from eval.published import beside
from eval.runner import Sampled, Work, count_faults, run_work, sample
from eval.store import open_run, scoring_version, write_json
from eval.voting import by_item, pass_rates, winner
from symbol_llm.errors import SymbolLLMError, UserError, unknown_name
from symbol_llm.formats.base import Context, Format, Score
from symbol_llm.ledger import exclusive, make_folder
from symbol_llm.notation.block import undo
from symbol_llm.record import Origin, Record, Split, record_from_json


class Match(StrEnum):
    """How a predicted symbol relates to the gold one; exactly one holds."""

    NO_SYMBOL = "no_symbol"
    UNPARSED = "unparsed"
    DIFFERENT = "different"  # by proof or execution
    UNDECIDED = "undecided"  # neither proved equal nor proved different
    EQUIVALENT = "equivalent"  # another text, the same meaning
    EXACT = "exact"


def load_tasks(
    data: Path, names: Sequence[str] | None = None, raw: Path | None = None, seed: int = 0
) -> dict[str, list[Record]]:
    """Test records per task of the collection in ``data``, evolved ones as ``<task>.evolved``, sorted by name.

    ``names`` chooses tasks (``scan`` takes ``scan`` and ``scan.evolved``). Out-of-domain sets that are no tasks of a
    collection (``closure``) are read from ``raw``, where their files are. Raises UserError for a folder that is
    no collection, and for a task that is nowhere.
    """
    files = sorted((data / "records").glob("*.parquet"))
    if not files:
        raise UserError(f"{data}: no records/*.parquet here. Make a collection with: symbol-llm collect build")
    tasks: dict[str, list[Record]] = {}
    for file in files:
        for record in _test_records(file):
            name = f"{record.task}.evolved" if record.origin == Origin.EVOLVED else record.task
            tasks.setdefault(name, []).append(record)
    for outside in OUTSIDE:
        if (not names or outside in names) and (records := load(outside, raw, seed)):
            tasks[outside] = records
    for wanted in names or ():
        if wanted in OUTSIDE and wanted not in tasks:
            raise UserError(f"task {wanted}: its raw files are not here. Pass the folder that holds them with --raw")
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

    def submit(self, generation: Generation) -> Future[dict[str, Any]]:
        record = self.records[generation.position]
        context = record.to_context(self.root)
        try:
            return self.pool.submit(
                score_output, record.format, generation.text, record.completion, context, record.group, self.votes
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


def score_output(
    format_name: str, output: str, gold: str, context: Context, group: str, votes: bool = False
) -> dict[str, Any]:
    """Score one output against its gold symbol; the columns of its row.

    With ``votes`` also the canonical form by which samples of one item vote, None for what does not parse.
    """
    start = time.perf_counter()
    symbol = extract(output, format_name)
    language = symbol_llm.formats.get(format_name)
    meant, gold_meant, context = _in_own_notation(format_name, symbol or "", gold, context)
    score = language.score(meant, gold_meant, context)
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
    collection: Path | None = None,
) -> dict[str, Any]:
    """Score the tasks of a collection into ``out``/symbolic and return the summary, also written there.

    ``collection`` names a built collection whose training records are compared with the items. Raises UserError
    for a folder that is no collection, an unwritable folder or a folder of another run, before anything is generated.
    """
    tasks = load_tasks(data, names, raw, seed)
    samples = {name: sample(records, limit, seed, name) for name, records in tasks.items()}
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
    with exclusive(folder), open_pool(workers) as pool, closing(backend):
        open_run(folder, config, is_rescoring=is_rescoring)
        trained: dict[str, set[str]] = {}
        if collection is not None:
            from eval.contamination import flag, of_records

            trained = flag(collection, {name: of_records(items) for name, items in samples.items()}, folder)
        for name, items in samples.items():
            work = SymbolicWork(name, items, pool, raw, votes=backend.samples > 1, constrains=backend.constrains)
            done = run_work(work, backend, folder, is_rescoring=is_rescoring)
            record = tasks[name][0]
            language = symbol_llm.formats.get(record.format)
            summaries[name] = {
                "task": record.task,
                "family": _family(record.task),
                "group": group_of(record.task, record.origin),
                "format": language.name,
                "origin": record.origin,
                **summarise(done.rows, language, seed, trained.get(name)),
                "unanswered": done.num_unanswered,
                "faults": count_faults(folder, name),
                "published": beside("symbolic", name),
            }
    groups = {summary["group"] for summary in summaries.values()}
    document = {
        "run": config,
        "tasks": summaries,
        "families": by_family(summaries),
        "groups": {group: _of_group(summaries, group) for group in sorted(groups)},
        "mean": _mean(summaries.values()),
        "outputs": backend.report({item.id for items in samples.values() for item in items}),
    }
    write_json(folder / "summary.json", document)
    return document


def _of_group(summaries: Mapping[str, Mapping[str, Any]], group: str) -> dict[str, Any]:
    """The plain mean over the tasks of a group; of ``paper`` with the published means over the same tasks."""
    parts = {name: part for name, part in summaries.items() if part["group"] == group}
    published: dict[str, float] = {}
    rows = [part["published"]["values"] for part in parts.values() if part["published"]]
    if group == "paper" and rows:
        published = {model: round(sum(row[model] for row in rows) / len(rows), 2) for model in rows[0]}
    return {"tasks": len(parts), "mean": _mean(parts.values()), "published": published or None}


def summarise(
    rows: Sequence[Mapping[str, Any]], language: Format[Any], seed: int = 0, trained: Collection[str] | None = None
) -> dict[str, Any]:
    """The metric (0..1) with its 95 % interval, and counts of exact, parsed and equivalent outputs.

    With several samples per item pass@k by equivalence and the vote by canonical form; with ``trained`` ids the metric
    without those items.
    """
    groups = [row["group"] or row["id"] for row in rows]
    scores = [score_of(row) for row in rows]
    interval: Interval
    if type(language).aggregate is Format.aggregate:
        interval = mean_interval([score.value for score in scores], groups, seed)
    else:
        interval = statistic_interval(groups, lambda drawn: language.aggregate([scores[i] for i in drawn]), seed)
    verdicts = Counter(score.is_equivalent for score in scores)
    matches = Counter(Match(row["outcome"]) for row in rows)
    items = by_item(rows)
    summary: dict[str, Any] = {
        "items": len(items),
        "metric": scores[0].metric if scores else language.metric,
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
    if len(rows) > len(items):
        summary["samples"] = _of_samples(items, language, seed)
    if trained is not None:
        clean = [score for row, score in zip(rows, scores) if row["id"] not in trained]
        num_flagged = sum(samples[0]["id"] in trained for samples in items)
        summary["contamination"] = {
            "items": num_flagged,
            "value_without": language.aggregate(clean) if clean else None,
        }
    return summary


def score_of(row: Mapping[str, Any]) -> Score:
    """The score that a stored row holds."""
    columns = ("metric", "value", "is_exact", "is_parsed", "is_equivalent")
    return Score(**{column: row[column] for column in columns}, counts=tuple(row["counts"]))


def _of_samples(items: Sequence[Sequence[Mapping[str, Any]]], language: Format[Any], seed: int) -> dict[str, Any]:
    # A sample that has no symbol abstains; where all do, the first stands for the item.
    chosen = [winner(samples, lambda row: row["vote"]) or samples[0] for samples in items]
    return {
        "outputs": sum(map(len, items)),
        "pass_at": pass_rates(items, lambda row: row["is_equivalent"] is True, seed),
        "vote": {
            "value": language.aggregate([score_of(row) for row in chosen]),
            "exact": sum(row["is_exact"] for row in chosen),
            "equivalent": sum(row["is_equivalent"] is True for row in chosen),
        },
    }


def by_family(summaries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The plain mean over the tasks of each family, families in the paper's order."""
    order = list(SOURCES)
    members: dict[str, list[Mapping[str, Any]]] = {}
    for summary in sorted(
        summaries.values(), key=lambda part: order.index(part["task"]) if part.get("task") in SOURCES else len(order)
    ):
        members.setdefault(summary["family"], []).append(summary)
    return {family: {"tasks": len(parts), "mean": _mean(parts)} for family, parts in members.items()}


def _mean(summaries: Iterable[Mapping[str, Any]]) -> float | None:
    values = [summary["value"] for summary in summaries]
    return sum(values) / len(values) if values else None


def _family(task: str) -> str:
    if task in OUTSIDE:
        return source_of(task).family
    return get_source(task).family if task in SOURCES else "other"
