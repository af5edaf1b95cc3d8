r"""NL-RX and KB13: three data sets, one split per expression."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.nl_rx import NL2RX
from symbol_llm.errors import UserError


def test_pairs_and_reasons(raw: Path) -> None:
    folder = raw / "nl_rx"
    rows = list(NL2RX.read(folder))
    assert [row.file.split("/")[1] for row in rows] == ["NL-RX-Turk"] * 4 + ["NL-RX-Synth"] * 5 + ["KB13"] * 3
    first = NL2RX.to_example(rows[0], folder)
    assert first == Example(input="lines with the string 'dog' or a vowel", completion=".*(dog|[AEIOUaeiou]).*")
    last = NL2RX.to_example(rows[3], folder)
    assert isinstance(last, Example) and last.completion == r"(.*\bring\b.*){2,}"
    empty = NL2RX.to_example(rows[8], folder)
    assert isinstance(empty, Rejected) and empty.reason == Reason.EMPTY_INPUT
    assert rows[11].data.reason == Reason.MISALIGNED and "targ.txt has no line 3" in rows[11].data.detail


def test_turk_and_synth_share_the_split_of_an_expression(raw: Path) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for row in NL2RX.read(raw / "nl_rx"):
        if not isinstance(row.data, Rejected):
            splits[row.data["targ"]].add(row.split)
    assert len(splits) == 7 and all(len(found) == 1 for found in splits.values())


def test_shares_follow_upstream(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "KB13"
    folder.mkdir(parents=True)
    (folder / "src.txt").write_text("".join(f"lines with {i}\n" for i in range(4_000)))
    (folder / "targ.txt").write_text("".join(f".*{i}.*\n" for i in range(4_000)))
    splits = [row.split for row in NL2RX.read(tmp_path)]
    assert splits.count("train") / 4_000 == pytest.approx(0.65, abs=0.025)
    assert splits.count("validation") / 4_000 == pytest.approx(0.10, abs=0.015)


def test_spaces_of_an_expression_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "KB13"
    folder.mkdir(parents=True)
    (folder / "src.txt").write_text("lines that end in 'a '\n")
    (folder / "targ.txt").write_text(".*a \n")
    item = NL2RX.to_example(next(NL2RX.read(tmp_path)), tmp_path)
    assert isinstance(item, Example) and item.completion == ".*a "


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="KB13"):
        list(NL2RX.read(tmp_path))
    folder = tmp_path / "datasets" / "KB13"
    folder.mkdir(parents=True)
    (folder / "targ.txt").write_text("a\n")
    with pytest.raises(UserError, match=r"src\.txt"):
        list(NL2RX.read(tmp_path))
