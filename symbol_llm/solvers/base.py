"""The contract of a solver: what executes a symbol.

    with get("fol") as solver:
        solution = solver.solve("∀x (Cat(x) → Animal(x))\\nCat(tom)\\nAnimal(tom)")

A solver never sees a gold answer; ``eval`` compares answers afterwards.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.solvers.outcome import Limits, Solution


class Job(NamedTuple):
    """One symbol to execute."""

    symbol: str
    context: Context = EMPTY


class Solver(ABC):
    """One engine. Safe to call from several threads; ``close`` ends its processes."""

    name: ClassVar[str]
    limits: ClassVar[Limits] = Limits()

    @property
    @abstractmethod
    def engine(self) -> str:
        """Name and version of the engine. Raises EngineMissing if it is not installed."""

    @abstractmethod
    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        """Execute one symbol. Never raises for what the symbol does: every ending is an outcome."""

    def solve_many(self, jobs: Iterable[Job], *, workers: int = 2, limits: Limits | None = None) -> Iterator[Solution]:
        """Execute jobs side by side, in order. The engines run outside this process or release the GIL."""
        from concurrent.futures import ThreadPoolExecutor  # it takes longer to load than many a format

        with ThreadPoolExecutor(max_workers=workers) as pool:
            yield from pool.map(lambda job: self.solve(job.symbol, job.context, limits), jobs)

    def close(self) -> None:  # noqa: B027 - most engines hold nothing open
        """End the engine's processes. A closed solver may be used again: it starts them anew."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
