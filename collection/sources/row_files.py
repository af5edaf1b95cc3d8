"""The rows of a file, whatever its container: ``x.json`` (one array), ``x.jsonl``, ``x.jsonl.gz``, ``x.parquet``.

    rows("dolly/databricks-dolly-15k.jsonl")  ->  Row("databricks-dolly-15k.jsonl", 0, "train", {"instruction": …}), …

One row, or one batch of a Parquet file, is in memory at a time: the general datasets have files of many gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Reason, Rejected, Row
from collection.sources.json_array import read_json_array
from collection.sources.upstream_files import open_file
from symbol_llm.errors import UserError
from symbol_llm.record import Split

ENDINGS = (".json", ".jsonl", ".jsonl.gz", ".parquet")
_BATCH = 512  # rows of a Parquet file that are decoded at once


def read_row_file(path: Path, folder: Path, split: Split) -> Iterator[Row]:
    """All rows of a file, in order. A row that is not JSON becomes a rejected row.

    Raises UserError if the file as a whole cannot be read: another container, truncated, damaged. The rows before the
    fault have been given by then.
    """
    return _rows(_values(path), path, folder, split)


def read_jsonl_rows(path: Path, folder: Path, split: Split) -> Iterator[Row]:
    """The same of a file with one JSON value a line, whatever the ending of its name."""
    return _rows(_lines(path), path, folder, split)


def has_rows(path: Path) -> bool:
    """Whether the name is one of a file that can be read here."""
    return path.name.endswith(ENDINGS) and path.is_file()


def _rows(values: Iterable[tuple[int, Any]], path: Path, folder: Path, split: Split) -> Iterator[Row]:
    file = path.relative_to(folder).as_posix()
    for index, data in values:
        yield Row(file, index, split, data if isinstance(data, Rejected) else _checked(data))


def _values(path: Path) -> Iterator[tuple[int, Any]]:
    if path.name.endswith(".parquet"):
        return enumerate(_parquet(path))
    if path.name.endswith(".json"):
        return enumerate(read_json_array(path))
    return _lines(path)


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    """One value a line, with the number of the line from 0. Blank lines hold none, and lines end at line feeds alone:
    texts hold other separators."""
    with open_file(path) as lines:
        for index, line in enumerate(lines):
            if line.strip():
                try:
                    yield index, orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield index, Rejected(Reason.MALFORMED_ROW, f"line {index + 1} is not JSON: {error}")


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({error}). Fetch it again") from error


def _checked(data: Any) -> Any:
    """The row, or why it cannot be stored: half of a surrogate pair, which JSON's escapes can spell, is no text."""
    try:
        orjson.dumps(data)
    except TypeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"the row cannot be written as JSON again: {error}")
    return data
