"""Alpaca: inputs that say there is none, empty outputs, rows of another shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.alpaca import ALPACA
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
