"""What a run would send and cost at most, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

import orjson

from collection.distill.ledger import Ledger
from collection.distill.prices import Price
from collection.distill.requests import Asked, text_of
from collection.distill.tokens import TokenCounter


class Plan(TypedDict):
    """Costs are micro-dollars."""

    questions: int
    requests: int
    finished: int  # answered, or failed for good: not sent again
    input_tokens: int  # of those to send
    most_output_tokens: int
    highest_cost: int
    spent_so_far: int


def make_plan(
    ledger: Ledger, asked: Iterable[Asked], price: Price, counter: TokenCounter, *, is_batch: bool = False
) -> Plan:
    """Count what ``run`` with the same options would send."""
    plan = Plan(
        questions=0,
        requests=0,
        finished=0,
        input_tokens=0,
        most_output_tokens=0,
        highest_cost=0,
        spent_so_far=ledger.money().spent,
    )
    last = ""
    for question, _, request in asked:
        plan["questions"] += question.id != last
        last = question.id
        plan["requests"] += 1
        state = ledger.state_of(request.key)
        if state is not None and state.is_final:
            plan["finished"] += 1
            continue
        most_input, most_output = worst_tokens(request.body, counter)
        plan["input_tokens"] += most_input
        plan["most_output_tokens"] += most_output
        plan["highest_cost"] += price.cost(most_input, most_output, is_batch=is_batch)
    return plan


def worst_tokens(body: bytes, counter: TokenCounter) -> tuple[int, int]:
    """The most tokens of input and output that a request can be charged for."""
    chat = orjson.loads(body)
    most_output = next((chat[field] for field in ("max_completion_tokens", "max_tokens") if chat.get(field)), 0)
    return counter.of_chat(text_of(body), len(chat["messages"])), most_output
