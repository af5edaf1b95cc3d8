"""The solver service: many jobs at once, in order or as they finish, none solved twice.

    with Service("fol", workers=4, cache=Path("cache")) as service:
        for solved in service.run(Job(symbol) for symbol in symbols):
            print(solved.position, solved.solution.answer, solved.is_repeated)

Jobs are read as they are needed, so memory does not grow with their number. A result that is known is not computed
again: from the cache folder, from the jobs just solved, or from an equal job that is on its way (of sampled outputs a
third are exact repetitions). A run can be cancelled at any time: what runs is ended, what is finished still comes out.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, Self

from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.solvers import get
from symbol_llm.solvers.base import Job, Solver
from symbol_llm.solvers.cache import PASSING, ResultCache, job_key
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.sql_world import NoDatabase

_REMEMBERED = 2_048  # results in memory
_AHEAD = 16  # jobs per worker that are read ahead of the one whose turn it is


_AGAIN_SECONDS = 0.1  # between two attempts to end what runs


class JobEnded(Exception):
    """A job was ended with its engine, because nobody waits for it any more."""


class Solved(NamedTuple):
    """A job that is done. ``position`` counts from 0 in the order of the jobs; a repeated result was not computed."""

    position: int
    job: Job
    solution: Solution
    is_repeated: bool


class Service:
    """One solver behind ``workers`` threads, each with an engine process of its own.

    ``solver`` is a name of SOLVERS, made with ``options``, or a Solver, which ``close`` does not close. ``cache`` is a
    folder that keeps results between runs. Raises EngineMissing at once if the engine is not installed.
    """

    def __init__(
        self,
        solver: str | Solver,
        *,
        workers: int = 2,
        limits: Limits | None = None,
        cache: Path | None = None,
        **options: object,
    ) -> None:
        self.workers = workers
        self._is_ours = isinstance(solver, str)
        self.solver = get(solver, **_sized(solver, workers), **options) if isinstance(solver, str) else solver
        self.limits = limits or self.solver.limits
        self.engine = self.solver.engine
        self.cache = ResultCache(cache) if cache is not None else None
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=f"solve-{self.solver.name}")
        self._lock = threading.Lock()
        self._running: dict[str, Future[Solution]] = {}
        self._recent: OrderedDict[str, Solution] = OrderedDict()
        self._runs: weakref.WeakSet[Run] = weakref.WeakSet()
        self._num_waiting = 0  # calls of ``solve``
        self._num_ending = 0
        self._is_closed = False

    def solve(self, symbol: str, context: Context = EMPTY) -> Solution:
        """Execute one symbol, or give its known result. Raises JobEnded if the service is closed meanwhile."""
        with self._lock:
            self._num_waiting += 1
        try:
            future, _ = self._submit(Job(symbol, context))
            return future.result()
        finally:
            with self._lock:
                self._num_waiting -= 1

    def run(self, jobs: Iterable[Job], *, as_completed: bool = False) -> Run:
        """Execute jobs; an iterator of Solved in the order of the jobs, or as they finish."""
        return Run(self, jobs, as_completed)

    def close(self) -> None:
        """Drop what has not started, and end what runs with the engine's processes.

        Jobs of a Solver that was handed in are waited for, at most their wall limit.
        """
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._is_ours:
            with self._lock:
                running = list(self._running.values())
            self._end(running)
            self.solver.close()
        self._threads.shutdown()
        if self.cache is not None:
            self.cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self, futures: list[Future[Solution]]) -> None:
        """End jobs by ending the engine's processes, until none of them is under way."""
        with self._lock:
            self._num_ending += 1
        try:
            while wait(futures, timeout=0).not_done:
                self.solver.close()
                wait(futures, timeout=_AGAIN_SECONDS)
        finally:
            with self._lock:
                self._num_ending -= 1

    def _is_shared(self, run: Run) -> bool:
        """Whether anybody but one run has jobs under way."""
        with self._lock:
            return self._num_waiting > 0 or any(not other.is_over for other in self._runs if other is not run)

    def _submit(self, job: Job) -> tuple[Future[Solution], bool]:
        """The future result of a job, and whether it is not computed for this one."""
        key = job_key(job, self.limits, self.solver.name, self.engine)
        with self._lock:
            if key in self._running:
                return self._running[key], True
            known = self._recent.get(key)
            if known is not None:
                self._recent.move_to_end(key)
        if known is None and self.cache is not None:
            known = self.cache.get(key)
        if known is not None:
            future: Future[Solution] = Future()
            future.set_result(known)
            self._remember(key, known)
            return future, True
        with self._lock:
            future = self._threads.submit(self._compute, key, job)
            self._running[key] = future
        future.add_done_callback(lambda _: self._forget(key))
        return future, False

    def _forget(self, key: str) -> None:
        with self._lock:
            self._running.pop(key, None)

    def _remember(self, key: str, solution: Solution) -> None:
        with self._lock:
            self._recent[key] = solution
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)

    def _compute(self, key: str, job: Job) -> Solution:
        try:
            solution = self._solved(job)
            if solution.outcome is Outcome.SANDBOX_ERROR:  # a fault of the machine is tried once more
                solution = self._solved(job)
        except NoDatabase as error:  # a fault of one job's context, not of the set-up
            return Solution(Outcome.GOLD_ERROR, message=str(error), engine=self.engine)
        if solution.outcome not in PASSING:
            self._remember(key, solution)
            if self.cache is not None:
                self.cache.put(key, solution)
        return solution

    def _solved(self, job: Job) -> Solution:
        """Raises JobEnded where the engine was ended: what it said then tells nothing about the job."""
        if self._num_ending:
            raise JobEnded
        try:
            return self.solver.solve(job.symbol, job.context, self.limits)
        finally:
            if self._num_ending:
                raise JobEnded


def _sized(name: str, workers: int) -> dict[str, int]:
    """How a solver is told how many jobs run side by side, where its pool is not sized by the machine."""
    return {"python": {"size": workers}, "sql": {"workers": workers}}.get(name, {})


def _is_ended(future: Future[Solution]) -> bool:
    """Whether a future will never have a result. Waits until it is done."""
    try:
        return isinstance(future.exception(), JobEnded)
    except CancelledError:
        return True


class _Entry(NamedTuple):
    position: int
    job: Job
    future: Future[Solution]
    is_repeated: bool


class Run(Iterator[Solved]):
    """Jobs on their way. ``outcomes`` counts what was handed out, ``num_repeated`` what was not computed for it.

    After ``cancel``, or an exception in the middle (Ctrl-C), it may be read on: what is finished comes out.
    """

    def __init__(self, service: Service, jobs: Iterable[Job], as_completed: bool) -> None:
        self.outcomes: Counter[str] = Counter()
        self.num_repeated = 0
        self.num_read = 0  # jobs taken from the input
        self.current: Solved | None = None  # the last one handed out
        self._service = service
        self._jobs = enumerate(jobs)
        self._as_completed = as_completed
        self._waiting: dict[int, _Entry] = {}  # in the order of the jobs
        self._finished: SimpleQueue[int] = SimpleQueue()
        self._is_cancelled = False
        self.is_over = False  # all is handed out, or nothing more is asked for
        service._runs.add(self)

    def __next__(self) -> Solved:
        while True:
            if not self._is_stopped:
                self._read_ahead()
            if not self._waiting:
                self.is_over = True
                raise StopIteration
            entry = self._next_entry()
            if _is_ended(entry.future):
                del self._waiting[entry.position]
                if not self._is_stopped:  # by another run that waited for the same result
                    self._start(entry.position, entry.job)
                continue
            solution = entry.future.result()
            # An interrupt between any two of these lines loses nothing: the entry goes last.
            self.current = Solved(entry.position, entry.job, solution, entry.is_repeated)
            del self._waiting[entry.position]
            self.outcomes[solution.outcome or "answered"] += 1
            self.num_repeated += entry.is_repeated
            return self.current

    def cancel(self, grace_seconds: float = 0.0) -> None:
        """Start no more jobs, and end those that run after ``grace_seconds``; what is finished then can be read on.

        While another run or ``solve`` of the same service waits for its jobs, running ones are left to end themselves.
        """
        self._is_cancelled = self.is_over = True
        futures = [entry.future for entry in list(self._waiting.values())]
        running = [future for future in futures if not future.cancel()]
        running = list(wait(running, timeout=grace_seconds).not_done)
        if running and not self._service._is_shared(self):
            self._service._end(running)

    @property
    def _is_stopped(self) -> bool:
        return self._is_cancelled or self._service._is_closed

    def _next_entry(self) -> _Entry:
        if self._as_completed and not self._is_stopped:
            return self._waiting[self._finished.get()]
        return next(iter(self._waiting.values()))

    def _read_ahead(self) -> None:
        room = _AHEAD * self._service.workers - len(self._waiting)
        for position, job in islice(self._jobs, max(0, room)):
            self.num_read = position + 1
            self._start(position, job)

    def _start(self, position: int, job: Job) -> None:
        future, is_repeated = self._service._submit(job)
        self._waiting[position] = _Entry(position, job, future, is_repeated)
        if self._as_completed:
            future.add_done_callback(lambda _: self._finished.put(position))
