"""The README of an export: a Hugging Face dataset card that ``datasets`` reads, and what a person must know.

    configs:                                 load_dataset(DEST, "scan", split="test") reads scan/test.parquet alone
    - config_name: scan
      description: sha256 5f0c…
      data_files:
      - {split: test, path: scan/test.parquet}

Then how to load it, what is in it, and the licence and citation of every data set, which go where the data goes.
"""

from __future__ import annotations

from typing import Any

import yaml

from collection.export_targets import TARGETS
from collection.selection import SPLITS
from symbol_llm.ledger import sha256_json


def export_card(document: dict[str, Any]) -> str:
    """Markdown with the hub's YAML header, from what ``export.json`` holds."""
    to, tasks = document["to"], document["tasks"]
    header: dict[str, Any] = {
        "pretty_name": f"Symbolic Collection for {to}",
        "language": ["en"],
        "license": "other",
        "license_name": "per-record",
        "task_categories": ["text-generation"],
        "configs": _configs(document),
    }
    if to == "jsonl":
        # Read without types, a column that is null for the first megabytes is taken to be null everywhere.
        header["dataset_info"] = [{"config_name": "default", "features": _features()}]
    example = next(iter(document["files"].values()))
    usage = TARGETS[to].usage.format(dest="DEST", task=next(iter(tasks)), split=example["split"])
    lines = [
        "---",
        yaml.safe_dump(header, sort_keys=False).strip(),
        "---",
        "",
        f"# Symbolic Collection for {to}",
        "",
        f"Exported by symbol-llm {document['version']} from a collection whose every symbol was parsed and, where its "
        "language has one, accepted by the real engine. The rows of each data set were put into a common form: "
        "instruction, definitions, request, symbol. Splits never share a file; `export.json` has the counts and the "
        "hash of every file.",
        "",
        "```",
        usage,
        "```",
        "",
        "| task | format | " + " | ".join(SPLITS) + " | origin | licence | commercial use |",
        "|---|---|" + "--:|" * len(SPLITS) + "---|---|---|",
    ]
    for name, task in tasks.items():
        cells = [f"{task['splits'].get(split, 0):,}" for split in SPLITS]
        cells += [", ".join(task["origins"]), ", ".join(task["licences"]), _commercial(task)]
        lines.append(f"| {name} | {task['format']} | {' | '.join(cells)} |")
    sources = [
        f"- **{name}**: {task['citation']} {task['upstream']['url']} ({task['upstream']['revision']})"
        for name, task in tasks.items()
        if task["citation"]
    ]
    if sources:
        lines += ["", "## Sources", "", *sources]
    return "\n".join(lines) + "\n"


def _commercial(task: dict[str, Any]) -> str:
    records = sum(task["splits"].values())
    return {records: "yes", 0: "no"}.get(task["commercial"], f"{task['commercial']:,} of {records:,}")


def _configs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """One configuration per task where tasks have files of their own, else one in all."""
    per_task = "{task}" in TARGETS[document["to"]].file
    configs: dict[str, list[dict[str, str]]] = {}
    for name in document["tasks"] if per_task else ["default"]:
        configs[name] = [
            {"split": file["split"], "path": path}
            for path, file in document["files"].items()
            if not per_task or name in file["tasks"]
        ]
    # `datasets` keeps what it has converted under the folder's name and this description, whatever the files say: a
    # new export to a folder of that name would be read as the old one.
    mark = f"sha256 {sha256_json({path: file['sha256'] for path, file in document['files'].items()})}"
    return [{"config_name": name, "description": mark, "data_files": files} for name, files in configs.items()]


def _features() -> list[dict[str, Any]]:
    """The columns of the record as a card names them."""
    import pyarrow as pa

    from symbol_llm.record import schema

    def described(field: pa.Field) -> dict[str, Any]:
        if pa.types.is_struct(field.type):
            return {"name": field.name, "struct": [described(child) for child in field.type]}
        return {"name": field.name, "dtype": str(field.type)}

    return [described(field) for field in schema()]
