"""The inputs of a task: its own files and those that its rows name elsewhere; whether they are what was fetched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from collection.build import BuildConfig, build
from collection.fetch_digest import measure
from collection.fetch_state import FETCHED, State, as_entry
from collection.reading import Hashes
from collection.sources import get
from collection.sources.base import Row
from collection.verify import verify
from symbol_llm.errors import CheckFailed, UserError

DATABASE = "sparc/database/orchard/orchard.sqlite"
TRAIN = "data/v0.0/folio-train.jsonl"


@pytest.fixture
def copy(raw: Path, tmp_path: Path) -> Path:
    """A raw folder of two datasets over the same databases, which lie with the one only, and of a third."""
    for dataset in ("sparc", "cosql", "folio"):
        shutil.copytree(raw / dataset, tmp_path / "raw" / dataset)
    return tmp_path / "raw"


def fetched(folder: Path, *names: str, archive: str = "") -> None:
    """FETCHED.json as a fetch leaves it: of single files, or of an archive that was unpacked and removed."""
    state = State(folder, folder.name, "")
    entries = {name: as_entry(measure(folder / name), "https://example.org", "1", FETCHED, "") for name in names}
    if archive:
        unpacked = {name: entry.sha256 for name, entry in entries.items()}
        entries = {archive: replace(entries[names[0]], unpacked=unpacked)}
    for place, entry in entries.items():
        state.keep(place, entry)


def test_databases_of_another_dataset_are_inputs(copy: Path, tmp_path: Path) -> None:
    own, beside = Hashes(copy).of(get("sparc")), Hashes(copy).of(get("cosql"))
    assert DATABASE in own and DATABASE in beside and "cosql/tables.json" in beside
    assert "sparc/train.json" not in beside and not any(name.startswith("cosql") for name in own)
    out = tmp_path / "out"
    config = BuildConfig(("cosql",))
    manifest = build(config, copy, out)
    assert DATABASE in manifest["inputs"]
    (copy / DATABASE).write_bytes((copy / DATABASE).read_bytes()[:-1])
    with pytest.raises(CheckFailed, match=r"orchard\.sqlite is not the file that was built"):
        verify(out, copy)


def test_a_database_that_changes_meanwhile(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = get("cosql").read

    def read_and_change(folder: Path, seed: int = 0) -> Iterator[Row]:
        yield from read(folder, seed)
        (copy / DATABASE).write_bytes(b"")

    monkeypatch.setattr(get("cosql"), "read", read_and_change)
    with pytest.raises(UserError, match=rf"cosql: files changed while they were read \({DATABASE}\)"):
        build(BuildConfig(("cosql",)), copy, tmp_path / "out")


def test_what_was_fetched_is_what_is_built(copy: Path, tmp_path: Path) -> None:
    folder = copy / "folio"
    fetched(folder, TRAIN)
    config = BuildConfig(("folio",))
    names = build(config, copy, tmp_path / "out")["inputs"]
    assert f"folio/{TRAIN}" in names and "folio/FETCHED.json" not in names
    line = (folder / TRAIN).read_bytes()
    (folder / TRAIN).write_bytes(line.replace(b"a", b"b", 1))
    message = (
        rf"folio: 1 of 1 files are not those that were fetched: {TRAIN}\. .*collect fetch .*--tasks folio; .*FETCHED"
    )
    with pytest.raises(UserError, match=message):
        build(config, copy, tmp_path / "out")
    (folder / TRAIN).unlink()
    with pytest.raises(UserError, match=rf"{TRAIN} \(missing\)"):
        build(config, copy, tmp_path / "out")
    (folder / TRAIN).write_bytes(line)
    build(config, copy, tmp_path / "out")


def test_what_came_in_an_archive_is_compared_too(copy: Path) -> None:
    folder = copy / "sparc"
    fetched(folder, "train.json", "tables.json", "database/orchard/orchard.sqlite", archive="sparc.zip")
    Hashes(copy).of(get("sparc"))
    (folder / "train.json").write_bytes(b"[]")
    with pytest.raises(UserError, match=r"1 of 3 files are not those that were fetched: train\.json"):
        Hashes(copy).of(get("sparc"))
    Hashes(copy).of(get("cosql"))  # which reads nothing of sparc but the databases
    (copy / DATABASE).write_bytes(b"")
    with pytest.raises(UserError, match=r"sparc: 1 of 1 files are not those that were fetched: .*orchard\.sqlite"):
        Hashes(copy).of(get("cosql"))


def test_what_a_fetch_keeps_beside_the_files_is_no_input(copy: Path) -> None:
    before = Hashes(copy).of(get("folio"))
    fetched(copy / "folio", TRAIN)
    (copy / "folio" / ".fetch.lock").touch()
    (copy / "folio" / "other.zip.part").write_bytes(b"half")
    assert Hashes(copy).of(get("folio")) == before
    (copy / "folio" / "FETCHED.json").write_bytes(orjson.dumps({"files": 3}))
    with pytest.raises(UserError, match=r"FETCHED\.json: this is not the record of a fetch.*Delete it"):
        Hashes(copy).of(get("folio"))
