"""All numbers of a demo in one JSON document: ``runs/demo/summary.json``.

```
scenes       name -> benchmark, items, executed, correct, accuracy with its interval, outcomes, gold ceiling
tasks        name -> items, metric and value with its interval, exact, parsed, equivalent
collection   task -> read, kept, rejected, duplicates, leaks, reasons, licence, format, origin
training     stage -> steps, first and last loss, tokens a second, path of the metrics
seconds      step -> seconds
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from symbol_llm import __version__


def summarise(out: Path, seconds: dict[str, float]) -> dict[str, Any]:
    """Collect the numbers that the steps wrote under ``out``."""
    evolved = _read(out / "unseen_names.log")["tasks"]
    return {
        "version": __version__,
        "scenes": _scenes(_read(out / "delegate.log"), _read(out / "ceiling.log")),
        "tasks": {**_read(out / "symbolic.log")["tasks"], **evolved},
        "collection": {
            **_collection(_read(out / "collection.log"), ""),
            **_collection(_read(out / "evolved.log"), ".evolved"),
        },
        "training": {stage: _training(out, stage) for stage in ("injection", "infusion")},
        "seconds": {**seconds, "total": round(sum(seconds.values()), 1)},
    }


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(path.read_bytes())
    return document


def _scenes(document: dict[str, Any], ceiling: dict[str, Any]) -> dict[str, Any]:
    """One entry per scene; the benchmarks of a scene with several are its parts."""
    gold = {part["benchmark"]: part["correct"] for parts in ceiling["scenes"].values() for part in parts}
    scenes: dict[str, Any] = {}
    for scene, parts in document["scenes"].items():
        for part in parts:
            part["gold_correct"] = gold[part["benchmark"]]
        scenes[scene] = {
            "benchmark": " + ".join(part["benchmark"] for part in parts),
            **document["scene_totals"][scene],
            "gold_correct": sum(part["gold_correct"] for part in parts),
            "parts": parts,
        }
    return scenes


def _collection(manifest: dict[str, Any], suffix: str) -> dict[str, Any]:
    return {
        f"{task}{suffix}": {
            **entry["counts"],
            "reasons": entry["reasons"],
            "licence": entry["licence"],
            "format": entry["format"],
            "origin": entry["origin"],
            **({"proofs": entry["proofs"]} if "proofs" in entry else {}),
        }
        for task, entry in manifest["tasks"].items()
    }


def _training(out: Path, stage: str) -> dict[str, Any]:
    lines = (out / stage / "metrics.jsonl").read_bytes().splitlines()
    rows = [row for row in map(orjson.loads, lines) if "loss" in row]
    speeds = sorted(row["tokens_per_second"] for row in rows if "tokens_per_second" in row)
    return {
        "metrics": f"{stage}/metrics.jsonl",
        "steps": rows[-1]["step"],
        "first_loss": rows[0]["loss"],
        "last_loss": rows[-1]["loss"],
        "tokens_per_second": speeds[len(speeds) // 2] if speeds else None,
    }
