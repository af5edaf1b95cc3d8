"""The numbers of the experiment: each arm on each test, what differs from language only, and how soon it was learnt.

    greedy_proof in language    language-language 0.61    graph-language 0.66    difference +0.05 (-0.01 … +0.10)

A difference pairs items and seeds: models of a seed start from the same weights and read the same plans in the same
order. Its interval resamples seeds and items both; p is by sign flips of items (all seeds of an item together), and
McNemar's exact test is given for each seed and for all of them. Of the secondary comparisons p is corrected (Holm).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from collection.procedures.verifier import Judgement
from eval.compare import DRAWS, Pairs, holm, judge, mcnemar
from eval.intervals import mean_interval
from recipes.procedures_cpu.plans import TEST_FORMS, TESTS
from recipes.procedures_cpu.story import ARMS, PRIMARY, REFERENCES, STAGE_ONE, STAGE_TWO, Scale

LEARNT = (0.5, 0.9)
ENOUGH = 0.9  # of the plans like those trained on: one representation alone counts as learnt
CHECKED = ("graph", "id_graph")
PRIMARY_TEST = "greedy_proof_language"
# Every arm against language only; and what reading graphs first adds to the second stage alone, and to a first stage
# whose traces have nothing to do with the graphs.
COMPARISONS = (
    *((PRIMARY[0], arm) for arm in ARMS if arm != PRIMARY[0]),
    ("language", PRIMARY[1]),
    ("shuffled-language", PRIMARY[1]),
)

Answers = Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]  # model -> seed -> item


def collect(out: Path, scale: Scale, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Read what the steps wrote under ``out``."""
    seeds = range(scale.seeds)
    models = (*REFERENCES, *ARMS)
    tests = {}
    for split in TESTS:
        for form in TEST_FORMS:
            name = f"{split}_{form}"
            tests[name] = {model: [_answers(out, model, seed, name) for seed in seeds] for model in models}
    curves = {model: [learning(out, model, seed, scale) for seed in seeds] for model in (*STAGE_ONE, *ARMS)}
    alone = {form: [right(out, form, seed, f"id_{form}") for seed in seeds] for form in REFERENCES}
    return {
        "scale": asdict(scale),
        "training": orjson.loads((out / f"{PRIMARY[1]}-0" / "summary.json").read_bytes()),
        "check": {"enough": ENOUGH, **alone, "holds": min(alone[CHECKED[0]]) >= ENOUGH},
        "rules": orjson.loads((out / "plans" / "tests" / "rules.json").read_bytes()),
        "tests": {name: {model: summed(runs) for model, runs in answers.items()} for name, answers in tests.items()},
        **compared(tests),
        "curves": curves,
        "learnt": {model: [reached(points) for points in runs] for model, runs in curves.items() if model in ARMS},
        "seconds": dict(seconds),
    }


def right(out: Path, model: str, seed: int, test: str) -> float:
    """The share of right answers that a model gave to a test."""
    rows = _answers(out, model, seed, test)
    return sum(row["judgement"] == Judgement.CORRECT for row in rows) / len(rows)


def _answers(out: Path, model: str, seed: int, test: str) -> list[dict[str, Any]]:
    return _lines(out / f"exam-{model}-{seed}" / f"{test}.jsonl")


def summed(runs: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Share of right answers over items and seeds with its interval, each seed's, share of right steps, verdicts."""
    rights = [[float(row["judgement"] == Judgement.CORRECT) for row in run] for run in runs]
    items = [str(row["item"]) for run in runs for row in run]
    found = mean_interval([value for run in rights for value in run], items)
    verdicts = [row["judgement"] for run in runs for row in run]
    return {
        "items": len(runs[0]),
        "mean": sum(map(sum, rights)) / len(items),
        "interval": [found.low, found.high],
        "seeds": [sum(run) / len(run) for run in rights],
        "trace": sum(row["trace"] for run in runs for row in run) / len(items),
        "judgements": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
    }


def compared(tests: Mapping[str, Answers]) -> dict[str, Any]:
    """The primary comparison, and all others in language, each as base, arm, test and what ``difference`` says."""
    found = [
        {"test": test, "base": base, "arm": arm, **difference(tests[test][base], tests[test][arm])}
        for base, arm in COMPARISONS
        for test in (f"{split}_language" for split in TESTS)
    ]
    (primary,) = [each for each in found if (each["base"], each["arm"], each["test"]) == (*PRIMARY, PRIMARY_TEST)]
    found.remove(primary)
    for entry, adjusted in zip(found, holm([entry["p"] for entry in found])):
        entry["p_holm"] = adjusted
    return {"primary": primary, "secondary": found}


def difference(a: Sequence[Sequence[Mapping[str, Any]]], b: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """B minus A; both are seed -> item, in the same order."""
    import numpy as np

    values = [
        np.array([[row["judgement"] == Judgement.CORRECT for row in run] for run in runs], float) for runs in (a, b)
    ]
    each = values[1] - values[0]
    rng = np.random.default_rng(0)
    seeds = rng.integers(0, each.shape[0], (DRAWS, each.shape[0]))
    items = rng.integers(0, each.shape[1], (DRAWS, each.shape[1]))
    draws = [each[np.ix_(s, i)].mean() for s, i in zip(seeds, items)]
    lost, won = (each < 0).sum(axis=1), (each > 0).sum(axis=1)
    by_item = [[[{"outcome": row["judgement"]} for row in seeds] for seeds in zip(*runs)] for runs in (a, b)]
    names = [str(number) for number in range(each.shape[1])]
    flips = judge(Pairs("delegate", "", list(by_item[0]), list(by_item[1]), names, 0, 0, 0, 0))
    return {
        "difference": float(each.mean()),
        "interval": np.quantile(draws, [0.025, 0.975]).tolist(),
        "p": flips["p"],
        "interval_items": flips["interval"],
        "seeds": [
            {"difference": float(seed.mean()), "lost": int(x), "won": int(y), "mcnemar": mcnemar(int(x), int(y))}
            for seed, x, y in zip(each, lost, won)
        ],
        "mcnemar": mcnemar(int(lost.sum()), int(won.sum())),
    }


def learning(out: Path, model: str, seed: int, scale: Scale) -> dict[str, list[tuple[int, float]]]:
    """Form -> (updates from the start on, share of exactly right traces of held-out plans), while it was learnt."""
    stages = [(STAGE_TWO[model][0], 0), (model, scale.updates)] if model in STAGE_TWO else [(model, 0)]
    points: dict[str, list[tuple[int, float]]] = {}
    for name, before in stages:
        for row in _lines(out / f"{name}-{seed}" / "metrics.jsonl"):
            for key, value in row.items():
                if key.startswith("eval_exact/"):
                    points.setdefault(key.removeprefix("eval_exact/"), []).append((before + row["step"], value))
    return points


def reached(points: Mapping[str, Sequence[tuple[int, float]]]) -> dict[str, int | None]:
    """After how many updates the share in language was first so high; None: never."""
    return {
        f"{level:.0%}": next((step for step, value in points.get("language", ()) if value >= level), None)
        for level in LEARNT
    }


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as lines:
        return [orjson.loads(line) for line in lines]
