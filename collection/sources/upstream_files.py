"""The files of a dataset's folder by their upstream names, unpacked or still in upstream's zip archives.

    RAW/topv2/TOPv2_Dataset/alarm_train.tsv      alarm_train.tsv
    RAW/topv2/TOPv2_Dataset.zip                  alarm_train.tsv, alarm_eval.tsv, …

An unpacked file wins over the same file in an archive, so that nothing is read twice. Archives are open only as long
as their files are read. A byte order mark, which editors on Windows put before a text, is no part of it.
"""

from __future__ import annotations

import gzip
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import IO, Any, TextIO, cast
from zipfile import BadZipFile, ZipFile

import orjson

from collection.sources.base import FilesMissing
from symbol_llm.errors import UserError

_NUMBER = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class UpstreamFile:
    """One file. ``name`` is relative to the dataset's folder: ``mtop.zip/mtop/en/train.txt`` inside of an archive."""

    name: str
    path: Path
    archive: ZipFile | None = None
    member: str = ""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The unpacked bytes after the byte order mark, if any. Raises UserError where reading shows damage."""
        try:
            if self.archive is not None:
                with self.archive.open(self.member) as stream:
                    yield _after_mark(gzip.GzipFile(fileobj=stream) if self.member.endswith(".gz") else stream)
            else:
                with gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb") as stream:
                    yield _after_mark(stream)
        except (BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
            place = f"{self.path}, {self.member}" if self.member else f"{self.path}"
            raise UserError(f"{place}: the file is damaged ({error}). Fetch it again") from error

    @contextmanager
    def open_text(self) -> Iterator[TextIO]:
        """The same as UTF-8 text."""
        with self.open() as stream:
            yield TextIOWrapper(cast(BufferedReader, stream), encoding="utf-8")

    def read_json(self) -> Any:
        """The whole file as a JSON value. Raises UserError with line and column if it is broken."""
        with self.open() as stream:
            try:
                return orjson.loads(stream.read())
            except orjson.JSONDecodeError as error:
                raise UserError(
                    f"{self.name}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). "
                    "The file may be truncated: fetch it again"
                ) from error


def open_file(path: Path) -> AbstractContextManager[IO[bytes]]:
    """The same of one file outside of archives."""
    return UpstreamFile(path.name, path).open()


def _after_mark(stream: Any) -> IO[bytes]:
    """The stream, past its byte order mark."""
    if stream.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        stream.read(len(BOM_UTF8))
    return cast(IO[bytes], stream)


@contextmanager
def upstream_files(folder: Path, pattern: str, expected: str) -> Iterator[dict[str, UpstreamFile]]:
    """The files whose path ends in a match of ``pattern``, by what it matched, in the order of their names.

    Numbers in names are ordered by value, ``.gz`` may follow. Raises FilesMissing naming ``expected`` if there is no
    such file, and UserError if an archive cannot be read.
    """
    wanted = re.compile(rf"(?:^|/)({pattern})(?:\.gz)?$")
    found: dict[str, UpstreamFile] = {}

    def keep(file: UpstreamFile) -> None:
        match = wanted.search(file.member or file.name)
        # Archives made on a Mac hold a shadow of every file.
        if match and not match[0].startswith(("._", "/._")) and "__MACOSX/" not in file.member:
            found.setdefault(match[1], file)

    with ExitStack() as archives:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in paths:
            keep(UpstreamFile(path.relative_to(folder).as_posix(), path))
        for path in paths:
            if path.suffix == ".zip":
                try:
                    archive = archives.enter_context(ZipFile(path))
                except BadZipFile as error:
                    raise UserError(f"{path}: not a zip archive ({error}). Fetch it again") from error
                name = path.relative_to(folder).as_posix()
                for member in sorted(archive.namelist()):
                    keep(UpstreamFile(f"{name}/{member}", path, archive, member))
        if not found:
            raise FilesMissing(
                f"{folder}: none of the upstream's files is here ({expected}). "
                "Place them there, or pass the folder that holds the datasets with --raw"
            )
        yield dict(sorted(found.items(), key=lambda item: _by_value(item[0])))


def _by_value(name: str) -> list[tuple[int, str]]:
    # Every second part is a number.
    return [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(_NUMBER.split(name))]
