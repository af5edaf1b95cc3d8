"""What a run of Symbol-Evol counted: by task, format, style and proof, and what the new names cost.

```
| format | chosen | proved | proof                  | style    | refused         | characters | tokens |
| scan   |     60 |     60 | inverse + execution 60 | paper 60 | –               |    + 2.1 % | + 14 % |
```
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from symbol_llm.record import Record

UNITS = ("characters", "tokens")


class Tally:
    """The counts of one task, taken record by record."""

    def __init__(self) -> None:
        self.reasons, self.splits, self.proofs = Counter[str](), Counter[str](), Counter[str]()
        self.styles, self.depths = Counter[str](), Counter[str]()
        # style -> unit -> [before, after]
        self.costs: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)

    def add(self, record: Record, lengths: Sequence[Sequence[int]]) -> None:
        """``lengths``: characters, and tokens if they were counted, of the original and of the evolved record."""
        drawn, proof, _ = (record.proof or "").split(": ", 2)
        style, depth = drawn.split(", ")
        self.depths[depth] += 1
        self.splits[record.split] += 1
        self.styles[style] += 1
        self.proofs[proof] += 1
        for unit, before, after in zip(UNITS, *lengths):
            sums = self.costs[style].setdefault(unit, [0, 0])
            sums[0] += before
            sums[1] += after

    def to_json(self, kept: int) -> dict[str, Any]:
        rejected = self.reasons.total()
        return {
            "counts": {"read": kept + rejected, "kept": kept, "rejected": rejected, "duplicates": 0, "leaks": 0},
            "reasons": dict(sorted(self.reasons.items())),
            "splits": dict(sorted(self.splits.items())),
            "styles": dict(sorted(self.styles.items())),
            "depths": dict(sorted(self.depths.items())),
            "proofs": dict(sorted(self.proofs.items())),
            "costs": {
                style: {unit: {"before": before, "after": after} for unit, (before, after) in units.items()}
                for style, units in sorted(self.costs.items())
            },
        }


def by_format(tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Chosen and proved records, refusals, styles, proofs and costs of each format."""
    found: dict[str, Any] = {}
    for entry in tasks.values():
        sums = found.setdefault(
            entry["format"],
            {"chosen": 0, "proved": 0, "proofs": {}, "styles": {}, "depths": {}, "reasons": {}, "costs": {}},
        )
        sums["chosen"] += entry["counts"]["read"]
        sums["proved"] += entry["counts"]["kept"]
        for key in ("proofs", "styles", "depths", "reasons"):
            sums[key] = dict(sorted((Counter(sums[key]) + Counter(entry[key])).items()))
        for costs in entry["costs"].values():
            _add(sums["costs"], costs)
    return dict(sorted(found.items()))


def by_style(tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Characters and tokens before and after, of the records of each style."""
    found: dict[str, Any] = {}
    for entry in tasks.values():
        for style, costs in entry["costs"].items():
            _add(found.setdefault(style, {}), costs)
    return dict(sorted(found.items()))


def _add(sums: dict[str, Any], costs: dict[str, Any]) -> None:
    for unit, cost in costs.items():
        total = sums.setdefault(unit, {"before": 0, "after": 0})
        for when in total:
            total[when] += cost[when]


def growth(costs: dict[str, Any], unit: str) -> str:
    """How much longer prompt and completion are: "+1.7 %"; "–" where it was not counted."""
    if not costs.get(unit, {}).get("before"):
        return "–"
    return f"{100 * (costs[unit]['after'] / costs[unit]['before'] - 1):+.1f} %"


def card(manifest: dict[str, Any]) -> str:
    """The part of the dataset card that tells what was renamed, how it was proved, and what it costs."""

    def told(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "–"

    lines = ["", "## Evolved records", ""]
    lines += ["| format | chosen | proved | proof | style | depth | refused | characters | tokens |"]
    lines += ["|---|--:|--:|---|---|---|---|--:|--:|"]
    lines += [
        f"| {name} | {sums['chosen']:,} | {sums['proved']:,} "
        f"| {told(sums['proofs'])} | {told(sums['styles'])} | {told(sums['depths'])} "
        f"| {told(sums['reasons'])} "
        f"| {growth(sums['costs'], 'characters')} | {growth(sums['costs'], 'tokens')} |"
        for name, sums in manifest["formats"].items()
    ]
    lines += ["", "How much longer prompt and completion became, by style:", ""]
    lines += ["| style | characters | tokens |", "|---|--:|--:|"]
    lines += [
        f"| {style} | {growth(costs, 'characters')} | {growth(costs, 'tokens')} |"
        for style, costs in manifest["costs"].items()
    ]
    return "\n".join(lines) + "\n"
