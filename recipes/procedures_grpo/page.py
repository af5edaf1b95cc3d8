"""The tables and the curves of a finished run, for people.

RUN/table.md    rewards at both ends of each stage; right answers with 95 % intervals; differences, plan by plan
RUN/plot.svg    the reward of each batch, arm by arm, both stages after each other
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recipes.plots import open_pyplot, save
from recipes.procedures_grpo.results import AT_ENDS, CONTROL
from recipes.procedures_grpo.story import ARMS
from symbol_llm.ledger import write_bytes

_SMOOTHED = 5  # batches in a moving mean


def write_page(result: Mapping[str, Any], out: Path) -> tuple[Path, Path]:
    """Write ``out``/table.md and ``out``/plot.svg."""
    table, plot = out / "table.md", out / "plot.svg"
    lines = [*rewards(result), "", *right_answers(result, "greedy"), "", *right_answers(result, "sampled")]
    write_bytes(table, ("\n".join(lines) + "\n").encode())
    draw(result, plot)
    return table, plot


def rewards(result: Mapping[str, Any]) -> list[str]:
    """A row for each stage: the mean of the seeds, each seed in brackets."""
    lines = [
        f"| arm | stage | reward, first {AT_ENDS} batches | last {AT_ENDS} | KL at the end | groups without spread |",
        "|---|---|---|---|--:|--:|",
    ]
    for arm, entry in result["arms"].items():
        for number, stages in enumerate(zip(*entry["stages"], strict=True), 1):
            starts, ends, kl, flat = (
                [stage[key] for stage in stages] for key in ("start", "end", "kl", "groups_without_spread")
            )
            lines.append(
                f"| {arm} | {number}: {stages[0]['data']} | {_seeds(starts)} | {_seeds(ends)} | "
                f"{sum(kl) / len(kl):.3f} | {sum(flat) / len(flat):.0%} |"
            )
    return lines


def _seeds(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3f} ({', '.join(f'{value:.2f}' for value in values)})"


def right_answers(result: Mapping[str, Any], kind: str) -> list[str]:
    """A row for the warm model and for each arm; in brackets 95 %, then the difference to the warm model."""
    sets = list(result["warm"][kind])
    lines = [f"| {kind} | {' | '.join(name.replace('_', '-') for name in sets)} |", "|---" * (len(sets) + 1) + "|"]
    lines.append("| warm | " + " | ".join(_share(result["warm"][kind][name]) for name in sets) + " |")
    for arm, entry in result["arms"].items():
        cells = [f"{_share(entry[kind][name])} {_difference(entry['since warm'][kind][name])}" for name in sets]
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    for arm, entry in result["arms"].items():
        if arm != CONTROL:
            against = entry[f"against {CONTROL}"][kind]
            lines.append(f"| {arm} − {CONTROL} | " + " | ".join(_difference(against[name]) for name in sets) + " |")
    return lines


def _share(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return f"{entry['value']:.1%} ({100 * low:.0f}–{100 * high:.0f})"


def _difference(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return f"{100 * entry['difference']:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def draw(result: Mapping[str, Any], path: Path) -> None:
    """The reward curves: pale each batch, strong the moving mean."""
    figure, axes = open_pyplot().subplots(
        1, len(ARMS), figsize=(3.4 * len(ARMS), 3.2), sharey=True, layout="constrained"
    )
    for axis, (arm, entry) in zip(axes, result["arms"].items(), strict=True):
        for seed, stages in enumerate(entry["stages"]):
            at = 0
            for stage, colour in zip(stages, ("#8c6bb1", "#2f6db3"), strict=True):
                curve = stage["curve"]
                steps = range(at + 1, at + len(curve) + 1)
                axis.plot(steps, curve, color=colour, alpha=0.25, linewidth=0.8)
                axis.plot(steps, _smooth(curve), color=colour, linewidth=1.8, label=None if seed else stage["data"])
                at += len(curve)
            axis.axvline(len(stages[0]["curve"]) + 0.5, color="#bbbbbb", linewidth=0.8)
        axis.set_title(arm, fontsize=10)
        axis.set_xlabel("batch")
        axis.legend(fontsize=8, frameon=False)
    axes[0].set_ylabel("mean reward of the batch")
    axes[0].set_ylim(bottom=0)
    save(figure, path)


def _smooth(curve: list[float]) -> list[float]:
    """The mean of the last few values."""
    windows = [curve[max(0, place - _SMOOTHED + 1) : place + 1] for place in range(len(curve))]
    return [sum(window) / len(window) for window in windows]
