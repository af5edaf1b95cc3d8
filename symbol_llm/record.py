"""The record: one instruction pair, and how it is stored.

    task "scan", format "scan", split "train"
    prompt      "Translate the command …\\nI_JUMP: jump …\\nThe command is: jump twice\\nThe actions are:\\n"
    completion  "I_JUMP I_JUMP"

Parquet is the store, JSONL the export; both hold the same columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.ledger import replacing
from symbol_llm.shards import chunked

if TYPE_CHECKING:
    import pyarrow as pa


class Origin(StrEnum):
    """Where a record came from."""

    EXISTING = "existing"
    DISTILLED = "distilled"
    EVOLVED = "evolved"
    GENERATED = "generated"


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The raw row behind a record. ``file`` is relative to the raw folder; ``row`` counts from 0."""

    dataset: str
    revision: str
    file: str
    row: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One instruction pair with everything that is known about it. JSON columns hold JSON text."""

    id: str
    task: str
    format: str
    origin: str
    split: str
    prompt: str
    completion: str
    instruction: str
    context: str  # the symbol definitions that the prompt shows
    input: str
    template: str
    answer: str | None = None  # JSON: the gold answer for delegation; never in the prompt
    world: str | None = None  # JSON: what only the solver sees (database, scene, gold problem)
    group: str = ""  # items of one group share a schema, scene or story: clusters for intervals
    parses: bool = False
    accepted: bool | None = None
    engine: str = ""
    canonical: str = ""
    source: Provenance
    licence: str
    commercial: bool
    parent: str | None = None
    proof: str | None = None  # how an evolved or distilled record was verified

    def to_context(self, root: Path | None = None) -> Context:
        """What the format and the solver read this record's symbol against."""
        return Context(self.context, orjson.loads(self.world) if self.world else {}, root)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, one key per column."""
        row = {name: getattr(self, name) for name in _FIELDS}
        row["source"] = {name: getattr(self.source, name) for name in _SOURCE_FIELDS}
        return row


# dataclasses.asdict copies deeply, which took a tenth of the time of a build.
_FIELDS = tuple(field.name for field in fields(Record))
_SOURCE_FIELDS = tuple(field.name for field in fields(Provenance))


def record_from_json(row: Mapping[str, Any]) -> Record:
    """Inverse of ``Record.to_json``. Raises UserError naming missing and unknown columns."""
    missing = {"id", "task", "format", "prompt", "completion", "source"} - row.keys()
    unknown = row.keys() - set(_FIELDS)
    if missing or unknown:
        raise UserError(
            f"not a record: missing columns {sorted(missing)}, unknown columns {sorted(unknown)}. "
            "Records are written by: symbol-llm collect build"
        )
    return Record(**{**row, "source": Provenance(**row["source"])})


def content_id(task: str, split: str, *content: str) -> str:
    """A stable id: task, split and a hash of the content, so the same row always gets the same id."""
    digest = hashlib.sha256("\x1f".join(content).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{task}-{split}-{digest[:16]}"


def schema() -> pa.Schema:
    """The Arrow schema of a record file."""
    import pyarrow as pa

    text, flag = pa.string(), pa.bool_()
    kinds: dict[str, Any] = {
        "source": pa.struct(
            [("dataset", text), ("revision", text), ("file", text), ("row", pa.int64()), ("sha256", text)]
        ),
        "parses": flag,
        "accepted": flag,
        "commercial": flag,
    }
    return pa.schema([(field.name, kinds.get(field.name, text)) for field in fields(Record)])


def write_parquet(path: Path, records: Iterable[Record], *, rows_per_group: int = 2_000) -> int:
    """Write records in order and return their number. The file appears whole or not at all."""
    import pyarrow as pa

    columns = schema()
    batches = (
        pa.RecordBatch.from_pylist([record.to_json() for record in chunk], columns)
        for chunk in chunked(records, rows_per_group)
    )
    return write_batches(path, batches, rows_per_group=rows_per_group)


def write_batches(path: Path, batches: Iterable[pa.RecordBatch], *, rows_per_group: int = 2_000) -> int:
    """Write record batches of ``schema()`` in order and return the number of rows. However the rows are cut into
    batches, the file's bytes are the same. It appears whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, columns = 0, schema()
    with replacing(path) as part, pq.ParquetWriter(part, columns, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in batches:
            waiting.append(batch)
            count += len(batch)
            if sum(map(len, waiting)) >= rows_per_group:
                table = pa.Table.from_batches(waiting, columns)
                whole = len(table) - len(table) % rows_per_group
                writer.write_table(table.slice(0, whole).combine_chunks(), rows_per_group)
                waiting = table.slice(whole).to_batches()
        writer.write_table(pa.Table.from_batches(waiting, columns).combine_chunks())
    return count


def read_parquet(path: Path) -> Iterator[Record]:
    """Records of one file in order, a row group in memory at a time. Raises UserError if unreadable."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path}: not a readable record file ({error}). Rebuild it with: collect build") from error
    with file:
        for group in range(file.num_row_groups):
            yield from map(record_from_json, file.read_row_group(group).to_pylist())


def write_jsonl(path: Path, records: Iterable[Record]) -> int:
    """Write records as JSON lines and return their number. The file appears whole or not at all."""
    count = 0
    with replacing(path) as part, part.open("wb") as file:
        for record in records:
            file.write(orjson.dumps(record.to_json()) + b"\n")
            count += 1
    return count


def read_jsonl(path: Path) -> Iterator[Record]:
    """Records of a JSONL file in order. Raises UserError with the line of the first fault."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield record_from_json(orjson.loads(line))
            except (ValueError, TypeError, UserError) as error:
                raise UserError(f"{path}, line {number}: not a record ({error})") from error
