"""NL2Bash: pairing of lines, groups and splits."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.nl2bash import NL2BASH
from symbol_llm.errors import UserError

RAW = os.environ.get("SYMBOL_LLM_RAW")


def check_groups(folder: Path) -> dict[str, int]:
    """No command and no description is in two splits; the number of rows per split."""
    splits: dict[tuple[str, str], set[str]] = defaultdict(set)
    sizes: dict[str, int] = defaultdict(int)
    for row in NL2BASH.read(folder):
        sizes[row.split] += 1
        splits["nl", " ".join(row.data["nl"].casefold().split())].add(row.split)
        splits["cm", " ".join(row.data["cm"].split())].add(row.split)
    assert all(len(found) == 1 for found in splits.values())
    return sizes


def test_pairs_and_reasons(raw: Path) -> None:
    folder = raw / "nl2bash"
    rows = list(NL2BASH.read(folder))
    assert [row.index for row in rows] == list(range(13))
    items = [NL2BASH.to_example(row, folder) for row in rows]
    assert items[0] == Example(input="List the files in the folder music by size", completion="ls -lS music")
    reasons = {i: item.reason for i, item in enumerate(items) if isinstance(item, Rejected)}
    assert reasons == {8: Reason.EMPTY_INPUT, 9: Reason.EMPTY_SYMBOL}
    assert isinstance(items[11], Example) and "\t" in items[11].completion


def test_same_command_or_description_shares_a_split(raw: Path) -> None:
    check_groups(raw / "nl2bash")
    rows = list(NL2BASH.read(raw / "nl2bash"))
    assert rows[0].split == rows[1].split and rows[2].split == rows[3].split


def test_groups_are_chained(tmp_path: Path) -> None:
    """Row 0 and row 2 share nothing; row 1 shares the description of one and the command of the other."""
    for i in range(200):
        (tmp_path / "all.nl").write_text(f"task a{i}\nTask  B{i}\ntask b{i}\n")
        (tmp_path / "all.cm").write_text(f"ls  {i}\nls {i}\npwd -P {i}")
        assert len({row.split for row in NL2BASH.read(tmp_path)}) == 1


def test_shares_are_about_86_7_7(tmp_path: Path) -> None:
    (tmp_path / "all.nl").write_text("".join(f"task {i}\n" for i in range(4_000)))
    (tmp_path / "all.cm").write_text("".join(f"ls {i}\n" for i in range(4_000)))
    sizes = check_groups(tmp_path)
    assert sizes["train"] / 4_000 == pytest.approx(0.86, abs=0.02)
    assert sizes["validation"] / 4_000 == pytest.approx(0.07, abs=0.015)


def test_upstream_folder_gives_the_same_rows(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw / "nl2bash", tmp_path / "data" / "bash")
    here, there = list(NL2BASH.read(raw / "nl2bash")), list(NL2BASH.read(tmp_path))
    assert [(r.split, r.data) for r in here] == [(r.split, r.data) for r in there]
    assert there[0].file == "data/bash/all.cm"


def test_a_line_that_cannot_be_read_is_rejected_and_harms_no_other(tmp_path: Path) -> None:
    (tmp_path / "all.nl").write_bytes(b"one\r\ntw\xff\nthree\n")
    (tmp_path / "all.cm").write_bytes(b"ls\x0b1\r\npwd\ndate\nwho\n")
    rows = list(NL2BASH.read(tmp_path))
    assert rows[0].data == {"nl": "one", "cm": "ls\x0b1"}
    assert rows[1].data.reason == Reason.MALFORMED_ROW
    assert rows[2].data == {"nl": "three", "cm": "date"}
    assert rows[3].data.reason == Reason.MISALIGNED and "all.nl has no line 4" in rows[3].data.detail


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"all\.cm"):
        list(NL2BASH.read(tmp_path))
    (tmp_path / "all.cm").write_text("ls\n")
    with pytest.raises(UserError, match=r"all\.nl"):
        list(NL2BASH.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_splits_share_nothing() -> None:
    assert RAW
    sizes = check_groups(Path(RAW) / "nl2bash")
    assert sizes["train"] > 0.75 * sum(sizes.values()) and sizes["validation"] and sizes["test"]
