"""Alpaca and Code Alpaca: inputs that say there is none, empty outputs, code, rows of another shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.alpaca import ALPACA, CODEALPACA
from collection.sources.base import Example, Reason, Rejected, Row
from symbol_llm.errors import UserError
from symbol_llm.record import Split


def test_rows_and_reasons(raw: Path) -> None:
    folder = raw / "alpaca"
    rows = list(ALPACA.read(folder))
    items = [ALPACA.to_example(row, folder) for row in rows]
    assert items[0] == Example(input="Name a colour of the sky.", completion="Blue.")
    assert items[1] == Example(input="Translate to French.\nGood evening", completion="Bonsoir")
    reasons = [item.reason for item in items if isinstance(item, Rejected)]
    assert reasons == [Reason.EMPTY_SYMBOL, Reason.EMPTY_INPUT, Reason.MALFORMED_ROW, Reason.MALFORMED_ROW]
    assert {row.split for row in rows} == {"train"}


@pytest.mark.parametrize("said", ["", " ", "<noinput>", "noinput", "Noinput", "<No input>", "No input.", "<noinput>\n"])
def test_no_input_in_words(said: str, tmp_path: Path) -> None:
    row = Row("alpaca_data.json", 0, Split.TRAIN, {"instruction": "Sing.", "input": said, "output": "La la."})
    item = ALPACA.to_example(row, tmp_path)
    assert isinstance(item, Example) and item.input == "Sing."


def test_an_input_that_only_mentions_it_stays(tmp_path: Path) -> None:
    data = {"instruction": "Explain.", "input": "the flag noinput", "output": "It is a flag."}
    item = ALPACA.to_example(Row("alpaca_data.json", 0, Split.TRAIN, data), tmp_path)
    assert isinstance(item, Example) and item.input.endswith("\nthe flag noinput")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"alpaca_data\.json"):
        list(ALPACA.read(tmp_path))
    (tmp_path / "alpaca_data.json").write_text('{"instruction": "x"}')
    with pytest.raises(UserError, match="list of objects"):
        list(ALPACA.read(tmp_path))
    (tmp_path / "alpaca_data.json").write_text('[{"instruction": "x"')
    with pytest.raises(UserError, match="not JSON"):
        list(ALPACA.read(tmp_path))


def test_code_keeps_its_lines_and_indentation(raw: Path) -> None:
    folder = raw / "codealpaca"
    rows = list(CODEALPACA.read(folder))
    assert [row.file for row in rows] == ["code_alpaca_20k.json"] * 6 + ["code_alpaca_2k.json"]
    items = [row.data if isinstance(row.data, Rejected) else CODEALPACA.to_example(row, folder) for row in rows]
    kept = [item for item in items if isinstance(item, Example)]
    assert kept[0].completion == "def double(n):\n    return 2 * n"
    assert kept[1].input == "Print the name.\nname = 'Ada'"
    assert kept[2] == Example(input="Count from one to three in a shell.", completion="seq 1 3")
    assert kept[3].completion == "    if x:\n        return x"
    assert [item.reason for item in items if isinstance(item, Rejected)] == [Reason.EMPTY_SYMBOL, Reason.MALFORMED_ROW]


def test_code_alpaca_in_upstreams_own_folder(tmp_path: Path, raw: Path) -> None:
    (tmp_path / "data").mkdir()
    text = (raw / "codealpaca" / "code_alpaca_2k.json").read_text()
    (tmp_path / "data" / "code_alpaca_2k.json").write_text(text)
    assert [row.file for row in CODEALPACA.read(tmp_path)] == ["data/code_alpaca_2k.json"]
