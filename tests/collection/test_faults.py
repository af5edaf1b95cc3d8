"""What a build does when it is killed, starved of disk, or disturbed: it says so, and the next one ends the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from collection.build import BuildConfig, build
from collection.check import Chunk, check_row
from collection.sources import get
from collection.sources.base import Row
from collection.verify import verify
from symbol_llm.errors import UserError
from symbol_llm.ledger import exclusive, replacing, write_bytes
from symbol_llm.record import Split, write_parquet
from tests.collection.build_command import RAW, build_command, files, run
from tests.records import make_record

SMALL = BuildConfig(("scan", "general"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """The files of a build that nothing happened to, and the seconds it took."""
    out = tmp_path_factory.mktemp("undisturbed")
    start = time.monotonic()
    done = run(build_command(out, "--workers", "2"))
    assert done.returncode == 0, done.stderr
    return files(out), time.monotonic() - start


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_a_kill_at_any_moment_changes_nothing(
    seed: int, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    rng = Random(seed)
    command = build_command(tmp_path, "--workers", str(rng.choice((1, 2, 2))))
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds * rng.uniform(0.05, 1.05))
    if rng.random() < 0.5:
        process.kill()  # its workers are left to themselves
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if not (tmp_path / "manifest.json").exists():
        with pytest.raises(UserError, match="no finished collection"):
            verify(tmp_path)
    done = run(command)
    assert done.returncode == 0 and files(tmp_path) == expected


@pytest.mark.full
def test_twenty_kills_of_one_build(undisturbed: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    expected, seconds = undisturbed
    rng = Random(20)
    command = build_command(tmp_path, "--workers", "2")
    for _ in range(20):
        process = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds * rng.uniform(0.2, 0.6))
        process.kill()
        process.wait()
    done = run(command)
    assert done.returncode == 0 and files(tmp_path) == expected


def assert_explained(done: subprocess.CompletedProcess[str], *messages: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ") and all(message in last for message in messages), last


@pytest.mark.full
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kilobytes", [4, 64])
def test_files_that_cannot_grow(
    workers: int, kilobytes: int, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    """A limit on the size of files stands for a full disk where nothing may be mounted: 4 K stop the first part."""
    expected, _ = undisturbed
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes << 10}, -1))"
    done = run(build_command(tmp_path, "--workers", str(workers), before=limit))
    assert_explained(done, "the disk is full", "run the same command again")
    assert not (tmp_path / "manifest.json").exists() and not list(tmp_path.rglob("*.part"))
    assert run(build_command(tmp_path)).returncode == 0 and files(tmp_path) == expected


@pytest.mark.full
@pytest.mark.parametrize("kilobytes", [64, 600, 1_500])
def test_a_full_disk(kilobytes: int, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    expected, _ = undisturbed
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this user may not mount a tmpfs; RLIMIT_FSIZE stands in for it")
    try:
        done = run(build_command(disk, "--workers", "2"))
        assert_explained(done, "the disk is full", "run the same command again")
        assert not (disk / "manifest.json").exists() and not list(disk.rglob("*.part"))
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert run(build_command(disk, "--workers", "2")).returncode == 0 and files(disk) == expected
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.full
def test_two_builds_at_once(undisturbed: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    expected, _ = undisturbed
    commands = [build_command(tmp_path) for _ in range(2)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=pipe, text=True) for c in commands]
    results = [
        subprocess.CompletedProcess(p.args, p.returncode, "", errors)
        for p, (_, errors) in [(p, p.communicate(timeout=600)) for p in processes]
    ]
    lost, won = sorted(results, key=lambda done: -done.returncode)
    assert won.returncode == 0 and files(tmp_path) == expected
    if lost.returncode:  # on a slow machine the one may be done before the other begins
        assert_explained(lost, "another process is writing here")


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(UserError, match="another process is writing here"):
        build(SMALL, RAW, tmp_path)
    assert not (tmp_path / "records").exists()


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_bytes(b"ne")
        raise RuntimeError
    assert files(tmp_path) == {"file": b"old"}

    def records() -> Iterator:
        yield make_record()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_parquet(path, records())
    assert files(tmp_path) == {"file": b"old"}


def test_a_raw_file_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    shutil.copytree(RAW / "scan", raw / "scan")
    changed = raw / "scan" / "simple_split" / "tasks_train_simple.txt"
    before = changed.read_bytes()
    source = get("scan")
    read = source.read

    def read_and_change(folder: Path, seed: int = 0) -> Iterator[Row]:
        for row in read(folder, seed):
            yield row
            changed.write_bytes(before + b"IN: jump OUT: I_JUMP\n")

    monkeypatch.setattr(source, "read", read_and_change)
    with pytest.raises(UserError, match=r"scan: files changed while they were read \(.*tasks_train_simple\.txt\)"):
        build(SMALL, raw, out)
    assert not (out / "manifest.json").exists()
    # Parts of the mixture are not taken up again when the file is back to what it was.
    monkeypatch.undo()
    changed.write_bytes(before)
    build(SMALL, raw, out)
    build(SMALL, RAW, tmp_path / "undisturbed")
    assert files(out) == files(tmp_path / "undisturbed")


def test_a_build_that_ends_early_leaves_no_manifest_of_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(SMALL, RAW, tmp_path)
    assert verify(tmp_path)["records"] > 0

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "records/general.parquet")

    monkeypatch.setattr("collection.finish.write_batches", full)
    with pytest.raises(UserError, match=r"cannot go on with records/general\.parquet: the disk is full"):
        build(BuildConfig(("general",)), None, tmp_path, replace=True)
    with pytest.raises(UserError, match="no finished collection"):
        verify(tmp_path)
    monkeypatch.undo()
    build(SMALL, RAW, tmp_path)
    build(SMALL, RAW, tmp_path / "undisturbed")
    assert files(tmp_path / "undisturbed").items() <= files(tmp_path).items()


def test_leftovers_of_a_killed_build_are_cleared(tmp_path: Path) -> None:
    build(SMALL, RAW, tmp_path / "a")
    for name in ("records/x.parquet.77.part", "rejects/x.jsonl.77.part", "README.md.77.part", "manifest.json.77.part"):
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).touch()
    build(SMALL, RAW, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_part_of_a_killed_build_that_is_broken_is_made_again(tmp_path: Path) -> None:
    """After a power cut a file may have its name and not its content."""
    build(SMALL, RAW, tmp_path / "a")
    with pytest.raises(UserError), pytest.MonkeyPatch.context() as patch:
        patch.setattr("collection.build._finish", lambda *_: (_ for _ in ()).throw(UserError("stopped")))
        build(SMALL, RAW, tmp_path / "b")
    parts = sorted((tmp_path / "b" / ".work").rglob("*.arrow"))
    parts[0].write_bytes(b"")
    parts[-1].write_bytes(parts[-1].read_bytes()[:-100])
    build(SMALL, RAW, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_row_that_nobody_foresaw_is_named(tmp_path: Path) -> None:
    """A row that no reader foresaw ends the build with its place, for it is a fault of ours."""
    chunk = Chunk("folio", [], RAW, 0, {}, tmp_path / "part")
    source = get("folio")
    with pytest.raises(RuntimeError, match=r"task folio, x\.jsonl, row 5"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "to_example", lambda row, folder: {}["premises"])
        check_row(source, Row("x.jsonl", 5, Split.TRAIN, {}), chunk)
