r"""ChEBI-20: columns, doubled backslashes, missing splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.chebi20 import CHEBI20
from symbol_llm.errors import UserError
from symbol_llm.formats import get


def test_rows_and_reasons(raw: Path) -> None:
    folder = raw / "chebi20"
    rows = list(CHEBI20.read(folder))
    assert [row.split for row in rows] == ["train"] * 6 + ["validation", "test"]
    items = [row.data if isinstance(row.data, Rejected) else CHEBI20.to_example(row, folder) for row in rows]
    assert items[0] == Example(input="The molecule is a primary alcohol with two carbon atoms.", completion="CCO")
    reasons = [item.reason for item in items if isinstance(item, Rejected)]
    assert reasons == [Reason.EMPTY_INPUT, Reason.EMPTY_SYMBOL, Reason.MALFORMED_ROW]
    assert isinstance(items[-1], Example) and "benzène" in items[-1].input


def test_doubled_backslashes_are_undone(raw: Path) -> None:
    folder = raw / "chebi20"
    row = list(CHEBI20.read(folder))[2]
    assert row.data["SMILES"] == "F/C=C\\\\F"
    item = CHEBI20.to_example(row, folder)
    assert isinstance(item, Example) and item.completion == "F/C=C\\F"
    assert get("smiles").accepts(item.completion).holds is True


def test_a_broken_line_harms_no_other(tmp_path: Path) -> None:
    (tmp_path / "ChEBI-20_data").mkdir()
    text = b"CID\tSMILES\tdescription\r\n1\tC\xff\tbad\r\n\r\n2\tCO\tThe molecule is an alcohol.\r\n"
    (tmp_path / "ChEBI-20_data" / "test.txt").write_bytes(text)
    broken, good = CHEBI20.read(tmp_path)
    assert broken.data.reason == Reason.MALFORMED_ROW
    assert CHEBI20.to_example(good, tmp_path) == Example(input="The molecule is an alcohol.", completion="CO")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.txt"):
        list(CHEBI20.read(tmp_path))
    (tmp_path / "ChEBI-20_data").mkdir()
    (tmp_path / "ChEBI-20_data" / "test.txt").write_text("5950\t0.1 0.2\tThe molecule is …\n")
    with pytest.raises(UserError, match="header"):
        list(CHEBI20.read(tmp_path))
