"""From a raw row to a verified record, or to a rejection with its reason. Runs in worker processes.

Row ──to_example──▶ Example ──parse──▶ canonical form ──engine──▶ Record
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import orjson

import collection.sources
from collection.prompts import render
from collection.sources.base import Example, Reason, Rejected, Row, Source
from symbol_llm.errors import SymbolError, SymbolLLMError
from symbol_llm.formats import Context
from symbol_llm.formats import get as get_format
from symbol_llm.record import Provenance, Record


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of one task, and where their part file goes."""

    task: str
    rows: list[Row]
    raw: Path | None
    seed: int
    sha256: Mapping[str, str]  # of each raw file, by name
    part: Path


class Entry(NamedTuple):
    """What became of a row: a record, or a rejection. ``asked`` is None where it is not known what the row asks."""

    record: Record | None
    rejected: dict[str, Any] | None
    asked: tuple[str, str, str] | None  # request, definitions, group


def check_row(source: Source, row: Row, chunk: Chunk) -> Entry:
    """Turn one row into a verified record or a rejection.

    Raises RuntimeError naming file and row if a reader fails on something that it should have rejected.
    """
    folder = (chunk.raw or Path()) / source.upstream.dataset
    try:
        found = row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
    except SymbolLLMError:
        raise
    except Exception as error:
        raise RuntimeError(f"task {source.task}, {row.file}, row {row.index}: {error!r}") from error
    if isinstance(found, Rejected):
        return _reject(row, found, "", (found.request, "", "") if found.request else None)
    asked = (found.input, found.context.definitions, found.group)
    verdict = _check_symbol(source.format, found, chunk.raw)
    if isinstance(verdict, Rejected):
        return _reject(row, verdict, found.completion, asked)
    canonical, accepted, engine = verdict
    prompt = render(source.prompt, found, source.task, row.split, chunk.seed)
    world = orjson.dumps(found.context.world, option=orjson.OPT_SORT_KEYS).decode() if found.context.world else None
    record = Record(
        id=prompt.id,
        task=source.task,
        format=source.format,
        origin=source.origin,
        split=row.split,
        prompt=prompt.text,
        completion=found.completion,
        instruction=prompt.instruction,
        context=found.context.definitions,
        input=found.input,
        template=prompt.template,
        answer=None if found.answer is None else orjson.dumps(found.answer).decode(),
        world=world,
        group=found.group,
        parses=True,
        accepted=accepted,
        engine=engine,
        canonical=canonical,
        source=Provenance(
            source.upstream.dataset, source.upstream.revision, row.file, row.index, _sha256(row.file, chunk.sha256)
        ),
        licence=source.licence.name,
        commercial=source.licence.commercial,
    )
    return Entry(record, None, asked)


def _check_symbol(format_name: str, example: Example, raw: Path | None) -> tuple[str, bool | None, str] | Rejected:
    """Canonical form, the engine's verdict and the engine's name; or why the symbol is refused."""
    if not example.input.strip():
        return Rejected(Reason.EMPTY_INPUT, "the request is empty")
    if not example.completion.strip():
        return Rejected(Reason.EMPTY_SYMBOL, "the gold symbol is empty")
    language = get_format(format_name)
    context = Context(example.context.definitions, example.context.world, raw)
    try:
        language.parse(example.completion)
        verdict = language.accepts(example.completion, context)
        if verdict.holds is False:
            return Rejected(Reason.ENGINE_REJECTED, f"{verdict.engine}: {verdict.reason}")
        return language.canonical(example.completion, context), verdict.holds, verdict.engine
    except SymbolError as error:
        return Rejected(Reason.PARSE_ERROR, str(error), error.position)


def _sha256(file: str, hashes: Mapping[str, str]) -> str:
    """The hash of a raw file, or of the archive that it is in (``LogicNLI.zip/train.json``)."""
    path = PurePosixPath(file)
    return next((hashes[str(place)] for place in (path, *path.parents) if str(place) in hashes), "")


def _reject(row: Row, why: Rejected, symbol: str, asked: tuple[str, str, str] | None) -> Entry:
    data = None if isinstance(row.data, Rejected) else row.data
    rejected = {
        "file": row.file,
        "row": row.index,
        "split": row.split,
        "reason": why.reason,
        "detail": why.detail,
        "position": why.position,
        "symbol": symbol,
        "data": data,
    }
    return Entry(None, rejected, asked)


def check_chunk(chunk: Chunk) -> Path:
    """Check the rows of a chunk and write its part file, one JSON line per row, in one step."""
    source = collection.sources.get(chunk.task)
    part = chunk.part.with_name(chunk.part.name + ".tmp")
    with part.open("wb") as file:
        for row in chunk.rows:
            entry = check_row(source, row, chunk)
            line = {
                "record": entry.record.to_json() if entry.record else None,
                "rejected": entry.rejected,
                "asked": entry.asked,
            }
            file.write(orjson.dumps(line) + b"\n")
    part.replace(chunk.part)
    return chunk.part
