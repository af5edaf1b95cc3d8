"""The files of an archive, put in place only when all of them are out and checked.

    CLEVR_v1.0_no_images.zip   ->   CLEVR_v1.0/questions/CLEVR_val_questions.json, CLEVR_v1.0/scenes/…

Members are written into a folder ``.unpack.part`` beside their place first. A member that would leave the dataset's
folder stops the archive; links and devices are not taken.
"""

from __future__ import annotations

import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from collection.fetch_digest import Measured, entries_digest, measure
from collection.fetch_faults import Fault, FetchError, disk_fault
from collection.fetch_files.kinds import Unpack

_STAGE = ".unpack.part"
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError)


def unpack(archive: Path, folder: Path, how: Unpack, ours: Set[str], *, replace: bool) -> dict[str, Measured]:
    """Put the files that ``how`` chooses below ``folder``; by their names there, what they are.

    A file that is in the way with other bytes is replaced if an earlier archive gave it (``ours``) or ``replace`` is
    set. Raises FetchError, and has then put nothing in place or, if the disk fails on the last step, a part.
    """
    stage = folder / _STAGE
    try:
        shutil.rmtree(stage, ignore_errors=True)
        files = _extract(archive, stage, how)
        if not files:
            what = f"it holds no file that matches {how.only}"
            raise FetchError(Fault.BROKEN_ARCHIVE, str(archive), what, "Is it the upstream's archive? Fetch it again")
        if how.entries and entries_digest(files) != how.entries:
            what = f"its {len(files):,} files are not upstream's (digest {entries_digest(files)}, not {how.entries})"
            raise FetchError(Fault.CHECKSUM, str(archive), what, "Fetch again; if it stays so, report it")
        placed = {(PurePosixPath(how.into) / name).as_posix(): file for name, file in files.items()}
        for name, file in placed.items():
            if name not in ours and not replace:
                _check_way(folder / name, file)
        for name in files:
            target = folder / how.into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (stage / name).replace(target)
        return placed
    except OSError as error:
        raise disk_fault(error, folder) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _check_way(target: Path, file: Measured) -> None:
    if target.exists() and not (target.is_file() and measure(target) == file):
        raise in_the_way(target)


def in_the_way(target: Path) -> FetchError:
    """The error for a file of the user's where one of upstream's should go."""
    return FetchError(
        Fault.IN_THE_WAY,
        str(target),
        "this file was not fetched, and is not upstream's",
        "Move it away, or replace it with upstream's by fetching with --replace",
    )


def _extract(archive: Path, stage: Path, how: Unpack) -> dict[str, Measured]:
    wanted = re.compile(how.only)
    files: dict[str, Measured] = {}
    with _members(archive) as members:
        for member, stream in members:
            path = PurePosixPath(member.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts:
                what = f"its member {member!r} would be written outside of the dataset's folder"
                raise FetchError(Fault.BROKEN_ARCHIVE, str(archive), what, "Do not trust it: delete it and report it")
            name = "/".join(path.parts[how.strip :])
            if not name or not wanted.fullmatch(name):
                continue
            target = stage / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    _copy(stream, file, archive)
            except OSError as error:
                raise disk_fault(error, target) from error
            files[name] = measure(target)
    return files


def _copy(stream: IO[bytes], file: IO[bytes], archive: Path) -> None:
    while True:
        try:
            chunk = stream.read(1 << 20)
        except (*_BROKEN, OSError) as error:
            raise _broken(archive, error) from error
        if not chunk:
            return
        file.write(chunk)


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The regular files of a zip or tar archive with their bytes. Raises FetchError if it is neither or damaged."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                yield _zip_members(file, archive)
        else:
            with tarfile.open(archive) as tar:
                yield _tar_members(tar, archive)
    except (*_BROKEN, OSError) as error:
        raise _broken(archive, error) from error


def _zip_members(file: zipfile.ZipFile, archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for info in file.infolist():
        if not info.is_dir():
            try:
                stream = file.open(info)
            except _BROKEN as error:
                raise _broken(archive, error) from error
            with stream:
                yield info.filename, stream


def _tar_members(tar: tarfile.TarFile, archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    while True:
        try:
            info = tar.next()
        except (*_BROKEN, OSError) as error:
            raise _broken(archive, error) from error
        if info is None:
            return
        stream = tar.extractfile(info) if info.isreg() else None
        if stream is not None:
            yield info.name, stream


def _broken(archive: Path, error: BaseException) -> FetchError:
    return FetchError(
        Fault.BROKEN_ARCHIVE, str(archive), f"the archive is damaged ({error})", "Delete it and fetch it again"
    )
