"""OpenAssistant: ways through trees by rank, messages of models, spam, and the release's other files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.oasst import OASST, Oasst
from symbol_llm.errors import UserError
from symbol_llm.record import Split

TREES = "2023-04-12_oasst_ready.trees.jsonl"


def read(source: Oasst, folder: Path) -> list[Example | Rejected]:
    return [
        row.data if isinstance(row.data, Rejected) else source.to_example(row, folder) for row in source.read(folder)
    ]


def pairs(source: Oasst, folder: Path) -> list[tuple[str, str]]:
    return [(i.input, i.completion) for i in read(source, folder) if isinstance(i, Example)]


def details(source: Oasst, folder: Path) -> list[tuple[Reason, str]]:
    return [(i.reason, i.detail) for i in read(source, folder) if isinstance(i, Rejected)]


def test_the_best_replies(raw: Path) -> None:
    found = pairs(OASST, raw / "oasst")
    assert found[0] == ("Name a fish.", "Cod."), "rank 0, not the first"
    assert found[1] == ("User: Name a fish.\nAssistant: Cod.\nUser: And a bird?", "Owl."), "a null rank"
    assert found[2] == ("Name a tree.", "The oak."), "spam, models and deleted replies are passed over"
    assert found[3] == ("Without ranks?", "The first.")
    assert len(found) == 4


def test_why_the_others_are_kept_out(raw: Path) -> None:
    found = details(OASST, raw / "oasst")
    said = [detail for reason, detail in found if reason is Reason.NO_LABEL]
    assert [text.split(" ", 2)[2] if text.startswith("message") else text for text in said] == [
        "the conversation ends without an answer",  # "Thanks!"
        "was written by a model (chip)",
        "was written by a model (chip)",
        "the conversation ends without an answer",  # nobody knows
        "the tree is not ready_for_export: growing",
    ]
    assert [reason for reason, _ in found if reason is not Reason.NO_LABEL] == [
        Reason.EMPTY_SYMBOL,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
    ]


def test_all_replies(raw: Path) -> None:
    source = Oasst(replies="all")
    found = pairs(source, raw / "oasst")
    assert [answer for request, answer in found if request == "Name a fish."] == ["Fish.", "Cod.", "Spam!"]
    assert [answer for request, answer in found if request == "Without ranks?"] == ["The first.", "The second."]
    assert ("Name a tree.", "The oak.") in found and len(found) == 7
    rows = list(source.read(raw / "oasst"))
    assert [row.index for row in rows] == list(range(len(rows)))


def test_one_record_a_conversation(raw: Path) -> None:
    found = pairs(Oasst(unit="conversation"), raw / "oasst")
    # The second way from "Cod." ends with "Thanks!": cut after its last answer.
    assert [answer for _, answer in found] == ["Owl.", "Cod.", "The oak.", "The first."]


def nested(folder: Path) -> Iterator[dict[str, Any]]:
    for line in (folder / TREES).read_text().splitlines():
        if line.startswith('{"message_tree_id": "m'):
            yield json.loads(line)


def flat(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    stack = [tree["prompt"]]
    while stack:
        message = stack.pop(0)
        stack = [*message["replies"], *stack]
        names = {"message_tree_id": tree["message_tree_id"], "tree_state": tree["tree_state"], "parent_id": None}
        yield {**names, **{key: value for key, value in message.items() if key not in ("replies", "emojis")}}


def test_flat_messages_give_the_same_rows(raw: Path, tmp_path: Path) -> None:
    trees = list(nested(raw / "oasst"))
    lines = [json.dumps(message) for tree in trees for message in flat(tree)]
    (tmp_path / "2023-04-12_oasst_ready.messages.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    for source in (OASST, Oasst("conversation", "all")):
        assert pairs(source, tmp_path) == pairs(source, raw / "oasst")


def test_parquet_has_a_split(raw: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "data").mkdir()
    messages = [message for tree in nested(raw / "oasst") for message in flat(tree)]
    table = pa.Table.from_pylist([{**m, "rank": m.get("rank"), "model_name": m.get("model_name")} for m in messages])
    for split in ("train", "validation"):
        pq.write_table(table, tmp_path / "data" / f"{split}-00000-of-00001-ab12.parquet")
    rows = list(OASST.read(tmp_path))
    assert [row.split for row in rows] == [Split.TRAIN] * (len(rows) // 2) + [Split.VALIDATION] * (len(rows) // 2)
    assert pairs(OASST, tmp_path) == pairs(OASST, raw / "oasst") * 2


def test_a_message_without_its_parent(tmp_path: Path) -> None:
    messages = [
        {"message_tree_id": "t", "message_id": "a", "parent_id": None, "role": "prompter", "text": "Hi."},
        {"message_tree_id": "t", "message_id": "b", "parent_id": "a", "role": "assistant", "text": "Hello."},
        {"message_tree_id": "t", "message_id": "c", "parent_id": "lost", "role": "assistant", "text": "Where?"},
        {"message_tree_id": "t", "message_id": "b", "parent_id": "a", "role": "assistant", "text": "Twice."},
    ]
    (tmp_path / "x_all.messages.jsonl").write_text("\n".join(map(json.dumps, messages)))
    assert pairs(OASST, tmp_path) == [("Hi.", "Hello.")]
    assert details(OASST, tmp_path) == [
        (Reason.MALFORMED_ROW, "message c: its parent lost is not before it"),
        (Reason.MALFORMED_ROW, "message b is there twice"),
    ]


def test_trees_come_before_messages_and_ready_before_all(raw: Path, tmp_path: Path) -> None:
    assert {row.file for row in OASST.read(raw / "oasst")} == {TREES}
    tree = next(nested(raw / "oasst"))
    (tmp_path / "en_100_message.jsonl").write_text(json.dumps(tree["prompt"]))
    assert pairs(OASST, tmp_path) == pairs(OASST, raw / "oasst")[:2], "messages that nest their replies"
    (tmp_path / "2023-04-12_oasst_all.trees.jsonl.gz").write_bytes(gzip.compress(json.dumps(tree).encode()))
    assert {row.file for row in OASST.read(tmp_path)} == {"2023-04-12_oasst_all.trees.jsonl.gz"}


def test_a_deep_tree_and_a_damaged_file(tmp_path: Path) -> None:
    tree: dict[str, Any] = {"message_id": "m", "role": "assistant", "text": "end", "replies": []}
    for depth in range(60):
        role = "assistant" if depth % 2 else "prompter"
        tree = {"message_id": f"m{depth}", "role": role, "text": f"{depth}", "replies": [tree]}
    tree = {"message_id": "root", "role": "prompter", "text": "root", "replies": [tree]}
    path = tmp_path / f"{TREES}.gz"
    data = gzip.compress(
        json.dumps({"message_tree_id": "t", "tree_state": "ready_for_export", "prompt": tree}).encode()
    )
    path.write_bytes(data)
    assert len(list(OASST.read(tmp_path))) == 31
    path.write_bytes(data[:-10])
    with pytest.raises(UserError, match="damaged"):
        list(OASST.read(tmp_path))


def test_options_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="best, all"):
        Oasst(replies="worst")
    with pytest.raises(UserError, match="turn, conversation"):
        Oasst(unit="tree")
    with pytest.raises(UserError, match=r"2023-04-12_oasst_ready\.trees\.jsonl\.gz"):
        list(OASST.read(tmp_path))


def test_a_message_without_text_is_rejected() -> None:
    data = {"tree": "t", "state": "ready_for_export", "messages": [{"role": "prompter", "text": None}]}
    found = OASST.to_example(Row(TREES, 0, Split.TRAIN, data), Path())
    assert isinstance(found, Rejected) and found.reason is Reason.MALFORMED_ROW
