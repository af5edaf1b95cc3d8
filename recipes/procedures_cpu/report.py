"""The numbers of the experiment for people: ``table.md``, ``accuracy.svg`` and ``learning.svg`` in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recipes.plots import open_pyplot, save
from recipes.procedures_cpu.plans import TESTS
from recipes.procedures_cpu.story import ARMS, MODELS, STAGE_TWO
from symbol_llm.ledger import write_bytes

NAMES = {
    "language": "language, K only",
    "graph": "graph, K only",
    "language-language": "language only",
    "graph-language": "graph → language",
    "language-graph": "language → graph",
    "code-language": "code → language",
    "shuffled-language": "graph with shuffled traces → language",
    "mixed": "graph and language mixed",
}
_COLOURS = dict(
    zip(MODELS, ("#b9c2cb", "#7d858c", "#0b6fb3", "#c8500a", "#2a8c55", "#b0589a", "#b58900", "#6a5acd"), strict=True)
)
# The arms that end with language, mixed included.
_LEARNERS = tuple(arm for arm in ARMS if STAGE_TWO.get(arm, ("", "language"))[1] == "language")
COLUMNS = ("arm", *(split.replace("_", "-") for split in TESTS), "steps right", "seeds, greedy-proof")


def shown(result: Mapping[str, Any]) -> list[list[str]]:
    """The lines of the table: each model on each test in language, and the rules."""
    lines = []
    for model in MODELS:
        tests = {split: result["tests"][f"{split}_language"][model] for split in TESTS}
        cells = [_share(entry) for entry in tests.values()]
        trace = sum(entry["trace"] for entry in tests.values()) / len(tests)
        seeds = ", ".join(f"{100 * value:.1f}" for value in result["tests"]["greedy_proof_language"][model]["seeds"])
        lines.append([NAMES[model], *cells, f"{100 * trace:.1f}", seeds])
    for rule in result["rules"][TESTS[0]]:
        lines.append([f"rule: {rule}", *(f"{100 * result['rules'][split][rule]:.1f}" for split in TESTS), "", ""])
    return lines


def _share(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return f"{100 * entry['mean']:.1f} ({100 * low:.0f}–{100 * high:.0f})"


def compared(result: Mapping[str, Any]) -> list[str]:
    """The primary comparison in words, and all of them as a table."""
    first = result["primary"]
    p = f"p {first['p']:.2g} by sign flips of items, {first['mcnemar']:.2g} by McNemar over all seeds"
    each = ", ".join(
        f"{100 * seed['difference']:+.1f} ({seed['lost']} lost, {seed['won']} won, McNemar {seed['mcnemar']:.2g})"
        for seed in first["seeds"]
    )
    lines = [
        f"Primary comparison, {NAMES[first['arm']]} against {NAMES[first['base']]}, greedy-proof plans in language: "
        f"**{_points(first)} points**, {p}. Seed by seed: {each}.",
        "",
        "| difference in points (95 %) | " + " | ".join(split.replace("_", "-") for split in TESTS) + " |",
        "|---|" + "--:|" * len(TESTS),
    ]
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for entry in (first, *result["secondary"]):
        cells.setdefault((entry["arm"], entry["base"]), {})[entry["test"]] = _points(entry) + _star(entry)
    for (arm, base), tests in cells.items():
        row = " | ".join(tests[f"{split}_language"] for split in TESTS)
        lines.append(f"| {NAMES[arm]} − {NAMES[base]} | {row} |")
    return [*lines, "", _STARRED]


_STARRED = (
    "\\* secondary: p below 0.05 by sign flips of items, after Holm's correction, and an interval over items and seeds "
    "that leaves out zero."
)


def _points(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return f"{100 * entry['difference']:+.1f} ({100 * low:+.1f} … {100 * high:+.1f})"


def _star(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return " *" if entry.get("p_holm", 1.0) < 0.05 and not low <= 0 <= high else ""


def markdown(result: Mapping[str, Any]) -> str:
    """All tables of the run."""
    check, scale = result["check"], result["scale"]
    alone = {form: ", ".join(f"{100 * value:.1f}" for value in check[form]) for form in ("graph", "language")}
    reached = sum(value >= check["enough"] for value in check["graph"])
    lines = [
        f"One representation alone, right answers to plans like those trained on after K = {scale['updates']:,} "
        f"updates, each seed: graph {alone['graph']} %, language {alone['language']} %. The bar of "
        f"{check['enough']:.0%} for the graph is reached by {reached} of {len(check['graph'])} seeds; their mean is "
        f"{100 * sum(check['graph']) / len(check['graph']):.1f} %.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---|" + "--:|" * (len(TESTS) + 1) + "---|",
        *(f"| {' | '.join(line)} |" for line in shown(result)),
        "",
        *compared(result),
        "",
        "| updates until held-out traces in language are exactly right | 50 % | 90 % |",
        "|---|---|---|",
    ]
    for arm in _LEARNERS:
        cells = [", ".join(str(seed[level] or "–") for seed in result["learnt"][arm]) for level in ("50%", "90%")]
        lines.append(f"| {NAMES[arm]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def written(result: Mapping[str, Any], out: Path) -> list[Path]:
    """Write the table and the plots. Raises EngineMissing without matplotlib, after the table is written."""
    table = out / "table.md"
    write_bytes(table, markdown(result).encode())
    return [table, _accuracy(result, out / "accuracy.svg"), _learning(result, out / "learning.svg")]


def _accuracy(result: Mapping[str, Any], path: Path) -> Path:
    """Right answers in language: a group of bars for each test, dots for seeds, whiskers for 95 % of items."""
    figure, axes = open_pyplot().subplots(figsize=(11, 4.6))
    width = 0.8 / len(MODELS)
    for number, model in enumerate(MODELS):
        for place, split in enumerate(TESTS):
            entry = result["tests"][f"{split}_language"][model]
            x, mean = place + (number - (len(MODELS) - 1) / 2) * width, 100 * entry["mean"]
            low, high = (100 * bound for bound in entry["interval"])
            axes.bar(x, mean, width * 0.92, color=_COLOURS[model], label=NAMES[model] if place == 0 else None)
            axes.vlines(x, low, high, color="#222", linewidth=1)
            axes.plot(
                [x] * len(entry["seeds"]), [100 * seed for seed in entry["seeds"]], "o", ms=2.5, mfc="w", mec="#222"
            )
    axes.set_xticks(range(len(TESTS)), [split.replace("_", "-") for split in TESTS])
    axes.set_ylabel("right answers in language, %")
    return _saved(figure, axes, path)


def _learning(result: Mapping[str, Any], path: Path) -> Path:
    """Exactly right held-out traces in language while it is learnt, mean of the seeds."""
    figure, axes = open_pyplot().subplots(figsize=(11, 4.6))
    for arm in _LEARNERS:
        runs = [seed["language"] for seed in result["curves"][arm] if seed.get("language")]
        if runs:
            steps = [step for step, _ in runs[0]]
            values = [100 * sum(points) / len(runs) for points in zip(*([value for _, value in run] for run in runs))]
            axes.plot(steps, values, marker="o", ms=3, color=_COLOURS[arm], label=NAMES[arm])
    axes.axvline(result["scale"]["updates"], color="#d9dcdf", zorder=0)
    axes.set_xlabel("updates, both stages")
    axes.set_ylabel("held-out traces in language exactly right, %")
    return _saved(figure, axes, path)


def _saved(figure: Any, axes: Any, path: Path) -> Path:
    axes.set_ylim(0, 100)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4)
    return save(figure, path)
