"""``RAW/<dataset>/FETCHED.json``: what came from where, so that a later fetch and a build can compare.

    {"dataset": "mtop", "licence": "CC BY-SA 4.0",
     "files": {"mtop.zip": {"address": "https://…/mtop.zip", "revision": "2021 release", "origin": "fetched",
                            "digest": "", "sha256": "5f2c…", "size": 9011043, "at": "2025-11-03", "unpacked": {}}},
     "partial": {"other.zip": {"url": "https://…/other.zip", "validator": "\\"5e1-6a\\""}}}

``sha256`` is always measured here. ``digest`` is what the table pinned; where it pinned nothing, the sha256 of the
first fetch is what later fetches have to find. ``partial`` tells which version a .part file was begun with.
``unpacked`` holds the sha256 of every file that an archive gave.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from collection.fetch_digest import Measured
from collection.fetch_faults import Fault, FetchError, disk_fault
from collection.fetch_http import Version
from symbol_llm.console import log
from symbol_llm.ledger import write_json

NAME = "FETCHED.json"
_LOCK = ".fetch.lock"

# The origins of a file.
FETCHED = "fetched"
FOUND = "found here"
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file that is in place, or an archive whose files are. ``origin``: fetched, found here, or by hand."""

    address: str
    revision: str
    origin: str
    digest: str
    sha256: str
    size: int
    at: str
    unpacked: dict[str, str] = field(default_factory=dict)


class State:
    """The state of one dataset's folder, written in one step at every change."""

    def __init__(self, folder: Path, dataset: str, licence: str) -> None:
        self.path, self.dataset, self.licence = folder / NAME, dataset, licence
        self.files: dict[str, Entry] = {}
        self.partial: dict[str, Version] = {}
        if self.path.exists():
            try:
                held = orjson.loads(self.path.read_bytes())
                self.files = {place: Entry(**entry) for place, entry in held["files"].items()}
                self.partial = {place: Version(**version) for place, version in held["partial"].items()}
            except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
                raise FetchError(
                    Fault.BROKEN_STATE,
                    str(self.path),
                    f"this is not the record of a fetch ({error})",
                    "Delete it: the files beside it are then checked anew",
                ) from error

    def keep(self, place: str, entry: Entry) -> None:
        """Write down that a file is in place."""
        self.files[place] = entry
        self.partial.pop(place, None)
        self._write()

    def forget(self, place: str) -> None:
        """A file that turned out to be no good is no longer in place."""
        self.files.pop(place, None)
        self._write()

    def begin(self, place: str, version: Version) -> None:
        """Write down which version of a file its part is about to hold."""
        if self.partial.get(place) != version:
            self.partial[place] = version
            self._write()

    def _write(self) -> None:
        document = {
            "dataset": self.dataset,
            "licence": self.licence,
            "files": {place: asdict(self.files[place]) for place in sorted(self.files)},
            "partial": {place: asdict(self.partial[place]) for place in sorted(self.partial)},
        }
        try:
            write_json(self.path, document)
        except OSError as error:
            raise disk_fault(error, self.path) from error


def is_account(name: str) -> bool:
    """Whether a file of this name is a fetch's own: the account, its lock, or a transfer that broke off."""
    return name in (NAME, _LOCK) or name.endswith(".part")


def fetched_files(folder: Path) -> dict[str, str]:
    """The sha256 of every file that FETCHED.json says is in a dataset's folder; empty where nothing was fetched.

    Raises FetchError if FETCHED.json cannot be read.
    """
    found: dict[str, str] = {}
    for place, entry in State(folder, "", "").files.items():
        # An archive that was unpacked is not there any more, unless the user placed it.
        found |= entry.unpacked or {place: entry.sha256}
    return found


def as_entry(measured: Measured, address: str, revision: str, origin: str, digest: str) -> Entry:
    """The entry of a file whose bytes were measured today."""
    return Entry(
        address=address,
        revision=revision,
        origin=origin,
        digest=digest,
        sha256=measured.sha256,
        size=measured.size,
        at=datetime.now(UTC).date().isoformat(),
    )


@contextmanager
def one_at_a_time(folder: Path, dataset: str) -> Iterator[None]:
    """Hold a dataset's folder, made if need be. Another fetch into it is waited for."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    except OSError as error:
        raise disk_fault(error, folder) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(f"{dataset}: another fetch is at work in {folder}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
