"""What the rows of a conversation are, and what becomes of each."""

from __future__ import annotations

from typing import Any

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.conversations import check_unit, cut, read_messages, to_example
from symbol_llm.errors import UserError


@pytest.mark.parametrize(
    ("said", "turns", "conversation"),
    [
        ("ua", ["ua"], "ua"),
        ("uaua", ["ua", "uaua"], "uaua"),
        ("uau", ["ua", "uau"], "ua"),  # by turns, the open end is a row without a label
        ("aua", ["a", "aua"], "aua"),
        ("su", ["su"], "su"),
        ("", [""], ""),
        ("uaa", ["ua", "uaa"], "uaa"),
    ],
)
def test_cut(said: str, turns: list[str], conversation: str) -> None:
    assert list(cut(said, "turn", lambda message: message == "a")) == turns
    assert list(cut(said, "conversation", lambda message: message == "a")) == [conversation]


def example(*spoken: tuple[str, str]) -> Example | Rejected:
    messages = read_messages([{"from": role, "value": text} for role, text in spoken])
    return messages if isinstance(messages, Rejected) else to_example(messages, "g")


def test_one_request_stands_alone_and_history_says_who_speaks() -> None:
    assert example(("human", " Hi. "), ("gpt", "Hello.\n")) == Example(input="Hi.", completion="Hello.", group="g")
    long = example(("system", "Be brief."), ("user", "Hi."), ("bard", "Hello."), ("prompter", "Bye."), ("bing", "Bye!"))
    assert isinstance(long, Example)
    assert long.input == "System: Be brief.\nUser: Hi.\nAssistant: Hello.\nUser: Bye." and long.completion == "Bye!"


def test_what_is_empty_in_the_history_is_left_out() -> None:
    item = example(("human", "Hi."), ("gpt", ""), ("human", "Hello?"), ("gpt", "Yes."))
    assert isinstance(item, Example) and item.input == "User: Hi.\nUser: Hello?"


@pytest.mark.parametrize(
    ("spoken", "reason"),
    [
        ([], Reason.EMPTY_INPUT),
        ([("gpt", "x")], Reason.EMPTY_INPUT),
        ([("system", "x"), ("gpt", "x")], Reason.EMPTY_INPUT),
        ([("human", " "), ("gpt", "x")], Reason.EMPTY_INPUT),
        ([("human", "x")], Reason.NO_LABEL),
        ([("system", "x")], Reason.NO_LABEL),
        ([("human", "x"), ("gpt", "")], Reason.EMPTY_SYMBOL),
        ([("human", "x"), ("gpt", "y"), ("bing", "z")], Reason.MISALIGNED),
        ([("nobody", "x"), ("gpt", "y")], Reason.MALFORMED_ROW),
    ],
)
def test_reasons(spoken: list[tuple[str, str]], reason: Reason) -> None:
    item = example(*spoken)
    assert isinstance(item, Rejected) and item.reason is reason


@pytest.mark.parametrize("data", [None, {}, [None], [{"from": "human"}], [{"from": ["human"], "value": "x"}]])
def test_other_shapes(data: Any) -> None:
    found = read_messages(data)
    assert isinstance(found, Rejected) and found.reason is Reason.MALFORMED_ROW


def test_units() -> None:
    assert check_unit("turn") == "turn"
    with pytest.raises(UserError, match="turn, conversation"):
        check_unit("tree")
