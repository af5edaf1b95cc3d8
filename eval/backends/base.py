"""The contract of a backend: what turns prompts into text.

    for generation in backend.generate([Request("scan-test-1f", "The command is: jump twice\\n…", "JUMP JUMP")]):
        generation.position, generation.text, generation.finish        # 0, "JUMP JUMP", Finish.STOP

Generations come in the order in which they finish, so that solvers can start on the first while the model still
writes the last.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from symbol_llm.errors import UserError


class Request(NamedTuple):
    """One prompt. ``gold`` is the gold symbol: only the gold backend may look at it. ``sample`` counts from 0.

    ``grammar`` (Lark) is what the output may look like; empty: anything. Only a backend that ``constrains`` reads it.
    """

    id: str
    prompt: str
    gold: str
    sample: int = 0
    grammar: str = ""


class Finish(StrEnum):
    """Why a generation ended."""

    STOP = "stop"  # the model said so, or wrote a stop string
    LENGTH = "length"  # cut at the largest number of new tokens
    PROMPT_TOO_LONG = "prompt_too_long"  # the prompt leaves no room in the model's context: nothing was generated
    FILTERED = "filtered"  # the server withheld the text
    MISSING = "missing"  # a replay file without this item
    FAILED = "failed"  # the server gave no answer, however often it was asked: tried again by the next run


class Fault(StrEnum):
    """What went wrong on the way to a generation; counted, whether or not a later attempt succeeded."""

    RATE_LIMITED = "rate_limited"  # 429
    SERVER_ERROR = "server_error"  # 5xx
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no connection, or it broke
    TRUNCATED = "truncated"  # an answer without its end
    REFUSED = "refused"  # the server calls this one request wrong


class Generation(NamedTuple):
    """What was written for ``requests[position]``, and the faults on the way."""

    position: int
    text: str
    finish: Finish
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How text is drawn from a model. Raises UserError for values that make no sense together.

    ``temperature`` 0 is greedy. ``stops`` end an output and are not part of it. ``seed`` decides each sample of each
    item by itself: neither the batch nor a resumed run changes it.
    """

    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0
    stops: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise UserError(f"--max-new-tokens {self.max_new_tokens} must be at least 1")
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise UserError(f"--temperature {self.temperature} must be at least 0, --top-p {self.top_p} within 0..1")
        if self.samples < 1:
            raise UserError(f"--samples {self.samples} must be at least 1")
        if self.samples > 1 and not self.temperature:
            raise UserError(f"--samples {self.samples} of greedy decoding are all alike. Add --temperature 0.7, say")
        if "" in self.stops:
            raise UserError("an empty --stop would end every output at once. Give the text that ends an output")

    def identity(self) -> dict[str, Any]:
        """What a resumed run must agree with."""
        return {**asdict(self), "stops": list(self.stops)}

    def seed_of(self, request: Request) -> int:
        """63 bits that belong to one sample of one item."""
        text = f"{self.seed}/{request.id}/{request.sample}"
        return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1


def cut_at_stop(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first stop string, and whether there was one."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


class Backend(ABC):
    """One way to turn prompts into text. Opening one is cheap: what is heavy is loaded by the first ``generate``."""

    name: ClassVar[str]
    samples: int = 1  # outputs per item
    constrains: bool = False  # whether outputs stay inside the requests' grammars

    @property
    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Everything that decides what is generated, as plain JSON: a resumed run must agree with it."""

    @abstractmethod
    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        """Exactly one generation per request, as they finish."""

    def report(self, ids: Collection[str]) -> dict[str, Any]:
        """What is worth knowing of the input of a run over these items, as plain JSON: faults of a replay file, say."""
        return {}

    def close(self) -> None:  # noqa: B027 - most backends hold nothing open
        """End processes and connections. A closed backend may be used again."""
