"""The Hugging Face dataset card of a built collection: what is in it, from where, under which licences."""

from __future__ import annotations

from typing import Any

import yaml


def dataset_card(manifest: dict[str, Any]) -> str:
    """Markdown with the hub's YAML header. No ``configs``: a file here holds all splits of a task, and
    ``load_dataset`` would call them all train; ``collect export --to datasets`` writes what it reads.
    """
    tasks: dict[str, Any] = manifest["tasks"]
    header = {
        "pretty_name": "Symbolic Collection",
        "language": ["en"],
        "license": "other",
        "license_name": "per-record",
        "task_categories": ["text-generation"],
    }
    lines = [
        "---",
        yaml.safe_dump(header, sort_keys=False).strip(),
        "---",
        "",
        "# Symbolic Collection",
        "",
        f"Built by symbol-llm {manifest['version']}, seed {manifest['config']['seed']}. Every record was parsed and, "
        "where its language has one, accepted by the real engine. `rejects/` holds every row that was left out, "
        "with the reason; `manifest.json` the hashes of all inputs and outputs. Check it with "
        "`symbol-llm collect verify`; write what trainers load with `symbol-llm collect export`.",
        "",
        "Each record names its licence; those that do not allow commercial use have `commercial: false`.",
        "",
        "| task | format | origin | read | kept | rejected | duplicates | leaks | licence |",
        "|---|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for name, task in tasks.items():
        c = task["counts"]
        lines.append(
            f"| {name} | {task['format']} | {task['origin']} | {c['read']:,} | {c['kept']:,} | {c['rejected']:,} "
            f"| {c['duplicates']:,} | {c['leaks']:,} | {task['licence']} |"
        )
    lines += ["", "## Why rows were left out", "", "| task | reason | rows |", "|---|---|--:|"]
    lines += [
        f"| {name} | {reason} | {count:,} |" for name, t in tasks.items() for reason, count in t["reasons"].items()
    ]
    lines += ["", "## Sources", ""]
    lines += [
        f"- **{name}**: {task['citation']} {task['upstream']['url']} ({task['upstream']['revision']})"
        for name, task in tasks.items()
        if task["citation"]
    ]
    return "\n".join(lines) + "\n"
