"""Datasets fetched into RAW from a server on the loopback: what is kept, checked, resumed, refused and reported."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from collection.fetch import Options, fetch
from collection.fetch_faults import Fault
from collection.fetch_files.kinds import Dataset, WebFile
from collection.fetch_http import Patience
from collection.fetch_outcomes import Outcome, Status
from tests.collection.loopback_server import Served, Server, serving, wait_for

BODY = b"one line\n" * 5_000
QUICK = Patience(timeout=20.0, attempts=2, pause=0.0)


def sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def git(body: bytes) -> str:
    return f"git:{hashlib.sha1(b'blob %d%c' % (len(body), 0) + body).hexdigest()}"


def dataset(server: Server, path: str = "/a.txt", name: str = "set", **more: object) -> Dataset:
    more.setdefault("place", path.removeprefix("/"))
    return Dataset(name, "CC0", files=(WebFile(url=server.url(path), **more),))  # type: ignore[arg-type]


def one(datasets: Dataset, raw: Path, **options: bool) -> Outcome:
    (outcome,) = fetch([datasets], raw, Options(QUICK, **options))  # type: ignore[arg-type]
    return outcome


def record(raw: Path, name: str = "set") -> dict:
    return json.loads((raw / name / "FETCHED.json").read_bytes())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in ("FETCHED.json", ".fetch.lock"))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.parametrize("digest", [sha256(BODY), git(BODY), ""])
def test_a_file_comes_once(tmp_path: Path, digest: str) -> None:
    with serving({"/a.txt": Served(BODY)}) as server:
        first = one(dataset(server, digest=digest, place="data/a.txt", revision="v1"), tmp_path)
        second = one(dataset(server, digest=digest, place="data/a.txt", revision="v1"), tmp_path)
        assert server.ranges("/a.txt") == [""]
    assert (first.status, second.status) == (Status.CAME, Status.HERE)
    assert first.sha256 == second.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (tmp_path / "set/data/a.txt").read_bytes() == BODY and names(tmp_path / "set/data") == ["a.txt"]
    held = record(tmp_path)
    assert held["licence"] == "CC0" and held["partial"] == {}
    entry = held["files"]["data/a.txt"]
    assert (entry["sha256"], entry["size"], entry["revision"]) == (first.sha256, len(BODY), "v1")
    assert (entry["origin"], entry["digest"]) == ("fetched", digest)


@pytest.mark.parametrize("digest", [sha256(BODY), ""])
def test_a_file_whose_bytes_changed_here_comes_again(tmp_path: Path, digest: str) -> None:
    with serving({"/a.txt": Served(BODY)}) as server:
        one(dataset(server, digest=digest), tmp_path)
        (tmp_path / "set/a.txt").write_bytes(BODY[:-1] + b"!")
        assert one(dataset(server, digest=digest), tmp_path).status is Status.CAME
    assert (tmp_path / "set/a.txt").read_bytes() == BODY


def test_wrong_bytes_are_not_put_in_place(tmp_path: Path) -> None:
    with serving({"/a.txt": Served(BODY + b"!"), "/b.txt": Served(BODY)}) as server:
        wrong, right = dataset(server, digest=sha256(BODY)), dataset(server, "/b.txt", "other", digest=sha256(BODY))
        first, second = fetch([wrong, right], tmp_path, Options(QUICK))
        url = server.url("/a.txt")
    assert (first.status, first.fault) == (Status.FAILED, Fault.CHECKSUM) and names(tmp_path / "set") == []
    assert first.detail.startswith(f"set: {url}: ") and sha256(BODY) in first.detail
    assert second.status is Status.CAME


def test_a_wrong_file_that_comes_again_leaves_the_old_one(tmp_path: Path) -> None:
    with serving({"/a.txt": Served(BODY)}) as server:
        one(dataset(server, digest=sha256(BODY)), tmp_path)
        (tmp_path / "set/a.txt").write_bytes(b"edited")
        server.files["/a.txt"] = Served(b"moved", etag='"v2"')
        assert one(dataset(server, digest=sha256(BODY)), tmp_path).fault is Fault.CHECKSUM
    assert (tmp_path / "set/a.txt").read_bytes() == b"edited"


def test_old_bytes_that_spoil_a_file_are_dropped(tmp_path: Path) -> None:
    with serving({"/a.txt": Served(BODY, etag="", cuts=[100, 0])}) as server:
        assert one(dataset(server, digest=sha256(BODY)), tmp_path).fault is Fault.NETWORK
        assert names(tmp_path / "set") == ["a.txt.part"]
        (tmp_path / "set/a.txt.part").write_bytes(b"x" * 100)
        assert one(dataset(server, digest=sha256(BODY)), tmp_path).status is Status.CAME
        assert server.ranges("/a.txt")[2:] == ["bytes=100-", ""]
    assert (tmp_path / "set/a.txt").read_bytes() == BODY


def test_what_nobody_pins_is_compared_with_the_first_fetch(tmp_path: Path) -> None:
    with serving({"/a.txt": Served(BODY)}) as server:
        one(dataset(server), tmp_path)
        server.files["/a.txt"] = Served(b"another", etag='"v2"')
        assert one(dataset(server), tmp_path).status is Status.HERE
        (tmp_path / "set/a.txt").unlink()
        changed = one(dataset(server), tmp_path)
        assert changed.fault is Fault.CHECKSUM and "--replace" in changed.detail and names(tmp_path / "set") == []
        assert one(dataset(server), tmp_path, replace=True).status is Status.CAME
    assert (tmp_path / "set/a.txt").read_bytes() == b"another"


def test_a_new_line_in_the_table_brings_the_new_file(tmp_path: Path) -> None:
    with serving({"/a.txt": Served(BODY), "/b.txt": Served(b"new")}) as server:
        one(dataset(server, digest=sha256(BODY)), tmp_path)
        assert one(dataset(server, "/b.txt", place="a.txt", digest=sha256(b"new")), tmp_path).status is Status.CAME
        assert one(dataset(server, place="a.txt"), tmp_path).status is Status.CAME  # another address, not pinned
    assert (tmp_path / "set/a.txt").read_bytes() == BODY


def test_a_file_placed_by_hand_is_taken_or_left_alone(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a.txt").write_bytes(BODY)
    with serving({"/a.txt": Served(BODY[::-1])}) as server:
        assert one(dataset(server, digest=sha256(BODY)), tmp_path).status is Status.HERE
        assert record(tmp_path)["files"]["a.txt"]["origin"] == "found here"
        (tmp_path / "set/FETCHED.json").unlink()
        assert one(dataset(server), tmp_path).status is Status.HERE  # nobody can say that it is wrong
        (tmp_path / "set/FETCHED.json").unlink()
        refused = one(dataset(server, digest=sha256(BODY[::-1])), tmp_path)
        assert refused.fault is Fault.IN_THE_WAY and "--replace" in refused.detail
        assert (tmp_path / "set/a.txt").read_bytes() == BODY and server.asked == []
        assert one(dataset(server, digest=sha256(BODY[::-1])), tmp_path, replace=True).status is Status.CAME
    assert (tmp_path / "set/a.txt").read_bytes() == BODY[::-1]


def test_a_mirror_gives_what_the_address_does_not(tmp_path: Path) -> None:
    with serving({"/wrong": Served(b"?"), "/b.txt": Served(BODY)}) as server:
        mirrors = (server.url("/wrong"), server.url("/b.txt"))
        assert one(dataset(server, digest=sha256(BODY), mirrors=mirrors), tmp_path).status is Status.CAME
        (tmp_path / "set/a.txt").unlink()
        failed = one(dataset(server, digest=sha256(BODY), mirrors=mirrors[:1]), tmp_path)
        assert failed.fault is Fault.NOT_FOUND and "mirror" in failed.detail and mirrors[0] in failed.detail


def test_other_datasets_go_on_and_a_silent_host_is_asked_once(tmp_path: Path) -> None:
    with serving({}) as gone:
        pass
    with serving({"/a.txt": Served(BODY)}) as server:
        files = tuple(WebFile(url=gone.url(f"/{i}"), place=f"{i}") for i in range(50))
        many = Dataset("many", "CC0", files=files)
        outcomes = fetch([many, dataset(server)], tmp_path, Options(Patience(20.0, attempts=2, pause=0.3)))
    assert [outcome.fault for outcome in outcomes] == [Fault.UNREACHABLE] * 50 + [None]
    assert sum("not asked again" in outcome.detail for outcome in outcomes) == 49


def test_a_folder_that_cannot_be_made_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("a file where the folder should be")
    with serving({"/a.txt": Served(BODY)}) as server:
        first, second = fetch([dataset(server), dataset(server, name="other")], tmp_path, Options(QUICK))
    assert first.fault is Fault.UNWRITABLE and str(tmp_path / "set") in first.detail
    assert second.status is Status.CAME


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir(mode=0o500)
    with serving({"/a.txt": Served(BODY)}) as server:
        assert one(dataset(server), tmp_path).fault is Fault.UNWRITABLE


def test_a_broken_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/FETCHED.json").write_text('{"files": [')
    with serving({"/a.txt": Served(BODY)}) as server:
        outcome = one(dataset(server), tmp_path)
    assert outcome.fault is Fault.BROKEN_STATE and "Delete it" in outcome.detail


SCRIPT = """
import sys
from pathlib import Path
from collection.fetch import Options, fetch
from collection.fetch_files.kinds import Dataset, WebFile
from collection.fetch_http import Patience
url, raw, digest = sys.argv[1:4]
file = WebFile(url=url, place="a.txt", digest=digest)
(outcome,) = fetch([Dataset("set", "CC0", files=(file,))], Path(raw), Options(Patience(60.0, attempts=2, pause=0.0)))
print(outcome.status, outcome.fault, outcome.detail)
"""


def start(url: str, raw: Path, digest: str, before: str = "") -> subprocess.Popen:
    script = textwrap.dedent(before) + SCRIPT
    command = [sys.executable, "-c", script, url, str(raw), digest]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_killed_fetch_is_resumed(tmp_path: Path) -> None:
    part = tmp_path / "set/a.txt.part"
    with serving({"/a.txt": Served(BODY[:10_000], length=len(BODY))}) as server:
        process = start(server.url("/a.txt"), tmp_path, sha256(BODY))
        wait_for(lambda: part.exists() and part.stat().st_size == 10_000, "the first bytes came")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert names(tmp_path / "set") == ["a.txt.part"]
        server.files["/a.txt"] = Served(BODY)
        assert one(dataset(server, digest=sha256(BODY)), tmp_path).status is Status.CAME
        assert server.ranges("/a.txt") == ["", "bytes=10000-"]
    assert (tmp_path / "set/a.txt").read_bytes() == BODY and names(tmp_path / "set") == ["a.txt"]


def test_a_full_disk_keeps_what_came(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))"
    with serving({"/a.txt": Served(BODY)}) as server:
        process = start(server.url("/a.txt"), tmp_path, sha256(BODY), limit)
        said, trouble = process.communicate()
        assert said.startswith("failed disk_full") and "no room" in said and not trouble.count("Traceback")
        assert (tmp_path / "set/a.txt.part").read_bytes() == BODY[:8192]
        assert one(dataset(server, digest=sha256(BODY)), tmp_path).status is Status.CAME
        assert server.ranges("/a.txt") == ["", "bytes=8192-"]


def test_a_full_file_system_keeps_what_came(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        body = os.urandom(3_000_000)
        with serving({"/a.txt": Served(body, chunked=True), "/b.txt": Served(body)}) as server:
            unannounced = one(dataset(server, digest=sha256(body)), small)
            assert unannounced.fault is Fault.DISK_FULL and "no room" in unannounced.detail
            part = (small / "set/a.txt.part").read_bytes()
            assert body.startswith(part) and 1_000_000 < len(part) < 3_000_000
            assert one(dataset(server, "/b.txt", "next"), small).fault is Fault.DISK_FULL
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_two_fetches_at_once_bring_a_file_once(tmp_path: Path) -> None:
    part = tmp_path / "set/a.txt.part"
    with serving({"/a.txt": Served(BODY[:10_000], length=len(BODY))}) as server:
        first = start(server.url("/a.txt"), tmp_path, sha256(BODY))
        wait_for(lambda: part.exists() and part.stat().st_size == 10_000, "the first fetch has begun")
        second = start(server.url("/a.txt"), tmp_path, sha256(BODY))
        assert second.stderr and "waiting for it" in second.stderr.readline()
        assert second.poll() is None and len(server.asked) == 1
        server.files["/a.txt"] = Served(BODY)
        server.closing.set()  # nothing waits on it here; the first transfer is ended by its kill
        first.kill()
        first.communicate()
        said, _ = second.communicate()
    assert said.startswith("came") and server.ranges("/a.txt") == ["", "bytes=10000-"]
    assert (tmp_path / "set/a.txt").read_bytes() == BODY


def test_many_fetches_at_once_bring_a_file_once(tmp_path: Path) -> None:
    with serving({"/a.txt": Served(BODY)}) as server:
        running = [start(server.url("/a.txt"), tmp_path, sha256(BODY)) for _ in range(3)]
        said = sorted(process.communicate()[0].split()[0] for process in running)
        assert server.ranges("/a.txt") == [""]
    assert said == ["came", "here", "here"]
