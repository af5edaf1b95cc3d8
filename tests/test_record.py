"""The record: both stores keep every value, and broken files are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.record import content_id, read_jsonl, read_parquet, write_jsonl, write_parquet
from tests.records import make_record

RECORDS = [
    make_record(completion=text, answer='{"a": [1, 2.5, "é"]}', world='{"b": null}', accepted=flag, parent="p")
    for text in ("I_JUMP", "∀x (Cat(x) → Animal(x))", "line\nbreak\ttab", "\\N[C@@H]", "")
    for flag in (True, False, None)
]


@pytest.mark.parametrize(("write", "read"), [(write_parquet, read_parquet), (write_jsonl, read_jsonl)])
def test_round_trip(tmp_path: Path, write, read) -> None:
    path = tmp_path / "records"
    assert write(path, RECORDS) == len(RECORDS)
    assert list(read(path)) == RECORDS
    assert [p.name for p in tmp_path.iterdir()] == ["records"], "no part file is left"


def test_parquet_is_written_in_groups_and_identical(tmp_path: Path) -> None:
    many = [make_record(input=f"jump {i}") for i in range(50)]
    write_parquet(tmp_path / "a", many, rows_per_group=7)
    write_parquet(tmp_path / "b", iter(many), rows_per_group=7)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert list(read_parquet(tmp_path / "a")) == many


def test_an_empty_file_of_records_is_readable(tmp_path: Path) -> None:
    assert write_parquet(tmp_path / "none", []) == 0
    assert list(read_parquet(tmp_path / "none")) == []


def test_ids_depend_on_content_alone() -> None:
    assert content_id("scan", "train", "a", "b") == content_id("scan", "train", "a", "b")
    others = {
        content_id("scan", "train", "ab", ""),
        content_id("scan", "test", "a", "b"),
        content_id("x", "train", "a", "b"),
    }
    assert content_id("scan", "train", "a", "b") not in others and len(others) == 3


def test_a_truncated_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "records.parquet"
    write_parquet(path, RECORDS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"records\.parquet"):
        list(read_parquet(path))


def test_a_broken_line_is_reported_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    write_jsonl(path, RECORDS[:2])
    path.write_bytes(path.read_bytes() + b'{"id": "x"}\n')
    with pytest.raises(UserError, match="line 3"):
        list(read_jsonl(path))
