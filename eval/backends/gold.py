"""The gold backend writes the gold symbol: the ceiling of every score, and the test of our own solvers.

A benchmark where gold stays below 1.0 has label faults (documented) or a bug of ours (to be mended).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from eval.backends.base import Backend, Finish, Generation, Request


class GoldBackend(Backend):
    name = "gold"

    @property
    def identity(self) -> dict[str, Any]:
        return {"backend": self.name}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        for index, request in enumerate(requests):
            yield Generation(index, request.gold, Finish.STOP)
