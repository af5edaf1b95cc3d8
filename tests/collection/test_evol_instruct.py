"""Evol-Instruct: two training files of different shapes, and test instructions without answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.evol_instruct import EVOL_INSTRUCT, EvolInstruct
from symbol_llm.errors import UserError
from symbol_llm.record import Split


def test_both_shapes_and_the_test_set(raw: Path) -> None:
    folder = raw / "evol_instruct"
    rows = list(EVOL_INSTRUCT.read(folder))
    items = [EVOL_INSTRUCT.to_example(row, folder) for row in rows]
    pairs, chats, test = items[:4], items[4:7], items[7:]
    assert pairs[0] == Example(
        input="Name a fish of the deep sea and say what is odd about it.", completion="The anglerfish carries a light."
    )
    assert [item.reason for item in pairs if isinstance(item, Rejected)] == [Reason.EMPTY_INPUT, Reason.EMPTY_SYMBOL]
    assert chats[0] == Example(input="Which is heavier, a stone or a feather?", completion="The stone.")
    assert chats[2] == Example(
        input="User: Name a tree.\nAssistant: The oak.\nUser: And a bush?", completion="The hazel."
    )
    assert all(isinstance(item, Rejected) and item.reason is Reason.NO_LABEL for item in test)
    assert [row.split for row in rows] == [Split.TRAIN] * 7 + [Split.TEST] * 2
    assert [row.index for row in rows] == [0, 1, 2, 3, 0, 1, 2, 0, 1]


def test_one_record_a_conversation(raw: Path) -> None:
    folder = raw / "evol_instruct"
    source = EvolInstruct("conversation")
    chats = [row for row in source.read(folder) if row.file.endswith("143k.json")]
    assert [len(row.data["conversations"]) for row in chats] == [2, 4]
    with pytest.raises(UserError, match="unknown unit 'tree'"):
        EvolInstruct("tree")


def test_no_file_and_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"alpaca_evol_instruct_70k\.json"):
        list(EVOL_INSTRUCT.read(tmp_path))
    (tmp_path / "WizardLM_evol_instruct_V2_143k.json").write_text('[{"idx": "a", "conversations": [')
    with pytest.raises(UserError, match=r"143k\.json, character \d+: not JSON"):
        list(EVOL_INSTRUCT.read(tmp_path))
