"""ShareGPT: chats with ChatGPT that its users shared, in the version that Vicuna was trained on.

    {"id": "abc1234_0", "conversations": [{"from": "human", "value": "Name a fish."}, {"from": "gpt", "value": "Cod."}]}
    ->  input "Name a fish.", completion "Cod.", group "abc1234"

One record per answer, or one per conversation: see conversations.py. Long chats are split upstream: ``abc1234_8``
goes on at turn 8 of ``abc1234`` and may begin with an answer whose question is in another chunk (rejected; it stays in
the history of the next turn). Other voices are system, chatgpt, bing, bard and user. Some chats are empty, some texts
have half a surrogate pair. The file "no_imsorry" is the same without refusals; it is read where the full one is not
there. A copy in JSON lines without ids (``sharegpt_zh_1K_format.jsonl``, Chinese) is read, too.

The card says Apache-2.0, but the texts are a user's and a model's whose terms may apply: not for commercial use here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import Example, Licence, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.conversations import PROMPT, check_unit, read_chats, read_messages, to_example
from symbol_llm.record import Split

_FULL = "ShareGPT_V3_unfiltered_cleaned_split.json"
_FILTERED = "ShareGPT_V3_unfiltered_cleaned_split_no_imsorry.json"
_OTHERS = ("original_example.json", "sharegpt_zh_1K_format.jsonl")


class ShareGpt(Source):
    """Chats. ``unit`` is "turn" or "conversation"."""

    task = "sharegpt"
    format = "text"
    family = "General"
    licence = Licence("Apache-2.0", False)
    upstream = Upstream(
        dataset="sharegpt",
        url="https://huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered",
        revision="V3",
        citation="ShareGPT users, 2023. Collected for Vicuna: Chiang et al. 2023. Vicuna: An Open-Source Chatbot "
        "Impressing GPT-4 with 90% ChatGPT Quality. lmsys.org.",
    )
    prompt = PROMPT

    def __init__(self, unit: str = "turn") -> None:
        self.unit = check_unit(unit)

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of all files; ``index`` counts rows, not chats, where there is one per turn."""
        paths = require(folder, _FULL, _FILTERED, *_OTHERS)
        names = [path.name for path in paths]
        for path in paths:
            if path.name != _FILTERED or _FULL not in names:
                yield from read_chats(path, folder, Split.TRAIN, self.unit)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        if not isinstance(row.data, dict) or "conversations" not in row.data:
            return Rejected(Reason.MALFORMED_ROW, "expected an object with conversations")
        messages = read_messages(row.data["conversations"])
        if isinstance(messages, Rejected):
            return messages
        name = row.data.get("id")
        group = name.rpartition("_")[0] or name if isinstance(name, str) and name else f"{row.file}:{row.data['chat']}"
        return to_example(messages, group)


SHAREGPT = ShareGpt()
