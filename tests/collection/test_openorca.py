"""OpenOrca: the system prompt comes first; Parquet as upstream ships it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.prompts import render
from collection.sources.base import Example, Reason, Rejected
from collection.sources.openorca import OPENORCA
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context


def test_rows_and_reasons(raw: Path) -> None:
    folder = raw / "openorca"
    items = [OPENORCA.to_example(row, folder) for row in OPENORCA.read(folder)]
    first = items[0]
    assert first == Example(
        input="What is two plus two?",
        completion="Two and two are four.",
        context=Context("You are a patient teacher."),
    )
    assert items[1] == Example(input="Name a river.", completion="The Danube.")
    reasons = [item.reason for item in items if isinstance(item, Rejected)]
    assert reasons == [Reason.EMPTY_SYMBOL, Reason.MALFORMED_ROW]
    lines = render(OPENORCA.prompt, first, "openorca", "train", 0).text.splitlines()
    assert lines[1:3] == ["You are a patient teacher.", "The instruction is: What is two plus two?"]


def test_both_parquet_files(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, number in (("3_5M-GPT3_5-Augmented.parquet", 3), ("1M-GPT4-Augmented.parquet", 2)):
        rows = [
            {"id": f"t0.{i}", "system_prompt": "", "question": f"{name} {i}?", "response": "Yes."}
            for i in range(number)
        ]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    found = list(OPENORCA.read(tmp_path))
    assert [row.file for row in found] == ["1M-GPT4-Augmented.parquet"] * 2 + ["3_5M-GPT3_5-Augmented.parquet"] * 3
    assert all(isinstance(OPENORCA.to_example(row, tmp_path), Example) for row in found)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"1M-GPT4-Augmented\.parquet"):
        list(OPENORCA.read(tmp_path))
