"""Executing what a model wrote: every sample ends in one state, and so does every question.

    response ──finish──▶ refusal, content_filter, length …
             ──extract─▶ no_symbol
             ──parse───▶ parse_error                      the language
             ──solve───▶ rejected, runtime_error …        the solver, a real engine
             ──agrees──▶ correct, wrong, bad_answer       the gold answer

What was found is written into the ledger, so that collecting again executes only what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby

import orjson

from collection.distill.answers import read_response
from collection.distill.base import Question, Task
from collection.distill.ledger import Answer, Finish, Ledger, State
from collection.distill.requests import Asked, Sampling, make_request
from symbol_llm.errors import SymbolError
from symbol_llm.formats import get as get_format
from symbol_llm.ledger import code_version
from symbol_llm.shards import chunked
from symbol_llm.solvers import Job, Outcome, Solution
from symbol_llm.solvers import get as get_solver

_SAMPLES_AT_ONCE = 64
NOT_ANSWERED = "not answered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one sample. ``state`` is an outcome, how the answer ended, or the state of its request."""

    state: str
    message: str = ""
    symbol: str = ""
    canonical: str = ""
    engine: str = ""
    isolation: str = ""

    @property
    def is_correct(self) -> bool:
        return self.state == Outcome.CORRECT


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer to a question, or the lack of it. ``is_repair``: the model was shown its first answer's fault."""

    asked: Asked
    output: str
    verdict: Verdict
    is_repair: bool = False


class Verifier:
    """Judges the samples of one task. Close it when done."""

    def __init__(self, task: Task, ledger: Ledger, workers: int = 2) -> None:
        self.task, self.ledger, self.workers = task, ledger, workers
        self._language = get_format(task.source.format)
        self._solver = get_solver(task.solver)
        # Verdicts of other code are never taken for this code's.
        self._code = code_version("symbol_llm", "collection/distill")

    def judge(self, asked: Iterable[Asked]) -> Iterator[Sample]:
        """The samples in order, each with its verdict."""
        for chunk in chunked(asked, _SAMPLES_AT_ONCE):
            found = [self._known(each) for each in chunk]
            open_ones = [number for number, sample in enumerate(found) if isinstance(sample, _Open)]
            runs = [found[number] for number in open_ones]
            jobs = [Job(run.symbol, run.question.context) for run in runs if isinstance(run, _Open)]
            solutions = self._solver.solve_many(jobs, workers=self.workers)
            new = []
            for number, solution in zip(open_ones, solutions, strict=True):
                run = found[number]
                assert isinstance(run, _Open)
                verdict = self._judged(run, solution)
                found[number] = Sample(chunk[number], run.output, verdict)
                new.append((chunk[number].request.key, run.question.id, self._code, orjson.dumps(asdict(verdict))))
            self.ledger.write_verdicts(new)
            for sample in found:
                assert isinstance(sample, Sample)
                yield sample

    def questions(
        self, asked: Iterable[Asked], repair: Sampling | None = None
    ) -> Iterator[tuple[Question, list[Sample]]]:
        """The questions in order with all their samples; with ``repair`` also the second tries of those without a
        correct one, as far as they were asked."""
        for _, samples in groupby(self.judge(asked), key=lambda sample: sample.asked.question.id):
            first = list(samples)
            second = list(self.judge(repairs(self.task, first, repair))) if repair else []
            repaired = [replace(sample, is_repair=True) for sample in second if sample.verdict.state != NOT_ANSWERED]
            yield first[0].asked.question, first + repaired

    def close(self) -> None:
        self._solver.close()

    def _known(self, asked: Asked) -> Sample | _Open:
        """A sample whose verdict needs no solver, or what is to be executed."""
        answer = self.ledger.answer(asked.request.key)
        if answer is None:
            return Sample(asked, "", self._unanswered(asked))
        reading = read_response(answer.response)
        assert reading is not None, "the ledger keeps whole completions only"
        stored = self.ledger.verdict(asked.request.key, asked.question.id, self._code)
        if stored is not None:
            return Sample(asked, reading.text, Verdict(**orjson.loads(stored)))
        return self._read(asked, answer, reading.text)

    def _read(self, asked: Asked, answer: Answer, text: str) -> Sample | _Open:
        if answer.finish in (Finish.REFUSED, Finish.FILTERED, Finish.LENGTH):
            return Sample(asked, text, Verdict(answer.finish))
        symbol = self.task.extract(text)
        if symbol is None:
            return Sample(asked, text, Verdict(Outcome.NO_SYMBOL))
        context = asked.question.context
        try:
            canonical = self._language.canonical(symbol, context)
        except SymbolError as error:
            return Sample(asked, text, Verdict(Outcome.PARSE_ERROR, str(error), symbol))
        return _Open(asked.question, text, symbol, canonical)

    def _unanswered(self, asked: Asked) -> Verdict:
        state = self.ledger.state_of(asked.request.key)
        if state in (State.FAILED, State.LOST):
            return Verdict(state, self.ledger.error(asked.request.key))
        return Verdict(NOT_ANSWERED)

    def _judged(self, run: _Open, solution: Solution) -> Verdict:
        outcome, message = solution.outcome, solution.message
        if outcome is None:
            agrees = self.task.agrees(solution.answer, run.question)
            outcome = {None: Outcome.BAD_ANSWER, True: Outcome.CORRECT, False: Outcome.WRONG}[agrees]
            if outcome is not Outcome.CORRECT:
                message = f"it gives {orjson.dumps(solution.answer).decode()[:200]}"
        return Verdict(outcome, message, run.symbol, run.canonical, solution.engine, solution.isolation)


def repairs(task: Task, samples: list[Sample], sampling: Sampling) -> list[Asked]:
    """The second tries of a question: each failed sample's author is shown the fault. None if a sample is correct."""
    if any(sample.verdict.is_correct for sample in samples):
        return []
    return [
        Asked(
            sample.asked.question,
            sample.asked.sample,
            make_request(
                task.repair_messages(sample.asked.question, sample.output, fault_of(sample)),
                sampling,
                sample.asked.sample,
            ),
        )
        for sample in samples
        if sample.output
    ]


def fault_of(sample: Sample) -> str:
    """What a model is told of its answer: never the gold answer, only that another was expected."""
    if sample.verdict.state == Outcome.WRONG:
        return f"{sample.verdict.message}, which is not the right answer"
    return f"{sample.verdict.state}: {sample.verdict.message}".rstrip(": ")


@dataclass(frozen=True, slots=True)
class _Open:
    """A sample that a solver has to execute."""

    question: Question
    output: str
    symbol: str
    canonical: str
