"""``collect verify`` finds whatever was done to a collection, and names it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from collection.build import BuildConfig, build
from collection.row_sums import RowSums, digest
from collection.verify import verify
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.ledger import file_entry, read_manifest, write_manifest
from symbol_llm.record import Record, read_parquet, write_parquet
from tests.collection.small_collections import RAW

TASKS = ("folio", "letters")
FILES = ("manifest.json", "README.md", *(f"records/{task}.parquet" for task in TASKS))
REJECTS = "rejects/folio.jsonl"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verified")
    build(BuildConfig(TASKS, limit=30), RAW, out)
    return out


@contextmanager
def changed(*paths: Path) -> Iterator[None]:
    """Files that are put back afterwards."""
    before = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, data in before.items():
            path.write_bytes(data)


def test_what_was_built_holds(built: Path) -> None:
    for workers in (1, 2):
        found = verify(built, RAW, workers)
        assert found["files"] == 5 and found["inputs"] >= 2 and found["records"] > 60


def assert_flips_are_found(built: Path, name: str, flips: int, seed: int) -> None:
    rng, path = Random(f"{name}/{seed}"), built / name
    data = path.read_bytes()
    with changed(path):
        for _ in range(flips):
            damaged = bytearray(data)
            place = rng.randrange(len(data))
            damaged[place] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            with pytest.raises(CheckFailed, match=path.name):
                verify(built)


@pytest.mark.parametrize("name", [*FILES, REJECTS])
def test_a_flipped_bit(built: Path, name: str) -> None:
    assert_flips_are_found(built, name, 5, seed=0)


@pytest.mark.full
@pytest.mark.parametrize("name", [*FILES, REJECTS])
def test_any_flipped_bit(built: Path, name: str) -> None:
    assert_flips_are_found(built, name, 400, seed=1)


@pytest.mark.parametrize("name", [*FILES[1:], REJECTS])
def test_a_file_that_is_missing_or_cut_off(built: Path, name: str) -> None:
    path = built / name
    with changed(path):
        data = path.read_bytes()
        path.write_bytes(data[:-1])
        with pytest.raises(CheckFailed, match=rf"{path.name} is not the file that was built: [\d,]+ bytes instead of"):
            verify(built)
        path.unlink()
        with pytest.raises(CheckFailed, match=f"{path.name} is missing"):
            verify(built)


def test_a_folder_without_a_manifest(built: Path) -> None:
    with changed(built / "manifest.json"):
        (built / "manifest.json").unlink()
        with pytest.raises(UserError, match="no finished collection"):
            verify(built)


@pytest.mark.parametrize("name", ["records/other.parquet", "rejects/other.jsonl"])
def test_a_file_too_many(built: Path, name: str) -> None:
    (built / name).touch()
    try:
        with pytest.raises(CheckFailed, match=f"{Path(name).name} does not belong to the collection"):
            verify(built)
    finally:
        (built / name).unlink()


def test_a_raw_file_that_is_another(built: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"folio.*jsonl is missing"):
        verify(built, tmp_path)


EDITS: list[dict[str, Any]] = [
    {"completion": "Other(x)"},
    {"input": "Another question."},
    {"group": "another"},
    {"answer": '"False"'},
    {"prompt": "Do it.\n"},
    {"licence": "MIT"},
    {"accepted": None},
    {"split": "test"},
    {"engine": "Z3 0.0"},
    {"world": "{}"},
]


def edit(built: Path, number: int, change: dict[str, Any]) -> Record:
    path = built / "records" / "folio.parquet"
    records = list(read_parquet(path))
    before = records[number]
    records[number] = dataclasses.replace(before, **change)
    assert records[number] != before
    write_parquet(path, records)
    return before


@pytest.mark.parametrize("change", EDITS, ids=lambda change: next(iter(change)))
def test_an_edited_record(built: Path, change: dict[str, Any]) -> None:
    path = built / "records" / "folio.parquet"
    with changed(path):
        before = edit(built, 2, change)
        with pytest.raises(CheckFailed, match=rf"folio\.parquet is not the file.*; row 2 was edited: {before.id}"):
            verify(built)


def test_an_edited_reject(built: Path) -> None:
    path = built / REJECTS
    with changed(path):
        lines = path.read_bytes().splitlines(keepends=True)
        lines[1] = orjson.dumps({**orjson.loads(lines[1]), "row": 77}) + b"\n"
        path.write_bytes(b"".join(lines))
        with pytest.raises(CheckFailed, match=r"folio\.jsonl is not the file.*; row 1 was edited"):
            verify(built)
        lines[0], lines[1] = lines[1], lines[0]
        path.write_bytes(b"".join(lines))
        with pytest.raises(CheckFailed, match="several rows were edited or moved"):
            verify(built)
        path.write_bytes(b"".join(lines[1:]))
        with pytest.raises(CheckFailed, match=r"it has \d+ rows instead of"):
            verify(built)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"completion": "Other(x)"}, "the id does not belong to the content"),
        ({"group": "another"}, "the id does not belong to the content"),
        ({"prompt": "Do it.\n"}, "the prompt is not the rendering of its parts"),
        ({"instruction": "Do it."}, "the instruction is not the one of its template"),
        ({"template": "99/0-shot"}, "there is no template"),
        ({"canonical": "Other(x)"}, "canonical form differs"),
        ({"accepted": False}, "Z3 .* stored False"),
        ({"licence": "MIT"}, "licence MIT"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_edited_record_whose_traces_were_removed(built: Path, change: dict[str, Any], fault: str) -> None:
    """Hashes, sums and seal were made anew: what is left is that the record does not follow from its parts."""
    path, manifest = built / "records" / "folio.parquet", built / "manifest.json"
    with changed(path, manifest):
        edit(built, 2, change)
        document = read_manifest(manifest)
        sums = RowSums()
        for record in read_parquet(path):
            sums.add(digest(orjson.dumps(record.to_json())))
        document["outputs"]["records/folio.parquet"] = {**file_entry(path), "sums": sums.to_json()}
        del document["seal"]
        write_manifest(manifest, document)
        with pytest.raises(CheckFailed, match=rf"records/folio\.parquet, folio-.*: .*{fault}"):
            verify(built)


def test_rows_that_do_not_add_up(built: Path) -> None:
    manifest = built / "manifest.json"
    with changed(manifest):
        document = read_manifest(manifest)
        document["tasks"]["letters"]["counts"]["read"] += 1
        del document["seal"]
        write_manifest(manifest, document)
        with pytest.raises(CheckFailed, match=r"letters: read \d+ rows, accounted for"):
            verify(built)
