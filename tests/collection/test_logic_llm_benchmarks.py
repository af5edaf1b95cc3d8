"""ProntoQA and LogicalDeduction: English read back by its grammar, and the solvers' word on every row."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from collection.sources import prontoqa
from collection.sources.base import Example, FilesMissing, Reason, Rejected, Row, Source
from collection.sources.logical_deduction import LOGICAL_DEDUCTION, read_problem
from collection.sources.prontoqa import PRONTOQA
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split
from symbol_llm.solvers import get as get_solver

RAW = os.environ.get("SYMBOL_LLM_RAW")

WUMPUS: dict[str, Any] = {
    "id": "ProntoQA_7",
    "context": "Every wumpus is a dumpus. Dumpuses are not sour. Each impus is red. Dumpuses are impuses. "
    "Max is a wumpus.",
    "question": "Is the following statement true or false? Max is sour.",
    "options": ["A) True", "B) False"],
    "answer": "B",
    "explanation": [],
}
PREFACE = "The following paragraphs each describe a set of three objects.\n\n"
BOOKS: dict[str, Any] = {
    "id": "logical_deduction_4",
    "context": PREFACE + "On a shelf, there are three books: a red book, a blue jay book, and an orange book. "
    "The red book is the leftmost. The orange book is to the left of the blue jay book.",
    "question": "Which of the following is true?",
    "options": ["A) The red book is the rightmost.", "B) The blue jay book is the rightmost."],
    "answer": "B",
}


def read(source: Source, folder: Path, file: str, rows: list[Any]) -> list[tuple[Row, Example | Rejected]]:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(rows))
    found = list(source.read(folder))
    return [(row, row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)) for row in found]


def test_prontoqa_is_a_program_for_a_closed_world(tmp_path: Path) -> None:
    ((row, example),) = read(PRONTOQA, tmp_path, "data/ProntoQA/dev.json", [WUMPUS])
    assert isinstance(example, Example) and row.split is Split.TEST
    assert example.completion.split("\n") == [
        "Predicates:",
        "Wumpus($x, bool) ::: Is x a wumpus?",
        "Dumpus($x, bool) ::: Is x a dumpus?",
        "Sour($x, bool) ::: Is x sour?",
        "Impus($x, bool) ::: Is x an impus?",
        "Red($x, bool) ::: Is x red?",
        "Facts:",
        "Wumpus(Max, True) ::: Max is a wumpus.",
        "Rules:",
        "Wumpus($x, True) >>> Dumpus($x, True) ::: Every wumpus is a dumpus.",
        "Dumpus($x, True) >>> Sour($x, False) ::: Dumpuses are not sour.",
        "Impus($x, True) >>> Red($x, True) ::: Each impus is red.",
        "Dumpus($x, True) >>> Impus($x, True) ::: Dumpuses are impuses.",
        "Query:",
        "Sour(Max, True) ::: Max is sour.",
    ]
    assert (example.answer, example.context.world) == ("False", {"assumption": "closed"})
    assert get_format("logic_program").accepts(example.completion).holds
    assert PRONTOQA.prompt.instructions and len(set(PRONTOQA.prompt.instructions)) == 10


@pytest.mark.parametrize(
    "sentence",
    [
        "Every wumpus is a dumpus",
        "Every wumpus are a dumpus.",
        "Every wumpus is dumpuses.",
        "Max is dumpuses.",
        "Some wumpus is red.",
        "Wumpuses are very red.",
        "Every wumpus is not a dumpus.",
        "max is red.",
        "Max is red\0.",
        "",
    ],
)
def test_prontoqa_refuses_what_is_not_its_english(sentence: str) -> None:
    with pytest.raises(ValueError):
        prontoqa.read_program(sentence, "Max is red.")
    with pytest.raises(ValueError):
        prontoqa.read_program("Max is red.", sentence or "Every wumpus is red.")


def test_logical_deduction_is_a_constraint_problem(tmp_path: Path) -> None:
    ((row, example),) = read(LOGICAL_DEDUCTION, tmp_path, "data/LogicalDeduction/dev.json", [BOOKS])
    assert isinstance(example, Example) and row.split is Split.TEST
    assert example.completion.split("\n") == [
        "Domain:",
        "1: leftmost",
        "3: rightmost",
        "Variables:",
        "red_book [IN] [1, 2, 3]",
        "blue_jay_book [IN] [1, 2, 3]",
        "orange_book [IN] [1, 2, 3]",
        "Constraints:",
        "red_book == 1 ::: The red book is the leftmost.",
        "orange_book < blue_jay_book ::: The orange book is to the left of the blue jay book.",
        "AllDifferentConstraint([red_book, blue_jay_book, orange_book]) ::: every object has a place of its own",
        "Query:",
        "A) red_book == 3 ::: The red book is the rightmost.",
        "B) blue_jay_book == 3 ::: The blue jay book is the rightmost.",
    ]
    assert example.answer == "B" and "The following paragraphs" not in example.input
    assert get_format("logic_program").accepts(example.completion).holds


BIRDS = "On a branch, there are three birds: a jay, an owl, and a hen."
CARS = "In a show, there are three vehicles: a bus, a van, and a car."
FRUITS = "A stand sells three fruits: figs, kiwis, and plums."
GOLFERS = "In a cup, there were three golfers: Ana, Eve, and Joe."


@pytest.mark.parametrize(
    ("scene", "clue", "comparison"),
    [
        (
            "On a branch, there are three birds: a jay, an owl, and a hen.",
            "The owl is the second from the left.",
            "owl == 2",
        ),
        (
            "On a branch, there are three birds: a jay, an owl, and a hen.",
            "The owl is the second from the right.",
            "owl == 2",
        ),
        (
            "On a branch, there are three birds: a jay, an owl, and a hen.",
            "The owl is the third from the right.",
            "owl == 1",
        ),
        (
            "In a show, there are three vehicles: a bus, a van, and a car.",
            "The bus is newer than the van.",
            "bus > van",
        ),
        (CARS, "The bus is the second-newest.", "bus == 2"),
        (CARS, "The bus is the oldest.", "bus == 1"),
        (
            "A stand sells three fruits: figs, kiwis, and plums.",
            "The figs are less expensive than the plums.",
            "figs < plums",
        ),
        (FRUITS, "The figs are the second-most expensive.", "figs == 2"),
        (FRUITS, "The figs are the cheapest.", "figs == 1"),
        (GOLFERS, "Ana finished below Joe.", "Ana > Joe"),
        (GOLFERS, "Ana finished second-to-last.", "Ana == 2"),
        (GOLFERS, "Ana finished third.", "Ana == 3"),
        (GOLFERS, "Ana finished last.", "Ana == 3"),
    ],
)
def test_the_sentences_of_all_four_orders(scene: str, clue: str, comparison: str) -> None:
    problem = read_problem(f"{scene} {clue}", {"A": clue})
    assert str(problem.options[0].comparison) == comparison


@pytest.mark.parametrize(
    ("puzzle", "told"),
    [
        ("There are some birds.", "how many objects"),
        ("On a branch, there are three birds: a jay and an owl.", "3 objects are announced"),
        ("On a branch, there are three birds: a jay, an owl, and an owl.", "3 objects are announced"),
        (
            "On a branch, there are three birds: a jay, an owl, and a hen. The cat is the leftmost.",
            "none of the objects",
        ),
        (BIRDS + " The jay sings.", "no sentence of the grammar"),
        (BIRDS + " The jay is the fifth from the left.", "only 3"),
        (BIRDS + " The jay is the oldest.", "different orders"),
        ("On a branch, there are three birds: a jay, an owl, and a h!n.", "name of a variable"),
    ],
)
def test_logical_deduction_refuses_what_is_not_its_english(puzzle: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_problem(puzzle, {"A": "The jay is the leftmost."})


@pytest.mark.parametrize(
    ("source", "file", "row"),
    [(PRONTOQA, "data/ProntoQA/dev.json", WUMPUS), (LOGICAL_DEDUCTION, "data/LogicalDeduction/train.json", BOOKS)],
)
def test_reasons(tmp_path: Path, source: Source, file: str, row: dict[str, Any]) -> None:
    rows = [
        {**row, "answer": ""},
        {**row, "answer": "E"},
        {**row, "context": " \n"},
        {**row, "options": None},
        {**row, "options": ["True"]},
        {**row, "context": "Nothing of the kind."},
        {name: value for name, value in row.items() if name != "question"},
        ["no", "object"],
    ]
    assert [item.reason for _, item in read(source, tmp_path, file, rows) if isinstance(item, Rejected)] == [
        Reason.NO_LABEL,
        Reason.MALFORMED_ROW,
        Reason.EMPTY_INPUT,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
        Reason.NOT_DERIVABLE,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
    ]


@pytest.mark.parametrize("source", [PRONTOQA, LOGICAL_DEDUCTION])
def test_without_files_it_says_so(tmp_path: Path, source: Source) -> None:
    with pytest.raises(FilesMissing):
        list(source.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize(("source", "solver"), [(PRONTOQA, "logic_program"), (LOGICAL_DEDUCTION, "csp")])
def test_every_real_row_has_its_answer(source: Source, solver: str) -> None:
    assert RAW
    folder = Path(RAW) / source.upstream.dataset
    found: Counter[bool] = Counter()
    with get_solver(solver) as engine:
        for row in source.read(folder):
            example = source.to_example(row, folder)
            assert isinstance(example, Example), example
            found[engine.solve(example.completion, example.context).answer == example.answer] += 1
    assert found[True] and not found[False]
