"""From a raw row to a verified record, or to a rejection with its reason. Runs in worker processes.

Row ──to_example──▶ Example ──parser──▶ canonical form ──engine──▶ Record
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import orjson

import collection.sources
from collection.identity import asked_by, keys_of
from collection.parts import Checked, encode
from collection.prompts import render
from collection.sources.base import Example, Reason, Rejected, Row, Source
from symbol_llm.errors import SymbolError, SymbolLLMError, UserError
from symbol_llm.formats import Context
from symbol_llm.formats import get as get_format
from symbol_llm.ledger import write_bytes
from symbol_llm.record import Provenance, Record, Split


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

    Raises UserError if a file that the row needs cannot be read, and RuntimeError naming file and row if a reader
    or a format fails on something that it should have rejected.
    """
    try:
        return _check_row(source, row, chunk)
    except SymbolLLMError:
        raise
    except OSError as error:
        where = f"task {source.task}, {row.file}, row {row.index}"
        raise UserError(f"{where}: {error}. Put it right and run the same command again") from error
    except Exception as error:
        raise RuntimeError(f"task {source.task}, {row.file}, row {row.index}: {error!r}") from error


def _check_row(source: Source, row: Row, chunk: Chunk) -> Entry:
    folder = (chunk.raw or Path()) / source.upstream.dataset
    found = row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
    if isinstance(found, Rejected):
        return _reject(row, found, "", (found.request, "", "") if found.request else None)
    if not _is_text(found.input, found.completion, found.context.definitions, found.group):
        return _reject(row, Rejected(Reason.MALFORMED_ROW, "half of a surrogate pair is no text"), "", None)
    asked = (found.input, found.context.definitions, found.group)
    if not found.input.strip():
        return _reject(row, Rejected(Reason.EMPTY_INPUT, "the request is empty"), found.completion, asked)
    if not found.completion.strip():
        return _reject(row, Rejected(Reason.EMPTY_SYMBOL, "the gold symbol is empty"), found.completion, asked)
    world = orjson.dumps(found.context.world, option=orjson.OPT_SORT_KEYS).decode() if found.context.world else None
    verdict = _check_symbol(source.format, found.completion, found.context.definitions, world, chunk.raw)
    if isinstance(verdict, Rejected):
        return _reject(row, verdict, found.completion, asked)
    return Entry(_record(source, row, found, world, verdict, chunk), None, asked)


def _record(source: Source, row: Row, found: Example, world: str | None, verdict: _Verdict, chunk: Chunk) -> Record:
    prompt = render(source.prompt, found, source.task, row.split, chunk.seed)
    return Record(
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
        accepted=verdict.accepted,
        engine=verdict.engine,
        canonical=verdict.canonical,
        source=Provenance(
            source.upstream.dataset, source.upstream.revision, row.file, row.index, _sha256(row.file, chunk.sha256)
        ),
        licence=source.licence.name,
        commercial=source.licence.commercial,
        parent=found.parent,
        proof=found.proof,
    )


def _is_text(*parts: str) -> bool:
    """Whether text can be stored: escapes of JSON, or bytes that were not UTF-8, can leave what is not Unicode."""
    try:
        return all(part.encode() is not None for part in parts)
    except UnicodeEncodeError:
        return False


class _Verdict(NamedTuple):
    """What parser and engine say of a symbol that they take."""

    canonical: str
    accepted: bool | None
    engine: str


# Rows side by side ask for the same symbol in other words: two questions a query in Spider, six a story in FOLIO.
@lru_cache(maxsize=1_024)
def _check_symbol(
    format_name: str, symbol: str, definitions: str, world: str | None, raw: Path | None
) -> _Verdict | Rejected:
    """Canonical form and the engine's verdict, or why the symbol is refused. ``canonical`` parses first."""
    language = get_format(format_name)
    context = Context(definitions, orjson.loads(world) if world else {}, raw)
    try:
        canonical = language.canonical(symbol, context)
        verdict = language.accepts(symbol, context)
    except SymbolError as error:
        return Rejected(Reason.PARSE_ERROR, str(error), error.position)
    if verdict.holds is False:
        return Rejected(Reason.ENGINE_REJECTED, f"{verdict.engine}: {verdict.reason}")
    return _Verdict(canonical, verdict.holds, verdict.engine)


def _sha256(file: str, hashes: Mapping[str, str]) -> str:
    """The hash of a raw file, or of the archive that it is in (``LogicNLI.zip/train.json``)."""
    if file in hashes:
        return hashes[file]
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


def check_part(chunk: Chunk) -> bytes:
    """Check the rows of a chunk. Gives the bytes of its part file."""
    source = collection.sources.get(chunk.task)
    return encode([_with_keys(source, row, check_row(source, row, chunk)) for row in chunk.rows])


def check_chunk(chunk: Chunk) -> Path:
    """Check the rows of a chunk and write its part file in one step."""
    write_bytes(chunk.part, check_part(chunk))
    return chunk.part


def _with_keys(source: Source, row: Row, entry: Entry) -> Checked:
    if entry.record:
        keys = keys_of(entry.record)
        return Checked(row.split, entry.record, None, keys, keys.asked)
    asked = None
    if entry.asked and row.split == Split.TEST:  # what a test asks must not be trained on, with or without a symbol
        request, definitions, group = entry.asked
        asked = asked_by(source.format, request, definitions, group)
    return Checked(row.split, None, entry.rejected, None, asked)
