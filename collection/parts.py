"""Part files: the checked rows of one chunk, as columns that later steps read one by one.

    id … proof     the record's own columns, null for a row that was refused
    refused        the rejection as a JSON line, null for a record
    row_split, row_key, symbol_key, problem_key, request_key, num_words, grams, digest     see ``identity.Keys``

A part is an Arrow file and appears whole or not at all, so that a killed build goes on after the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from collection.identity import Asked, Keys
from collection.row_sums import digest
from symbol_llm.record import Record, schema

if TYPE_CHECKING:
    import pyarrow as pa


class Checked(NamedTuple):
    """What became of a row: a record with its keys, or a rejection with what the row asks, if that is known."""

    split: str
    record: Record | None
    rejected: dict[str, Any] | None
    keys: Keys | None
    asked: Asked | None


def encode(rows: Sequence[Checked]) -> bytes:
    """The bytes of a part file."""
    import pyarrow as pa

    records = schema()
    jsons = [row.record.to_json() if row.record else {} for row in rows]
    arrays = {name: pa.array([row.get(name) for row in jsons], records.field(name).type) for name in records.names}
    arrays["refused"] = pa.array([_line(row.rejected) if row.rejected else None for row in rows], pa.binary())
    arrays["row_split"] = pa.array([row.split for row in rows], pa.string())
    arrays["num_words"] = pa.array([row.asked.num_words if row.asked else None for row in rows], pa.int32())
    grams = [None if row.asked is None or row.asked.grams is None else row.asked.grams.tobytes() for row in rows]
    arrays["grams"] = pa.array(grams, pa.binary())
    keys = {
        "row_key": (row.keys.row if row.keys else None for row in rows),
        "symbol_key": (row.keys.symbol if row.keys else None for row in rows),
        "problem_key": (row.keys.problem if row.keys else None for row in rows),
        "request_key": (row.asked.request if row.asked else None for row in rows),
        "digest": (digest(orjson.dumps(row)) if row else None for row in jsons),
    }
    arrays |= {name: pa.array(values, pa.uint64()) for name, values in keys.items()}
    batch = pa.RecordBatch.from_arrays([*arrays.values()], [*arrays])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _line(rejected: dict[str, Any]) -> bytes:
    """A rejection as a JSON line; what JSON cannot hold (half of a surrogate pair) is kept as Python's ascii()."""
    try:
        return orjson.dumps(rejected) + b"\n"
    except orjson.JSONEncodeError:
        texts = {name: ascii(rejected[name]) for name in ("data", "symbol", "detail")}
        return orjson.dumps({**rejected, **texts}) + b"\n"


def read_part(path: Path) -> pa.RecordBatch:
    """A part, mapped into memory: a column costs nothing before it is looked at."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)


def is_whole(path: Path) -> bool:
    """Whether a part is there and can be read: after a power cut a file may have its name and not its content."""
    import pyarrow as pa

    try:
        read_part(path)
    except (pa.ArrowInvalid, OSError):
        return False
    return True


def columns(part: pa.RecordBatch, names: Iterable[str]) -> list[list[Any]]:
    """Some columns of a part as Python values."""
    return [part.column(name).to_pylist() for name in names]


class Rows:
    """Some columns of any row of a task, by its number, read from the parts when it is asked for."""

    def __init__(self, parts: Sequence[Path], rows_per_part: int, *names: str) -> None:
        self._parts, self._rows, self._names = parts, rows_per_part, names
        self._columns = lru_cache(maxsize=64)(self._read)

    def _read(self, number: int) -> list[pa.Array]:
        part = read_part(self._parts[number])
        return [part.column(name) for name in self._names]

    def __getitem__(self, row: int) -> tuple[Any, ...]:
        number, place = divmod(row, self._rows)
        return tuple(column[place].as_py() for column in self._columns(number))
