"""Dolly: passages, null passages, broken lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.dolly import DOLLY
from symbol_llm.errors import UserError


def test_rows_and_reasons(raw: Path) -> None:
    folder = raw / "dolly"
    rows = list(DOLLY.read(folder))
    items = [row.data if isinstance(row.data, Rejected) else DOLLY.to_example(row, folder) for row in rows]
    assert items[0] == Example(
        input="When did the ferry sink?\nThe ferry left in May.[1] It sank in June.[2]", completion="In June."
    )
    assert items[2] == Example(input="Name three fruits.\u2028Use capitals.", completion="Apple\nPear\nPlum")
    assert items[7] == Example(input="How many?", completion="Seven.")
    assert [item.reason for item in items if isinstance(item, Rejected)] == [
        Reason.EMPTY_INPUT,
        Reason.EMPTY_SYMBOL,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
    ]
    assert {row.split for row in rows} == {"train"}


def test_a_pointer_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"databricks-dolly-15k\.jsonl"):
        list(DOLLY.read(tmp_path))
    (tmp_path / "databricks-dolly-15k.jsonl").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert all(isinstance(row.data, Rejected) for row in DOLLY.read(tmp_path))
