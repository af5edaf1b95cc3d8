"""Generated stories and last letters: short, varied, and every program gives the stated answer when executed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from collection.prompts import render
from collection.sources.base import Example, GeneratedSource, Row
from collection.sources.letters import LETTERS
from collection.sources.stories import STORIES
from symbol_llm.record import Split
from symbol_llm.solvers.answers import same_number
from symbol_llm.solvers.base import Job
from symbol_llm.solvers.python import PythonSolver

SOURCES = pytest.mark.parametrize("source", [STORIES, LETTERS], ids=["stories", "letters"])


def rows(source: GeneratedSource, count: int, seed: int = 0) -> list[tuple[Row, Example]]:
    found = []
    for row in islice(source.read(Path(), seed), count):
        item = source.to_example(row, Path())
        assert isinstance(item, Example)
        found.append((row, item))
    return found


@SOURCES
def test_executed_programs_give_the_answers(source: GeneratedSource) -> None:
    items = [item for _, item in rows(source, 300)]
    with PythonSolver() as solver:
        for item, solution in zip(items, solver.solve_many(Job(item.completion) for item in items), strict=True):
            if isinstance(item.answer, str):
                assert solution.answer == item.answer, item.input
            else:
                assert same_number(solution.answer, item.answer) and item.answer >= 0, item.input


@SOURCES
def test_rows_are_short_and_varied(source: GeneratedSource) -> None:
    found = rows(source, 2_000)
    texts = {render(source.prompt, item, source.task, row.split, 0).text for row, item in found}
    assert len(texts) > 1_900
    assert max(map(len, texts)) < 180
    assert all(len(item.completion) < 110 for _, item in found)
    assert all(item.completion.count("\n") <= 4 for _, item in found)


def test_every_kind_and_wording_of_story_occurs() -> None:
    found = {(row.data["kind"], row.data["wording"]) for row, _ in rows(STORIES, 2_000)}
    assert len(found) == 25 and len({kind for kind, _ in found}) == 11


def test_a_story_names_all_its_numbers() -> None:
    for row, item in rows(STORIES, 500):
        assert all(str(number) in item.input for number in row.data["numbers"]), item.input
        assert "{" not in item.input


@SOURCES
def test_rows_depend_on_the_seed_alone(source: GeneratedSource) -> None:
    assert rows(source, 20) == rows(source, 20) != rows(source, 20, seed=1)
    assert {row.split for row in source.read(Path())} == {Split.TRAIN, Split.VALIDATION, Split.TEST}
