"""A folder that appears whole or not at all.

    with whole_folder(Path("out/trl")) as place:      writes into out/.trl.part
        (place / "train.jsonl").write_text(…)
                                                      out/trl is there, with everything in it

A killed run leaves the hidden folder beside it, which the next run empties; an earlier ``out/trl`` stays as it was
until the new one is complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from symbol_llm.errors import UserError
from symbol_llm.ledger import exclusive, make_folder

_LOCK = ".lock"  # what ``exclusive`` puts into the folder that it holds


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Where to write what ``folder`` shall hold. It replaces what was there, in one step, when the block ends well.

    If the block fails, nothing of it is left. Raises UserError if the place cannot be written to, is full, or another
    process writes there; whether an older folder may be replaced is the caller's to decide.
    """
    folder = folder.resolve()
    place = make_folder(folder.with_name(f".{folder.name}.part"))
    with exclusive(place):
        _empty(place)
        try:
            yield place
            (place / _LOCK).unlink()
            _sync(place)
            _swap(place, folder)
        except BaseException as error:
            shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, OSError):
                raise UserError(
                    f"cannot write {error.filename or folder}: {error.strerror or error}. Nothing of it was kept; "
                    "make room or choose another folder, and run the same command again"
                ) from error
            raise


def _empty(place: Path) -> None:
    """Remove what a killed run left."""
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def _sync(place: Path) -> None:
    """See to it that everything is on the disk before the folder gets its name."""
    for path in [place, *place.rglob("*")]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _swap(place: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        place.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
