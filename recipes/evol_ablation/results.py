"""The numbers of the ablation: per test set and kind of training, each seed, the mean, and 95 % intervals.

    evolved-seen-style   without 0.00   with 0.61   difference 0.61 (0.55 .. 0.66)

An interval resamples test items (all seeds of an item together), so it tells how far another draw of items could move
the mean; how far another seed moves it is shown by the seeds themselves.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from eval.intervals import LEVEL, RESAMPLES
from recipes.evol_ablation.plot import bars
from recipes.evol_ablation.story import EVOLVED, HELD_OUT, STYLE, TEST_SETS, WITH, WITHOUT, Scale
from symbol_llm.ledger import write_bytes


def collect(out: Path, scale: Scale, seconds: dict[str, float]) -> dict[str, Any]:
    """Read what the steps wrote under ``out``."""
    sets: dict[str, Any] = {}
    for name in TEST_SETS:
        exact = {
            kind: [_exact(out / f"score-{kind}-{seed}-{name}") for seed in range(scale.seeds)]
            for kind in (WITHOUT, WITH)
        }
        for task in exact[WITHOUT][0]:
            key = name if len(exact[WITHOUT][0]) == 1 else f"{name}: {task}"
            sets[key] = _compared({kind: [seed[task] for seed in runs] for kind, runs in exact.items()})
    runs = {
        f"{kind}-{seed}": _training(out / f"{kind}-{seed}") for seed in range(scale.seeds) for kind in (WITHOUT, WITH)
    }
    return {"scale": asdict(scale), "sets": sets, "training": runs, "seconds": seconds}


def _exact(run: Path) -> dict[str, dict[str, bool]]:
    """Task -> item -> whether the model wrote the symbol exactly."""
    return {
        path.stem.removesuffix(".evolved"): {row["id"]: row["is_exact"] for row in map(orjson.loads, path.open("rb"))}
        for path in sorted((run / "symbolic").glob("*.jsonl"))
    }


def _compared(runs: dict[str, list[dict[str, bool]]]) -> dict[str, Any]:
    """Means and intervals of both kinds, and of their difference, from item -> exact of each seed."""
    import numpy as np

    items = sorted(runs[WITH][0])
    values = {kind: np.array([[seed[item] for item in items] for seed in seeds], float) for kind, seeds in runs.items()}
    drawn = np.random.default_rng(0).integers(0, len(items), (RESAMPLES, len(items)))
    means = {kind: each.mean(axis=0) for kind, each in values.items()}
    means["difference"] = means[WITH] - means[WITHOUT]
    tail = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    entry: dict[str, Any] = {"items": len(items)}
    for kind, mean in means.items():
        low, high = np.quantile(mean[drawn].mean(axis=1), tail).tolist()
        entry[kind] = {"mean": float(mean.mean()), "interval": [low, high]}
        if kind in values:
            entry[kind]["seeds"] = values[kind].mean(axis=1).tolist()
    return entry


def _training(run: Path) -> dict[str, Any]:
    rows = [orjson.loads(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]
    summary = orjson.loads((run / "summary.json").read_bytes())
    return {
        "steps": summary["steps"],
        "parameters": summary["parameters"],
        "rows_per_epoch": summary["rows_per_epoch"],
        "tokens_per_epoch": summary["tokens_per_epoch"],
        "steps_per_epoch": summary["steps_per_epoch"],
        "last_loss": rows[-1]["loss"],
    }


def shown(result: dict[str, Any]) -> list[list[Any]]:
    """The lines of the table: test set, items, both kinds with their seeds, the difference with its interval."""
    lines = []
    for name, entry in result["sets"].items():
        kinds = [
            f"{entry[kind]['mean']:.1%} ({', '.join(f'{value:.1%}' for value in entry[kind]['seeds'])})"
            for kind in (WITHOUT, WITH)
        ]
        low, high = entry["difference"]["interval"]
        difference = f"{100 * entry['difference']['mean']:+.1f} ({100 * low:+.1f} … {100 * high:+.1f})"
        lines.append([name, entry["items"], *kinds, difference])
    return lines


def written(result: dict[str, Any], out: Path) -> tuple[Path, Path]:
    """Write ``out``/table.md and ``out``/plot.svg."""
    lines = [
        "| test set | items | without evolved records | with | difference in points (95 %) |",
        "|---|--:|---|---|---|",
    ]
    lines += [f"| {' | '.join(map(str, line))} |" for line in shown(result)]
    one = result["training"][f"{WITH}-0"]
    lines += [
        "",
        f"Exactly right symbols; mean of {result['scale']['seeds']} seeds, each seed in parentheses. "
        f"{one['parameters']:,} parameters, {one['steps']:,} updates in both kinds of training; {EVOLVED} evolved in "
        f"the style {STYLE}, {HELD_OUT} trained on under its own names alone. Intervals resample the items.",
    ]
    table, plot = out / "table.md", out / "plot.svg"
    write_bytes(table, ("\n".join(lines) + "\n").encode())
    return table, bars(result["sets"], (WITHOUT, WITH), plot)
