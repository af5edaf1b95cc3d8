"""Finding upstream's files, unpacked, in archives, or damaged."""

from __future__ import annotations

import gzip
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from collection.sources.base import FilesMissing
from collection.sources.upstream_files import upstream_files
from symbol_llm.errors import UserError


def names(folder: Path, pattern: str) -> dict[str, str]:
    with upstream_files(folder, pattern, "part_1.txt") as files:
        return {key: file.name for key, file in files.items()}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_files_are_found_at_any_depth_and_ordered_by_the_value_of_their_numbers(tmp_path: Path) -> None:
    for name in ("part_10.txt", "a/b/part_9.txt", "not_a_part_1.txt", "part_1.txt.bak", "part_x.txt"):
        write(tmp_path / name, name)
    assert names(tmp_path, r"part_\d+\.txt") == {"part_9.txt": "a/b/part_9.txt", "part_10.txt": "part_10.txt"}


def test_an_unpacked_file_wins_over_the_archive_and_shadows_of_a_mac_are_no_files(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "all.zip", "w", ZIP_DEFLATED) as archive:
        for member in ("data/part_1.txt", "data/part_2.txt", "__MACOSX/data/part_3.txt", "data/._part_4.txt"):
            archive.writestr(member, f"packed {member}: ä\n")
    write(tmp_path / "part_1.txt", "unpacked")
    with upstream_files(tmp_path, r"part_\d+\.txt", "") as files:
        assert {key: file.name for key, file in files.items()} == {
            "part_1.txt": "part_1.txt",
            "part_2.txt": "all.zip/data/part_2.txt",
        }
        with files["part_1.txt"].open() as stream:
            assert stream.read() == b"unpacked"
        with files["part_2.txt"].open_text() as text:
            assert text.read() == "packed data/part_2.txt: ä\n"


def test_gzip_is_unpacked_and_its_damage_told(tmp_path: Path) -> None:
    packed = gzip.compress(b"line\n" * 10_000)
    (tmp_path / "part_1.txt.gz").write_bytes(packed)
    (tmp_path / "part_2.txt.gz").write_bytes(packed[: len(packed) // 2])
    with upstream_files(tmp_path, r"part_\d+\.txt", "") as files:
        with files["part_1.txt"].open() as stream:
            assert stream.read() == b"line\n" * 10_000
        with pytest.raises(UserError, match=r"part_2\.txt\.gz: the file is damaged"), files["part_2.txt"].open() as cut:
            cut.read()


def test_gzip_inside_of_an_archive_is_unpacked_too(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("data/part_1.txt.gz", gzip.compress(b"line\n"))
        archive.writestr("data/part_2.txt.gz", gzip.compress(b"line\n" * 10_000)[:-9])
    with upstream_files(tmp_path, r"part_\d+\.txt", "") as files:
        with files["part_1.txt"].open() as stream:
            assert stream.read() == b"line\n"
        with pytest.raises(UserError, match=r"part_2\.txt\.gz: the file is damaged"), files["part_2.txt"].open() as cut:
            cut.read()


def test_damaged_archives_are_told(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("part_1.txt", "".join(map(str, range(5_000))))
    good = path.read_bytes()
    middle = len(good) // 2
    path.write_bytes(good[:middle] + bytes(byte ^ 255 for byte in good[middle : middle + 4]) + good[middle + 4 :])
    with (
        upstream_files(tmp_path, r"part_\d+\.txt", "") as files,
        pytest.raises(UserError, match=r"all\.zip, part_1\.txt: the file is damaged"),
        files["part_1.txt"].open() as stream,
    ):
        stream.read()
    path.write_bytes(good[:middle])
    with pytest.raises(UserError, match=r"all\.zip: not a zip archive"):
        names(tmp_path, "part_1.txt")


def test_json_that_is_broken_is_told_with_its_place(tmp_path: Path) -> None:
    write(tmp_path / "part_1.txt", '{"a": 1,\n "b": }')
    with (
        upstream_files(tmp_path, r"part_1\.txt", "") as files,
        pytest.raises(UserError, match=r"part_1\.txt, line 2, column 7: not JSON"),
    ):
        files["part_1.txt"].read_json()


def test_a_folder_without_such_files_is_told_from_a_broken_one(tmp_path: Path) -> None:
    write(tmp_path / "README", "")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(FilesMissing, match=r"none of the upstream's files is here \(part_1\.txt\)"):
            names(folder, r"part_\d+\.txt")
