"""What is sent: one body per question and sample, known by the hash of its content.

    {"model": "gpt-4.1-mini-2025-04-14", "messages": [...], "seed": 2, "temperature": 0.7, "max_completion_tokens": 600}

Two samples of a question differ in their seed, so that they are two requests. The same body is never sent twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.distill.base import Prompts, Question, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a model is asked. ``extra`` goes into every body as it is (``reasoning_effort``, say)."""

    model: str
    samples: int = 1
    temperature: float | None = 0.7
    max_tokens: int = 800
    max_tokens_field: str = "max_completion_tokens"  # older servers: max_tokens
    prompts: Prompts = Prompts.FEW_SHOT
    extra: Mapping[str, Any] = field(default_factory=dict)


class Request(NamedTuple):
    """A body as JSON, and its key: sha256 of that JSON with sorted keys."""

    key: str
    body: bytes


class Asked(NamedTuple):
    """A request, and the question and sample that it is made for."""

    question: Question
    sample: int
    request: Request


def make_request(messages: list[dict[str, str]], sampling: Sampling, sample: int) -> Request:
    """The request of one chat."""
    body: dict[str, Any] = {
        "model": sampling.model,
        "messages": messages,
        "seed": sample,
        sampling.max_tokens_field: sampling.max_tokens,
        **sampling.extra,
    }
    if sampling.temperature is not None:
        body["temperature"] = sampling.temperature
    data = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return Request(hashlib.sha256(data).hexdigest(), data)


class Span(NamedTuple):
    """Which questions of a task: at most ``limit`` after the first ``skip``."""

    skip: int = 0
    limit: int | None = None


ALL = Span()


def ask(task: Task, sampling: Sampling, raw: Path | None, span: Span = ALL) -> Iterator[Asked]:
    """All requests of a task, question by question. They are made as they are read: memory does not grow."""
    end = None if span.limit is None else span.skip + span.limit
    for question in islice(task.questions(raw), span.skip, end):
        chat = task.messages(question, sampling.prompts)
        for sample in range(sampling.samples):
            yield Asked(question, sample, make_request(chat, sampling, sample))


def text_of(body: bytes) -> str:
    """All that the model reads of a request, for estimating its tokens."""
    return "\n".join(message["content"] for message in orjson.loads(body)["messages"])
