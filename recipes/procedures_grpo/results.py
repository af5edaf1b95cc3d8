"""What came of it: rewards at the start and the end of each stage, right answers before and after, arms compared.

{"warm": {"step": 5000, …}, "arms": {"language": {"stages": [{"data": "language", "start": 0.21, "end": 0.34, …}], …}}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from eval.compare import Pairs, judge
from eval.intervals import mean_interval
from recipes.procedures_grpo.story import ARMS, Scale, stage_names
from recipes.procedures_grpo.testing import SAMPLES

AT_ENDS = 5  # batches that the reward at the start and at the end of a stage is the mean of
CONTROL = "language"
_Bits = Mapping[str, Mapping[str, Sequence[int]]]


def summarise(out: Path, scale: Scale, warm: Mapping[str, Any]) -> dict[str, Any]:
    """All numbers, from the files of a finished run."""
    before = _measured(out, "warm")
    after = {arm: [_measured(out, f"seed-{seed}/{arm}") for seed in range(scale.seeds)] for arm in ARMS}
    return {
        "scale": scale._asdict(),
        "warm": {**warm, **_shares([before])},
        "arms": {
            arm: {
                "stages": [_stages(out / f"seed-{seed}", arm) for seed in range(scale.seeds)],
                **_shares(after[arm]),
                "since warm": _differences([before] * scale.seeds, after[arm]),
                **({} if arm == CONTROL else {f"against {CONTROL}": _differences(after[CONTROL], after[arm])}),
            }
            for arm in ARMS
        },
    }


def _measured(out: Path, name: str) -> _Bits:
    bits: _Bits = orjson.loads((out / "measured" / f"{name}.json").read_bytes())
    return bits


def _stages(folder: Path, arm: str) -> list[dict[str, Any]]:
    """Both stages of an arm, with the reward of each batch."""
    found = []
    for name, data in zip(stage_names(arm), ARMS[arm], strict=True):
        lines = [orjson.loads(line) for line in (folder / name / "metrics.jsonl").read_bytes().splitlines()]
        curve = [line["reward"] for line in lines if "reward" in line]
        ends = AT_ENDS if len(curve) >= 2 * AT_ENDS else 1
        found.append(
            {
                "data": " + ".join(data),
                "start": sum(curve[:ends]) / ends,
                "end": sum(curve[-ends:]) / ends,
                "kl": lines[-1].get("kl"),
                "groups_without_spread": sum(line["groups_without_spread"] for line in lines) / len(lines),
                "curve": curve,
            }
        )
    return found


def _shares(runs: Sequence[_Bits]) -> dict[str, dict[str, Any]]:
    """Share of right answers over all seeds with its interval; all seeds' and samples' answers to a plan cluster."""
    found: dict[str, dict[str, Any]] = {"greedy": {}, "sampled": {}}
    for kind, sets in found.items():
        for name in runs[0][kind]:
            values, groups = _flat(runs, kind, name)
            interval = mean_interval(values, groups)
            sets[name] = {"value": sum(values) / len(values), "interval": [interval.low, interval.high]}
    return found


def _differences(a: Sequence[_Bits], b: Sequence[_Bits]) -> dict[str, dict[str, Any]]:
    """How much more of each set B gets right, plan by plan."""
    found: dict[str, dict[str, Any]] = {"greedy": {}, "sampled": {}}
    for kind, sets in found.items():
        for name in a[0][kind]:
            (before, groups), (after, _) = _flat(a, kind, name), _flat(b, kind, name)
            judged = judge(Pairs("delegate", name, _rows(before), _rows(after), groups, 0, 0, 0, 0))
            sets[name] = {key: judged[key] for key in ("difference", "interval", "p", "method")}
    return found


def _rows(bits: Sequence[float]) -> list[Sequence[Mapping[str, Any]]]:
    return [[{"outcome": "correct" if bit else "wrong"}] for bit in bits]


def _flat(runs: Sequence[_Bits], kind: str, name: str) -> tuple[list[float], list[str]]:
    """All values of a set, and the plan that each belongs to."""
    each = SAMPLES if kind == "sampled" else 1
    values = [float(bit) for bits in runs for bit in bits[kind][name]]
    groups = [str(place // each) for bits in runs for place in range(len(bits[kind][name]))]
    return values, groups
