"""Files of the Hugging Face hub by its own client, against a server on the loopback that answers as the hub does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from collection.fetch import Options, fetch
from collection.fetch_faults import Fault
from collection.fetch_files.kinds import Dataset, HubFile
from collection.fetch_http import Patience
from collection.fetch_outcomes import Outcome, Status
from tests.collection.loopback_server import Served, Server, serving

BODY = b'{"instruction": "Name a fish.", "response": "The cod."}\n' * 5_000
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256 = hashlib.sha256(BODY).hexdigest()


def path(revision: str) -> str:
    return f"/datasets/owner/name/resolve/{revision}/rows.jsonl"


def hub(body: bytes, etag: str = SHA256, **more) -> dict[str, Served]:
    """A repository with one file, by its branch and by its commit."""
    headers = {"X-Repo-Commit": COMMIT}
    served = {revision: Served(body, etag=f'"{etag}"', headers=headers, **more) for revision in ("main", COMMIT)}
    return {path(revision): file for revision, file in served.items()}


def bring(server: Server, raw: Path, **more: str) -> Outcome:
    file = HubFile(repository="owner/name", path="rows.jsonl", place="rows.jsonl", **({"revision": "main"} | more))
    options = Options(Patience(timeout=20.0, attempts=3, pause=0.0), hub=server.url(""))
    (outcome,) = fetch([Dataset("set", "CC0", files=(file,))], raw, options)
    return outcome


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, no token, and no offline mode from the environment."""
    import huggingface_hub.constants

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))


@pytest.mark.parametrize("digest", ["", f"sha256:{SHA256}"])
def test_a_file_comes_once_and_its_commit_is_written_down(tmp_path: Path, digest: str) -> None:
    with serving(hub(BODY)) as server:
        assert bring(server, tmp_path, digest=digest).status is Status.CAME
        count = len(server.asked)
        assert bring(server, tmp_path, digest=digest).status is Status.HERE
        assert len(server.asked) == count
    assert (tmp_path / "set/rows.jsonl").read_bytes() == BODY
    entry = json.loads((tmp_path / "set/FETCHED.json").read_bytes())["files"]["rows.jsonl"]
    assert (entry["revision"], entry["sha256"]) == (COMMIT, SHA256)
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == [".fetch.lock", "FETCHED.json", "rows.jsonl"]


def test_a_break_leaves_a_part_that_the_next_call_resumes(tmp_path: Path) -> None:
    files = hub(BODY)
    files[path(COMMIT)].cuts = [10_000, 0, 0]
    with serving(files) as server:
        assert bring(server, tmp_path).fault is Fault.NETWORK
        assert not (tmp_path / "set/rows.jsonl").exists()
        assert (tmp_path / "set/rows.jsonl.part").read_bytes() == BODY[:10_000]
        server.asked.clear()
        assert bring(server, tmp_path).status is Status.CAME
        assert server.ranges(path(COMMIT)) == ["bytes=10000-"]
    assert (tmp_path / "set/rows.jsonl").read_bytes() == BODY and not (tmp_path / "set/rows.jsonl.part").exists()


def test_a_small_file_is_checked_by_its_git_blob(tmp_path: Path) -> None:
    blob = hashlib.sha1(b"blob %d\0" % len(BODY) + BODY).hexdigest()
    with serving(hub(BODY, etag=blob)) as server:
        assert bring(server, tmp_path).status is Status.CAME
    with serving(hub(BODY[::-1], etag=blob)) as server:
        assert bring(server, tmp_path / "other").fault is Fault.CHECKSUM


def test_the_token_goes_to_the_hub_and_not_where_it_redirects_to(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with serving({"/rows": Served(BODY)}) as store, serving(hub(BODY)) as server:
        # Another host name: the same machine.
        elsewhere = store.url("/rows").replace("127.0.0.1", "localhost")
        server.files[path(COMMIT)] = Served(status=302, headers={"Location": elsewhere})
        assert bring(server, tmp_path).status is Status.CAME
        assert all(asked.headers["authorization"] == "Bearer hf_secret" for asked in server.asked)
        assert [asked.headers.get("authorization") for asked in store.asked] == [None]


@pytest.mark.parametrize("more", [{"digest": f"sha256:{'0' * 64}"}, {}])
def test_wrong_bytes_are_not_put_in_place(tmp_path: Path, more: dict[str, str]) -> None:
    # By the table's digest, or by the one that the hub tells.
    with serving(hub(BODY[::-1])) as server:
        outcome = bring(server, tmp_path, **more)
    assert outcome.fault is Fault.CHECKSUM and "owner/name" in outcome.detail
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == [".fetch.lock", "FETCHED.json"]


@pytest.mark.parametrize(
    ("code", "fault", "words"),
    [
        ("EntryNotFound", Fault.NOT_FOUND, "does not have it"),
        ("RevisionNotFound", Fault.NOT_FOUND, "does not have it"),
        ("RepoNotFound", Fault.NOT_FOUND, "does not have it"),
        ("GatedRepo", Fault.FORBIDDEN, "accept the terms at https://huggingface.co/datasets/owner/name"),
    ],
)
def test_what_the_hub_refuses_is_named(tmp_path: Path, code: str, fault: Fault, words: str) -> None:
    status = 403 if fault is Fault.FORBIDDEN else 404
    with serving({path("main"): Served(status=status, headers={"X-Error-Code": code})}) as server:
        outcome = bring(server, tmp_path)
    assert outcome.fault is fault and words in outcome.detail


def test_a_hub_in_trouble_is_named(tmp_path: Path) -> None:
    with serving({path("main"): Served(status=500)}) as server:
        outcome = bring(server, tmp_path)
    assert outcome.fault is Fault.SERVER and "500" in outcome.detail


def test_a_hub_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with serving({}) as server:
        pass
    assert bring(server, tmp_path).fault is Fault.UNREACHABLE


def test_offline_mode_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with serving(hub(BODY)) as server:
        outcome = bring(server, tmp_path)
        assert server.asked == []
    assert outcome.fault is Fault.UNREACHABLE and "HF_HUB_OFFLINE" in outcome.detail
