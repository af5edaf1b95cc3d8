"""The contract of a source: what each file of this folder provides about one dataset.

    folder ──read──▶ Row ──to_example──▶ Example ──(build)──▶ Record
                                  └─────▶ Rejected

A source knows the upstream's files and the meaning of a row. Prompts, ids, engine checks, duplicates and leaks
are the builder's work and the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.record import Origin, Split


class Reason(StrEnum):
    """Why a row did not become a record."""

    MALFORMED_ROW = "malformed_row"  # the row is not in the upstream's format
    NO_LABEL = "no_label"  # upstream gives no symbol for this row
    EMPTY_INPUT = "empty_input"
    EMPTY_SYMBOL = "empty_symbol"
    MISSING_CONTEXT = "missing_context"  # a database, schema or scene that the row names is not there
    MISALIGNED = "misaligned"  # sentences and symbols of the row do not pair up
    PARSE_ERROR = "parse_error"  # the gold symbol is not in its language
    ENGINE_REJECTED = "engine_rejected"  # the language's real engine refused the gold symbol
    NOT_DERIVABLE = "not_derivable"  # the symbol cannot be built from the row (no annotations, say)
    WRONG_ANSWER = "wrong_answer"  # the symbol, executed, does not give the gold answer


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is kept out, with the reason, what exactly was wrong, and where in the symbol.

    ``request`` is what the row asks, where it is known: a test row without a symbol can still leak.
    """

    reason: Reason
    detail: str
    position: int | None = None
    request: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One raw row. ``file`` is relative to the dataset's folder, ``index`` counts from 0 within the file.

    ``data`` is a JSON value (the row as upstream wrote it, plus what the reader joined to it), or a Rejected
    where the row could not even be read.
    """

    file: str
    index: int
    split: Split
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a row means, before a prompt is rendered from it.

    ``answer`` and ``context.world`` are JSON values. ``group`` is shared by rows that share a schema, scene or
    story.
    """

    input: str
    completion: str
    context: Context = EMPTY
    answer: Any = None
    group: str = ""
    parent: str | None = None  # distilled: the question's id, and how the symbol was verified
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """SPDX id or the licence's own name, and whether commercial use is allowed."""

    name: str
    commercial: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """The words around an example. ``instructions`` are about ten paraphrases; one is drawn per record."""

    instructions: tuple[str, ...]
    input_label: str  # "The question is:"
    cue: str  # "The corresponding SQL is:"
    definitions_label: str = ""  # "The database schema is:"; empty: definitions stand alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Where the raw files come from. ``sizes`` are the upstream's own counts per split."""

    dataset: str  # folder name under RAW
    url: str
    revision: str
    citation: str
    sizes: Mapping[str, int] = field(default_factory=dict)


class Source(ABC):
    """One task of the collection: how its raw rows are read and what they mean."""

    task: str
    format: str
    family: str  # Planning, SQL, FOL, … as the paper groups the tasks
    origin: Origin = Origin.EXISTING
    licence: Licence
    upstream: Upstream
    prompt: Prompt
    # The same row may occur many times on purpose (SCAN's addprim split): then only leaks are removed.
    keeps_duplicates: bool = False
    # Folders of other datasets that rows may name files of, relative to RAW: they are inputs, too, where they exist.
    beside: tuple[str, ...] = ()

    @abstractmethod
    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Rows of ``RAW/<dataset>`` in a fixed order. Raises UserError if the folder is not upstream's."""

    @abstractmethod
    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        """What a row means. Called in a worker process; must not depend on other rows."""

    def read_some(
        self, folder: Path, seed: int = 0, *, split: Split | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """The rows of ``read``, of one split only or at most ``limit`` of each."""
        counts: Counter[Split] = Counter()
        for row in self.read(folder, seed):
            if split in (None, row.split):
                counts[row.split] += 1
                if limit is None or counts[row.split] <= limit:
                    yield row


class GeneratedSource(Source):
    """A source that makes its rows from a seed and needs no files. Row i depends on the seed and i alone."""

    origin = Origin.GENERATED
    licence = Licence("Apache-2.0", True)
    upstream = Upstream(dataset="", url="", revision="generated", citation="")
    # The task whose rows these repeat: left out by default where that task's files are at hand.
    stands_in_for: str = ""
    sizes: Mapping[Split, int]

    @abstractmethod
    def generate(self, split: Split, index: int, rng: Random) -> Any:
        """The data of one row, a JSON value."""

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        return self.read_some(folder, seed)

    def read_some(
        self, folder: Path, seed: int = 0, *, split: Split | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """Makes the rows that are asked for and no others."""
        for own, size in self.sizes.items():
            if split in (None, own):
                for index in range(size if limit is None else min(size, limit)):
                    rng = Random(f"{self.task}/{own}/{seed}/{index}")
                    yield Row(f"seed-{seed}/{own}", index, own, self.generate(own, index, rng))


class FilesMissing(UserError):
    """None of the upstream's files is in the dataset's folder: a build of all tasks leaves the task out."""


def require(folder: Path, *names: str) -> list[Path]:
    """The files that exist among ``names``. Raises FilesMissing with what was expected if there is none."""
    found = [folder / name for name in names if (folder / name).exists()]
    if not found:
        raise FilesMissing(
            f"{folder}: none of the upstream's files is here ({', '.join(names)}). {_where_they_may_be(folder, names)}"
        )
    return found


def _where_they_may_be(folder: Path, names: tuple[str, ...]) -> str:
    """What to do about missing files: they often are a folder too deep, or still packed."""
    paths = sorted(folder.rglob("*"))
    for path in paths:
        for name in names:
            place = path.as_posix().removesuffix(f"/{name}")
            if place != path.as_posix():
                return f"They seem to be in {place}: move what is there to {folder}"
            if path.as_posix().endswith(f"/{name}.gz"):
                return f"{path} is compressed: unpack it to {folder / name}"
    for path in paths:
        if path.name.endswith((".zip", ".tar", ".tar.gz", ".tgz")):
            return f"{path} may hold them: unpack it in {folder}"
    return "Place them there, or pass the folder that holds the datasets with --raw"


def read_json(path: Path) -> Any:
    """A whole JSON file. Raises UserError with file, line and column if it is truncated or broken."""
    try:
        return orjson.loads(path.read_bytes().removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise UserError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). "
            "The file may be truncated: fetch it again"
        ) from error
