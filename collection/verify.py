"""Checking a built collection: ``symbol-llm collect verify OUT`` recomputes everything and names the first difference.

The manifest's seal, hashes of all files, counts, conservation; then every record: its id from its content, its
prompt from its parts, parser, canonical form, and the real engine's verdict. Where a file is not the one that was
built, the row that was edited is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson

import collection.sources
from collection.prompts import record_id, render_with
from collection.row_sums import RowSums, digest
from collection.sources.base import Example
from symbol_llm.console import progress
from symbol_llm.errors import CheckFailed, SymbolError, SymbolLLMError, UserError
from symbol_llm.formats import get as get_format
from symbol_llm.ledger import read_manifest, sha256_file
from symbol_llm.notation.block import undo
from symbol_llm.record import Record, read_parquet
from symbol_llm.shards import chunked, ordered_map

_ROWS_PER_CHUNK = 256


def load_manifest(out: Path) -> dict[str, Any]:
    """The manifest of a built collection. Raises UserError if there is none, CheckFailed if it was edited."""
    path = out / "manifest.json"
    if not path.exists():
        raise UserError(
            f"{out} holds no finished collection (no manifest.json). Build it with: symbol-llm collect build"
        )
    return read_manifest(path)


def verify(out: Path, raw: Path | None = None, workers: int = 1) -> dict[str, int]:
    """Recompute everything about a collection. Raises CheckFailed naming the first difference.

    With ``raw`` the input files are hashed too. Returns the number of files and records checked.
    """
    manifest = load_manifest(out)
    try:
        for name, entry in manifest["outputs"].items():
            _check_output(out, name, entry)
        for folder in ("records", "rejects"):
            for path in sorted((out / folder).iterdir()):
                if f"{folder}/{path.name}" not in manifest["outputs"]:
                    raise CheckFailed(f"{path} does not belong to the collection: the manifest does not name it")
        if raw is not None:
            for name, entry in manifest["inputs"].items():
                if difference := _difference(raw / name, entry):
                    raise CheckFailed(f"{raw / name} {difference}")
        num_records = 0
        for task, entry in manifest["tasks"].items():
            sums = manifest["outputs"][f"records/{task}.parquet"].get("sums")
            num_records += _check_task(out, task, entry, sums, raw, workers)
    except OSError as error:
        raise CheckFailed(f"cannot read {error.filename or out}: {error.strerror or error}") from error
    return {"files": len(manifest["outputs"]), "inputs": len(manifest["inputs"]) if raw else 0, "records": num_records}


def _difference(path: Path, entry: dict[str, Any]) -> str:
    """How a file differs from its entry in the manifest; "" if it does not."""
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != entry["bytes"]:
        return f"is not the file that was built: {path.stat().st_size:,} bytes instead of {entry['bytes']:,}"
    return "" if sha256_file(path) == entry["sha256"] else "is not the file that was built: its sha256 differs"


def _check_output(out: Path, name: str, entry: dict[str, Any]) -> None:
    if difference := _difference(out / name, entry):
        edited = _edited_row(out / name, entry["sums"]) if "sums" in entry and (out / name).is_file() else ""
        raise CheckFailed(f"{out / name} {difference}" + (f"; {edited}" if edited else ""))


def _edited_row(path: Path, expected: list[int]) -> str:
    """Which row of a file that is not as it was built was edited, as far as that can be told."""
    sums = RowSums()
    names: list[str] = []
    try:
        if path.suffix == ".parquet":
            for record in read_parquet(path):
                sums.add(digest(orjson.dumps(record.to_json())))
                names.append(record.id)
        else:
            with path.open("rb") as lines:
                for line in lines:
                    sums.add(digest(line))
    except (SymbolLLMError, OSError, ValueError, TypeError) as error:
        return f"it cannot be read beyond row {sums.rows} ({error})"
    if sums.rows != expected[0]:
        return f"it has {sums.rows:,} rows instead of {expected[0]:,}"
    row = sums.edited_row(expected)
    if row is not None:
        return f"row {row} was edited" + (f": {names[row]}" if names else "")
    return "its rows are the same" if sums.to_json() == expected else "several rows were edited or moved"


def _check_task(
    out: Path, task: str, entry: dict[str, Any], expected: list[int] | None, raw: Path | None, workers: int
) -> int:
    counts = entry["counts"]
    parts = counts["kept"] + counts["rejected"] + counts["duplicates"] + counts["leaks"]
    if counts["read"] != parts:
        raise CheckFailed(f"{task}: read {counts['read']} rows, accounted for {parts}")
    _check_rejects(out / "rejects" / f"{task}.jsonl", entry)

    def records() -> Iterator[list[Record]]:
        yield from chunked(read_parquet(out / "records" / f"{task}.parquet"), _ROWS_PER_CHUNK)

    splits: Counter[str] = Counter()
    sums = RowSums()
    with progress(f"verify {task}", counts["kept"]) as advance:
        for checked in ordered_map(partial(_check_records, task, raw), records(), workers):
            if checked.fault:
                raise CheckFailed(f"records/{task}.parquet, {checked.fault}")
            splits.update(checked.splits)
            for each in checked.digests:
                sums.add(each)
            advance(len(checked.digests))
    if splits.total() != counts["kept"] or splits != Counter(entry["splits"]):
        raise CheckFailed(f"records/{task}.parquet: {dict(splits)} records, the manifest says {entry['splits']}")
    if expected and sums.to_json() != expected:
        number = sums.edited_row(expected)
        edited = "several rows were edited" if number is None else f"row {number} was edited"
        raise CheckFailed(f"records/{task}.parquet: {edited}")
    return splits.total()


def _check_rejects(path: Path, entry: dict[str, Any]) -> None:
    found: Counter[str] = Counter()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found[orjson.loads(line)["reason"]] += 1
            except (ValueError, TypeError, KeyError) as error:
                raise CheckFailed(f"{path}, line {number}: not a rejected row ({error!r})") from error
    expected = Counter(entry["reasons"])
    expected.update({"duplicate": entry["counts"]["duplicates"], "leak": entry["counts"]["leaks"]})
    if found != +expected:
        raise CheckFailed(f"{path}: reasons {dict(found)}, the manifest says {dict(+expected)}")


class _Checked(NamedTuple):
    """The first fault among some records ("" if none), their splits, and the digest of each."""

    fault: str
    splits: Counter[str]
    digests: list[int]


def _check_records(task: str, raw: Path | None, records: list[Record]) -> _Checked:
    digests = []
    for record in records:
        if fault := _fault(task, raw, record):
            return _Checked(f"{record.id}: {fault}", Counter(), [])
        digests.append(digest(orjson.dumps(record.to_json())))
    return _Checked("", Counter(record.split for record in records), digests)


def _fault(task: str, raw: Path | None, record: Record) -> str:
    """What about a record does not follow from the rest of it; "" if all does."""
    source = collection.sources.get(task)
    language = get_format(source.format)
    if record.task != task or record.format != source.format:
        return f"it is a record of task {record.task}, format {record.format}"
    if (record.licence, record.commercial) != (source.licence.name, source.licence.commercial):
        return f"licence {record.licence}, commercial use {record.commercial}: the source says {source.licence}"
    context = record.to_context(raw)
    example = Example(input=record.input, completion=record.completion, context=context, group=record.group)
    if record.id != record_id(task, record.split, example):
        return "the id does not belong to the content"
    choice, _, _ = record.template.partition("/")
    if not choice.isdecimal() or int(choice) >= len(source.prompt.instructions):
        return f"there is no template {record.template}"
    if record.prompt != render_with(source.prompt, int(choice), example):
        return "the prompt is not the rendering of its parts"
    if record.instruction != source.prompt.instructions[int(choice)]:
        return "the instruction is not the one of its template"
    try:
        # An evolved record may tell another notation; what it stores holds for the symbol in the language's own.
        symbol, definitions = undo(source.format, record.completion, context.definitions)
        context = replace(context, definitions=definitions)
        canonical = language.canonical(symbol, context)
    except (SymbolError, ValueError) as error:
        return str(error)
    if canonical != record.canonical:
        return "canonical form differs"
    verdict = language.accepts(symbol, context)
    if verdict.holds is not record.accepted:
        return f"{verdict.engine} says {verdict.holds} ({verdict.reason}), stored {record.accepted}"
    return ""
