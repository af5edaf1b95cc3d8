"""Checking a built collection: ``symbol-llm collect verify OUT`` recomputes everything and names the first difference.

Hashes of all files, counts, conservation; then every record: its id from its content, its prompt from its parts,
parser, canonical form, and the real engine's verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson

import collection.sources
from collection.prompts import render_with
from collection.sources.base import Example
from symbol_llm.console import progress
from symbol_llm.errors import CheckFailed, SymbolError, UserError
from symbol_llm.formats import get as get_format
from symbol_llm.ledger import sha256_file
from symbol_llm.record import Record, content_id, read_parquet
from symbol_llm.shards import chunked, ordered_map


def load_manifest(out: Path) -> dict[str, Any]:
    """The manifest of a built collection. Raises UserError if there is none."""
    path = out / "manifest.json"
    if not path.exists():
        raise UserError(
            f"{out} holds no finished collection (no manifest.json). Build it with: symbol-llm collect build"
        )
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise CheckFailed(f"{path}: not JSON ({error}). Build the collection again") from error


def verify(out: Path, raw: Path | None = None, workers: int = 1) -> dict[str, int]:
    """Recompute everything about a collection. Raises CheckFailed naming the first difference.

    With ``raw`` the input files are hashed too. Returns the number of files and records checked.
    """
    manifest = load_manifest(out)
    for name, entry in manifest["outputs"].items():
        _check_file(out / name, entry)
    if raw is not None:
        for name, entry in manifest["inputs"].items():
            _check_file(raw / name, entry)
    num_records = 0
    for task, entry in manifest["tasks"].items():
        num_records += _check_task(out, task, entry, raw, workers)
    return {"files": len(manifest["outputs"]), "inputs": len(manifest["inputs"]) if raw else 0, "records": num_records}


def _check_file(path: Path, entry: dict[str, Any]) -> None:
    if not path.exists():
        raise CheckFailed(f"{path} is missing")
    if path.stat().st_size != entry["bytes"] or sha256_file(path) != entry["sha256"]:
        raise CheckFailed(f"{path} is not the file that was built: size or sha256 differ from manifest.json")


def _check_task(out: Path, task: str, entry: dict[str, Any], raw: Path | None, workers: int) -> int:
    counts = entry["counts"]
    parts = counts["kept"] + counts["rejected"] + counts["duplicates"] + counts["leaks"]
    if counts["read"] != parts:
        raise CheckFailed(f"{task}: read {counts['read']} rows, accounted for {parts}")
    found: Counter[str] = Counter()
    with (out / "rejects" / f"{task}.jsonl").open("rb") as file:
        found.update(orjson.loads(line)["reason"] for line in file)
    expected = Counter(entry["reasons"])
    expected.update({"duplicate": counts["duplicates"], "leak": counts["leaks"]})
    if found != +expected:
        raise CheckFailed(f"rejects/{task}.jsonl: reasons {dict(found)}, the manifest says {dict(+expected)}")

    def records() -> Iterator[list[Record]]:
        yield from chunked(read_parquet(out / "records" / f"{task}.parquet"), 256)

    num_records = 0
    with progress(f"verify {task}", counts["kept"]) as advance:
        for fault, size in ordered_map(partial(_check_records, task, raw), records(), workers):
            if fault:
                raise CheckFailed(f"records/{task}.parquet, {fault}")
            num_records += size
            advance(size)
    if num_records != counts["kept"]:
        raise CheckFailed(f"records/{task}.parquet: {num_records} records, the manifest says {counts['kept']}")
    return num_records


def _check_records(task: str, raw: Path | None, records: list[Record]) -> tuple[str, int]:
    """The first fault among records ("" if none), and how many were checked."""
    source = collection.sources.get(task)
    language = get_format(source.format)
    for record in records:
        context = record.to_context(raw)
        if record.id != content_id(task, record.split, record.context, record.input, record.completion):
            return f"{record.id}: the id does not belong to the content", 0
        choice = int(record.template.split("/")[0])
        example = Example(input=record.input, completion=record.completion, context=context)
        if record.prompt != render_with(source.prompt, choice, example):
            return f"{record.id}: the prompt is not the rendering of its parts", 0
        try:
            canonical = language.canonical(record.completion, context)
        except SymbolError as error:
            return f"{record.id}: {error}", 0
        if canonical != record.canonical:
            return f"{record.id}: canonical form differs", 0
        verdict = language.accepts(record.completion, context)
        if verdict.holds is not record.accepted:
            return f"{record.id}: {verdict.engine} says {verdict.holds} ({verdict.reason}), stored {record.accepted}", 0
    return "", len(records)
