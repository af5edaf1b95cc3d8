"""A stranger's files under the upstream's names: an error for people or rejected rows, never a traceback."""

from __future__ import annotations

import gzip
import shutil
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from collection.build import BuildConfig, build
from collection.check import Chunk, check_row
from collection.parts import Checked, encode
from collection.reading import available_tasks, read_rows
from collection.sources import SOURCES, get
from collection.sources.base import Example, FilesMissing, GeneratedSource, Reason, Rejected, Row
from symbol_llm.errors import UserError
from symbol_llm.record import Split

TRAIN = "folio/data/v0.0/folio-train.jsonl"

CONTENTS = {
    "nothing": b"",
    "blanks": b"\n \n\t\n\n",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "null": b"null",
    "a number": b"7\n",
    "numbers": b"[1, 2, 3]",
    "strings": b'["a", "b"]',
    "lists": b"[[], [[]], [1, [2]]]",
    "an object of lists": b'{"data": [1, {"x": null}], "rows": {"a": "b"}}',
    "rows of something else": b'[{"url": "http://x", "title": 3}, {"id": {}, "text": [null]}]',
    "lines of something else": b'{"url": "http://x"}\n{"id": [], "text": {"a": 1}}\n',
    "a table": b"a,b,c\n1,2,3\n4,5\n",
    "tabs": b"a\tb\tc\n\t\t\n1\t2\n",
    "prose": b"# Read me\n\nThis folder holds the data of another project.\n",
    "bytes": bytes(range(256)) * 8,
    "UTF-16": "Which singer is it? ∀x".encode("utf-16"),
    "half a file": b'[{"question": "How many',
    "a web page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n",
    "deep": b"[" * 5_000,
    "another archive": gzip.compress(b"not this"),
}
TASKS = [task for task in SOURCES if not isinstance(get(task), GeneratedSource)]


def strange_rows(task: str, raw: Path) -> Iterator[Row]:
    source = get(task)
    chunk = Chunk(task, [], raw, 0, {}, Path())
    for row in read_rows(source, raw / source.upstream.dataset):
        check_row(source, row, chunk)
        yield row


@pytest.mark.parametrize("task", TASKS)
def test_all_files_hold_something_else(task: str, raw: Path, tmp_path: Path) -> None:
    dataset = get(task).upstream.dataset
    shutil.copytree(raw / dataset, tmp_path / dataset)
    paths = [path for path in (tmp_path / dataset).rglob("*") if path.is_file()]
    for content in CONTENTS.values():
        for path in paths:
            path.unlink()
            path.write_bytes(content)
        try:
            list(strange_rows(task, tmp_path))
        except UserError as error:
            assert len(str(error)) > 20


@pytest.mark.parametrize("task", TASKS)
def test_files_are_folders(task: str, raw: Path, tmp_path: Path) -> None:
    dataset = get(task).upstream.dataset
    for path in (raw / dataset).rglob("*"):
        if path.is_file():
            (tmp_path / dataset / path.relative_to(raw / dataset)).mkdir(parents=True)
    with pytest.raises(UserError):
        assert not list(strange_rows(task, tmp_path))
        raise FilesMissing("nothing was taken for a row")


def meanings(task: str, raw: Path) -> Counter[tuple[str, str, str]]:
    source, found = get(task), Counter[tuple[str, str, str]]()
    for row in strange_rows(task, raw):
        example = row.data if isinstance(row.data, Rejected) else source.to_example(row, raw / source.upstream.dataset)
        if isinstance(example, Example):
            found[row.split, example.input, example.completion] += 1
        else:
            found[row.split, example.reason, ""] += 1
    return found


@pytest.mark.parametrize("task", TASKS)
def test_an_editor_on_windows_changes_nothing(task: str, raw: Path, tmp_path: Path) -> None:
    for dataset in {get(task).upstream.dataset, *(folder.partition("/")[0] for folder in get(task).beside)}:
        if (raw / dataset).is_dir():
            shutil.copytree(raw / dataset, tmp_path / dataset)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.suffix not in (".gz", ".zip", ".tgz", ".parquet", ".sqlite"):
            path.write_bytes(BOM_UTF8 + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert meanings(task, tmp_path) == meanings(task, raw)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("FOLIO-main/data/v0.0/folio-train.jsonl", r"seem to be in .*folio/FOLIO-main: move what is there to .*folio$"),
        ("data/v0.0/folio-train.jsonl.gz", r"jsonl\.gz is compressed: unpack it to .*data/v0\.0/folio-train\.jsonl$"),
        ("FOLIO-main.zip", r"FOLIO-main\.zip may hold them: unpack it in .*folio$"),
        ("data/v0.0/folio-tests.jsonl", "Place them there"),
    ],
)
def test_files_in_another_place_are_pointed_to(name: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "folio" / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(FilesMissing, match=told):
        list(get("folio").read(tmp_path / "folio"))


def test_one_strange_file_does_not_hide_the_others(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw / "folio", tmp_path / "folio")
    (tmp_path / TRAIN).write_bytes(b"\xff\xfe not JSON")
    rejected = [row for row in strange_rows("folio", tmp_path) if isinstance(row.data, Rejected)]
    assert (rejected[0].file, rejected[0].index) == ("data/v0.0/folio-train.jsonl", 0)
    assert "folio" in available_tasks(tmp_path)


def test_files_without_a_row_are_no_dataset(tmp_path: Path) -> None:
    (tmp_path / TRAIN).parent.mkdir(parents=True)
    (tmp_path / TRAIN).touch()
    with pytest.raises(UserError, match=r"task folio: the files in .*folio hold no row"):
        build(BuildConfig(("folio",)), tmp_path, tmp_path / "out")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / TRAIN).parent.mkdir(parents=True)
    # It opens and then fails, for every user: address 0 of the own memory.
    (tmp_path / TRAIN).symlink_to("/proc/self/mem")
    with pytest.raises(UserError, match=r"cannot read .*folio-train\.jsonl: Input/output error"):
        build(BuildConfig(("folio",)), tmp_path, tmp_path / "out")
    with pytest.raises(UserError, match=r"cannot read .*: Input/output error"):
        list(read_rows(get("folio"), tmp_path / "folio"))


def test_a_reader_that_fails_says_after_which_row(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = get("folio")

    def read(folder: Path, seed: int = 0) -> Iterator[Row]:
        yield Row("data/v0.0/folio-train.jsonl", 41, Split.TRAIN, {})
        raise KeyError("premises-FOL")

    monkeypatch.setattr(source, "read", read)
    rows = read_rows(source, raw / "folio")
    next(rows)
    with pytest.raises(UserError, match=r"task folio: what follows row 41 of .*folio-train.*KeyError.*--tasks"):
        next(rows)


def test_what_cannot_be_stored_is_a_rejected_row(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = get("alpaca")
    half = "What is \ud83d?"
    monkeypatch.setattr(source, "to_example", lambda row, folder: Example(input=half, completion="A face."))
    entry = check_row(
        source, Row("alpaca_data.json", 0, Split.TRAIN, {"text": half}), Chunk("alpaca", [], None, 0, {}, Path())
    )
    assert entry.rejected and entry.rejected["reason"] == Reason.MALFORMED_ROW
    with pa.ipc.open_file(encode([Checked("train", None, entry.rejected, None, None)])) as part:
        (line,) = part.read_all().column("refused").to_pylist()
    assert "ud83d" in orjson.loads(line)["data"]
