"""ShareGPT: chunks, other voices, chats without an end, a request or a person."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.sharegpt import SHAREGPT, ShareGpt
from symbol_llm.errors import UserError

FULL = "ShareGPT_V3_unfiltered_cleaned_split.json"


def read(source: ShareGpt, folder: Path) -> list[tuple[Row, Example | Rejected]]:
    return [
        (row, row.data if isinstance(row.data, Rejected) else source.to_example(row, folder))
        for row in source.read(folder)
    ]


def test_one_record_a_turn(raw: Path) -> None:
    results = read(SHAREGPT, raw / "sharegpt")
    full = [item for row, item in results if row.file == FULL]
    assert full[:2] == [
        Example(input="Name a fish.", completion="Cod.", group="aaaaaaa"),
        Example(input="User: Name a fish.\nAssistant: Cod.\nUser: And a bird?", completion="Owl.", group="aaaaaaa"),
    ]
    assert isinstance(full[2], Rejected) and full[2].reason is Reason.EMPTY_INPUT, "a chunk begins with an answer"
    assert full[3] == Example(
        input="Assistant: As said, an owl.\nUser: And a tree?", completion="Oak.", group="aaaaaaa"
    )
    assert full[4] == Example(input="System: Be brief.\nUser: Name a river.", completion="Danube.", group="bbbbbbb")
    assert Counter(item.reason for item in full if isinstance(item, Rejected)) == {
        Reason.EMPTY_INPUT: 3,
        Reason.NO_LABEL: 1,
        Reason.MISALIGNED: 1,
        Reason.EMPTY_SYMBOL: 1,
        Reason.MALFORMED_ROW: 4,
    }
    assert [row.index for row, _ in results if row.file == FULL] == list(range(len(full)))


def test_one_record_a_conversation(raw: Path) -> None:
    results = read(ShareGpt("conversation"), raw / "sharegpt")
    full = [(row, item) for row, item in results if row.file == FULL]
    assert [row.index for row, _ in full] == list(range(11)), "one row per chat"
    kept = [item.completion for _, item in full if isinstance(item, Example)]
    assert kept == ["Owl.", "Oak.", "Danube."]


def test_other_files(raw: Path, tmp_path: Path) -> None:
    results = read(SHAREGPT, raw / "sharegpt")
    assert not any("no_imsorry" in row.file for row, _ in results), "it repeats the full file"
    chinese = [item for row, item in results if row.file.endswith("1K_format.jsonl")]
    assert chinese[0] == Example(input="说一种鱼。", completion="鳕鱼。", group="sharegpt_zh_1K_format.jsonl:0")
    assert isinstance(chinese[2], Rejected) and chinese[2].reason is Reason.NO_LABEL
    name = "ShareGPT_V3_unfiltered_cleaned_split_no_imsorry.json"
    (tmp_path / name).write_text((raw / "sharegpt" / name).read_text())
    assert [row.file for row in SHAREGPT.read(tmp_path)] == [name], "alone, it is read"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ShareGPT_V3"):
        list(SHAREGPT.read(tmp_path))
