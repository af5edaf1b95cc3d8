"""Generated theories: balanced, short, varied, and right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from collection.sources.theories import ANSWERS, THEORIES, Fact, Literal, Rule, judge
from symbol_llm.formats import Context
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split
from symbol_llm.solvers import Job
from symbol_llm.solvers import get as get_solver

ROWS = list(THEORIES.read(Path()))
EXAMPLES = [THEORIES.to_example(row, Path()) for row in ROWS]

TOM, CAT, KIND = "Tom", Literal("cat"), Literal("kind")


@pytest.mark.parametrize(
    ("premises", "conclusion", "answer"),
    [
        ([Rule(("cat",), KIND), Fact(TOM, CAT)], Fact(TOM, KIND), "True"),
        ([Rule(("cat",), KIND.denied()), Fact(TOM, CAT)], Fact(TOM, KIND), "False"),
        ([Rule(("kind",), CAT), Fact(TOM, CAT)], Fact(TOM, KIND), "Uncertain"),
        ([Rule(("cat",), KIND), Fact(TOM, KIND.denied())], Fact(TOM, CAT), "False"),  # backwards
        ([Rule(("cat",), KIND), Fact("Mia", CAT)], Fact(TOM, KIND), "Uncertain"),
        ([Rule(("cat", "shy"), KIND), Fact(TOM, CAT)], Fact(TOM, KIND), "Uncertain"),
        ([Rule(("cat",), KIND), Fact(TOM, CAT), Fact(TOM, KIND.denied())], Fact(TOM, KIND), "Inconsistent"),
    ],
)
def test_judge(premises: list, conclusion: Fact, answer: str) -> None:
    assert judge(premises, conclusion) == answer


def test_z3_confirms_the_answers() -> None:
    chosen = [e for e, row in zip(EXAMPLES, ROWS) if row.split is Split.TRAIN][:600]
    with get_solver("fol") as solver:
        for example, solution in zip(chosen, solver.solve_many([Job(e.completion) for e in chosen])):
            assert solution.answer == example.answer, (example, solution)
            assert not solution.message


def test_answers_are_balanced_in_every_split() -> None:
    for split, size in THEORIES.sizes.items():
        counts = Counter(e.answer for e, row in zip(EXAMPLES, ROWS) if row.split is split)
        assert counts.keys() == set(ANSWERS) and sum(counts.values()) == size
        assert max(counts.values()) - min(counts.values()) <= 1


def test_the_sign_of_the_conclusion_does_not_give_the_answer_away() -> None:
    signs = Counter((e.answer, "¬" in e.completion.split("\n")[-1]) for e in EXAMPLES)
    for answer in ANSWERS:
        assert 0.3 < signs[answer, True] / (signs[answer, True] + signs[answer, False]) < 0.7


def test_texts_are_varied_and_short() -> None:
    assert len({e.input for e in EXAMPLES}) > 0.99 * len(EXAMPLES)
    lengths = sorted(len(e.completion.split("\n")) for e in EXAMPLES)
    assert lengths[0] == 3 and lengths[-1] <= 7
    assert sorted(len(e.input) for e in EXAMPLES)[len(EXAMPLES) // 2] < 120


def test_symbols_are_words_of_the_text() -> None:
    language = get_format("fol")
    for example in EXAMPLES[:300]:
        words = set(example.input.replace(".", "").replace("?", "").replace(",", "").split())
        assert {name.text for name in language.names(language.parse(example.completion))} <= words


def test_a_quarter_defines_all_its_symbols() -> None:
    language = get_format("fol")
    defined = [e for e in EXAMPLES if e.context != Context()]
    assert 0.2 < len(defined) / len(EXAMPLES) < 0.3
    for example in defined[:300]:
        assert set(language.defined_names(example.context)) == language.names(language.parse(example.completion))
