"""Choosing among the right answers, and writing the pairs: ``RAW/distilled/<task>.jsonl``.

    {"question": …, "symbol": …, "answer": …, "definitions": …, "parent": …, "model": …, "proof": …, …}

Of a question's correct samples those whose canonical form most samples share come first; ties go to the shorter symbol.
A question without a correct sample is kept too, in ``<task>.rejects.jsonl``, with the state and fault of each sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from collection.distill.base import Question
from collection.distill.verify import Sample, Verifier
from symbol_llm.ledger import make_folder, replacing

FOLDER = "distilled"


def choose(samples: list[Sample], keep: int) -> list[tuple[Sample, int]]:
    """The best correct samples with different canonical forms, each with the number that share its form."""
    correct = [sample for sample in samples if sample.verdict.is_correct]
    votes = Counter(sample.verdict.canonical for sample in correct)
    first: dict[str, Sample] = {}
    for sample in sorted(correct, key=lambda sample: (len(sample.verdict.symbol), sample.asked.sample)):
        first.setdefault(sample.verdict.canonical, sample)
    best = sorted(first.values(), key=lambda s: (-votes[s.verdict.canonical], len(s.verdict.symbol), s.asked.sample))
    return [(sample, votes[sample.verdict.canonical]) for sample in best[:keep]]


def state_of(samples: list[Sample]) -> str:
    """The one state of a question: kept, else how the sample that came furthest ended."""
    if any(sample.verdict.is_correct for sample in samples):
        return "kept"
    return max((str(sample.verdict.state) for sample in samples), key=_progress)


_ORDER = (
    "not answered", "lost", "failed", "refusal", "content_filter", "length", "no_symbol", "parse_error", "rejected",
)  # fmt: skip


def _progress(state: str) -> int:
    """How far a sample came; all outcomes of an execution are equally far, but a wrong answer is furthest."""
    if state in _ORDER:
        return _ORDER.index(state)
    return len(_ORDER) + (state == "wrong")


def write_pairs(
    verifier: Verifier,
    questions: Iterable[tuple[Question, list[Sample]]],
    out: Path,
    *,
    model: str,
    keep: int = 1,
    advance: Callable[[int], None] = lambda count: None,
) -> dict[str, Any]:
    """Write pairs and rejects; returns the counts. ``questions = kept + each other state`` is asserted."""
    make_folder(out)
    name = verifier.task.name
    counts: Counter[str] = Counter()
    states: Counter[str] = Counter()
    num_questions = num_pairs = 0
    with ExitStack() as stack:
        pairs, rejects = (
            stack.enter_context(stack.enter_context(replacing(out / file)).open("wb"))
            for file in (f"{name}.jsonl", f"{name}.rejects.jsonl")
        )
        for question, samples in questions:
            num_questions += 1
            state = state_of(samples)
            counts[state] += 1
            states.update(str(sample.verdict.state) for sample in samples)
            if state == "kept":
                for sample, votes in choose(samples, keep):
                    num_pairs += 1
                    pairs.write(orjson.dumps(_pair(verifier, question, samples, sample, votes, model)) + b"\n")
            else:
                rejects.write(orjson.dumps(_reject(question, samples, state)) + b"\n")
            advance(1)
    assert num_questions == sum(counts.values())
    return {
        "task": name,
        "questions": num_questions,
        "pairs": num_pairs,
        "by state": dict(sorted(counts.items())),
        "samples by state": dict(sorted(states.items())),
        "out": str(out / f"{name}.jsonl"),
    }


def _pair(
    verifier: Verifier, question: Question, samples: list[Sample], sample: Sample, votes: int, model: str
) -> dict[str, Any]:
    correct = sum(each.verdict.is_correct for each in samples)
    verdict = sample.verdict
    how = "after it was shown its first answer's fault" if sample.is_repair else "at once"
    proof = (
        f"execution: {verdict.engine} gives the gold answer; {correct} of {len(samples)} samples of {model} are "
        f"correct, {votes} agree; this one {how}; request {sample.asked.request.key[:16]}"
    )
    return {
        "question": question.text,
        "symbol": verdict.symbol,
        "answer": question.answer,
        "definitions": question.context.definitions,
        "world": dict(question.context.world),
        "group": question.group,
        "parent": question.id,
        "file": question.file,
        "row": question.row,
        "model": model,
        "prompt_version": verifier.task.version,
        "proof": proof,
    }


def _reject(question: Question, samples: list[Sample], state: str) -> dict[str, Any]:
    return {
        "question": question.text,
        "parent": question.id,
        "file": question.file,
        "row": question.row,
        "state": state,
        "samples": [
            {
                "state": sample.verdict.state,
                "message": sample.verdict.message,
                "output": sample.output,
                "request": sample.asked.request.key,
            }
            for sample in samples
        ],
    }
