"""Exporting a collection: ``symbol-llm collect export OUT DEST --to trl``.

    DEST/train.jsonl  validation.jsonl  test.jsonl     what the trainer reads, one file per split (or task and split)
         README.md                                     how to load it; tasks, licences, citations
         export.json                                   what was chosen, counts, sha256 of every file

The folder appears whole or not at all, and its bytes depend on the collection and the selection alone. Only records
are exported, never a rejected row, and a file never holds two splits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.built import Built, Kind
from collection.export_card import export_card
from collection.export_targets import TARGETS, Target, dataset_info
from collection.selection import SPLITS, LeftOut, Selection
from collection.whole_folder import whole_folder
from symbol_llm import __version__
from symbol_llm.console import progress
from symbol_llm.errors import CheckFailed, UserError, unknown_name
from symbol_llm.ledger import sha256_file, write_bytes, write_json
from symbol_llm.record import Record, write_parquet

NOTE = "export.json"


class File(NamedTuple):
    """A file to write: the records of one split, of the tasks that share it."""

    name: str
    split: str
    tasks: list[str]


def export(out: Path, dest: Path, to: str, selection: Selection | None = None) -> dict[str, Any]:
    """Write the chosen records of the collection ``out`` to ``dest`` as the trainer ``to`` reads them.

    Returns what ``dest/export.json`` holds. Memory does not grow with the data. Raises UserError if the target, a
    task, or ``dest`` cannot be used, or nothing is chosen; CheckFailed if the collection is not what its manifest says.
    """
    selection = selection or Selection()
    if to not in TARGETS:
        raise unknown_name("target", to, TARGETS, "symbol-llm collect export --help")
    target = TARGETS[to]
    built = Built(out)
    _require_free(dest, out)
    tasks = built.tasks(selection.tasks)
    chosen: dict[str, Counter[Kind]] = {}
    left_out: Counter[LeftOut] = Counter()
    for task in tasks:
        chosen[task], others = selection.divide(built.tally(task))
        left_out += others
    total = sum(counts.total() for counts in chosen.values())
    if not total:
        why = ", ".join(f"{reason} {count:,}" for reason, count in sorted(left_out.items())) or "they hold none"
        raise UserError(f"{out}: none of the records of {', '.join(tasks)} is chosen ({why}). Ask for more")
    document: dict[str, Any] = {
        "version": __version__,
        "to": to,
        "collection": sha256_file(out / "manifest.json"),
        "selection": {
            "tasks": list(selection.tasks),
            "splits": list(selection.splits),
            "origins": list(selection.origins),
            "commercial_only": selection.commercial_only,
        },
        "tasks": {task: _task_entry(built, task, counts) for task, counts in chosen.items() if counts},
        "left_out": {reason.value: count for reason, count in sorted(left_out.items())},
        "files": {},
    }
    with whole_folder(dest) as place, progress(f"export to {to}", total) as advance:
        files = _files(target, selection, chosen)
        for file in files:
            document["files"][file.name] = _write(place, file, target, selection, built, advance)
        pairs = [(task, file.split) for file in files for task in file.tasks]
        if (info := dataset_info(to, pairs)) is not None:
            write_json(place / "dataset_info.json", info)
        write_bytes(place / "README.md", export_card(document).encode())
        write_json(place / NOTE, document)
        _require_unchanged(built, list(document["tasks"]))
        assert total == sum(entry["rows"] for entry in document["files"].values()), (total, document["files"])
    return document


def _require_free(dest: Path, out: Path) -> None:
    """Raise UserError unless ``dest`` is new, empty, or an earlier export and nothing else."""
    if dest.resolve().is_relative_to(out.resolve()):
        raise UserError(f"{dest} lies in the collection {out}: an export goes to a folder of its own")
    if not dest.exists():
        return
    if not dest.is_dir():
        raise UserError(f"{dest} is a file: an export is a folder. Choose another name")
    found = {str(path.relative_to(dest)) for path in dest.rglob("*") if not path.is_dir()}
    own: set[str] = set()
    if NOTE in found:
        try:
            own = {NOTE, "README.md", "dataset_info.json", *orjson.loads((dest / NOTE).read_bytes())["files"]}
        except (orjson.JSONDecodeError, KeyError, TypeError):
            own = set()
    if strangers := sorted(found - own):
        raise UserError(
            f"{dest} holds files that are no export's ({', '.join(strangers[:3])}…). "
            "An export replaces its folder: choose another, or move them away"
        )


def _require_unchanged(built: Built, tasks: list[str]) -> None:
    """Raise CheckFailed if the collection was built anew while it was read."""
    now = Built(built.folder)
    for task in tasks:
        now.record_file(task)
    if now.manifest != built.manifest:
        raise CheckFailed(f"{built.folder} was built anew while it was exported. Run the same command again")


def _files(target: Target, selection: Selection, chosen: dict[str, Counter[Kind]]) -> list[File]:
    """The files to write, in order; none of them would be empty."""
    files: dict[str, File] = {}
    for split in SPLITS:
        for task, counts in chosen.items():
            if split in selection.splits and any(kind.split == split for kind in counts):
                name = target.file.format(split=split, task=task)
                files.setdefault(name, File(name, split, [])).tasks.append(task)
    return list(files.values())


def _write(
    place: Path,
    file: File,
    target: Target,
    selection: Selection,
    built: Built,
    advance: Callable[[int], Any],
) -> dict[str, Any]:
    """Write one file and return its entry in the note."""
    written: Counter[str] = Counter()

    def records() -> Iterator[Record]:
        for task in file.tasks:
            for record in selection.records(built, task, file.split):
                if not record.prompt.strip() or not record.completion.strip():
                    raise CheckFailed(f"records/{task}.parquet, {record.id}: empty prompt or completion")
                written[task] += 1
                advance(1)
                yield record

    path = place / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        write_parquet(path, records())
    else:
        with path.open("wb") as lines:
            for record in records():
                lines.write(orjson.dumps(target.row(record)) + b"\n")
    return {
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
        "split": file.split,
        "rows": written.total(),
        "tasks": {task: written[task] for task in file.tasks},  # in this order
    }


def _task_entry(built: Built, task: str, counts: Counter[Kind]) -> dict[str, Any]:
    """What the card says about a task: its chosen records, whose licence each record bears."""
    entry = built.manifest["tasks"][task]
    return {
        "format": entry["format"],
        "splits": _summed(counts, "split", SPLITS),
        "origins": _summed(counts, "origin"),
        "licences": _summed(counts, "licence"),
        "commercial": sum(count for kind, count in counts.items() if kind.commercial),
        "upstream": entry["upstream"],
        "citation": entry["citation"],
    }


def _summed(counts: Counter[Kind], column: str, order: Sequence[str] = ()) -> dict[str, int]:
    """Records by the values of a column, sorted or in a given order."""
    sums: Counter[str] = Counter()
    for kind, count in counts.items():
        sums[getattr(kind, column)] += count
    return {name: sums[name] for name in order or sorted(sums) if sums[name]}
