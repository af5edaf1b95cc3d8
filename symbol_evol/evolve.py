"""Evolving a collection: ``symbol-llm evolve IN --out OUT``.

    choose ─▶ rename and prove (in parallel, one part file per chunk) ─▶ records, rejects, manifest, card

A share of the records is renamed and proved; what cannot be proved is refused, kept with its reason, and counted.
Which records are chosen and what they are called depends on the seed and the records alone, so any number of workers
gives the same bytes. Killed at any moment, the same command goes on with the parts that are done.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from collection.card import dataset_card
from collection.verify import load_manifest
from symbol_evol.proof import prove
from symbol_evol.rename import Refused, choose_renaming, evolved_record
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
    """

    tasks: tuple[str, ...] = ()
    share: float = 0.06
    styles: tuple[str, ...] = ("paper",)
    held_out_styles: tuple[str, ...] = ()
    seed: int = 0


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
    is unknown, or ``out`` is the collection itself.
    """
    check_styles(config.styles, config.held_out_styles)
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
    for folder, _ in _OUTPUTS:
        make_folder(out / folder)
    with exclusive(out), explain_disk(out):
        work = make_folder(out / ".work")
        parent = sha256_file(collection_folder / "manifest.json")
        # Work that was done by other code, on other records or with other options is never taken for this.
        identity = sha256_json([_code(), asdict(config), parent, probability, RECORDS_PER_PART, raw is not None])[:16]
        done = {}
        for task in tasks:
            place = make_folder(work / f"{task}-{identity}")
            records = read_parquet(collection_folder / "records" / f"{task}.parquet")
            chosen = (record for record in records if _is_chosen(record, config.seed, probability))
            parts = _evolve_parts(config, raw, task, chosen, place, workers)
            done[task] = _write_task(manifest["tasks"][task], task, parts, out)
        _remove_strangers(out, tasks)
        result = _write_manifest(config, done, out, parent, raw is not None)
        shutil.rmtree(work)
    return result


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


def _is_chosen(record: Record, seed: int, probability: float) -> bool:
    digest = hashlib.blake2b(f"{seed}/{record.id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < probability * 2**64


def choose_style(config: EvolveConfig, record: Record) -> str:
    """The style of one record's names: one that its language takes, if there is one."""
    rng = Random(f"{config.seed}/style/{record.id}")
    is_held_out = bool(config.held_out_styles) and record.split != Split.TRAIN and rng.random() < 0.5
    styles = config.held_out_styles if is_held_out else config.styles
    return rng.choice([style for style in styles if is_taken_by(style, record.format)] or styles)


def _evolve_chunk(chunk: _Chunk) -> int:
    """Evolve the records of a chunk and write its part file, one JSON line per record, in one step."""
    lines: list[dict[str, Any]] = []
    for record in chunk.records:
        result = evolve_one(chunk.config, record, chunk.raw)
        if isinstance(result, Record):
            lines.append({"record": result.to_json(), "length": [_length(record), _length(result)]})
        else:
            refused = {"reason": str(result.reason), "detail": result.detail, "parent": record.id}
            lines.append({"rejected": {**refused, "record": record.to_json()}})
    write_bytes(chunk.part, b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return len(lines)


def evolve_one(config: EvolveConfig, record: Record, raw: Path | None = None) -> Record | Refused:
    """One evolved and proved record, or why there is none."""
    style = choose_style(config, record)
    renaming = choose_renaming(record, style, config.seed, held_out=record.split != Split.TRAIN, root=raw)
    if isinstance(renaming, Refused):
        return renaming
    proof = prove(record, renaming)
    if isinstance(proof, Refused):
        return proof
    return evolved_record(record, renaming, proof.verdict, f"{style}: {proof}", config.seed)


def _length(record: Record) -> int:
    return len(record.prompt) + len(record.completion)


def _lines(parts: list[Path]) -> Iterator[dict[str, Any]]:
    for part in parts:
        with part.open("rb") as file:
            yield from map(orjson.loads, file)


def _write_task(entry: dict[str, Any], task: str, parts: list[Path], out: Path) -> dict[str, Any]:
    """Write records and refusals of one task; return its counts. Every record chosen is in exactly one of them."""
    reasons, splits, styles, proofs = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    length = [0, 0]
    rejects = out / "rejects" / f"{task}.jsonl"
    with replacing(rejects) as place, place.open("wb") as file:

        def proved() -> Iterator[Record]:
            for line in _lines(parts):
                if "rejected" in line:
                    reasons[line["rejected"]["reason"]] += 1
                    file.write(orjson.dumps(line["rejected"]) + b"\n")
                    continue
                record = record_from_json(line["record"])
                style, proof, _ = (record.proof or "").split(": ", 2)
                splits[record.split] += 1
                styles[style] += 1
                proofs[proof] += 1
                for i in (0, 1):
                    length[i] += line["length"][i]
                yield record

        kept = write_parquet(out / "records" / f"{task}.parquet", proved())
    read = kept + reasons.total()
    log(f"{task}: chose {read:,}, proved {kept:,}")
    return {
        **entry,
        "origin": Origin.EVOLVED,
        "counts": {"read": read, "kept": kept, "rejected": reasons.total(), "duplicates": 0, "leaks": 0},
        "reasons": dict(sorted(reasons.items())),
        "splits": dict(sorted(splits.items())),
        "styles": dict(sorted(styles.items())),
        "proofs": dict(sorted(proofs.items())),
        "characters": {"before": length[0], "after": length[1]},
    }


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
            "held_out_styles": list(config.held_out_styles),
            "seed": config.seed,
            "databases": "raw and generated" if has_raw else "generated",
            "parent": parent,
        },
        "tasks": tasks,
        "formats": _by_format(tasks),
        "inputs": {},
    }
    write_bytes(out / "README.md", (dataset_card(manifest) + _card(manifest["formats"])).encode())
    names = [f"{folder}/{task}{suffix}" for task in tasks for folder, suffix in _OUTPUTS]
    manifest["outputs"] = {name: file_entry(out / name) for name in (*names, "README.md")}
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _by_format(tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Chosen and proved records, refusals, styles and proofs of each format."""
    found: dict[str, Any] = {}
    for entry in tasks.values():
        sums = found.setdefault(entry["format"], {"chosen": 0, "proved": 0, "proofs": {}, "styles": {}, "reasons": {}})
        sums["chosen"] += entry["counts"]["read"]
        sums["proved"] += entry["counts"]["kept"]
        for key in ("proofs", "styles", "reasons"):
            sums[key] = dict(sorted((Counter(sums[key]) + Counter(entry[key])).items()))
    return dict(sorted(found.items()))


def _card(formats: dict[str, Any]) -> str:
    """The part of the dataset card that tells what was renamed and how it was proved."""

    def told(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "–"

    lines = ["", "## Evolved records", ""]
    lines += ["| format | chosen | proved | proof | style | refused |", "|---|--:|--:|---|---|---|"]
    lines += [
        f"| {name} | {sums['chosen']:,} | {sums['proved']:,} "
        f"| {told(sums['proofs'])} | {told(sums['styles'])} | {told(sums['reasons'])} |"
        for name, sums in formats.items()
    ]
    return "\n".join(lines) + "\n"
