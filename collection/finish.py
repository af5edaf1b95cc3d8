"""The second half of a build: from checked parts to the files of a task, without duplicates and leaks.

    parts of all tasks ──▶ leak index of the test rows
    parts of a task ──▶ leaks ──▶ census ──▶ near candidates ──▶ records/<task>.parquet, rejects/<task>.jsonl

Each look reads only the columns that it needs, a part at a time, so that memory does not grow with the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

import collection.sources
from collection.decontaminate import Leak, LeakIndex
from collection.dedup import NUM_BANDS, Duplicates, band_keys, take_census
from collection.identity import Asked, Keys
from collection.parts import Rows, columns, read_part
from collection.reading import Inputs
from collection.row_sums import RowSums, digest
from collection.sources.base import Source
from symbol_llm.ledger import replacing
from symbol_llm.record import Split, schema, write_batches
from symbol_llm.shards import Workers

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FileSums = dict[str, list[int]]  # "records" and "rejects" -> RowSums of the file
_WORTH_A_PROCESS = 5_000  # near candidates of a task: a process takes a second to start


@dataclass(slots=True)
class TaskParts:
    """The checked rows of one task, in order."""

    task: str
    place: Path
    inputs: Inputs
    rows_per_part: int
    parts: list[Path] = field(default_factory=list)


def leak_index(tasks: Sequence[TaskParts]) -> LeakIndex:
    """What the test rows of all tasks ask, those without a symbol included."""
    index = LeakIndex()
    for task in tasks:
        for path in task.parts:
            part = read_part(path)
            if "test" in part.column("row_split").unique().to_pylist():
                _add_tests(index, part, task.task)
    return index


def _add_tests(index: LeakIndex, part: pa.RecordBatch, task: str) -> None:
    names = ("row_split", "id", "refused", "problem_key", "request_key", "num_words", "grams")
    for split, name, refused, problem, request, num_words, grams in zip(*columns(part, names)):
        if split == Split.TEST and request is not None:
            if name is None:
                row = orjson.loads(refused)
                name = f"{task}:{row['file']}:{row['row']}"
            index.add(name, Asked(request, num_words, _grams(grams)), problem)


def _grams(data: bytes | None) -> np.ndarray | None:
    import numpy as np

    return None if data is None else np.frombuffer(data, np.uint64)


class _Survey(NamedTuple):
    """What is known of the records of a task before any is written: arrays with one value per record, in order."""

    places: np.ndarray  # the row of the task
    row_keys: np.ndarray
    symbol_keys: np.ndarray
    num_words: np.ndarray
    is_leak: np.ndarray
    leaks: dict[int, Leak]  # by row of the task


def _survey(task: TaskParts, index: LeakIndex) -> _Survey:
    import numpy as np

    names = ("row_key", "symbol_key", "num_words")
    arrays: dict[str, list[np.ndarray]] = {name: [] for name in ("places", *names)}
    leaks: dict[int, Leak] = {}
    for number, path in enumerate(task.parts):
        part = read_part(path)
        is_record = part.column("id").is_valid()
        records = part.filter(is_record)
        places = np.flatnonzero(is_record.to_numpy(zero_copy_only=False)) + number * task.rows_per_part
        arrays["places"].append(places)
        for name in names:
            arrays[name].append(records.column(name).to_numpy())
        for place, split, keys in zip(places.tolist(), records.column("split").to_pylist(), _keys(records)):
            if leak := index.find(split, keys):
                leaks[place] = leak
    found = {name: np.concatenate(parts) if parts else np.zeros(0, np.uint64) for name, parts in arrays.items()}
    is_leak = np.isin(found["places"], np.fromiter(leaks, np.int64, len(leaks)))
    return _Survey(found["places"], found["row_key"], found["symbol_key"], found["num_words"], is_leak, leaks)


def _keys(records: pa.RecordBatch) -> Iterator[Keys]:
    names = ("row_key", "symbol_key", "problem_key", "request_key", "num_words", "grams")
    for row, symbol, problem, request, num_words, grams in zip(*columns(records, names)):
        yield Keys(row, symbol, problem, Asked(request, num_words, _grams(grams)))


def _find_duplicates(task: TaskParts, survey: _Survey, pool: Workers) -> np.ndarray:
    """For each row of the task the earlier row that it repeats, or -1. Leaks neither repeat nor are repeated."""
    import numpy as np

    own = ~survey.is_leak
    places, row_keys, symbol_keys = survey.places[own], survey.row_keys[own], survey.symbol_keys[own]
    repeats = np.full(len(task.parts) * task.rows_per_part, -1, np.int64)
    census = take_census(row_keys, symbol_keys, survey.num_words[own])
    near = census.near_candidates
    if not len(census.repeated_rows) and not len(near):
        return repeats
    bands = _bands(task, places[near], symbol_keys[near], pool)
    asked = Rows(task.parts, task.rows_per_part, "input")
    duplicates = Duplicates(census, bands, lambda number: asked[int(places[number])][0])
    for number, row_key in enumerate(row_keys.tolist()):
        first = duplicates.find(number, row_key)
        if first is not None:
            repeats[places[number]] = places[first]
    return repeats


class _Near(NamedTuple):
    """The near candidates of one part: their rows in it, and their symbol keys."""

    part: Path
    rows: list[int]
    symbol_keys: list[int]


def _bands(task: TaskParts, places: np.ndarray, symbol_keys: np.ndarray, pool: Workers) -> np.ndarray:
    """The band keys of the near candidates, worked out part by part; in other processes where it is worth one."""
    import numpy as np

    def jobs() -> Iterator[_Near]:
        parts = places // task.rows_per_part
        for number in np.unique(parts):
            own = slice(*np.searchsorted(parts, [number, number + 1]))
            rows = places[own] - number * task.rows_per_part
            yield _Near(task.parts[number], rows.tolist(), symbol_keys[own].tolist())

    found = pool.map(_bands_of_part, jobs()) if len(places) >= _WORTH_A_PROCESS else map(_bands_of_part, jobs())
    return np.concatenate([np.zeros((0, NUM_BANDS), np.uint64), *found])


def _bands_of_part(near: _Near) -> np.ndarray:
    part = read_part(near.part)
    splits, requests = part.column("split"), part.column("input")
    return band_keys(
        [(key, splits[row].as_py(), requests[row].as_py()) for row, key in zip(near.rows, near.symbol_keys)]
    )


@dataclass(slots=True)
class _Tally:
    """What was written of a task so far."""

    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    record_sums: RowSums = field(default_factory=RowSums)
    reject_sums: RowSums = field(default_factory=RowSums)


def write_task(
    task: TaskParts, index: LeakIndex, out: Path, pool: Workers
) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Write records and rejects of one task. Every row read is in exactly one of the two.

    Gives the task's entry of the manifest, and the row sums of both files.
    """
    source = collection.sources.get(task.task)
    survey = _survey(task, index)
    repeats = None if source.keeps_duplicates else _find_duplicates(task, survey, pool)
    tally = _Tally()
    with replacing(out / "rejects" / f"{task.task}.jsonl") as rejects, rejects.open("wb") as file:
        kept = _kept(task, survey.leaks, repeats, tally, file)
        num_kept = write_batches(out / "records" / f"{task.task}.parquet", kept)
    reasons = dict(sorted(tally.reasons.items()))
    counts = {
        "read": tally.rows,
        "kept": num_kept,
        "rejected": sum(count for reason, count in reasons.items() if reason not in ("duplicate", "leak")),
        "duplicates": reasons.pop("duplicate", 0),
        "leaks": reasons.pop("leak", 0),
    }
    parts = counts["rejected"] + counts["duplicates"] + counts["leaks"]
    assert tally.rows == num_kept + parts == tally.record_sums.rows + tally.reject_sums.rows, (task.task, counts)
    entry = {
        **_description(source),
        "counts": counts,
        "reasons": reasons,
        "splits": dict(sorted(tally.splits.items())),
    }
    sums = {"records": tally.record_sums.to_json(), "rejects": tally.reject_sums.to_json()}
    return entry, sums


def _description(source: Source) -> dict[str, Any]:
    return {
        "format": source.format,
        "family": source.family,
        "origin": source.origin,
        "licence": source.licence.name,
        "commercial": source.licence.commercial,
        "upstream": {"url": source.upstream.url, "revision": source.upstream.revision},
        "citation": source.upstream.citation,
    }


def _kept(
    task: TaskParts, leaks: dict[int, Leak], repeats: np.ndarray | None, tally: _Tally, rejects: BinaryIO
) -> Iterator[pa.RecordBatch]:
    """The records that stay, part by part; the others go to ``rejects``, in the order of the rows."""
    import pyarrow as pa

    ids = Rows(task.parts, task.rows_per_part, "id")
    own = schema().names
    for number, path in enumerate(task.parts):
        part = read_part(path)
        reasons: list[dict[str, Any] | None] = []
        start = number * task.rows_per_part
        for place, refused in enumerate(part.column("refused").to_pylist(), start):
            if refused is not None:
                reasons.append({"refused": refused})
            elif place in leaks:
                reasons.append({"reason": "leak", "detail": leaks[place].kind, "of": leaks[place].test})
            elif repeats is not None and repeats[place] >= 0:
                reasons.append({"reason": "duplicate", "detail": "", "of": ids[int(repeats[place])][0]})
            else:
                reasons.append(None)
        tally.rows += len(reasons)
        removed = part.filter(pa.array([reason is not None and "of" in reason for reason in reasons])).select(own)
        rows = iter(removed.to_pylist())
        for reason in filter(None, reasons):
            line = reason.get("refused") or orjson.dumps({**reason, "record": next(rows)}) + b"\n"
            tally.reasons[reason.get("reason") or orjson.loads(line)["reason"]] += 1
            tally.reject_sums.add(digest(line))
            rejects.write(line)
        kept = part.filter(pa.array([reason is None for reason in reasons]))
        tally.splits.update(kept.column("split").to_pylist())
        for row_digest in kept.column("digest").to_pylist():
            tally.record_sums.add(row_digest)
        yield kept.select(own)
