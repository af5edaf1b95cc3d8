"""Evolving a collection: ``symbol-llm evolve IN --out OUT``.

    choose ─▶ rename and prove (in parallel, one part file per chunk) ─▶ records, rejects, manifest, card

A share of the records is renamed and proved; what cannot be proved is refused, kept with its reason, and counted.
Which records are chosen and what they are called depends on the seed and the records alone, so any number of workers
gives the same bytes. Killed at any moment, the same command goes on with the parts that are done.
"""

from __future__ import annotations

import hashlib
import heapq
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from collection.card import dataset_card
from collection.verify import load_manifest
from symbol_evol.costs import length
from symbol_evol.deep import DEPTHS, NAMES, Deeper, check_depths, deepen, prove_deeper
from symbol_evol.proof import prove
from symbol_evol.rename import Refused, choose_renaming, evolved_record
from symbol_evol.report import Tally, by_format, by_style, card
from symbol_evol.styles import check_styles, is_taken_by
from symbol_llm import __version__
from symbol_llm.console import log, progress
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.ledger import (
    code_version,
    exclusive,
    explain_disk,
    file_entry,
    make_folder,
    replacing,
    sha256_file,
    sha256_json,
    write_bytes,
    write_manifest,
)
from symbol_llm.record import Origin, Record, Split, read_parquet, record_from_json, write_parquet
from symbol_llm.shards import chunked, ordered_map

RECORDS_PER_PART = 32
_OUTPUTS = (("records", ".parquet"), ("rejects", ".jsonl"))


@dataclass(frozen=True, slots=True)
class EvolveConfig:
    """``share`` is the number of evolved records as a fraction of all records of the collection (paper: 5.9 %).

    Training records get names of ``styles``; of the others half get ``held_out_styles``, if there are any.
    ``depths`` are drawn alike; where a symbol does not take one, its names alone are evolved.
    ``splits`` leaves records of other splits out, ``most`` takes so many of a task at most. With ``old_names`` all
    records draw from the names of training.
    """

    tasks: tuple[str, ...] = ()
    share: float = 0.06
    styles: tuple[str, ...] = ("paper",)
    held_out_styles: tuple[str, ...] = ()
    seed: int = 0
    depths: tuple[str, ...] = (NAMES,)
    splits: tuple[str, ...] = ()
    most: int | None = None
    old_names: bool = False
    tokenizer: Path | None = None


class _Chunk(NamedTuple):
    """Consecutive chosen records of one task, and where their part file goes."""

    config: EvolveConfig
    raw: Path | None
    records: list[Record]
    part: Path


def evolvable_tasks(manifest: dict[str, Any]) -> list[str]:
    """Tasks whose format can be renamed."""
    return [task for task, entry in manifest["tasks"].items() if get_format(entry["format"]).is_evolvable]


def evolve(
    config: EvolveConfig, collection_folder: Path, out: Path, workers: int = 1, raw: Path | None = None
) -> dict[str, Any]:
    """Evolve a share of the collection's records into ``out`` and return the manifest.

    ``raw`` is the folder of the raw datasets, where databases are; without it, queries are proved on generated
    databases alone. Raises UserError if the collection is not there, a task is not in it or not evolvable, a style
    is unknown, or ``out`` lies in the collection.
    """
    check_styles(config.styles, config.held_out_styles)
    check_depths(config.depths)
    manifest = load_manifest(collection_folder)
    if out.resolve().is_relative_to(collection_folder.resolve()):
        raise UserError(f"{out} lies in the collection {collection_folder}: choose another folder with --out")
    possible = evolvable_tasks(manifest)
    tasks = list(config.tasks) or possible
    for task in tasks:
        if task not in possible:
            raise UserError(f"task {task} cannot be evolved; in {collection_folder} these can: {', '.join(possible)}")
    total = sum(entry["counts"]["kept"] for entry in manifest["tasks"].values())
    candidates = sum(_count_candidates(config, manifest["tasks"][task]) for task in tasks)
    probability = min(1.0, config.share * total / candidates) if candidates else 0.0
    for folder, _ in _OUTPUTS:
        make_folder(out / folder)
    with exclusive(out), explain_disk(out):
        work = make_folder(out / ".work")
        parent = sha256_file(collection_folder / "manifest.json")
        # Work that was done by other code, on other records or with other options is never taken for this.
        options = {**asdict(config), "tokenizer": sha256_file(config.tokenizer) if config.tokenizer else None}
        identity = sha256_json([_code(), options, parent, probability, RECORDS_PER_PART, raw is not None])[:16]
        done = {}
        for task in tasks:
            place = make_folder(work / f"{task}-{identity}")
            chosen = choose_records(config, collection_folder / "records" / f"{task}.parquet", probability)
            parts = _evolve_parts(config, raw, task, chosen, place, workers)
            done[task] = _write_task(manifest["tasks"][task], task, parts, out)
        _remove_strangers(out, tasks)
        result = _write_manifest(config, done, out, parent, raw is not None)
        shutil.rmtree(work)
    return result


def _count_candidates(config: EvolveConfig, entry: dict[str, Any]) -> int:
    return sum(count for split, count in entry["splits"].items() if not config.splits or split in config.splits)


def choose_records(config: EvolveConfig, path: Path, probability: float) -> Iterator[Record]:
    """The records of a task that are evolved, in order: those whose hash, with the seed, is small enough."""
    import pyarrow.parquet as pq

    bound = int(probability * 2**64)
    if config.most is not None:
        with pq.ParquetFile(path) as file:
            digests = (
                _digest(config.seed, row["id"])
                for batch in file.iter_batches(columns=["id", "split"])
                for row in batch.to_pylist()
                if not config.splits or row["split"] in config.splits
            )
            smallest = heapq.nsmallest(config.most, digests)
        bound = min(bound, smallest[-1] + 1 if smallest else 0)
    for record in read_parquet(path):
        if (not config.splits or record.split in config.splits) and _digest(config.seed, record.id) < bound:
            yield record


def _digest(seed: int, record_id: str) -> int:
    """A number below 2**64."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{record_id}".encode(), digest_size=8).digest(), "big")


def _code() -> str:
    return code_version("collection", "symbol_evol", "symbol_llm")


def _evolve_parts(
    config: EvolveConfig, raw: Path | None, task: str, chosen: Iterator[Record], place: Path, workers: int
) -> list[Path]:
    """Rename and prove all chosen records. Parts that an earlier, killed run finished are kept."""
    parts: list[Path] = []

    def missing() -> Iterator[_Chunk]:
        for number, records in enumerate(chunked(chosen, RECORDS_PER_PART)):
            part = place / f"{number:06d}.jsonl"
            parts.append(part)
            if not part.exists():
                yield _Chunk(config, raw, records, part)

    with progress(f"evolve {task}") as advance:
        for count in ordered_map(_evolve_chunk, missing(), workers):
            advance(count)
    return parts


def choose_style(config: EvolveConfig, record: Record) -> str:
    """The style of one record's names: one that its language takes, if there is one."""
    rng = Random(f"{config.seed}/style/{record.id}")
    is_held_out = bool(config.held_out_styles) and record.split != Split.TRAIN and rng.random() < 0.5
    styles = config.held_out_styles if is_held_out else config.styles
    return rng.choice([style for style in styles if is_taken_by(style, record.format)] or styles)


def choose_depth(config: EvolveConfig, record: Record) -> str:
    """How deep one record is evolved: one of the depths that its language takes, else its names alone."""
    fit = [depth for depth in config.depths if DEPTHS[depth] is None or record.format in (DEPTHS[depth] or ())]
    return Random(f"{config.seed}/depth/{record.id}").choice(fit or [NAMES])


def _evolve_chunk(chunk: _Chunk) -> int:
    """Evolve the records of a chunk and write its part file, one JSON line per record, in one step."""
    lines: list[dict[str, Any]] = []
    for record in chunk.records:
        result = evolve_one(chunk.config, record, chunk.raw)
        if isinstance(result, Record):
            lengths = [length(each, chunk.config.tokenizer) for each in (record, result)]
            lines.append({"record": result.to_json(), "lengths": lengths})
        else:
            refused = {"reason": str(result.reason), "detail": result.detail, "parent": record.id}
            lines.append({"rejected": {**refused, "record": record.to_json()}})
    write_bytes(chunk.part, b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return len(lines)


def evolve_one(config: EvolveConfig, record: Record, raw: Path | None = None) -> Record | Refused:
    """One evolved and proved record, or why there is none."""
    style = choose_style(config, record)
    renaming = choose_renaming(
        record, style, config.seed, held_out=record.split != Split.TRAIN and not config.old_names, root=raw
    )
    if isinstance(renaming, Refused):
        return renaming
    proof = prove(record, renaming)
    if isinstance(proof, Refused):
        return proof
    depth = choose_depth(config, record)
    if depth != NAMES:
        deeper = deepen(record, renaming, depth, config.seed)
        if isinstance(deeper, Deeper):
            also = prove_deeper(record, renaming, deeper)
            if isinstance(also, Refused):
                return also
            told, text = (deeper.completion, deeper.definitions), f"{style}, {depth}: {proof}; {also}"
            return evolved_record(record, renaming, proof.verdict, text, config.seed, told)
    return evolved_record(record, renaming, proof.verdict, f"{style}, {NAMES}: {proof}", config.seed)


def _lines(parts: list[Path]) -> Iterator[dict[str, Any]]:
    for part in parts:
        with part.open("rb") as file:
            yield from map(orjson.loads, file)


def _write_task(entry: dict[str, Any], task: str, parts: list[Path], out: Path) -> dict[str, Any]:
    """Write records and refusals of one task; return its counts. Every record chosen is in exactly one of them."""
    tally = Tally()
    rejects = out / "rejects" / f"{task}.jsonl"
    with replacing(rejects) as place, place.open("wb") as file:

        def proved() -> Iterator[Record]:
            for line in _lines(parts):
                if "rejected" in line:
                    tally.reasons[line["rejected"]["reason"]] += 1
                    file.write(orjson.dumps(line["rejected"]) + b"\n")
                else:
                    record = record_from_json(line["record"])
                    tally.add(record, line["lengths"])
                    yield record

        kept = write_parquet(out / "records" / f"{task}.parquet", proved())
    log(f"{task}: chose {kept + tally.reasons.total():,}, proved {kept:,}")
    return {**entry, "origin": Origin.EVOLVED, **tally.to_json(kept)}


def _remove_strangers(out: Path, tasks: list[str]) -> None:
    """Files of an earlier run with other tasks, or of a killed one, do not belong to this one."""
    own = {f"{task}{suffix}" for task in tasks for _, suffix in _OUTPUTS}
    for folder, suffix in _OUTPUTS:
        for path in [*(out / folder).glob(f"*{suffix}"), *(out / folder).glob(f"*{suffix}.*.part")]:
            if path.name not in own:
                path.unlink()


def _write_manifest(
    config: EvolveConfig, tasks: dict[str, dict[str, Any]], out: Path, parent: str, has_raw: bool
) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "version": __version__,
        "code": _code(),
        "config": {
            "share": config.share,
            "styles": list(config.styles),
            "depths": list(config.depths),
            "held_out_styles": list(config.held_out_styles),
            "seed": config.seed,
            "splits": list(config.splits),
            "most": config.most,
            "old_names": config.old_names,
            "databases": "raw and generated" if has_raw else "generated",
            "parent": parent,
        },
        "tasks": tasks,
        "formats": by_format(tasks),
        "costs": by_style(tasks),
        "inputs": {},
    }
    write_bytes(out / "README.md", (dataset_card(manifest) + card(manifest)).encode())
    names = [f"{folder}/{task}{suffix}" for task in tasks for folder, suffix in _OUTPUTS]
    manifest["outputs"] = {name: file_entry(out / name) for name in (*names, "README.md")}
    write_manifest(out / "manifest.json", manifest)
    return manifest
