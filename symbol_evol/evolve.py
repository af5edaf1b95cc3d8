"""Evolving a collection: ``symbol-llm evolve IN --out OUT``.

A share of the records is renamed and proved; what cannot be proved is refused, kept with its reason, and counted.
Which records are chosen and what they are called depends on the seed and their ids alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from collection.card import dataset_card
from collection.verify import load_manifest
from symbol_evol.proof import PROOFS, prove
from symbol_evol.rename import Refused, choose_renaming, evolved_record
from symbol_llm import __version__
from symbol_llm.console import log, progress
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.ledger import code_version, exclusive, make_folder, sha256_file, write_bytes, write_json
from symbol_llm.record import Origin, Record, read_parquet, write_parquet
from symbol_llm.shards import chunked, ordered_map


@dataclass(frozen=True, slots=True)
class EvolveConfig:
    """``share`` is the number of evolved records as a fraction of all records of the collection (paper: 5.9 %)."""

    tasks: tuple[str, ...] = ()
    share: float = 0.06
    style: str = "paper"
    seed: int = 0


def evolvable_tasks(manifest: dict[str, Any]) -> list[str]:
    """Tasks whose format can be renamed and has a proof."""
    return [t for t, e in manifest["tasks"].items() if e["format"] in PROOFS and get_format(e["format"]).is_evolvable]


def evolve(config: EvolveConfig, collection_folder: Path, out: Path, workers: int = 1) -> dict[str, Any]:
    """Evolve a share of the collection's records into ``out`` and return the manifest.

    Raises UserError if the collection is not there, a task is not in it or not evolvable, or ``out`` is the
    collection itself.
    """
    manifest = load_manifest(collection_folder)
    if out.resolve() == collection_folder.resolve():
        raise UserError(f"{out} is the collection itself: choose another folder with --out")
    possible = evolvable_tasks(manifest)
    tasks = list(config.tasks) or possible
    for task in tasks:
        if task not in possible:
            raise UserError(f"task {task} cannot be evolved; in {collection_folder} these can: {', '.join(possible)}")
    total = sum(entry["counts"]["kept"] for entry in manifest["tasks"].values())
    candidates = sum(manifest["tasks"][task]["counts"]["kept"] for task in tasks)
    probability = min(1.0, config.share * total / candidates) if candidates else 0.0
    make_folder(out / "records")
    make_folder(out / "rejects")
    with exclusive(out):
        done = {
            task: _evolve_task(config, manifest["tasks"][task], task, collection_folder, out, probability, workers)
            for task in tasks
        }
        result = _manifest(config, done, out, collection_folder)
    return result


def _evolve_task(
    config: EvolveConfig,
    entry: dict[str, Any],
    task: str,
    collection_folder: Path,
    out: Path,
    probability: float,
    workers: int,
) -> dict[str, Any]:
    reasons: dict[str, int] = {}
    splits: dict[str, int] = {}
    proofs: dict[str, int] = {}
    read = 0
    path = collection_folder / "records" / f"{task}.parquet"
    chosen = (record for record in read_parquet(path) if _is_chosen(record, config.seed, probability))
    rejects = out / "rejects" / f"{task}.jsonl"
    part = rejects.with_name(rejects.name + ".part")
    with part.open("wb") as file, progress(f"evolve {task}") as advance:

        def proved() -> Iterator[Record]:
            nonlocal read
            for results in ordered_map(partial(_evolve_chunk, config), chunked(chosen, 32), workers):
                for result in results:
                    read += 1
                    advance(1)
                    if isinstance(result, Record):
                        splits[result.split] = splits.get(result.split, 0) + 1
                        proof = (result.proof or "").split(": ")[1]
                        proofs[proof] = proofs.get(proof, 0) + 1
                        yield result
                    else:
                        reasons[result["reason"]] = reasons.get(result["reason"], 0) + 1
                        file.write(orjson.dumps(result) + b"\n")

        kept = write_parquet(out / "records" / f"{task}.parquet", proved())
    part.replace(rejects)
    counts = {"read": read, "kept": kept, "rejected": sum(reasons.values()), "duplicates": 0, "leaks": 0}
    assert read == kept + counts["rejected"], (task, counts)
    log(f"{task}: chose {read:,}, proved {kept:,}")
    return {
        **entry,
        "origin": Origin.EVOLVED,
        "counts": counts,
        "reasons": dict(sorted(reasons.items())),
        "splits": dict(sorted(splits.items())),
        "proofs": dict(sorted(proofs.items())),
    }


def _is_chosen(record: Record, seed: int, probability: float) -> bool:
    digest = hashlib.blake2b(f"{seed}/{record.id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < probability * 2**64


def _evolve_chunk(config: EvolveConfig, records: list[Record]) -> list[Record | dict[str, Any]]:
    return [_evolve_one(config, record) for record in records]


def _evolve_one(config: EvolveConfig, record: Record) -> Record | dict[str, Any]:
    renaming = choose_renaming(record, config.style, config.seed)
    result: str | Refused = renaming if isinstance(renaming, Refused) else prove(record, renaming)
    if isinstance(renaming, Refused) or isinstance(result, Refused):
        refused = result if isinstance(result, Refused) else renaming
        assert isinstance(refused, Refused)
        return {
            "reason": str(refused.reason),
            "detail": refused.detail,
            "parent": record.id,
            "record": record.to_json(),
        }
    return evolved_record(record, renaming, result, config.style, config.seed)


def _manifest(
    config: EvolveConfig, tasks: dict[str, dict[str, Any]], out: Path, collection_folder: Path
) -> dict[str, Any]:
    files = [
        out / folder / f"{t}{end}" for t in tasks for folder, end in (("records", ".parquet"), ("rejects", ".jsonl"))
    ]
    manifest = {
        "version": __version__,
        "code": code_version("collection", "symbol_evol", "symbol_llm"),
        "config": {
            "share": config.share,
            "style": config.style,
            "seed": config.seed,
            "parent": sha256_file(collection_folder / "manifest.json"),
        },
        "tasks": tasks,
        "inputs": {},
        "outputs": {
            str(file.relative_to(out)): {"bytes": file.stat().st_size, "sha256": sha256_file(file)} for file in files
        },
    }
    write_bytes(out / "README.md", dataset_card(manifest).encode())
    write_json(out / "manifest.json", manifest)
    return manifest
