"""Chain of thought: written line breaks, quotes, other line separators, missing columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.cot import COT
from symbol_llm.errors import UserError


def read(folder: Path) -> list[Example | Rejected]:
    return [row.data if isinstance(row.data, Rejected) else COT.to_example(row, folder) for row in COT.read(folder)]


def test_a_row_is_reasoning_then_answer(raw: Path) -> None:
    first = read(raw / "cot")[0]
    assert isinstance(first, Example)
    assert first.input == "A shelf holds 3 rows of 4 jars. How many jars?\nOptions:\n(A) 7\n(B) 12"
    assert first.completion == "3 rows of 4 jars\n3*4 = 12\nThe answer is (B)."


def test_quotes_and_separators_stay(raw: Path) -> None:
    kept = [item for item in read(raw / "cot") if isinstance(item, Example)]
    creak, gsm8k = kept[1:3]
    assert creak.input.startswith('Claim: "Cods can fly."\n') and creak.completion.startswith('A cod is a "fish".')
    assert gsm8k.input == "Tim has 2 nets and buys 3.\u2028How many has he? Write \\neq if none.", "no escapes here"
    assert gsm8k.completion == "2 + 3 = 5.\u2029So five.\nThe answer is 5."


def test_places_and_reasons(raw: Path) -> None:
    rows = list(COT.read(raw / "cot"))
    assert [(row.file, row.index) for row in rows][:5] == [
        *(("cot_data/aqua_train.tsv", i) for i in range(4)),
        ("cot_data/creak_train.tsv", 0),
    ]
    reasons = [item.reason for item in read(raw / "cot") if isinstance(item, Rejected)]
    assert reasons == [Reason.MALFORMED_ROW, Reason.EMPTY_INPUT, Reason.EMPTY_SYMBOL]


def test_other_bytes_and_line_ends(tmp_path: Path) -> None:
    (tmp_path / "qed_train.tsv").write_bytes(b"a?\tb.\tc\r\n\xff?\tb\tc\n\nd?\te\tf")
    first, broken, blank, last = read(tmp_path)
    assert first == Example(input="a?", completion="c\nThe answer is b.")
    assert all(isinstance(item, Rejected) and item.reason is Reason.MALFORMED_ROW for item in (broken, blank))
    assert last == Example(input="d?", completion="f\nThe answer is e.")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cot_data/aqua_train\.tsv"):
        list(COT.read(tmp_path))
