"""Symbolic scores: the field's metric exactly as defined, and ours beside it.

    scan_generated          300 items   EM 0.967 (0.940 .. 0.982)   equivalent 290 yes, 10 no, 0 unknown
    scan_generated.evolved  300 items   EM 0.913 …                  the same task under names it has never seen

``symbolic_tasks.py`` loads the items, ``symbolic_scoring.py`` scores an output; here is the run and its summary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import symbol_llm.formats
from collection.sources import SOURCES
from eval.answer_f1 import graph_files
from eval.backends.base import Backend
from eval.intervals import Interval, mean_interval, statistic_interval
from eval.out_of_domain import group_of
from eval.published import beside
from eval.runner import count_faults, run_work, sample
from eval.store import open_run, scoring_version, write_json
from eval.symbolic_scoring import ANSWERED, Match, SymbolicWork, open_pool, score_of
from eval.symbolic_tasks import family_of, load_tasks
from eval.voting import by_item, pass_rates, winner
from eval.worlds import write_worlds
from symbol_llm.formats.base import Format
from symbol_llm.ledger import exclusive, make_folder


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
    if ANSWERED in tasks and (graph := graph_files(raw)):
        config["answers_from"] = {file.name: file.stat().st_size for file in graph}
    summaries: dict[str, dict[str, Any]] = {}
    with exclusive(folder), open_pool(workers) as pool, closing(backend):
        open_run(folder, config, is_rescoring=is_rescoring)
        trained: dict[str, set[str]] = {}
        if collection is not None:
            from eval.contamination import flag, of_records

            trained = flag(collection, {name: of_records(items) for name, items in samples.items()}, folder)
        for name, items in samples.items():
            write_worlds(folder, name, ((sampled.id, sampled.item.to_context(raw)) for sampled in items))
            work = SymbolicWork(name, items, pool, raw, votes=backend.samples > 1, constrains=backend.constrains)
            done = run_work(work, backend, folder, is_rescoring=is_rescoring)
            record = tasks[name][0]
            language = symbol_llm.formats.get(record.format)
            summaries[name] = {
                "task": record.task,
                "family": family_of(record.task),
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
