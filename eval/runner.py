"""The one runner: items → generate → extract and score or solve → rows, stored as they come.

    work.requests ──backend──▶ Generation ──work.submit──▶ Future[row] ──▶ RUN/<kind>/<task>.jsonl

The model writes the next items while solvers and scorers, which live outside this thread, are busy with the last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
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


class Done(NamedTuple):
    """The rows of a task, item by item and sample by sample, and how many outputs no server gave."""

    rows: list[dict[str, Any]]
    num_unanswered: int


def run_work(work: Work, backend: Backend, folder: Path, *, is_rescoring: bool = False) -> Done:
    """Do what is missing of one task and return the rows of all its items, in the items' order.

    An output that failed for good is not stored and has no row: the next run asks for it again.
    """
    with (
        ItemFile(folder / "outputs" / f"{work.name}.jsonl") as outputs,
        ItemFile(folder / f"{work.name}.jsonl") as results,
        progress(work.name, len(work.requests) * backend.samples) as advance,
    ):
        if is_rescoring:
            results.clear()
        todo = _Pending(work, outputs, results, advance)
        to_generate: list[int] = []
        requests: list[Request] = []
        for index, request in enumerate(work.requests):
            for number in range(backend.samples):
                output, row = outputs.rows.get((request.id, number)), results.rows.get((request.id, number))
                # An item whose prompt has changed since is another item.
                if output is None or output["prompt_hash"] != content_hash(request.prompt):
                    to_generate.append(index)
                    requests.append(request._replace(sample=number))
                elif row is None or row["output"] != output["output"] or not work.is_final(row):
                    todo.submit(Generation(index, output["output"], Finish(output["finish"])), number)
                else:
                    advance()
        num_unanswered = 0
        try:
            for generation in backend.generate(requests):
                request = requests[generation.position]
                if generation.finish is Finish.FAILED:
                    num_unanswered += 1
                    continue
                todo.store_output(request, generation)
                todo.submit(generation._replace(position=to_generate[generation.position]), request.sample)
                todo.store_finished()
            todo.store_all()
        except BaseException:
            todo.store_finished()  # what is solved already need not be solved again
            raise
        finally:
            todo.cancel()
        keys = [(request.id, number) for request in work.requests for number in range(backend.samples)]
        return Done([results.rows[key] for key in keys if key in results.rows], num_unanswered)


class _Pending:
    """Submitted items on their way into the result file."""

    def __init__(self, work: Work, outputs: ItemFile, results: ItemFile, advance: Callable[[], Any]) -> None:
        self.work = work
        self.outputs = outputs
        self.results = results
        self.advance = advance
        self.pending: dict[Future[dict[str, Any]], tuple[Generation, int]] = {}
        self.finished: SimpleQueue[Future[dict[str, Any]]] = SimpleQueue()

    def store_output(self, request: Request, generation: Generation) -> None:
        self.outputs.append(
            {
                "id": request.id,
                "sample": request.sample,
                "prompt_hash": content_hash(request.prompt),
                "output": generation.text,
                "finish": generation.finish,
                **({"faults": list(generation.faults)} if generation.faults else {}),
            }
        )

    def submit(self, generation: Generation, number: int) -> None:
        future = self.work.submit(generation)
        self.pending[future] = generation, number
        future.add_done_callback(self.finished.put)

    def store_finished(self) -> None:
        while True:
            try:
                future = self.finished.get_nowait()
            except Empty:
                return
            self._store(future)

    def store_all(self) -> None:
        while self.pending:
            self._store(self.finished.get())

    def cancel(self) -> None:
        for future in self.pending:
            future.cancel()

    def _store(self, future: Future[dict[str, Any]]) -> None:
        generation, number = self.pending.pop(future)
        request = self.work.requests[generation.position]
        try:
            columns = future.result()
        except Exception as error:
            error.add_note(f"while working on item {request.id} of {self.work.name}")
            raise
        self.results.append(
            {
                "id": request.id,
                "sample": number,
                "prompt": request.prompt,
                "output": generation.text,
                "finish": generation.finish,
                **columns,
            }
        )
        self.advance()


def count_faults(folder: Path, name: str) -> dict[str, int]:
    """How often each fault occurred on the way to a task's stored outputs."""
    with ItemFile(folder / "outputs" / f"{name}.jsonl") as outputs:
        return dict(sorted(Counter(fault for row in outputs.rows.values() for fault in row.get("faults", ())).items()))


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
