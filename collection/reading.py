"""Reading the raw files of a task: which tasks can be built, what their files hash to, and their rows.

    Hashes(RAW).of(get("sparc"))   {"sparc/train.json": {"bytes": …, "sha256": …}, …, "spider/database/…": {…}}

A folder that holds something else under upstream's names ends a build with an error that says where, not with a
traceback from the middle of a reader.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import collection.sources
from collection.fetch_state import NAME as FETCHED
from collection.fetch_state import fetched_files, is_account
from collection.sources.base import FilesMissing, GeneratedSource, Row, Source
from symbol_llm.errors import SymbolLLMError, UserError
from symbol_llm.ledger import sha256_file

Inputs = dict[str, dict[str, Any]]  # file name relative to RAW -> {"bytes": …, "sha256": …}


def available_tasks(raw: Path | None) -> list[str]:
    """The tasks that can be built, in the paper's order.

    Those whose files are at hand, and the generated ones that do not merely stand in for one of them.
    """
    found: list[str] = []
    for task in collection.sources.SOURCES:
        source = collection.sources.get(task)
        if isinstance(source, GeneratedSource):
            if source.stands_in_for not in found:
                found.append(task)
        elif raw is not None and _has_files(source, raw / source.upstream.dataset):
            found.append(task)
    return found


def _has_files(source: Source, folder: Path) -> bool:
    """Whether a dataset's folder holds files of the upstream. Reads the first row."""
    if not folder.is_dir():
        return False
    try:
        next(read_rows(source, folder), None)
    except FilesMissing:
        return False
    return True


def require_folders(tasks: Sequence[str], raw: Path | None) -> None:
    """Raise UserError unless every task that reads files has its dataset's folder under ``raw``."""
    for task in tasks:
        source = collection.sources.get(task)
        if isinstance(source, GeneratedSource):
            continue
        if raw is None:
            raise UserError(f"task {task} reads raw files: pass their folder with --raw")
        if not (raw / source.upstream.dataset).is_dir():
            raise UserError(
                f"task {task}: the folder {raw / source.upstream.dataset} does not exist. "
                f"Its files come from {source.upstream.url}; place them there, or leave the task out with --tasks"
            )


def read_rows(source: Source, folder: Path, seed: int = 0, limit: int | None = None) -> Iterator[Row]:
    """The rows of a task, at most ``limit`` of each split.

    Raises UserError if a file cannot be read or is not in upstream's format, naming the last row that was.
    """
    last = "the first row"
    try:
        for row in source.read_some(folder, seed, limit=limit):
            yield row
            last = f"what follows row {row.index} of {row.file}"
    except SymbolLLMError:
        raise
    except OSError as error:
        raise UserError(f"cannot read {error.filename or folder}: {error.strerror or error}") from error
    except Exception as error:
        raise UserError(
            f"task {source.task}: {last} in {folder} is not in the format of {source.upstream.url or 'its source'} "
            f"({type(error).__name__}: {error}). Fetch the files again, or leave the task out with --tasks; "
            "symbol-llm --debug shows where the reader failed"
        ) from error


class Hashes:
    """Size and sha256 of raw files. A folder that serves several tasks is read once."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._folders: dict[str, Inputs] = {}

    def of(self, source: Source) -> Inputs:
        """What a task may read: the files of its dataset, and those of other datasets that its rows may name.

        Raises UserError if a file cannot be read, or is not the one that was fetched.
        """
        own = source.upstream.dataset
        found = dict(self._in(own))
        for folder in source.beside:
            if not folder.startswith(f"{own}/") and (self._raw / folder).is_dir():
                found |= self._in(folder)
        return found

    def _in(self, folder: str) -> Inputs:
        if folder not in self._folders:
            found: Inputs = {}
            path = place = self._raw / folder
            try:
                for path in _files(place):
                    name = path.relative_to(self._raw).as_posix()
                    found[name] = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
            except OSError as error:
                raise UserError(f"cannot read {error.filename or path}: {error.strerror}") from error
            require_as_fetched(self._raw, folder, found)
            self._folders[folder] = found
        return self._folders[folder]


def require_as_fetched(raw: Path, folder: str, found: Inputs) -> None:
    """Raise UserError if files below a folder are not those that ``collect fetch`` wrote down in FETCHED.json."""
    dataset = folder.partition("/")[0]
    fetched = {
        name: sha256
        for name, sha256 in fetched_files(raw / dataset).items()
        if f"{dataset}/{name}".startswith(f"{folder}/")
    }
    other = [name for name, sha256 in fetched.items() if found.get(f"{dataset}/{name}", {}).get("sha256") != sha256]
    if other:
        names = ", ".join(
            name + (" (missing)" if f"{dataset}/{name}" not in found else "") for name in sorted(other)[:5]
        )
        raise UserError(
            f"{raw / dataset}: {len(other)} of {len(fetched)} files are not those that were fetched: {names}. "
            f"Delete them and run: symbol-llm collect fetch --raw {raw} --tasks {dataset}; or, to build from the files "
            f"as they are, delete {raw / dataset / FETCHED}"
        )


def _files(folder: Path) -> list[Path]:
    """All files below a folder, but for what a fetch leaves beside them."""

    def refuse(error: OSError) -> None:
        raise error  # a folder that cannot be listed is not an empty one

    walk = os.walk(folder, onerror=refuse, followlinks=True)
    paths = (Path(place) / name for place, _, names in walk for name in names if not is_account(name))
    return sorted(path for path in paths if path.is_file())
