"""The containers of the general datasets, whole and damaged."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from collection.sources.base import Reason, Rejected
from collection.sources.row_files import ENDINGS, has_rows, read_row_file
from symbol_llm.errors import UserError
from symbol_llm.record import Split

ROWS: list[dict] = [{"text": "a\u2028b\x85c", "n": 1}, {"text": "", "list": [{"x": None}]}, {"text": "é \n\t"}]


def write(folder: Path, ending: str, rows: list[dict]) -> Path:
    path = folder / f"rows{ending}"
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    match ending:
        case ".json":
            path.write_text(json.dumps(rows, indent=1))
        case ".jsonl":
            path.write_bytes(lines)
        case ".jsonl.gz":
            path.write_bytes(gzip.compress(lines))
        case ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            names = sorted({name for row in rows for name in row})
            table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
            pq.write_table(table, path, row_group_size=2)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_are_the_same_in_every_container(tmp_path: Path, ending: str) -> None:
    (tmp_path / "deep").mkdir()
    path = write(tmp_path / "deep", ending, ROWS)
    assert has_rows(path)
    rows = list(read_row_file(path, tmp_path, Split.TEST))
    assert [{k: v for k, v in row.data.items() if v is not None} for row in rows] == ROWS
    assert [(row.file, row.index, row.split) for row in rows] == [
        (f"deep/rows{ending}", i, Split.TEST) for i in range(len(ROWS))
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_truncated_file_is_an_error_with_its_name(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, ending, ROWS * 40)
    path.write_bytes(path.read_bytes()[:-12])
    if ending == ".jsonl":  # the last line alone is damaged, and counted
        *whole, last = read_row_file(path, tmp_path, Split.TRAIN)
        assert len(whole) == len(ROWS) * 40 - 1 and isinstance(last.data, Rejected)
        return
    with pytest.raises(UserError, match=rf"rows\{ending}"):
        list(read_row_file(path, tmp_path, Split.TRAIN))


@pytest.mark.parametrize("ending", [".json", ".jsonl.gz", ".parquet"])
def test_another_container_under_that_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows{ending}"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(UserError, match=r"upstream's file|[Ff]etch it again"):
        list(read_row_file(path, tmp_path, Split.TRAIN))


def test_lines_that_are_no_json_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\r\n\n{"a": \n"\xff"\n{"a": 2}')
    rows = list(read_row_file(path, tmp_path, Split.TRAIN))
    assert [row.data for row in rows if not isinstance(row.data, Rejected)] == [{"a": 1}, {"a": 2}]
    faults = [row.data for row in rows if isinstance(row.data, Rejected)]
    assert [fault.reason for fault in faults] == [Reason.MALFORMED_ROW] * 2
    assert [fault.detail.split(" is ")[0] for fault in faults] == ["line 3", "line 4"]


def test_half_of_a_surrogate_pair_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"a": "\\ud83d"}, {"a": "\\ud83d\\ude00"}]')
    broken, whole = read_row_file(path, tmp_path, Split.TRAIN)
    assert isinstance(broken.data, Rejected) and broken.data.reason is Reason.MALFORMED_ROW
    assert whole.data == {"a": "😀"}


def test_other_names_have_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    (tmp_path / "a.csv").write_text("x")
    assert not has_rows(tmp_path / "a.jsonl") and not has_rows(tmp_path / "a.csv")
