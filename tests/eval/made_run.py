"""A run folder written by hand, with model outputs that try to break out of the page."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

ATTACKS = [
    "</script><script>document.title='attacked'</script>",
    "<img src=x onerror=\"document.title='attacked'\">",
    "<!--<script>",
    '\'" onmouseover="document.title=\'attacked\'" x="',
    "javascript:document.title='attacked'",
    "\u2028\u2029\u0000\ufffd\u202eabc",
    "{{SCRIPT}} ${document.title='attacked'} `",
]


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def write_lines(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def outcome_rows(name: str, outcomes: dict[str, int]) -> list[dict[str, Any]]:
    endings = [outcome for outcome, number in outcomes.items() for _ in range(number)]
    random.Random(name).shuffle(endings)
    return [
        {
            "id": f"{name}-test-{i:016x}",
            "prompt": f"Solve the problem of {name} number {i}.\nThe answer is:\n",
            "output": f"def solution():\n    return {i} + 1",
            "symbol": f"def solution():\n    return {i} + 1",
            "finish": "length" if outcome == "parse_error" else "stop",
            "outcome": outcome,
            "answer": i + 1 if outcome in ("correct", "wrong") else None,
            "gold": f"def solution():\n    return 1 + {i}",
            "gold_answer": i + 1 if outcome == "correct" else 7,
            "message": "" if outcome == "correct" else f"expected a number at line 2, column {i + 1}",
        }
        for i, outcome in enumerate(endings)
    ]


SCENES: dict[str, list[tuple[str, str, dict[str, int]]]] = {
    "maths": [
        ("stories", "python", {"no_symbol": 1, "parse_error": 4, "runtime_error": 3, "wrong": 20, "correct": 12})
    ],
    "symbolic": [("letters", "python", {"wrong": 3, "correct": 37})],
    "logic": [("theories", "fol", {"parse_error": 2, "inconsistent": 1, "wrong": 5, "correct": 32})],
    "planning": [
        ("blocksworld_generated", "planner", {"rejected": 3, "plan_invalid": 6, "correct": 31}),
        ("grippers_generated", "planner", {"parse_error": 5, "plan_unsolvable": 4, "plan_invalid": 9, "correct": 22}),
    ],
    "visual": [("clevr_generated", "scene", {"rejected": 6, "wrong": 9, "correct": 25})],
    "table": [("tables", "sql", {"rejected": 12, "cpu_timeout": 1, "gold_error": 1, "wrong": 26})],
}


def made_run(folder: Path) -> Path:
    """A whole run as the demo leaves it: summary.json, metrics, evaluation folders."""
    rng = random.Random(0)
    scenes: dict[str, list[dict[str, Any]]] = {}
    for scene, parts in SCENES.items():
        for name, solver, outcomes in parts:
            items, correct = sum(outcomes.values()), outcomes.get("correct", 0)
            rate = correct / items
            half = 1.96 * math.sqrt(max(rate * (1 - rate), 0.01) / items)
            scenes.setdefault(scene, []).append(
                {
                    "benchmark": name,
                    "solver": solver,
                    "engine": {"fol": "Z3 5.4.0", "sql": "SQLite 3.40.1"}.get(solver, f"{solver} 1.0"),
                    "items": items,
                    "executed": correct + outcomes.get("wrong", 0),
                    "correct": correct,
                    "accuracy": rate,
                    "interval": [max(0.0, rate - half), min(1.0, rate + half)],
                    "majority": {"answer": "True", "accuracy": 0.38} if scene == "logic" else None,
                    "outcomes": outcomes,
                }
            )
            write_lines(folder / "eval/delegate" / f"{name}.jsonl", outcome_rows(name, outcomes))
    attacks = outcome_rows("attacks", {"wrong": len(ATTACKS)})
    for row, attack in zip(attacks, ATTACKS):
        row.update({key: attack for key in ("output", "symbol", "prompt", "message", "gold", "answer", "id")})
    write_lines(folder / "eval/delegate/attacks.jsonl", attacks)
    write(folder / "eval/delegate/run.json", {"kind": "delegate", "backend": "transformers"})
    write(folder / "ceiling/delegate/run.json", {"kind": "delegate", "backend": "gold"})
    write(folder / "ceiling/delegate/summary.json", {"scenes": {"maths": [{"benchmark": "gold", "items": 1}]}})
    write_lines(folder / "ceiling/delegate/stories.jsonl", outcome_rows("stories", {"correct": 2}))
    write(folder / "eval/delegate/summary.json", {"scenes": scenes})
    tasks = {
        name: {
            "items": 100,
            "metric": metric,
            "value": value,
            "interval": [max(0.0, value - 0.07), min(1.0, value + 0.05)],
            "exact": int(100 * value),
            "parsed": parsed,
            "equivalent": {
                "yes": int(100 * value),
                "no": max(0, 95 - int(100 * value)),
                "unknown": min(5, 100 - int(100 * value)),
            },
        }
        for name, metric, value, parsed in [
            ("scan_generated", "EM", 0.97, 100),
            ("scan_generated.evolved", "EM", 0.88, 100),
            ("blocksworld_generated", "BLEU", 0.861, 96),
            ("theories", "LE", 0.805, 94),
            ("tables", "EM", 0.02, 71),
            ("stories", "EM", 0.0, 83),
        ]
    }
    collection = {
        name: {
            "read": read,
            "kept": read - rejected - 40 - 7,
            "rejected": rejected,
            "duplicates": 40,
            "leaks": 7,
            "reasons": {"parse_error": rejected - 2, "engine_rejected": 2} if rejected else {},
            "licence": "Apache-2.0",
            "format": name.split("_")[0],
            "origin": "generated",
        }
        for name, read, rejected in [("scan_generated", 8400, 0), ("theories", 8400, 12), ("tables", 8400, 5)]
    }
    for stage, start, end in (("injection", 7.0, 0.09), ("infusion", 0.8, 0.11)):
        rows = [
            {"step": step, "loss": end + (start - end) * math.exp(-step / 120) * rng.uniform(0.8, 1.2)}
            for step in range(1, 1001, 2)
        ]
        write_lines(folder / stage / "metrics.jsonl", rows)
    joined = {
        scene: {"items": 0, "parts": [{**part, "gold_correct": part["items"]} for part in parts]}
        for scene, parts in scenes.items()
    }
    write(
        folder / "summary.json",
        {
            "scenes": joined,
            "tasks": tasks,
            "collection": collection,
            "training": {"injection": "injection/metrics.jsonl"},
            "seconds": {"build": 31.2, "evolve": 4.5, "injection": 188.0, "infusion": 71.0, "eval": 66.4},
        },
    )
    return folder
