"""Reading the rows that a run trains on.

    OUT/records/scan.parquet ─▶ Row(task="scan", format="scan", prompt="Translate …\\n", completion="I_JUMP")

A path is a folder that `symbol-llm collect build` wrote, any folder of Parquet or JSONL files, or such a file.
Only ``prompt`` and ``completion`` are needed; ``task`` defaults to the file's name and ``split`` to train.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from symbol_llm.errors import UserError


class Row(NamedTuple):
    """One prompt and its completion. ``format`` is ``text`` for general instructions."""

    task: str
    format: str
    prompt: str
    completion: str
    context: str = ""  # definitions, and the world as JSON: only where asked for
    world: str = ""


_COLUMNS = ("task", "format", "prompt", "completion", "split", "origin")


def find_files(paths: Sequence[str]) -> list[Path]:
    """The record files under paths, sorted by name within each. Raises UserError if there are none."""
    files: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_file():
            found = [path]
        elif path.is_dir():
            folder = path / "records" if (path / "records").is_dir() else path
            found = sorted(p for p in folder.iterdir() if p.suffix in {".parquet", ".jsonl"})
        else:
            raise UserError(f"{path}: no such data folder or file. Build a collection with: symbol-llm collect build")
        if not found:
            raise UserError(f"{path}: no .parquet or .jsonl file here or in its records/ folder")
        files.extend(found)
    return files


def content_digest(files: Sequence[Path]) -> str:
    """A hash of the files' names and content."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(f"{file.name}\0{hashlib.file_digest(content, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()


def read_rows(
    files: Sequence[Path], split: str, without: Sequence[str] = (), with_context: bool = False
) -> Iterator[Row]:
    """Rows of one split but of no origin in ``without``, in the order of the files.

    Raises UserError with the place of the first fault.
    """
    more = ("context", "world") if with_context else ()
    for place, row in read_columns(files, split, without, more):
        prompt, completion = row.get("prompt"), row.get("completion")
        if not isinstance(prompt, str) or not isinstance(completion, str):
            raise UserError(f"{place}: prompt and completion must be text; found {sorted(row)}")
        yield Row(row["task"], row["format"], prompt, completion, *(row.get(name) or "" for name in more))


def read_columns(
    files: Sequence[Path], split: str, without: Sequence[str], more: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same rows, each with its place, as the file has them; ``task`` and ``format`` are there in any case.

    ``more`` names columns that are wanted besides those of a Row.
    """
    columns = {*_COLUMNS, *more}
    for file in files:
        batches = _parquet(file, columns) if file.suffix == ".parquet" else _jsonl(file)
        for where, row in batches:
            if (row.get("split") or "train") == split and row.get("origin") not in without:
                yield (
                    f"{file}, {where}",
                    {**row, "task": row.get("task") or file.stem, "format": row.get("format") or ""},
                )


def prompt_of(row: Mapping[str, Any]) -> str | None:
    """The prompt of a row that is asked: its column prompt or, as in the files of other people, question."""
    prompt = row.get("prompt") or row.get("question")
    return prompt if isinstance(prompt, str) and prompt.strip() else None


def _parquet(file: Path, columns: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        wanted = [name for name in table.schema_arrow.names if name in columns]
        with table:
            number = 0
            for group in range(table.num_row_groups):
                for row in table.read_row_group(group, columns=wanted).to_pylist():
                    yield f"row {number}", row
                    number += 1
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{file}: not a readable Parquet file ({error})") from error


def _jsonl(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError(f"{file}, line {number}: not JSON ({error})") from error
            if not isinstance(row, dict):
                raise UserError(f"{file}, line {number}: a row is a JSON object")
            yield f"line {number}", row
