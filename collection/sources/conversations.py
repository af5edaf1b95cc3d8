"""Conversations of several turns: what a record of them is.

    human: Name a fish.   gpt: Cod.   human: And a bird?   gpt: Owl.

    unit "turn"          input "Name a fish."                                            completion "Cod."
                         input "User: Name a fish.⏎Assistant: Cod.⏎User: And a bird?"    completion "Owl."
    unit "conversation"  the second record only: the last answer, with all that was said before

Both units cut a conversation into prefixes that end with an answer, so that a row is still a conversation. What comes
before the answer is the input: one request alone stands as it is, several messages bear the name of who speaks. A
conversation whose end is not answered gives one row more by turns (no label), and is cut after its last answer
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from collection.sources.base import Example, Prompt, Reason, Rejected, Row
from collection.sources.instruction_rows import PROMPT as ONE_REQUEST
from collection.sources.instruction_rows import trimmed
from collection.sources.row_files import read_row_file
from symbol_llm.errors import UserError
from symbol_llm.record import Split

UNITS = ("turn", "conversation")
USER, ASSISTANT, SYSTEM = "User", "Assistant", "System"
# What the datasets call who speaks; bing and bard are other models whose answers were shared.
ROLES = {
    **dict.fromkeys(("human", "user", "prompter"), USER),
    **dict.fromkeys(("gpt", "chatgpt", "bing", "bard", "assistant"), ASSISTANT),
    "system": SYSTEM,
}
PROMPT = Prompt(ONE_REQUEST.instructions, "The conversation so far is:", "The answer of the assistant is:")
T = TypeVar("T")


class Message(NamedTuple):
    """What one side said. ``role`` is User, Assistant or System."""

    role: str
    text: str


def check_unit(unit: str) -> str:
    """The unit itself. Raises UserError if it is none."""
    if unit not in UNITS:
        raise UserError(f"unknown unit {unit!r}: choose one of {', '.join(UNITS)}")
    return unit


def cut(messages: Sequence[T], unit: str, is_answer: Callable[[T], bool]) -> Iterator[Sequence[T]]:
    """The prefixes of a conversation that are its rows; the whole of it where there is no answer."""
    ends = [number for number, message in enumerate(messages, 1) if is_answer(message)]
    if unit == "conversation":
        yield messages[: ends[-1]] if ends else messages
        return
    for end in ends:
        yield messages[:end]
    if not ends or ends[-1] < len(messages):
        yield messages


def read_messages(data: Any, role: str = "from", text: str = "value") -> list[Message] | Rejected:
    """The messages of a list of objects. ``role`` and ``text`` are the names of their fields."""
    if not isinstance(data, list):
        return Rejected(Reason.MALFORMED_ROW, f"expected a list of messages, found {type(data).__name__}")
    messages = []
    for number, item in enumerate(data, 1):
        if not isinstance(item, dict) or not isinstance(item.get(text), str):
            return Rejected(Reason.MALFORMED_ROW, f"message {number} has no text in {text!r}")
        if str(item.get(role)) not in ROLES:
            return Rejected(Reason.MALFORMED_ROW, f"message {number} is from {item.get(role)!r}, which is nobody known")
        messages.append(Message(ROLES[item[role]], trimmed(item[text])))
    return messages


def to_example(messages: Sequence[Message], group: str = "") -> Example | Rejected:
    """The last answer, with what was said before it. ``group`` is shared by the rows of a conversation."""
    if not messages:
        return Rejected(Reason.EMPTY_INPUT, "the conversation is empty")
    *before, last = messages
    if last.role != ASSISTANT:
        return Rejected(Reason.NO_LABEL, "the conversation ends without an answer")
    if not any(message.role == USER for message in before):
        return Rejected(Reason.EMPTY_INPUT, "an answer without a request: the conversation was split before it")
    if before[-1].role != USER:
        return Rejected(Reason.MISALIGNED, "two answers in a row: nothing was asked between them")
    if not before[-1].text:
        return Rejected(Reason.EMPTY_INPUT, "the request is empty")
    if not last.text:
        return Rejected(Reason.EMPTY_SYMBOL, "the answer is empty")
    spoken = [message for message in before if message.text]
    alone = spoken[0].text if len(spoken) == 1 else ""
    said = alone or "\n".join(f"{message.role}: {message.text}" for message in spoken)
    return Example(input=said, completion=last.text, group=group)


def read_chats(path: Path, folder: Path, split: Split, unit: str) -> Iterator[Row]:
    """The rows of a file of ``{"conversations": [{"from": …, "value": …}]}``, cut by ``unit``.

    ``index`` counts the rows, not the conversations; each row's data keeps the other fields of its conversation and
    says as ``chat`` which one of the file it is. Raises UserError as ``read_row_file`` does.
    """
    index = 0
    for row in read_row_file(path, folder, split):
        messages = row.data.get("conversations") if isinstance(row.data, dict) else None
        parts = list(cut(messages, unit, _is_answer)) if isinstance(messages, list) else []
        for data in [{**row.data, "chat": row.index, "conversations": part} for part in parts] or [row.data]:
            yield Row(row.file, index, split, data)
            index += 1


def _is_answer(message: Any) -> bool:
    return isinstance(message, dict) and ROLES.get(str(message.get("from"))) == ASSISTANT
