"""FLAN: rendered rows in files of any name; the inventory of tasks has none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from collection.sources.base import Example, FilesMissing, Reason, Rejected
from collection.sources.flan import FLAN


def test_rows_and_reasons(raw: Path) -> None:
    folder = raw / "flan"
    rows = list(FLAN.read(folder))
    assert {row.file for row in rows} == {"flan2021_submix_original/train.jsonl"}, "no inventory, no metadata"
    items = [FLAN.to_example(row, folder) for row in rows]
    assert items[0] == Example(input="Can fish swim?\nOPTIONS:\n- yes\n- no", completion="yes", group="swim_q:1.0.0")
    assert [item.reason for item in items if isinstance(item, Rejected)] == [
        Reason.EMPTY_SYMBOL,
        Reason.NO_LABEL,
        Reason.MALFORMED_ROW,
    ]


def test_shards_of_all_containers_in_the_order_of_their_names(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = '{"inputs": "Say it.", "targets": "It.", "task": "other_field"}\n'
    for place in ("niv2_submix_original/data", "t0"):
        (tmp_path / place).mkdir(parents=True)
    table = pa.Table.from_pylist([{"inputs": "Say.", "targets": "So.", "task_name": "x", "template_type": "zs_opt"}])
    pq.write_table(table, tmp_path / "niv2_submix_original/data/train-00000-of-00001-ab12.parquet")
    (tmp_path / "t0/t0_zs_opt_train.jsonl.gz").write_bytes(gzip.compress(row.encode() * 2))
    (tmp_path / "t0/t0.jsonl").write_text(row)
    rows = list(FLAN.read(tmp_path))
    assert [(row.file, row.index) for row in rows] == [
        ("niv2_submix_original/data/train-00000-of-00001-ab12.parquet", 0),
        ("t0/t0.jsonl", 0),
        ("t0/t0_zs_opt_train.jsonl.gz", 0),
        ("t0/t0_zs_opt_train.jsonl.gz", 1),
    ]
    assert all(isinstance(FLAN.to_example(row, tmp_path), Example) for row in rows)


def test_the_inventory_alone_is_no_data(tmp_path: Path, raw: Path) -> None:
    name = "flan_collection_info.csv"
    (tmp_path / name).write_text((raw / "flan" / name).read_text())
    with pytest.raises(FilesMissing, match="only lists the tasks"):
        list(FLAN.read(tmp_path))
