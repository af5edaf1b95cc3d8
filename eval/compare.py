"""Two runs over the same items: which differences are real?

    folio       204 items   0.612 → 0.647   +3.4 (-1.9 … +8.8)   p 0.27    McNemar: 21 lost, 28 won
    webnlg    1,779 items   0.604 → 0.631   +2.7 (+1.6 …  +3.7)  p 0.0002  sign flips of 862 clusters

Items are paired by id, so what is easy or hard for both cancels. Right-or-wrong items that stand alone: McNemar's exact
test on the items that differ. Everything else (scores, items that share a story or schema, several samples): clusters
change sides at random, which is exact up to the drawing (approximate randomisation, Noreen 1989; Riezler and Maxwell
2005 for corpus metrics such as BLEU). The interval of the difference is the paired bootstrap of whole clusters. Many
tasks are many chances to be fooled: ``p_holm`` is corrected for their number (Holm 1979), and only it decides what is
called real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import comb
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

import symbol_llm.formats
from eval.store import ItemFile
from eval.symbolic_scoring import score_of
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Format

ALPHA = 0.05
DRAWS = 5_000
CORPUS_DRAWS = 1_000  # where each draw computes a corpus metric anew

Rows = Sequence[Mapping[str, Any]]


class Pairs(NamedTuple):
    """One task of both runs. ``a[i]`` and ``b[i]`` are the rows (samples) of one item, ``groups[i]`` is its cluster."""

    kind: str
    task: str
    a: list[Rows]
    b: list[Rows]
    groups: list[str]
    only_a: int
    only_b: int
    other_prompts: int
    set_aside: int  # a fault of the machine in one of them


def compare(run_a: Path, run_b: Path, seed: int = 0) -> dict[str, Any]:
    """All tasks that both runs have, each with both values, the difference (B minus A), interval and p.

    Raises UserError for a folder without an evaluation, and for two runs without a task in common.
    """
    tasks = [judge(pairs, seed) for pairs in _pairs(run_a, run_b)]
    if not tasks:
        raise UserError(f"{run_a} and {run_b} have no task with the same items. Compare runs over the same tasks")
    for task, adjusted in zip(tasks, holm([task["p"] for task in tasks])):
        task["p_holm"] = adjusted
        task["is_real"] = adjusted < ALPHA
    overall = {
        kind: _overall([task for task in tasks if task["kind"] == kind], seed)
        for kind in dict.fromkeys(task["kind"] for task in tasks)
    }
    for task in tasks:
        del task["draws"]
    return {"a": str(run_a), "b": str(run_b), "alpha": ALPHA, "tasks": tasks, "overall": overall}


def judge(pairs: Pairs, seed: int = 0) -> dict[str, Any]:
    """Value of A and B, their difference with its interval, and p of a difference at least as large by chance."""
    measure, is_mean = _measure(pairs)
    clusters: dict[str, list[int]] = {}
    for place, group in enumerate(pairs.groups):
        clusters.setdefault(group, []).append(place)
    members = list(clusters.values())
    value_a, value_b = measure(pairs.a), measure(pairs.b)
    rng = np.random.default_rng(seed)
    if is_mean:
        own = _ClusterMeans([measure([rows]) for rows in pairs.a], [measure([rows]) for rows in pairs.b], members)
        draws, p = own.bootstrap(rng), own.sign_flips(rng)
    else:
        own_corpus = _ClusterCorpus(pairs, members, measure)
        draws, p = own_corpus.bootstrap(rng), own_corpus.exchanges(rng)
    low, high = np.quantile(draws, [0.025, 0.975]).tolist()
    result: dict[str, Any] = {
        "kind": pairs.kind,
        "task": pairs.task,
        "items": len(pairs.a),
        "clusters": len(members),
        "value_a": value_a,
        "value_b": value_b,
        "difference": value_b - value_a,
        "interval": [low, high],
        "method": f"{'sign flips' if is_mean else 'exchanges'} of {len(members):,} clusters",
        "p": p,
        **{name: getattr(pairs, name) for name in ("only_a", "only_b", "other_prompts", "set_aside")},
        "draws": draws,
    }
    if is_mean and len(members) == len(pairs.a):
        before, after = ([measure([rows]) for rows in side] for side in (pairs.a, pairs.b))
        if set(before) | set(after) <= {0.0, 1.0}:
            lost = sum(x > y for x, y in zip(before, after))
            won = sum(x < y for x, y in zip(before, after))
            result |= {"method": "McNemar", "p": mcnemar(lost, won), "lost": lost, "won": won}
    return result


def mcnemar(lost: int, won: int) -> float:
    """Exact two-sided p: among the items that differ, each side is as likely."""
    number, least = lost + won, min(lost, won)
    return min(1.0, 2 * sum(comb(number, k) for k in range(least + 1)) / 2**number) if number else 1.0


def holm(ps: Sequence[float]) -> list[float]:
    """The p values corrected for their number, in the order given."""
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


class _ClusterMeans:
    """A mean over items: sums per cluster suffice."""

    def __init__(self, a: Sequence[float], b: Sequence[float], members: Sequence[Sequence[int]]) -> None:
        differences = np.asarray(b) - np.asarray(a)
        self.sums = np.array([differences[list(places)].sum() for places in members])
        self.sizes = np.array([len(places) for places in members])

    def bootstrap(self, rng: np.random.Generator) -> np.ndarray:
        drawn = rng.integers(0, len(self.sums), (DRAWS, len(self.sums)))
        return self.sums[drawn].sum(1) / self.sizes[drawn].sum(1)

    def sign_flips(self, rng: np.random.Generator) -> float:
        """Under no difference, each cluster's difference may as well have the other sign."""
        moving = self.sums[self.sums != 0]
        if len(moving) <= 12:  # few enough to go through all
            signs = 1 - 2 * ((np.arange(1 << len(moving))[:, None] >> np.arange(len(moving))) & 1)
            return float(np.mean(np.abs(signs @ moving) >= abs(moving.sum()) - 1e-12)) if len(moving) else 1.0
        signs = rng.choice([-1.0, 1.0], (DRAWS, len(moving)))
        hits = int(np.sum(np.abs(signs @ moving) >= abs(moving.sum()) - 1e-12))
        return (hits + 1) / (DRAWS + 1)


class _ClusterCorpus:
    """A metric of the whole corpus, computed anew for every draw."""

    def __init__(self, pairs: Pairs, members: Sequence[Sequence[int]], measure: Callable[[Sequence[Rows]], float]):
        self.sides = [[[side[place] for place in places] for places in members] for side in (pairs.a, pairs.b)]
        self.measure = measure

    def _difference(self, a: Sequence[Sequence[Rows]], b: Sequence[Sequence[Rows]]) -> float:
        first, second = ([rows for cluster in side for rows in cluster] for side in (a, b))
        return self.measure(second) - self.measure(first)

    def bootstrap(self, rng: np.random.Generator) -> np.ndarray:
        a, b = self.sides
        drawn = rng.integers(0, len(a), (CORPUS_DRAWS, len(a)))
        return np.array([self._difference([a[i] for i in draw], [b[i] for i in draw]) for draw in drawn])

    def exchanges(self, rng: np.random.Generator) -> float:
        """Under no difference, each cluster's outputs may as well have come from the other run."""
        a, b = self.sides
        seen = abs(self._difference(a, b)) - 1e-12
        hits = 0
        for swaps in rng.integers(0, 2, (CORPUS_DRAWS, len(a))):
            mixed = [(y, x) if swap else (x, y) for x, y, swap in zip(a, b, swaps)]
            hits += abs(self._difference([x for x, _ in mixed], [y for _, y in mixed])) >= seen
        return (hits + 1) / (CORPUS_DRAWS + 1)


def _measure(pairs: Pairs) -> tuple[Callable[[Sequence[Rows]], float], bool]:
    """How items become one number, and whether it is the mean over items."""
    if pairs.kind == "delegate":

        def accuracy(items: Sequence[Rows]) -> float:
            return float(np.mean([np.mean([row["outcome"] == "correct" for row in rows]) for rows in items]))

        return accuracy, True
    language = symbol_llm.formats.get(pairs.a[0][0]["format"])
    is_mean = type(language).aggregate is Format.aggregate

    def metric(items: Sequence[Rows]) -> float:
        if is_mean:
            return float(np.mean([np.mean([row["value"] for row in rows]) for rows in items]))
        return language.aggregate([row["score"] for rows in items for row in rows])

    return metric, is_mean


def _overall(tasks: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """The plain mean over tasks, as the paper has it; each task's clusters are drawn for themselves."""
    rng = np.random.default_rng(seed)
    draws = np.mean([rng.choice(task["draws"], DRAWS) for task in tasks], axis=0)
    low, high = np.quantile(draws, [0.025, 0.975]).tolist()
    value_a, value_b = (float(np.mean([task[key] for task in tasks])) for key in ("value_a", "value_b"))
    return {
        "tasks": len(tasks),
        "value_a": value_a,
        "value_b": value_b,
        "difference": value_b - value_a,
        "interval": [low, high],
        "is_real": not low <= 0 <= high,
    }


def _pairs(run_a: Path, run_b: Path) -> Iterator[Pairs]:
    sides = [_evaluations(run) for run in (run_a, run_b)]
    for kind, task in sides[0]:
        if (kind, task) not in sides[1]:
            continue
        a, b = (_items(side[kind, task]) for side in sides)
        shared = [name for name in a if name in b]
        paired = [name for name in shared if not _is_set_aside(a[name]) and not _is_set_aside(b[name])]
        if not paired:
            continue
        yield Pairs(
            kind,
            task,
            [a[name] for name in paired],
            [b[name] for name in paired],
            [a[name][0]["group"] or name for name in paired],
            len(a) - len(shared),
            len(b) - len(shared),
            sum(a[name][0]["prompt"] != b[name][0]["prompt"] for name in paired),
            len(shared) - len(paired),
        )


def _is_set_aside(rows: Rows) -> bool:
    return any(row["outcome"] == "sandbox_error" for row in rows)


def _evaluations(run: Path) -> dict[tuple[str, str], tuple[Path, dict[str, Any]]]:
    """The tasks of a run, by kind and name: where their items are, and what the summary says of each."""
    found: dict[tuple[str, str], tuple[Path, dict[str, Any]]] = {}
    for kind in ("symbolic", "delegate"):
        # A run may itself bear the name of a kind; its own folder of that name comes first.
        folder = run / kind if (run / kind).is_dir() or run.name != kind else run
        summary = folder / "summary.json"
        if not summary.is_file():
            continue
        document = orjson.loads(summary.read_bytes())
        parts = document.get("tasks") or {p["benchmark"]: p for scene in document["scenes"].values() for p in scene}
        for name, part in parts.items():
            found[kind, name] = (folder / f"{name}.jsonl", part)
    if not found:
        raise UserError(f"{run}: no finished evaluation here (symbolic/summary.json, delegate/summary.json)")
    return found


def _items(place: tuple[Path, dict[str, Any]]) -> dict[str, Rows]:
    path, part = place
    items: dict[str, list[dict[str, Any]]] = {}
    with ItemFile(path) as file:
        for (name, _), row in sorted(file.rows.items(), key=lambda entry: entry[0][1]):
            if "format" in part:
                row = {**row, "format": part["format"], "score": score_of(row)}
            items.setdefault(name, []).append(row)
    return dict(sorted(items.items()))
