"""The sources: no plan on both sides, right completions, symbols that the solver executes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collection.procedures.convert import detect, read
from collection.procedures.critical_path import critical_time
from collection.procedures.paper_forms import plan_lines
from collection.procedures.splits import fingerprint
from collection.procedures.trace import trace_accuracy
from collection.procedures.verifier import Judgement, gold_of, judge
from collection.sources.procedures import (
    PROCEDURES_CODE,
    PROCEDURES_GRAPH,
    PROCEDURES_NATURAL,
    PROCEDURES_TO_GRAPH,
    Procedures,
)
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split
from symbol_llm.solvers import Job
from symbol_llm.solvers import get as get_solver

_WORDS = re.compile(r"(?<=\. ).*(\(.*\))")  # what a step is called does not stand in the graph
SOURCES = (PROCEDURES_NATURAL, PROCEDURES_GRAPH, PROCEDURES_CODE, PROCEDURES_TO_GRAPH)


def examples(source: Procedures, limit: int, split: Split | None = None) -> list:
    return [source.to_example(row, Path()) for row in source.read_some(Path(), 0, split=split, limit=limit)]


@pytest.mark.parametrize("source", SOURCES[:3], ids=lambda source: source.task)
def test_traces_are_right(source: Procedures) -> None:
    assert source.format == "text"
    for example in examples(source, 50):
        assert detect(example.input).value.removeprefix("compact_") == source.task.removeprefix("procedures_")
        plan = read(example.input)
        assert trace_accuracy(plan, example.completion) == 1
        assert judge(example.completion, gold_of(example.answer)) is Judgement.CORRECT
        assert critical_time(plan) == (example.answer["low"], example.answer["high"])


def test_graphs_are_executed_to_the_answer() -> None:
    found = examples(PROCEDURES_TO_GRAPH, 10)
    language = get_format(PROCEDURES_TO_GRAPH.format)
    with get_solver("graph") as solver:
        for example, solution in zip(found, solver.solve_many([Job(example.completion) for example in found])):
            assert language.accepts(example.completion).holds
            assert {key: solution.answer[key] for key in ("low", "high")} == example.answer
            steps, orders = plan_lines(read(example.completion))
            lines = example.context.definitions.split("\n")
            assert lines[len(steps) :] == orders
            assert [_WORDS.sub(r"\1", line) for line in lines[: len(steps)]] == [_WORDS.sub(r"\1", s) for s in steps]


def test_no_plan_is_on_both_sides() -> None:
    sides = {
        split: {fingerprint(read(example.input), with_times=True) for example in examples(PROCEDURES_GRAPH, 300, split)}
        for split in (Split.TRAIN, Split.TEST)
    }
    assert sides[Split.TEST] and not sides[Split.TRAIN] & sides[Split.TEST]
