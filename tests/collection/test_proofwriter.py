"""ProofWriter: English read back by its grammar, and clingo's word on every program."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.proofwriter import PROOFWRITER
from collection.sources.proofwriter_english import read_program, read_rule
from symbol_llm.errors import UserError
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")


def test_a_row_is_a_whole_program(raw: Path) -> None:
    folder = raw / "logic_llm"
    row = list(PROOFWRITER.read(folder))[1]
    example = PROOFWRITER.to_example(row, folder)
    assert isinstance(example, Example)
    assert example.completion.split("\n") == [
        "Predicates:",
        "Chases($x, $y, bool) ::: Does x chase y?",
        "Big($x, bool) ::: Is x big?",
        "Sees($x, $y, bool) ::: Does x see y?",
        "Red($x, bool) ::: Is x red?",
        "Facts:",
        "Chases(BaldEagle, Cat, True) ::: The bald eagle chases the cat.",
        "Big(Cat, False) ::: The cat is not big.",
        "Rules:",
        "Chases($x, Cat, True) >>> Sees($x, Cat, False) ::: If something chases the cat then it does not see the cat.",
        "Big($x, True) && Red($x, False) >>> Sees($x, Ann, True) ::: If someone is big and not red then they see Ann.",
        "Query:",
        "Sees(BaldEagle, Cat, True) ::: The bald eagle sees the cat.",
    ]
    assert example.answer == "False" and example.group == "ProofWriter_RelNeg-OWA-D5-2"
    theory, question = example.input.split("\n")
    assert theory.startswith("The bald eagle") and question.startswith("Based on the above information")


def test_splits_and_reasons(raw: Path) -> None:
    folder = raw / "logic_llm"
    rows = list(PROOFWRITER.read(folder))
    assert Counter(row.split for row in rows) == {Split.TRAIN: 10, Split.VALIDATION: 1, Split.TEST: 1}
    items = [PROOFWRITER.to_example(row, folder) for row in rows]
    assert [item.answer for item in items if isinstance(item, Example)] == ["True", "False", "Unknown", "False", "True"]
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert [item.reason for item in rejected] == [
        Reason.WRONG_ANSWER,
        Reason.NOT_DERIVABLE,
        Reason.MALFORMED_ROW,
        Reason.NO_LABEL,
        Reason.MALFORMED_ROW,
        Reason.EMPTY_INPUT,
        Reason.NOT_DERIVABLE,
    ]
    assert rejected[0].detail == "the program says True, the gold answer is False"
    assert "'Bob is very kind'" in rejected[1].detail


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        (
            "Red, cold, big things are not round.",
            "Red($x, True) && Cold($x, True) && Big($x, True) >>> Round($x, False)",
        ),
        ("All young people are nice.", "Young($x, True) >>> Nice($x, True)"),
        ("Young people are nice.", "Young($x, True) >>> Nice($x, True)"),
        (
            "If something likes the cat and the cat is not big then it is nice.",
            "Likes($x, Cat, True) && Big(Cat, False) >>> Nice($x, True)",
        ),
        (
            "If someone visits the bald eagle and they do not need the cat then the cat does not visit the bald eagle.",
            "Visits($x, BaldEagle, True) && Needs($x, Cat, False) >>> Visits(Cat, BaldEagle, False)",
        ),
        ("If Ann is big and not red then Ann is nice.", "Big(Ann, True) && Red(Ann, False) >>> Nice(Ann, True)"),
        (
            "If the cat is nice and the cat eats the mouse then the mouse sees the cat.",
            "Nice(Cat, True) && Eats(Cat, Mouse, True) >>> Sees(Mouse, Cat, True)",
        ),
    ],
)
def test_rules(sentence: str, rule: str) -> None:
    found = read_rule(sentence)
    assert str(found) == f"{rule} ::: {sentence}"


@pytest.mark.parametrize(
    "sentence",
    [
        "If it is big then it is red.",  # nothing for it to stand for
        "If Ann is big then they are red.",
        "If something is big or red then it is nice.",
        "If something likes the cat and red then it is nice.",
        "If something is big then it is red and nice.",
        "If something barks at the cat then it is nice.",
        "All things are nice.",
        "Something is big.",
        "It is big.",
        "Bob is a cat.",
        "Big cats are nice.",
        "Bob.",
    ],
)
def test_strange_sentences_are_refused(sentence: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        read_program(f"Ann is big. {sentence}", "Ann is big.")


@pytest.mark.parametrize("question", ["Ann is big", "", "Ann is big. Bob is big.", "If Ann is big then Ann is red."])
def test_strange_questions_are_refused(question: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        read_program("Ann is big.", question)


def test_a_theory_without_its_end_is_refused() -> None:
    with pytest.raises(ValueError, match="full stop"):
        read_program("Ann is big. Bob is", "Ann is big.")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data/ProofWriter/train\.json"):
        list(PROOFWRITER.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_theory_gives_its_answer() -> None:
    assert RAW
    folder = Path(RAW) / "logic_llm"
    items = [PROOFWRITER.to_example(row, folder) for row in PROOFWRITER.read(folder)]
    assert [item for item in items if isinstance(item, Rejected)] == []
