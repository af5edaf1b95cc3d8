"""One file over HTTP, from a server on the loopback that breaks off, redirects, lies, drips and keeps silent."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from collection.fetch_faults import Fault, FetchError
from collection.fetch_http import Download, Patience, Version, open_session
from tests.collection.loopback_server import Served, Server, serving

BODY = bytes(range(256)) * 400
QUICK = Patience(timeout=20.0, attempts=3, pause=0.0)
ONCE = Patience(timeout=20.0, attempts=1, pause=0.0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


class Run:
    """One transfer after another into the same part, with the version noted as fetch_state would."""

    def __init__(self, folder: Path) -> None:
        self.part = folder / "a.bin.part"
        self.version: Version | None = None

    def __call__(self, server: Server, path: str = "/a", patience: Patience = QUICK, pinned: bool = False) -> Download:
        def note(version: Version) -> None:
            self.version = version

        job = Download(
            open_session(patience), server.url(path), self.part, self.version, note, patience, is_pinned=pinned
        )
        job.run()
        return job

    def fails(self, server: Server, path: str = "/a", patience: Patience = QUICK, pinned: bool = False) -> FetchError:
        with pytest.raises(FetchError) as caught:
            self(server, path, patience, pinned)
        assert str(caught.value).startswith(caught.value.where) and caught.value.todo
        return caught.value


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_whole_file_comes_in_one_request(run: Run) -> None:
    with serving({"/a": Served(BODY)}) as server:
        job = run(server)
        assert run.part.read_bytes() == BODY and not job.has_old_bytes
        assert server.ranges("/a") == [""] and server.asked[0].headers["accept-encoding"] == "identity"
    assert run.version == Version(server.url("/a"), '"v1"')


def test_a_break_is_resumed_within_the_call(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[1_000, 30_000])}) as server:
        run(server)
        assert server.ranges("/a") == ["", "bytes=1000-", "bytes=31000-"]
        assert server.asked[1].headers["if-range"] == '"v1"'
    assert run.part.read_bytes() == BODY


def test_many_breaks_are_no_reason_to_give_up_while_bytes_come(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[100] * 20)}) as server:
        run(server)
        assert len(server.asked) == 21
    assert run.part.read_bytes() == BODY


def test_the_next_call_goes_on_where_the_last_one_broke(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[5_000])}) as server:
        error = run.fails(server, patience=ONCE)
        assert error.fault is Fault.NETWORK and run.part.read_bytes() == BODY[:5_000]
        assert run(server).has_old_bytes
        assert server.ranges("/a") == ["", "bytes=5000-"]
    assert run.part.read_bytes() == BODY


def test_a_file_that_changed_in_between_is_begun_anew(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[5_000])}) as server:
        run.fails(server, patience=ONCE)
        server.files["/a"] = Served(BODY[::-1], etag='"v2"')
        job = run(server)
        assert server.ranges("/a") == ["", "bytes=5000-"] and not job.has_old_bytes
    assert run.part.read_bytes() == BODY[::-1] and run.version and run.version.validator == '"v2"'


def test_old_bytes_are_gone_before_a_new_version_is_noted(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[5_000])}) as server:
        run.fails(server, patience=ONCE)
        server.files["/a"] = Served(BODY[::-1], etag='"v2"')

        def killed(version: Version) -> None:
            raise KeyboardInterrupt

        url = server.url("/a")
        with pytest.raises(KeyboardInterrupt):
            Download(open_session(QUICK), url, run.part, run.version, killed, QUICK).run()
    assert not run.part.exists()


def test_the_date_serves_where_the_tag_is_weak(run: Run) -> None:
    date = "Mon, 03 Nov 2025 10:00:00 GMT"
    with serving({"/a": Served(BODY, etag='W/"v1"', modified=date, cuts=[5_000])}) as server:
        run(server)
        assert server.asked[1].headers["if-range"] == date
    assert run.part.read_bytes() == BODY


@pytest.mark.parametrize(("pinned", "second"), [(True, "bytes=5000-"), (False, "")])
def test_without_a_validator_only_a_pinned_file_is_resumed(run: Run, pinned: bool, second: str) -> None:
    with serving({"/a": Served(BODY, etag="", cuts=[5_000])}) as server:
        run.fails(server, patience=ONCE, pinned=pinned)
        run(server, pinned=pinned)
        assert server.ranges("/a") == ["", second]
    assert run.part.read_bytes() == BODY


def test_a_part_of_another_address_is_not_resumed(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[5_000]), "/b": Served(BODY[::-1])}) as server:
        run.fails(server, patience=ONCE)
        run(server, "/b", pinned=True)
        assert server.ranges("/b") == [""]
    assert run.part.read_bytes() == BODY[::-1]


def test_a_server_without_ranges_sends_it_all_again(run: Run) -> None:
    with serving({"/a": Served(BODY, ranges=False, cuts=[5_000])}) as server:
        run(server)
    assert run.part.read_bytes() == BODY


def test_a_part_that_is_whole_already_is_taken(run: Run) -> None:
    with serving({"/a": Served(BODY)}) as server:
        run(server)
        assert run(server).has_old_bytes and len(server.asked) == 2
    assert run.part.read_bytes() == BODY


def test_a_part_that_is_too_long_is_begun_anew(run: Run) -> None:
    with serving({"/a": Served(BODY)}) as server:
        run(server)
        run.part.write_bytes(BODY + b"more")
        assert not run(server).has_old_bytes
    assert run.part.read_bytes() == BODY


def test_another_part_than_asked_for_is_never_appended(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[5_000], shift=7)}) as server:
        run(server)
        assert server.ranges("/a") == ["", "bytes=5000-", ""]
    assert run.part.read_bytes() == BODY


def test_an_earlier_part_than_asked_for_is_written_where_it_belongs(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[5_000], shift=-8)}) as server:
        run(server)
    assert run.part.read_bytes() == BODY


def test_a_short_file_is_not_whole(run: Run) -> None:
    with serving({"/a": Served(BODY, cuts=[100, 0, 0, 0])}) as server:
        error = run.fails(server)
    assert error.fault is Fault.NETWORK and run.part.read_bytes() == BODY[:100]


def test_a_chunked_answer_that_breaks_is_not_whole(run: Run) -> None:
    with serving({"/a": Served(BODY, chunked=True, cuts=[100])}) as server:
        assert run.fails(server, patience=ONCE).fault is Fault.NETWORK
        run(server)
    assert run.part.read_bytes() == BODY


def test_a_redirect_is_followed(run: Run) -> None:
    with serving({"/a": Served(status=302, headers={"Location": "/b"}), "/b": Served(BODY, cuts=[9])}) as server:
        run(server)
        assert server.ranges("/b") == ["", "bytes=9-"]
    assert run.part.read_bytes() == BODY


@pytest.mark.parametrize(
    ("served", "fault", "words"),
    [
        (Served(status=404), Fault.NOT_FOUND, "404"),
        (Served(status=410), Fault.NOT_FOUND, "410"),
        (Served(status=403), Fault.FORBIDDEN, "403"),
        (Served(status=401), Fault.FORBIDDEN, "401"),
        (Served(status=418), Fault.SERVER, "418"),
        (Served(busy=9), Fault.SERVER, "503"),
        (Served(status=302, headers={"Location": "/a"}), Fault.REDIRECT, "circle"),
        (Served(status=302), Fault.REDIRECT, "does not say where"),
        (Served(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}), Fault.WEB_PAGE, "web page"),
        (Served(gzip.compress(BODY), headers={"Content-Encoding": "gzip"}), Fault.SERVER, "compresses"),
        (Served(BODY, length=10**16), Fault.DISK_FULL, "bytes are missing"),
    ],
)
def test_an_answer_that_is_not_the_file_is_named(run: Run, served: Served, fault: Fault, words: str) -> None:
    with serving({"/a": served}) as server:
        error = run.fails(server)
    assert error.fault is fault and words in error.what and not run.part.exists()


def test_a_busy_server_is_asked_again(run: Run) -> None:
    with serving({"/a": Served(BODY, busy=2)}) as server:
        run(server)
        assert len(server.asked) == 3
    assert run.part.read_bytes() == BODY


def test_a_gz_file_that_is_labelled_as_compressed_is_kept_as_it_is(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.part = tmp_path / "a.jsonl.gz.part"
    packed = gzip.compress(BODY)
    with serving({"/a": Served(packed, headers={"Content-Encoding": "gzip"})}) as server:
        run(server)
    assert run.part.read_bytes() == packed


def test_a_trickle_is_a_slow_server_and_its_bytes_are_kept(run: Run) -> None:
    with serving({"/a": Served(BODY, drip=0.02)}) as server:
        error = run.fails(server, patience=Patience(timeout=3.0, attempts=1, pause=0.0, least=len(BODY)))
    assert error.fault is Fault.SLOW and BODY.startswith(run.part.read_bytes()) and run.part.stat().st_size
    assert "--timeout" in error.todo


def test_a_server_that_stops_amid_the_file_is_slow(run: Run) -> None:
    with serving({"/a": Served(BODY[:1000], length=2000)}) as server:
        error = run.fails(server, patience=Patience(timeout=3.0, attempts=1, pause=0.0))
    assert error.fault is Fault.SLOW and run.part.read_bytes() == BODY[:1000]


def test_a_silent_host_is_unreachable(run: Run) -> None:
    with serving({"/a": Served(BODY, silent=600)}) as server:
        assert run.fails(server, patience=Patience(timeout=0.3, attempts=9)).fault is Fault.UNREACHABLE
        assert len(server.asked) <= 1


def test_a_host_that_is_not_there_is_unreachable(run: Run) -> None:
    with serving({}) as server:
        pass
    error = run.fails(server)
    assert error.fault is Fault.UNREACHABLE and "refused" in error.what


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.part = tmp_path / "a.bin.part"
    run.part.mkdir()
    with serving({"/a": Served(BODY)}) as server:
        error = run.fails(server, pinned=True)
    assert error.fault is Fault.UNWRITABLE and str(run.part) in error.where
