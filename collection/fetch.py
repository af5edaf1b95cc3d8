"""Bring the upstream files of datasets into ``RAW/<dataset>/``, verified, once.

    fetch([DATASETS["folio"]], Path("raw"))
    ->  [Outcome("folio", "data/v0.0/folio-train.jsonl", Status.CAME, size=787496, sha256="008d34b7…"), …]

A file that is in place with the right bytes is left alone. One that comes is written to ``<file>.part``, checked, then
renamed; a transfer that breaks, and a killed one, leaves the part, and the next call goes on there. What fails is one
outcome; the other files and datasets go on. FETCHED.json (fetch_state.py) keeps the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from collection import fetch_hub
from collection.fetch_by_hand import finish_by_hand
from collection.fetch_digest import Measured, measure
from collection.fetch_faults import Fault, FetchError, disk_fault
from collection.fetch_files.kinds import Dataset, HubFile, WebFile
from collection.fetch_http import Download, Patience, open_session
from collection.fetch_outcomes import Outcome, Status, failed
from collection.fetch_state import FETCHED, FOUND, Entry, State, as_entry, one_at_a_time
from collection.fetch_unpack import in_the_way, unpack
from symbol_llm.console import log, progress

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True, slots=True)
class Options:
    """``replace``: files in the way, and files whose upstream has changed, give way. ``hub``: another hub's address."""

    patience: Patience = field(default_factory=Patience)
    replace: bool = False
    hub: str | None = None


def fetch(datasets: Iterable[Dataset], raw: Path, options: Options | None = None) -> list[Outcome]:
    """Fetch what is missing of every dataset, one after the other. Failures are outcomes, never raised."""
    fetcher = _Fetcher(raw, options or Options())
    return [outcome for dataset in datasets for outcome in fetcher.dataset(dataset)]


class _Origin(NamedTuple):
    """Where a file may be had, and what pins it."""

    urls: tuple[str, ...]
    digest: str
    revision: str
    headers: Mapping[str, str] = MappingProxyType({})


class _Fetcher:
    """One call: its HTTP session, and the hosts that gave no answer and are not asked again."""

    def __init__(self, raw: Path, options: Options) -> None:
        self.raw, self.options = raw, options
        self.session: requests.Session = open_session(options.patience)
        self.silent: dict[str, FetchError] = {}

    def dataset(self, dataset: Dataset) -> Iterator[Outcome]:
        folder = self.raw / dataset.name
        try:
            with one_at_a_time(folder, dataset.name):
                state = State(folder, dataset.name, dataset.licence)
                for file in dataset.files:
                    yield self._outcome(dataset, file, folder, state)
                for step in dataset.manual:
                    yield finish_by_hand(dataset, step, folder, state, replace=self.options.replace)
        except FetchError as error:
            yield failed(dataset, "", error)

    def _outcome(self, dataset: Dataset, file: WebFile | HubFile, folder: Path, state: State) -> Outcome:
        try:
            try:
                there = self._in_place(file, folder, state)
                entry = there or self._bring(dataset, file, folder, state)
            except OSError as error:
                raise disk_fault(error, folder / file.place) from error
        except FetchError as error:
            return failed(dataset, file.place, error)
        status = Status.HERE if there else Status.CAME
        return Outcome(dataset.name, file.place, status, entry.size, entry.sha256)

    def _in_place(self, file: WebFile | HubFile, folder: Path, state: State) -> Entry | None:
        """The entry of a file that needs no fetching; None if it has to come. Raises FetchError if it must not."""
        target, entry = folder / file.place, state.files.get(file.place)
        if entry and entry.unpacked and not target.exists():
            same = entry.address == file.address and (not file.digest or entry.digest == file.digest)
            whole = all(_sha256(folder / name) == digest for name, digest in entry.unpacked.items())
            return entry if same and whole else None
        if not target.exists():
            return None
        if not target.is_file():
            raise in_the_way(target)
        measured = measure(target)
        if file.digest:
            is_right = measured.matches(file.digest)
        elif entry and entry.address == file.address:
            is_right = measured.sha256 == entry.sha256
        else:
            is_right = not entry  # placed by the user, and nobody can say that it is wrong
        if not is_right:
            if entry or self.options.replace:
                return None
            raise in_the_way(target)
        if not entry:
            entry = self._entry(file, measured, FOUND)
        return self._settle(file, target, entry, folder, state)

    def _bring(self, dataset: Dataset, file: WebFile | HubFile, folder: Path, state: State) -> Entry:
        """Fetch a file, check it and put it in place."""
        target, before = folder / file.place, state.files.get(file.place)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        log(f"{dataset.name}: fetching {file.place}")
        if isinstance(file, HubFile):
            told = self._ask_hub(file)
            origin = _Origin((told.url,), file.digest or told.digest, told.commit, told.headers)
        else:
            origin = _Origin((file.url, *file.mirrors), file.digest, file.revision)
        measured = self._transfer(dataset, file, origin, part, state)
        part.replace(target)
        entry = replace(self._entry(file, measured, FETCHED), revision=origin.revision)
        if before:
            entry = replace(entry, unpacked=before.unpacked)
        state.keep(file.place, entry)
        return self._settle(file, target, entry, folder, state)

    def _transfer(
        self, dataset: Dataset, file: WebFile | HubFile, origin: _Origin, part: Path, state: State
    ) -> Measured:
        """The whole, right file into its part, from the first address that gives it."""
        errors: list[FetchError] = []
        for url in origin.urls:
            try:
                has_old_bytes = self._download(dataset, file, origin, url, part, state)
                measured = measure(part)
                if has_old_bytes and origin.digest and not measured.matches(origin.digest):
                    # What an earlier call left may be to blame.
                    part.unlink()
                    self._download(dataset, file, origin, url, part, state)
                    measured = measure(part)
                if fault := self._fault(file, measured, origin.digest, state.files.get(file.place), url):
                    part.unlink()
                    raise fault
                return measured
            except FetchError as error:
                if error.fault in (Fault.DISK_FULL, Fault.UNWRITABLE):
                    raise
                errors.append(error)
        first, *others = errors
        if not others:
            raise first
        what = "; ".join((first.what, *(f"the mirror {error.where}: {error.what}" for error in others)))
        raise FetchError(first.fault, first.where, what, first.todo)

    def _download(
        self, dataset: Dataset, file: WebFile | HubFile, origin: _Origin, url: str, part: Path, state: State
    ) -> bool:
        """One transfer. Returns whether bytes of an earlier call are in the part."""
        host = urlsplit(url).netloc
        if host in self.silent:
            raise self._as_before(url, host)
        with progress(f"{dataset.name}/{file.place}, bytes", file.size) as advance:
            job = Download(
                self.session,
                url,
                part,
                state.partial.get(file.place),
                lambda version: state.begin(file.place, version),
                self.options.patience,
                is_pinned=bool(origin.digest),
                headers=origin.headers,
                advance=advance,
            )
            try:
                job.run()
            except FetchError as error:
                if error.fault is Fault.UNREACHABLE:
                    self.silent[host] = error
                raise
        return job.has_old_bytes

    def _ask_hub(self, file: HubFile) -> fetch_hub.Told:
        host = "the hub"
        if host in self.silent:
            raise self._as_before(file.address, host)
        try:
            return fetch_hub.ask(file, self.options.patience, self.options.hub)
        except FetchError as error:
            if error.fault is Fault.UNREACHABLE:
                self.silent[host] = error
            raise

    def _as_before(self, url: str, host: str) -> FetchError:
        earlier = self.silent[host]
        return FetchError(Fault.UNREACHABLE, url, f"{host} gave no answer before, and is not asked again", earlier.todo)

    def _fault(
        self, file: WebFile | HubFile, measured: Measured, digest: str, before: Entry | None, url: str
    ) -> FetchError | None:
        """The error if the bytes are not upstream's, or no longer those that came before."""
        if digest:
            if measured.matches(digest):
                return None
            what = f"its {measured.size:,} bytes are {measured.like(digest)}, upstream's are {digest}"
            todo = "Fetch again; if it stays so, upstream has changed: report it"
            return FetchError(Fault.CHECKSUM, url, what, todo)
        # An archive that is packed anew for each request differs without a change of what it holds.
        is_pinned_inside = isinstance(file, WebFile) and file.unpack and file.unpack.entries
        is_comparable = before and before.address == file.address and not is_pinned_inside and not self.options.replace
        if not before or not is_comparable or measured.sha256 == before.sha256:
            return None
        what = f"upstream's file has changed since {before.at}: sha256 {measured.sha256}, then {before.sha256}"
        return FetchError(Fault.CHECKSUM, url, what, "If you want the new one, fetch with --replace")

    def _settle(self, file: WebFile | HubFile, target: Path, entry: Entry, folder: Path, state: State) -> Entry:
        """Unpack an archive where that is due, and write down what is in place."""
        if isinstance(file, WebFile) and file.unpack:
            try:
                placed = unpack(target, folder, file.unpack, set(entry.unpacked), replace=self.options.replace)
            except FetchError as error:
                if entry.origin == FETCHED and error.fault in (Fault.BROKEN_ARCHIVE, Fault.CHECKSUM):
                    target.unlink()
                    state.forget(file.place)
                raise
            entry = replace(entry, unpacked={name: measured.sha256 for name, measured in placed.items()})
        if state.files.get(file.place) != entry:
            state.keep(file.place, entry)
        if entry.unpacked and entry.origin == FETCHED:
            target.unlink()
        return entry

    def _entry(self, file: WebFile | HubFile, measured: Measured, origin: str) -> Entry:
        return as_entry(measured, file.address, file.revision, origin, file.digest)


def _sha256(path: Path) -> str:
    return measure(path).sha256 if path.is_file() else ""
