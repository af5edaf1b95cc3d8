"""Delegation: the model writes a symbol, a real solver executes it, the answer counts.

    rows of theories: 300 items, 291 executed, 268 correct
    accuracy 0.893 (0.852 .. 0.926) over all, 0.921 over executed, always "True" would give 0.343

Accuracy over all counts every item, also those whose gold symbol is broken. Only ``sandbox_error`` (a fault of the
machine, retried on the next run) is kept out and said aloud.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import symbol_llm.solvers
from eval.backends.base import Backend, Finish, Generation, Request
from eval.delegation.base import Benchmark, Item
from eval.intervals import mean_interval
from eval.published import beside
from eval.runner import Sampled, Work, count_faults, run_work, sample
from eval.store import open_run, scoring_version, write_json
from eval.voting import answer_key, by_item, pass_rates, winner
from eval.worlds import write_worlds
from symbol_llm.errors import UserError
from symbol_llm.ledger import exclusive, make_folder
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Outcome, Solution


class DelegationWork(Work):
    """One benchmark: extract the symbol, solve it in a thread (the engine is a process of its own), judge."""

    def __init__(
        self,
        benchmark: Benchmark,
        items: Sequence[Sampled],
        solver: Solver,
        pool: ThreadPoolExecutor,
        constrains: bool = False,
    ) -> None:
        self.name = benchmark.name
        self.benchmark = benchmark
        self.items: list[Item] = [sampled.item for sampled in items]
        self.requests = [Request(sampled.id, sampled.item.prompt, sampled.item.symbol) for sampled in items]
        if constrains:
            from eval.grammars import grammar_of

            self.requests = [
                request._replace(grammar=grammar_of(benchmark.source.format, item.context.definitions))
                for request, item in zip(self.requests, self.items)
            ]
        self.solver = solver
        self.pool = pool

    def submit(self, generation: Generation) -> Future[dict[str, Any]]:
        return self.pool.submit(self._answer, self.items[generation.position], generation)

    def is_final(self, row: Mapping[str, Any]) -> bool:
        return row["outcome"] != Outcome.SANDBOX_ERROR

    def _answer(self, item: Item, generation: Generation) -> dict[str, Any]:
        start = time.perf_counter()
        symbol = self.benchmark.extract(generation.text)
        if symbol is None:
            solution = Solution(Outcome.NO_SYMBOL, message=_why_empty(generation))
        else:
            solution = self.solver.solve(symbol, item.context)
            if solution.outcome is None:
                solution = self.benchmark.judge(solution, item)
        if solution.outcome is None:
            raise TypeError(f"benchmark {self.name} judged nothing: its judge() must set an outcome")
        return {
            "group": item.group,
            "symbol": symbol,
            "outcome": solution.outcome,
            "answer": solution.answer,
            "message": solution.message,
            "engine": solution.engine,
            "isolation": solution.isolation,
            "seconds": round(time.perf_counter() - start, 6),
            "gold": item.symbol,
            "gold_answer": item.answer,
        }


def _why_empty(generation: Generation) -> str:
    if generation.finish is Finish.MISSING:
        return "the replay file has no output for this item"
    if generation.finish is Finish.FILTERED:
        return "the server withheld the text"
    if generation.finish is Finish.PROMPT_TOO_LONG:
        return "the prompt is longer than the model's context"
    return "the output holds no symbol"


# The solvers that are told how many jobs run at once, and by which option; the others run as many as they are given.
_SIZES = {"python": "size", "sql": "workers"}


def open_solver(name: str, workers: int) -> Solver:
    """A solver for so many jobs at once; close it when done."""
    return symbol_llm.solvers.get(name, **({_SIZES[name]: workers} if name in _SIZES else {}))


def run_delegation(
    benchmarks: Sequence[Benchmark],
    backend: Backend,
    out: Path,
    *,
    raw: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    workers: int = 2,
    is_rescoring: bool = False,
    collection: Path | None = None,
    get_solver: Callable[[str], Solver] | None = None,
) -> dict[str, Any]:
    """Evaluate benchmarks into ``out``/delegate and return the summary, which is also written there.

    ``collection`` names a built collection whose training records are compared with the items. Raises UserError for an
    unwritable folder, a folder of another run, missing raw files or a missing engine: all before anything is generated.
    """
    folder = make_folder(out / "delegate")
    with ExitStack() as stack:
        stack.enter_context(exclusive(folder))
        solvers = {}
        for name in {benchmark.solver for benchmark in benchmarks}:
            solvers[name] = stack.enter_context(get_solver(name) if get_solver else open_solver(name, workers))
        engines = {name: solver.engine for name, solver in solvers.items()}
        samples = {b.name: sample(b.items(raw, seed), limit, seed, b.name) for b in benchmarks}
        for name, items in samples.items():
            if not items:
                raise UserError(f"benchmark {name} has no items. Check the files under --raw")
        config = {
            "kind": "delegate",
            "version": scoring_version(),
            **backend.identity,
            "tasks": [benchmark.name for benchmark in benchmarks],
            "shots": max(benchmark.shots for benchmark in benchmarks),
            "limit": limit,
            "seed": seed,
        }
        open_run(folder, config, is_rescoring=is_rescoring)
        trained = _trained(collection, benchmarks, samples, folder)
        for name, items in samples.items():
            write_worlds(folder, name, ((sampled.id, sampled.item.context) for sampled in items))
        stack.callback(backend.close)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=workers))
        done = {}
        for benchmark in benchmarks:
            work = DelegationWork(
                benchmark, samples[benchmark.name], solvers[benchmark.solver], pool, backend.constrains
            )
            done[benchmark.name] = run_work(work, backend, folder, is_rescoring=is_rescoring)
    scenes: dict[str, list[dict[str, Any]]] = {}
    for benchmark in benchmarks:
        name = benchmark.name
        summary = {
            "benchmark": name,
            "scene": benchmark.scene,
            "task": benchmark.task,
            "solver": benchmark.solver,
            "engine": engines[benchmark.solver],
            **summarise(done[name].rows, seed, trained.get(name)),
            "unanswered": done[name].num_unanswered,
            "faults": count_faults(folder, name),
            "published": beside("delegate", name),
        }
        scenes.setdefault(benchmark.scene, []).append(summary)
    ids = {sampled.id for items in samples.values() for sampled in items}
    document = {
        "run": config,
        "scenes": scenes,
        "scene_totals": {
            scene: {
                **summarise([row for part in parts for row in done[part["benchmark"]].rows], seed),
                "unanswered": sum(part["unanswered"] for part in parts),
            }
            for scene, parts in scenes.items()
        },
        "outputs": backend.report(ids),
    }
    write_json(folder / "summary.json", document)
    return document


def _trained(
    collection: Path | None, benchmarks: Sequence[Benchmark], samples: Mapping[str, Sequence[Sampled]], folder: Path
) -> dict[str, set[str]]:
    """The items of each benchmark that training records ask, too; also written to contamination.json."""
    if collection is None:
        return {}
    from eval.contamination import flag, of_items

    asking = {benchmark.name: of_items(benchmark, samples[benchmark.name]) for benchmark in benchmarks}
    return flag(collection, asking, folder)


def summarise(
    rows: Sequence[Mapping[str, Any]], seed: int = 0, trained: Collection[str] | None = None
) -> dict[str, Any]:
    """Counts, accuracies (0..1) with the 95 % interval, outcomes in their fixed order, baselines; with several samples
    per item pass@k and the majority vote; with ``trained`` ids the accuracy without those items."""
    outcomes = Counter(Outcome(row["outcome"]) for row in rows)
    judged = [row for row in rows if row["outcome"] != Outcome.SANDBOX_ERROR]
    num_correct = outcomes[Outcome.CORRECT]
    num_executed = num_correct + outcomes[Outcome.WRONG]
    interval = mean_interval([float(_is_correct(row)) for row in judged], [row["group"] for row in judged], seed)
    items = by_item(rows)
    answers = [samples[0]["gold_answer"] for samples in items]
    summary = {
        "items": len(items),
        "executed": num_executed,
        "correct": num_correct,
        "accuracy": _rate(judged),
        "interval": [interval.low, interval.high],
        "interval_method": interval.method,
        "accuracy_executed": num_correct / num_executed if num_executed else None,
        "majority": majority(answers),
        "random": chance(answers),
        "groups": len({row["group"] for row in rows}),
        "cut_at_length": sum(row["finish"] == Finish.LENGTH for row in rows),
        "outcomes": {outcome.value: outcomes[outcome] for outcome in Outcome if outcomes[outcome]},
        "solver_seconds": round(sum(row["seconds"] for row in rows), 3),
    }
    if len(rows) > len(items):
        summary["samples"] = _of_samples(judged, seed)
    if trained is not None:
        flagged = [samples for samples in items if samples[0]["id"] in trained]
        clean = [row for row in judged if row["id"] not in trained]
        summary["contamination"] = {"items": len(flagged), "accuracy_without": _rate(clean)}
    return summary


def _is_correct(row: Mapping[str, Any]) -> bool:
    return bool(row["outcome"] == Outcome.CORRECT)


def _rate(rows: Sequence[Mapping[str, Any]]) -> float | None:
    return sum(map(_is_correct, rows)) / len(rows) if rows else None


_VOTING = (Outcome.CORRECT, Outcome.WRONG, Outcome.PLAN_INVALID)  # the outcomes of a sample that has an answer


def _of_samples(rows: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    items = by_item(rows)
    chosen = [
        winner(samples, lambda row: answer_key(row["answer"]) if row["outcome"] in _VOTING else None)
        for samples in items
    ]
    hits = [float(row is not None and _is_correct(row)) for row in chosen]
    interval = mean_interval(hits, [samples[0]["group"] for samples in items], seed)
    return {
        "outputs": len(rows),
        "pass_at": pass_rates(items, _is_correct, seed),
        "vote": {
            "accuracy": sum(hits) / len(hits) if hits else None,
            "interval": [interval.low, interval.high],
            "without_answer": sum(row is None for row in chosen),
        },
    }


def majority(answers: Sequence[Any]) -> dict[str, Any] | None:
    """The most frequent gold answer and the accuracy of always giving it; None where answers are not labels.

    Answers count as labels where they are plain values that recur: at most half as many kinds as items.
    """
    counts = _labels(answers)
    if counts is None:
        return None
    answer, count = counts.most_common(1)[0]
    return {"answer": answer, "accuracy": count / len(answers)}


def chance(answers: Sequence[Any]) -> dict[str, Any] | None:
    """The accuracy of drawing one of the labels at random, all alike; None where answers are not labels."""
    counts = _labels(answers)
    return None if counts is None else {"labels": len(counts), "accuracy": 1 / len(counts)}


def _labels(answers: Sequence[Any]) -> Counter[Any] | None:
    if not answers or any(isinstance(answer, list | dict) for answer in answers):
        return None
    counts = Counter(answers)
    return None if 2 * len(counts) > len(answers) else counts
