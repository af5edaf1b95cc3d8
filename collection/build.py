"""Building the collection: ``symbol-llm collect build --raw RAW --out OUT``.

    read ─▶ check (in parallel, one part file per chunk) ─▶ duplicates, leaks ─▶ records, rejects, manifest, card

Killed at any moment, the same command goes on with the parts that are done. The output depends on the raw files,
the code and the seed alone: any number of workers gives the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

import collection.sources
from collection.card import dataset_card
from collection.check import Chunk, check_chunk
from collection.decontaminate import LeakIndex, scope
from collection.dedup import Duplicates, repeated_symbols
from collection.sources.base import FilesMissing, GeneratedSource, Source
from symbol_llm import __version__
from symbol_llm.console import log, progress
from symbol_llm.errors import UserError
from symbol_llm.ledger import code_version, exclusive, make_folder, sha256_file, sha256_json, write_bytes, write_json
from symbol_llm.record import Record, Split, record_from_json, write_parquet
from symbol_llm.shards import chunked, ordered_map

ROWS_PER_PART = 256


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """What a build depends on besides the raw files and the code."""

    tasks: tuple[str, ...]
    seed: int = 0
    limit: int | None = None  # rows per task and split
    limits: Mapping[str, int] = field(default_factory=dict)  # another limit for some tasks

    def limit_of(self, task: str) -> int | None:
        return self.limits.get(task, self.limit)


@dataclass(frozen=True, slots=True)
class TaskParts:
    """The checked rows of one task."""

    task: str
    parts: list[Path]
    inputs: dict[str, dict[str, Any]]


def available_tasks(raw: Path | None) -> list[str]:
    """The tasks that can be built, in the paper's order.

    Those whose files are at hand, and the generated ones that do not merely stand in for one of them.
    """
    found: list[str] = []
    for task in collection.sources.SOURCES:
        source = collection.sources.get(task)
        if isinstance(source, GeneratedSource):
            if source.stands_in_for not in found:
                found.append(task)
        elif raw is not None and _has_files(source, raw / source.upstream.dataset):
            found.append(task)
    return found


def _has_files(source: Source, folder: Path) -> bool:
    """Whether a dataset's folder holds files of the upstream. Reads the first row."""
    if not folder.is_dir():
        return False
    try:
        next(source.read(folder), None)
    except FilesMissing:
        return False
    return True


def require_folders(tasks: Sequence[str], raw: Path | None) -> None:
    """Raise UserError unless every task that reads files has its dataset's folder under ``raw``."""
    for task in tasks:
        source = collection.sources.get(task)
        if isinstance(source, GeneratedSource):
            continue
        if raw is None:
            raise UserError(f"task {task} reads raw files: pass their folder with --raw")
        if not (raw / source.upstream.dataset).is_dir():
            raise UserError(
                f"task {task}: the folder {raw / source.upstream.dataset} does not exist. "
                f"Its files come from {source.upstream.url}; place them there, or leave the task out with --tasks"
            )


def build(config: BuildConfig, raw: Path | None, out: Path, workers: int = 1) -> dict[str, Any]:
    """Build the collection into ``out`` and return its manifest.

    Raises UserError if a raw folder is missing or not upstream's, if ``out`` cannot be written to, or if another
    build writes there.
    """
    require_folders(config.tasks, raw)
    make_folder(out)
    with exclusive(out):
        work = make_folder(out / ".work")
        checked = [_check_task(task, config, raw, work, workers) for task in config.tasks]
        manifest = _finish(config, checked, out)
        shutil.rmtree(work)
    return manifest


def _check_task(task: str, config: BuildConfig, raw: Path | None, work: Path, workers: int) -> TaskParts:
    """Check all rows of a task. Parts that an earlier, killed run finished are kept."""
    source = collection.sources.get(task)
    folder = (raw or Path()) / source.upstream.dataset
    inputs = {} if isinstance(source, GeneratedSource) else _hash_inputs(folder)
    version = code_version("collection", "symbol_llm")
    identity = sha256_json([task, version, config.seed, config.limit_of(task), ROWS_PER_PART, inputs])
    place = make_folder(work / f"{task}-{identity[:16]}")
    hashes = {name: entry["sha256"] for name, entry in inputs.items()}

    rows = source.read_some(folder, config.seed, limit=config.limit_of(task))
    parts: list[Path] = []

    def missing_chunks() -> Iterator[Chunk]:
        for number, chunk in enumerate(chunked(rows, ROWS_PER_PART)):
            part = place / f"{number:06d}.jsonl"
            parts.append(part)
            if not part.exists():
                yield Chunk(task, chunk, raw, config.seed, hashes, part)

    with progress(f"check {task} (chunks of {ROWS_PER_PART} rows)") as advance:
        for _ in ordered_map(check_chunk, missing_chunks(), workers):
            advance(1)
    if inputs and _hash_inputs(folder) != inputs:
        raise UserError(f"{folder}: files changed while they were read. Run the same command again")
    return TaskParts(task, parts, inputs)


def _hash_inputs(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and sha256 of every file of a dataset, by name relative to its folder."""
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": sha256_file(path)} for path in files
        }
    except OSError as error:
        raise UserError(f"cannot read {error.filename}: {error.strerror}") from error


def _entries(parts: list[Path]) -> Iterator[dict[str, Any]]:
    for part in parts:
        with part.open("rb") as file:
            yield from map(orjson.loads, file)


def _records(parts: list[Path]) -> Iterator[Record]:
    for entry in _entries(parts):
        if entry["record"]:
            yield record_from_json(entry["record"])


def _finish(config: BuildConfig, checked: list[TaskParts], out: Path) -> dict[str, Any]:
    """Remove duplicates and leaks, and write everything that a user sees."""
    index = LeakIndex()
    for task in checked:
        for entry in _entries(task.parts):
            if entry["record"]:
                record = record_from_json(entry["record"])
                if record.split == Split.TEST:
                    index.add(record)
            elif entry["asked"] and entry["rejected"]["split"] == Split.TEST:
                place = f"{task.task}:{entry['rejected']['file']}:{entry['rejected']['row']}"
                name = collection.sources.get(task.task).format
                request, definitions, group = entry["asked"]
                index.add_request(request, place, scope(name, definitions, group), name)
    make_folder(out / "records")
    make_folder(out / "rejects")
    tasks: dict[str, Any] = {}
    for task in checked:
        tasks[task.task] = _write_task(task, index, out)
        counts = tasks[task.task]["counts"]
        log(f"{task.task}: read {counts['read']:,}, kept {counts['kept']:,}")
    _remove_strangers(out, [task.task for task in checked])
    outputs = {
        str(path.relative_to(out)): {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
        for name in tasks
        for path in (out / "records" / f"{name}.parquet", out / "rejects" / f"{name}.jsonl")
    }
    manifest = {
        "version": __version__,
        "code": code_version("collection", "symbol_llm"),
        "config": {
            "tasks": list(config.tasks),
            "seed": config.seed,
            "limit": config.limit,
            "limits": {**config.limits},
        },
        "tasks": tasks,
        "inputs": {
            f"{collection.sources.get(task.task).upstream.dataset}/{name}": entry
            for task in checked
            for name, entry in task.inputs.items()
        },
        "outputs": outputs,
    }
    write_bytes(out / "README.md", dataset_card(manifest).encode())
    write_json(out / "manifest.json", manifest)
    return manifest


def _write_task(task: TaskParts, index: LeakIndex, out: Path) -> dict[str, Any]:
    """Write records and rejects of one task; return its counts. Every row read is in exactly one of them."""
    source = collection.sources.get(task.task)
    duplicates = Duplicates(set() if source.keeps_duplicates else repeated_symbols(_records(task.parts)))
    reasons: dict[str, int] = {}
    splits: dict[str, int] = {}
    read = 0
    rejects = out / "rejects" / f"{task.task}.jsonl"
    part = rejects.with_name(rejects.name + ".part")
    with part.open("wb") as rejected:

        def refuse(entry: dict[str, Any]) -> None:
            reasons[entry["reason"]] = reasons.get(entry["reason"], 0) + 1
            rejected.write(orjson.dumps(entry) + b"\n")

        def kept() -> Iterator[Record]:
            nonlocal read
            for entry in _entries(task.parts):
                read += 1
                if entry["rejected"]:
                    refuse(entry["rejected"])
                    continue
                record = record_from_json(entry["record"])
                if leak := index.find(record):
                    refuse({"reason": "leak", "detail": leak.kind, "of": leak.test, "record": entry["record"]})
                elif not source.keeps_duplicates and (first := duplicates.find(record)):
                    refuse({"reason": "duplicate", "detail": "", "of": first, "record": entry["record"]})
                else:
                    splits[record.split] = splits.get(record.split, 0) + 1
                    yield record

        num_kept = write_parquet(out / "records" / f"{task.task}.parquet", kept())
    part.replace(rejects)
    num_duplicates, num_leaks = reasons.pop("duplicate", 0), reasons.pop("leak", 0)
    counts = {
        "read": read,
        "kept": num_kept,
        "rejected": sum(reasons.values()),
        "duplicates": num_duplicates,
        "leaks": num_leaks,
    }
    assert read == num_kept + counts["rejected"] + num_duplicates + num_leaks, (task.task, counts)
    return {
        "format": source.format,
        "family": source.family,
        "origin": source.origin,
        "licence": source.licence.name,
        "commercial": source.licence.commercial,
        "upstream": {"url": source.upstream.url, "revision": source.upstream.revision},
        "citation": source.upstream.citation,
        "counts": counts,
        "reasons": dict(sorted(reasons.items())),
        "splits": dict(sorted(splits.items())),
    }


def _remove_strangers(out: Path, tasks: list[str]) -> None:
    """Record files of an earlier build with other tasks do not belong to this collection."""
    for folder, suffix in (("records", ".parquet"), ("rejects", ".jsonl")):
        for path in (out / folder).glob(f"*{suffix}"):
            if path.stem not in tasks:
                path.unlink()
