"""The contract of a backend: what turns prompts into text.

    for generation in backend.generate([Request("scan-test-1f", "The command is: jump twice\\n…", "JUMP JUMP")]):
        generation.position, generation.text, generation.finish        # 0, "JUMP JUMP", Finish.STOP

Generations come in the order in which they finish, so that solvers can start on the first while the model still
writes the last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class Request(NamedTuple):
    """One prompt. ``gold`` is the gold symbol: only the gold backend may look at it."""

    id: str
    prompt: str
    gold: str


class Finish(StrEnum):
    """Why a generation ended."""

    STOP = "stop"  # the model said so
    LENGTH = "length"  # cut at the largest number of new tokens
    PROMPT_TOO_LONG = "prompt_too_long"  # the prompt leaves no room in the model's context: nothing was generated
    MISSING = "missing"  # a replay file without this item


class Generation(NamedTuple):
    """What was written for ``requests[position]``."""

    position: int
    text: str
    finish: Finish


class Backend(ABC):
    """One way to turn prompts into text. Opening one is cheap: what is heavy is loaded by the first ``generate``."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Everything that decides what is generated, as plain JSON: a resumed run must agree with it."""

    @abstractmethod
    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        """Exactly one generation per request, as they finish."""
