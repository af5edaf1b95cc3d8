"""Building the collection: ``symbol-llm collect build --raw RAW --out OUT``.

    read ─▶ check (in parallel, one part file per chunk) ─▶ duplicates, leaks ─▶ records, rejects, card, manifest

Killed at any moment, the same command goes on with the parts that are done. The output depends on the raw files,
the code and the seed alone: any number of workers and either engine give the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import collection.sources
from collection.card import dataset_card
from collection.check import Chunk, check_chunk, check_part
from collection.finish import TaskParts, leak_index, write_task
from collection.parts import is_whole
from collection.reading import Hashes, Inputs, available_tasks, read_rows, require_folders
from collection.sources.base import GeneratedSource
from symbol_llm import __version__
from symbol_llm.console import log, progress
from symbol_llm.errors import CheckFailed, UserError, unknown_name
from symbol_llm.ledger import (
    code_version,
    exclusive,
    explain_disk,
    file_entry,
    make_folder,
    read_manifest,
    sha256_json,
    write_bytes,
    write_manifest,
)
from symbol_llm.shards import Workers, chunked, ordered_map

__all__ = ["ENGINES", "BuildConfig", "available_tasks", "build", "require_folders"]

ROWS_PER_PART = 256
ENGINES = ("local", "ray")
OUTPUTS = (("records", ".parquet"), ("rejects", ".jsonl"))


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """What a build depends on besides the raw files and the code."""

    tasks: tuple[str, ...]
    seed: int = 0
    limit: int | None = None  # rows per task and split
    limits: Mapping[str, int] = field(default_factory=dict)  # another limit for some tasks

    def limit_of(self, task: str) -> int | None:
        return self.limits.get(task, self.limit)


def build(
    config: BuildConfig,
    raw: Path | None,
    out: Path,
    workers: int = 1,
    engine: str = "local",
    *,
    replace: bool = False,
) -> dict[str, Any]:
    """Build the collection into ``out`` and return its manifest.

    ``engine`` is "local" (a pool of processes) or "ray" (the cluster of $RAY_ADDRESS, else this machine).
    Raises UserError if a raw folder is missing, not upstream's or changes meanwhile, if ``out`` cannot be written
    to, if another build writes there, or if it holds tasks that would go without ``replace``.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES, "symbol-llm collect build --help")
    require_folders(config.tasks, raw)
    make_folder(out)
    with explain_disk(out), exclusive(out):
        if not replace:
            _require_none_lost(config, out)
        work = make_folder(out / ".work")
        tasks = _plan(config, raw, work)
        _check(config, tasks, raw, workers, engine)
        _require_unchanged(tasks, raw)
        manifest = _finish(config, tasks, out, workers)
        shutil.rmtree(work)
    return manifest


def _require_none_lost(config: BuildConfig, out: Path) -> None:
    """Raise UserError if ``out`` holds a finished collection with tasks that this build would remove."""
    try:
        built = read_manifest(out / "manifest.json")["tasks"]
    except (FileNotFoundError, CheckFailed):
        return  # nothing is there that could be used
    if lost := [task for task in built if task not in config.tasks]:
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        raise UserError(
            f"{out} holds a collection with other tasks, which would go: {', '.join(lost[:5])}{more}. "
            "Build into another folder, name them in --tasks as well, or let them go with --replace"
        )


def _plan(config: BuildConfig, raw: Path | None, work: Path) -> list[TaskParts]:
    """Where the parts of each task go. The folder's name holds all that they depend on."""
    version = code_version("collection", "symbol_llm")
    hashes = Hashes(raw or Path())
    found = []
    for task in config.tasks:
        source = collection.sources.get(task)
        inputs: Inputs = {} if isinstance(source, GeneratedSource) else hashes.of(source)
        identity = sha256_json([task, version, config.seed, config.limit_of(task), ROWS_PER_PART, inputs])
        found.append(TaskParts(task, make_folder(work / f"{task}-{identity[:16]}"), inputs, ROWS_PER_PART))
    return found


def _folder(task: str, raw: Path | None) -> Path:
    return (raw or Path()) / collection.sources.get(task).upstream.dataset


def _check(config: BuildConfig, tasks: list[TaskParts], raw: Path | None, workers: int, engine: str) -> None:
    """Check all rows. Parts that an earlier, killed run finished are kept."""
    with progress(f"check (chunks of {ROWS_PER_PART} rows)") as advance:

        def missing_chunks() -> Iterator[Chunk]:
            for task in tasks:
                source = collection.sources.get(task.task)
                own = f"{source.upstream.dataset}/"
                hashes = {name.removeprefix(own): entry["sha256"] for name, entry in task.inputs.items()}
                rows = read_rows(source, _folder(task.task, raw), config.seed, config.limit_of(task.task))
                for number, chunk in enumerate(chunked(rows, ROWS_PER_PART)):
                    part = task.place / f"{number:06d}.arrow"
                    task.parts.append(part)
                    if is_whole(part):
                        advance(1)
                    else:
                        yield Chunk(task.task, chunk, raw, config.seed, hashes, part)
                if not task.parts:
                    raise UserError(
                        f"task {task.task}: the files in {_folder(task.task, raw)} hold no row. "
                        "Fetch them again, or leave the task out with --tasks"
                    )

        for _ in _parts_written(missing_chunks(), workers, engine):
            advance(1)


def _parts_written(chunks: Iterable[Chunk], workers: int, engine: str) -> Iterator[Path]:
    if engine == "local":
        yield from ordered_map(check_chunk, chunks, workers)
        return
    from symbol_llm.ray_map import ray_map

    # Nodes need not share OUT: what they found comes back, and this process writes it.
    for chunk, data in ray_map(check_part, chunks, workers, code=("collection", "symbol_llm")):
        write_bytes(chunk.part, data)
        yield chunk.part


def _require_unchanged(tasks: list[TaskParts], raw: Path | None) -> None:
    """Raise UserError if raw files are not what they were; parts that may hold a mixture are thrown away."""
    hashes = Hashes(raw or Path())
    for task in tasks:
        if task.inputs and (now := hashes.of(collection.sources.get(task.task))) != task.inputs:
            names = sorted(n for n in {*now, *task.inputs} if now.get(n) != task.inputs.get(n))
            shutil.rmtree(task.place)
            raise UserError(
                f"{_folder(task.task, raw)}: files changed while they were read ({', '.join(names[:5])}). "
                "Run the same command again"
            )


def _finish(config: BuildConfig, tasks: list[TaskParts], out: Path, workers: int) -> dict[str, Any]:
    """Remove duplicates and leaks, and write everything that a user sees; the manifest comes last."""
    (out / "manifest.json").unlink(missing_ok=True)  # from here on, what an earlier build wrote is overwritten
    index = leak_index(tasks)
    make_folder(out / "records")
    make_folder(out / "rejects")
    found: dict[str, Any] = {}
    sums: dict[str, dict[str, list[int]]] = {}
    with Workers(workers) as pool:
        for task in tasks:
            found[task.task], sums[task.task] = write_task(task, index, out, pool)
            counts = found[task.task]["counts"]
            log(f"{task.task}: read {counts['read']:,}, kept {counts['kept']:,}")
    _remove_strangers(out, list(found))
    manifest: dict[str, Any] = {
        "version": __version__,
        "code": code_version("collection", "symbol_llm"),
        "config": {
            "tasks": list(config.tasks),
            "seed": config.seed,
            "limit": config.limit,
            "limits": {**config.limits},
        },
        "tasks": found,
        "inputs": {name: entry for task in tasks for name, entry in task.inputs.items()},
    }
    write_bytes(out / "README.md", dataset_card(manifest).encode())
    manifest["outputs"] = {
        f"{folder}/{task}{suffix}": {**file_entry(out / folder / f"{task}{suffix}"), "sums": sums[task][folder]}
        for task in found
        for folder, suffix in OUTPUTS
    }
    manifest["outputs"]["README.md"] = file_entry(out / "README.md")
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _remove_strangers(out: Path, tasks: list[str]) -> None:
    """Files of an earlier build with other tasks, or of a killed one, do not belong to this collection."""
    for folder, suffix in OUTPUTS:
        for path in (out / folder).glob(f"*{suffix}"):
            if path.stem not in tasks:
                path.unlink()
    for pattern in ("records/*.parquet.*.part", "rejects/*.jsonl.*.part", "README.md.*.part", "manifest.json.*.part"):
        for path in out.glob(pattern):
            path.unlink()
