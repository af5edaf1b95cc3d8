"""OpenAssistant Conversations: trees of messages that volunteers wrote and ranked.

    {"message_tree_id": "t1", "tree_state": "ready_for_export", "prompt": {"role": "prompter", "text": "Name a fish.",
     "replies": [{"role": "assistant", "rank": 1, "text": "Fish."}, {"role": "assistant", "rank": 0, "text": "Cod."}]}}
    ->  input "Name a fish.", completion "Cod.", group "t1"

A tree is many conversations. By default (``replies="best"``) each message of a prompter is answered by its best reply
(the lowest rank; without ranks the first), whatever the prompters wrote below that reply goes on, and replies that
are not the best are no rows; ``replies="all"`` takes every reply. A reply that is deleted, failed its review (spam) or
was written by a model is passed over for the next best. Where such a message is left in a conversation, or the tree
is not ready for export, the row is rejected: no person stands for that text. Most conversations end with a question
that nobody answered: rows without a label. See conversations.py for one record a turn or a conversation.

The release holds the same messages in several files (trees, flat messages, ready or all, Parquet); the first kind
that is there is read, trees before messages. Flat messages of a tree follow one another, as exported. Only Parquet has
a split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from collection.sources.base import Example, FilesMissing, Licence, Reason, Rejected, Row, Source, Upstream
from collection.sources.conversations import PROMPT, check_unit, cut, read_messages, to_example
from collection.sources.row_files import has_rows, read_row_file
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_KINDS = (
    "*_ready.trees.jsonl*",
    "*_all.trees.jsonl*",
    "*_ready.messages.jsonl*",
    "*_all.messages.jsonl*",
    "data/*.parquet",
    "*_tree.jsonl",
    "*_message.jsonl",
)
_SHOWN = ("message_id", "role", "text", "deleted", "review_result", "synthetic", "model_name", "rank")
_READY = "ready_for_export"


class Oasst(Source):
    """Trees of messages. ``unit`` is "turn" or "conversation", ``replies`` "best" or "all"."""

    task = "oasst"
    format = "text"
    family = "General"
    licence = Licence("Apache-2.0", True)
    upstream = Upstream(
        dataset="oasst",
        url="https://huggingface.co/datasets/OpenAssistant/oasst1",
        revision="2023-04-12",
        citation="Köpf et al. 2023. OpenAssistant Conversations – Democratizing Large Language Model Alignment. "
        "NeurIPS Datasets and Benchmarks. arXiv:2304.07327.",
        sizes={"messages": 88_838},
    )
    prompt = PROMPT

    def __init__(self, unit: str = "turn", replies: str = "best") -> None:
        self.unit = check_unit(unit)
        if replies not in ("best", "all"):
            raise UserError(f"unknown choice of replies {replies!r}: choose one of best, all")
        self.replies = replies

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the trees; ``index`` counts rows, not trees."""
        for path in _files(folder):
            split = Split.VALIDATION if path.name.startswith("validation") else Split.TRAIN
            file = path.relative_to(folder).as_posix()
            for index, data in enumerate(self._rows(path, folder, split)):
                yield Row(file, index, split, data)

    def _rows(self, path: Path, folder: Path, split: Split) -> Iterator[Any]:
        for tree in _trees(row.data for row in read_row_file(path, folder, split)):
            if isinstance(tree, Rejected):
                yield tree
                continue
            seen: set[int] = set()
            for messages in self._paths(tree["prompt"]):
                for part in cut(messages, self.unit, lambda message: message.get("role") == "assistant"):
                    if id(part[-1]) not in seen:  # what two paths share is one row
                        seen.add(id(part[-1]))
                        shown = [{name: message.get(name) for name in _SHOWN} for message in part]
                        yield {"tree": tree["message_tree_id"], "state": tree["tree_state"], "messages": shown}

    def _paths(self, root: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
        """The chosen ways from the root to an end, in the order of the file."""
        stack = [[root]]
        while stack:
            path = stack.pop()
            replies = [reply for reply in path[-1].get("replies") or [] if isinstance(reply, dict)]
            if path[-1].get("role") == "prompter" and self.replies == "best":
                replies = sorted(replies, key=_preference)[:1]
            if not replies:
                yield path
            stack += [[*path, reply] for reply in reversed(replies)]

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        messages = read_messages(row.data["messages"], "role", "text")
        if isinstance(messages, Rejected):
            return messages
        if row.data["state"] != _READY:
            return Rejected(Reason.NO_LABEL, f"the tree is not {_READY}: {row.data['state']}")
        for message in row.data["messages"]:
            if fault := _fault(message):
                return Rejected(Reason.NO_LABEL, f"message {message['message_id']} {fault}")
        return to_example(messages, str(row.data["tree"]))


def _files(folder: Path) -> list[Path]:
    for kind in _KINDS:
        found = sorted(path for path in folder.glob(kind) if has_rows(path))
        if found:
            return found
    raise FilesMissing(
        f"{folder}: none of the upstream's files is here (2023-04-12_oasst_ready.trees.jsonl.gz or another of "
        f"{', '.join(_KINDS)}). Place them there, or pass the folder that holds the datasets with --raw"
    )


def _fault(message: Mapping[str, Any]) -> str:
    """Why a message is no person's accepted text, or ""."""
    if message.get("deleted"):
        return "is deleted"
    if message.get("review_result") is False:
        return "failed its review"
    return f"was written by a model ({message.get('model_name')})" if message.get("synthetic") else ""


def _preference(reply: Mapping[str, Any]) -> tuple[bool, bool, int]:
    """What sorts the best reply first; replies without a rank come last, in the order of the file."""
    rank = reply.get("rank")
    return (bool(_fault(reply)), not isinstance(rank, int), rank if isinstance(rank, int) else 0)


def _trees(rows: Iterator[Any]) -> Iterator[dict[str, Any] | Rejected]:
    """Trees, whether the file has trees, messages with nested replies, or flat messages."""
    for flat, group in groupby(rows, _flat_tree):
        if flat:
            yield from _rebuilt(list(group))
            continue
        for data in group:
            if isinstance(data, Rejected):
                yield data
            elif not isinstance(data, dict) or not isinstance(root := data.get("prompt", data), dict):
                yield Rejected(Reason.MALFORMED_ROW, "expected a tree of messages")
            elif "message_id" not in root:
                yield Rejected(Reason.MALFORMED_ROW, "the tree has no first message")
            else:
                name = data.get("message_tree_id", root["message_id"])
                yield {"message_tree_id": name, "tree_state": data.get("tree_state", _READY), "prompt": root}


def _flat_tree(data: Any) -> str:
    """The tree that a flat message belongs to, or "" for all other rows."""
    is_flat = isinstance(data, dict) and "message_tree_id" in data and "prompt" not in data
    return str(data["message_tree_id"]) if is_flat else ""


def _rebuilt(messages: list[dict[str, Any]]) -> list[dict[str, Any] | Rejected]:
    """The tree of flat messages, each after its parent. A message without its parent, or given twice, is a fault."""
    nodes: dict[str, dict[str, Any]] = {}
    found: list[dict[str, Any] | Rejected] = []
    for message in messages:
        name, parent = str(message.get("message_id")), message.get("parent_id")
        node = {**message, "replies": []}
        if name in nodes:
            found.append(Rejected(Reason.MALFORMED_ROW, f"message {name} is there twice"))
            continue
        if parent is None:
            state = node.get("tree_state", _READY)
            found.append({"message_tree_id": node["message_tree_id"], "tree_state": state, "prompt": node})
        elif str(parent) in nodes:
            nodes[str(parent)]["replies"].append(node)
        else:
            found.append(Rejected(Reason.MALFORMED_ROW, f"message {name}: its parent {parent} is not before it"))
        nodes[name] = node
    return found


OASST = Oasst()
