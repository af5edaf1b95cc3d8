"""The one runner: items → generate → extract and score or solve → rows, stored as they come.

    work.requests ──backend──▶ Generation ──work.submit──▶ Future[row] ──▶ RUN/<kind>/<task>.jsonl

The model writes the next items while solvers and scorers, which live outside this thread, are busy with the last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any, NamedTuple

from eval.backends.base import Backend, Finish, Generation, Request
from eval.store import ItemFile, content_hash
from symbol_llm.console import progress


class Work(ABC):
    """The items of one task, and what is done with an output. ``name`` is also the name of its files."""

    name: str
    requests: Sequence[Request]

    @abstractmethod
    def submit(self, generation: Generation) -> Future[dict[str, Any]]:
        """Start extracting and scoring or solving; the future gives the item's own columns."""

    def is_final(self, row: Mapping[str, Any]) -> bool:
        """Whether a stored row stands. A row that failed through no fault of the model is tried again."""
        return True


def run_work(work: Work, backend: Backend, folder: Path, *, is_rescoring: bool = False) -> list[dict[str, Any]]:
    """Do what is missing of one task and return the rows of all its items, in the items' order."""
    with (
        ItemFile(folder / "outputs" / f"{work.name}.jsonl") as outputs,
        ItemFile(folder / f"{work.name}.jsonl") as results,
        progress(work.name, len(work.requests)) as advance,
    ):
        if is_rescoring:
            results.clear()
        todo = _Pending(work, results, advance)
        to_generate: list[int] = []
        for index, request in enumerate(work.requests):
            output, row = outputs.rows.get(request.id), results.rows.get(request.id)
            # An item whose prompt has changed since is another item.
            if output is None or output["prompt_hash"] != content_hash(request.prompt):
                to_generate.append(index)
            elif row is None or row["output"] != output["output"] or not work.is_final(row):
                todo.submit(Generation(index, output["output"], Finish(output["finish"])))
            else:
                advance()
        try:
            for generation in backend.generate([work.requests[index] for index in to_generate]):
                generation = generation._replace(position=to_generate[generation.position])
                request = work.requests[generation.position]
                outputs.append(
                    {
                        "id": request.id,
                        "prompt_hash": content_hash(request.prompt),
                        "output": generation.text,
                        "finish": generation.finish,
                    }
                )
                todo.submit(generation)
                todo.store_finished()
            todo.store_all()
        finally:
            todo.cancel()
        return [results.rows[request.id] for request in work.requests]


class _Pending:
    """Submitted items on their way into the result file."""

    def __init__(self, work: Work, results: ItemFile, advance: Callable[[], Any]) -> None:
        self.work = work
        self.results = results
        self.advance = advance
        self.pending: dict[Future[dict[str, Any]], Generation] = {}
        self.finished: SimpleQueue[Future[dict[str, Any]]] = SimpleQueue()

    def submit(self, generation: Generation) -> None:
        future = self.work.submit(generation)
        self.pending[future] = generation
        future.add_done_callback(self.finished.put)

    def store_finished(self) -> None:
        while True:
            try:
                self._store(self.finished.get_nowait())
            except Empty:
                return

    def store_all(self) -> None:
        while self.pending:
            self._store(self.finished.get())

    def cancel(self) -> None:
        for future in self.pending:
            future.cancel()

    def _store(self, future: Future[dict[str, Any]]) -> None:
        generation = self.pending.pop(future)
        request = self.work.requests[generation.position]
        try:
            columns = future.result()
        except Exception as error:
            error.add_note(f"while working on item {request.id} of {self.work.name}")
            raise
        self.results.append(
            {
                "id": request.id,
                "prompt": request.prompt,
                "output": generation.text,
                "finish": generation.finish,
                **columns,
            }
        )
        self.advance()


class Sampled(NamedTuple):
    """An item with an id that no other item of its task bears."""

    id: str
    item: Any


def sample(items: Iterable[Any], limit: int | None, seed: int, name: str) -> list[Sampled]:
    """All items, or ``limit`` of them drawn by the seed, in their own order.

    A file's first rows are no sample: test sets are often sorted. Rows that upstream repeats have the same id;
    each stays an item of its own (``…#2``), so that the denominator is upstream's.
    """
    seen: dict[str, int] = {}
    named = []
    for item in items:
        seen[item.id] = seen.get(item.id, 0) + 1
        named.append(Sampled(item.id if seen[item.id] == 1 else f"{item.id}#{seen[item.id]}", item))
    if limit is None or limit >= len(named):
        return named
    drawn = sorted(Random(f"{seed}/{name}").sample(range(len(named)), limit))
    return [named[position] for position in drawn]
