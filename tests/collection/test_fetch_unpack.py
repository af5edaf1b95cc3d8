"""Archives that a fetch unpacks: all of their files or none, inside of the dataset's folder, checked."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from collection.fetch import Options, fetch
from collection.fetch_digest import Measured, entries_digest, measure
from collection.fetch_faults import Fault
from collection.fetch_files.kinds import Dataset, ManualStep, Unpack, WebFile
from collection.fetch_http import Patience
from collection.fetch_outcomes import Outcome, Status
from tests.collection.loopback_server import Served, Server, serving

FILES = {"top/data/a.json": b'{"a": 1}', "top/data/b.json": b"[]", "top/README": b"read me"}
ONLY_JSON = Unpack(into="got", strip=1, only=r"data/.*\.json")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def as_zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("top")
        for name, body in files.items():
            archive.writestr(name, body)
    return packed.getvalue()


def as_tar(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        link = tarfile.TarInfo("top/data/link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return packed.getvalue()


def pinned(folder: Path) -> Unpack:
    """ONLY_JSON with the digest of the two files that it chooses."""
    measured: dict[str, Measured] = {}
    for name in ("data/a.json", "data/b.json"):
        (folder / "scratch").write_bytes(FILES[f"top/{name}"])
        measured[name] = measure(folder / "scratch")
    return replace(ONLY_JSON, entries=entries_digest(measured))


def test_the_digest_of_many_files_is_that_of_their_sorted_lines() -> None:
    files = {"b": Measured("", "64c5e5885a4b06e9c4e3e3d2c0e0b4d0f4a3a6a1", 3), "a": Measured("", "43dd47ea691c", 3)}
    lines = b"43dd47ea691c  a\n64c5e5885a4b06e9c4e3e3d2c0e0b4d0f4a3a6a1  b\n"
    assert entries_digest(files) == hashlib.sha256(lines).hexdigest()


def bring(server: Server, raw: Path, how: Unpack = ONLY_JSON, *, overwrite: bool = False) -> Outcome:
    file = WebFile(url=server.url("/a"), place="a.archive", unpack=how)
    patience = Patience(timeout=20.0, attempts=1)
    (outcome,) = fetch([Dataset("set", "CC0", files=(file,))], raw, Options(patience, replace=overwrite))
    return outcome


def there(raw: Path) -> list[str]:
    folder = raw / "set"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())[2:]


PACKED = [as_zip(FILES), as_tar(FILES), as_tar(FILES, "w"), as_tar(FILES, "w:bz2")]


@pytest.mark.parametrize("packed", PACKED, ids=["zip", "tar.gz", "tar", "tar.bz2"])
def test_the_chosen_files_are_put_in_place_and_the_archive_goes(tmp_path: Path, packed: bytes) -> None:
    with serving({"/a": Served(packed)}) as server:
        assert bring(server, tmp_path).status is Status.CAME
        assert bring(server, tmp_path).status is Status.HERE
        assert len(server.asked) == 1
    assert there(tmp_path) == ["got/data/a.json", "got/data/b.json"]
    assert (tmp_path / "set/got/data/a.json").read_bytes() == FILES["top/data/a.json"]


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"edited")])
def test_a_lost_or_changed_file_brings_the_archive_again(tmp_path: Path, harm) -> None:
    how = pinned(tmp_path)
    with serving({"/a": Served(PACKED[0])}) as server:
        bring(server, tmp_path, how)
        harm(tmp_path / "set/got/data/b.json")
        # Packed anew: other bytes, the same files.
        server.files["/a"] = Served(PACKED[1], etag='"v2"')
        assert bring(server, tmp_path, how).status is Status.CAME
    assert (tmp_path / "set/got/data/b.json").read_bytes() == b"[]"
    assert there(tmp_path) == ["got/data/a.json", "got/data/b.json"]


def test_the_files_of_an_archive_are_pinned(tmp_path: Path) -> None:
    how = pinned(tmp_path)
    with serving({"/a": Served(as_tar(FILES | {"top/data/b.json": b"[1]"}))}) as server:
        outcome = bring(server, tmp_path, how)
        assert outcome.fault is Fault.CHECKSUM and there(tmp_path) == []
        server.files["/a"] = Served(PACKED[1], etag='"v2"')
        assert bring(server, tmp_path, how).status is Status.CAME


@pytest.mark.parametrize("name", ["../outside.json", "/tmp/outside.json", "top/data/../../../outside.json", "..\\out"])
def test_a_member_that_would_leave_the_folder_stops_the_archive(tmp_path: Path, name: str) -> None:
    with serving({"/a": Served(as_tar(FILES | {name: b"{}"}))}) as server:
        outcome = bring(server, tmp_path, Unpack())
    assert outcome.fault is Fault.BROKEN_ARCHIVE and "outside" in outcome.detail and there(tmp_path) == []
    assert not (tmp_path / "outside.json").exists()


@pytest.mark.parametrize(
    "packed",
    [b"no archive", PACKED[0][:-40], PACKED[1][:-40], PACKED[1][:100], b"", PACKED[0].replace(b"data/a", b"data/x", 1)],
    ids=["no archive", "cut zip", "cut tar", "head of a tar", "empty", "other name"],  # gzip's bytes hold the time
)
def test_a_damaged_archive_is_named_and_fetched_again(tmp_path: Path, packed: bytes) -> None:
    with serving({"/a": Served(packed)}) as server:
        outcome = bring(server, tmp_path)
        assert outcome.fault is Fault.BROKEN_ARCHIVE and there(tmp_path) == []
        server.files["/a"] = Served(PACKED[0], etag='"v2"')
        assert bring(server, tmp_path).status is Status.CAME


def test_an_archive_without_the_files_is_not_upstreams(tmp_path: Path) -> None:
    with serving({"/a": Served(as_zip({"other/x.txt": b""}))}) as server:
        outcome = bring(server, tmp_path)
    assert outcome.fault is Fault.BROKEN_ARCHIVE and "holds no file" in outcome.detail


def test_a_file_of_the_user_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "set/got/data/b.json"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with serving({"/a": Served(PACKED[0])}) as server:
        outcome = bring(server, tmp_path)
        assert outcome.fault is Fault.IN_THE_WAY and str(mine) in outcome.detail
        assert mine.read_bytes() == b"mine" and not (mine.parent / "a.json").exists()
        assert bring(server, tmp_path, overwrite=True).status is Status.HERE  # the archive had come already
        assert len(server.asked) == 1
    assert there(tmp_path) == ["got/data/a.json", "got/data/b.json"] and mine.read_bytes() == b"[]"


STEP = ManualStep(
    what="the archive, from a page that asks you to confirm",
    steps=("Download it.", "Put it into RAW/set/."),
    done=("data/a.json",),
    archives=("*.zip",),
    unpack=Unpack(strip=1, only=r"data/.*"),
)


def by_hand(raw: Path) -> Outcome:
    (outcome,) = fetch([Dataset("set", "CC0", manual=(STEP,))], raw, Options())
    return outcome


def test_a_step_by_hand_is_told_then_finished(tmp_path: Path) -> None:
    told = by_hand(tmp_path)
    assert told.status is Status.BY_HAND and told.detail == f"1. Download it.\n2. Put it into {tmp_path}/set/."
    (tmp_path / "set/got-it.zip").write_bytes(PACKED[0])
    assert by_hand(tmp_path).status is Status.CAME
    assert by_hand(tmp_path).status is Status.HERE
    assert there(tmp_path) == ["data/a.json", "data/b.json", "got-it.zip"]


def test_a_broken_archive_by_hand_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/got-it.zip").write_bytes(os.urandom(100))
    assert by_hand(tmp_path).fault is Fault.BROKEN_ARCHIVE
    assert (tmp_path / "set/got-it.zip").exists()


def test_an_archive_that_changed_without_being_pinned_is_refused(tmp_path: Path) -> None:
    with serving({"/a": Served(PACKED[0])}) as server:
        bring(server, tmp_path)
        (tmp_path / "set/got/data/b.json").unlink()
        server.files["/a"] = Served(PACKED[1], etag='"v2"')
        assert bring(server, tmp_path).fault is Fault.CHECKSUM
        assert bring(server, tmp_path, overwrite=True).status is Status.CAME
