"""The rules of the peers, worked by hand from their published programs: also where they are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from symbol_llm.solvers.answers import same_number
from symbol_llm.solvers.answers_choices import same_choice
from symbol_llm.solvers.answers_peers import logic_lm_choice, logic_lm_letter, pal_float
from symbol_llm.solvers.answers_wikitq import normalised, to_value, wikitq_denotation


@pytest.mark.parametrize(
    ("answer", "gold", "theirs", "ours"),
    [
        (72.0, 72, True, True),
        ("72", 72, True, True),
        (72.0009, 72, True, True),
        (72.002, 72, False, False),
        (True, 1, True, False),  # float(True) is 1
        ([72], 72, False, True),  # float([72]) raises
        ("1,000", 1000, False, True),  # float("1,000") raises
        ("50%", 0.5, False, True),
        ({"fraction": "1/3"}, 1 / 3, True, True),
        ({"sympy": "7/2", "number": 3.5}, 3.5, True, True),
        ({"sympy": "x"}, 1, False, False),
        (1e15 + 2, 1e15, False, True),  # an absolute tolerance asks sixteen digits of GSM-Hard
        ("nan", 1, False, False),
        ("inf", "inf", False, False),
        (None, 0, False, False),
        ("1_000", 1000, True, False),  # Python reads it
    ],
)
def test_pal(answer: Any, gold: Any, theirs: bool, ours: bool) -> None:
    assert pal_float(answer, gold) is theirs
    assert same_number(answer, gold) is ours


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("A", "A"),
        ("A) True", "A"),
        ("A. True", "A"),
        ("All of them", "A"),
        ("Bob is green", "B"),
        ("a", None),
        ("(A)", None),  # only the gold answer loses its brackets
        ("True", None),
        ("I say: I", None),  # I is no letter of theirs
        ("So the correct option is C.", "C"),
        ("The correct answer is:\nB", None),
        ("Thus, the answer is B", "B"),
        ("Thus, the answer is B. But the correct option is C", "C"),  # the list's first indicator, not the reply's
        ("", None),
    ],
)
def test_logic_lm(reply: str, letter: str | None) -> None:
    assert logic_lm_letter(reply) == letter
    for gold in ("A", "B", "(C)"):
        assert logic_lm_choice(reply, gold) is (letter == gold.strip("()"))


def test_where_logic_lm_and_we_differ() -> None:
    assert logic_lm_choice("All of them", "A") and not same_choice("All of them", "A")
    assert not logic_lm_choice("(A)", "A") and same_choice("(A)", "A")
    assert not logic_lm_choice(None, "A") and not logic_lm_choice("A", None)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Barcelona", "barcelona"),
        ("  São   Paulo. ", "sao paulo"),
        ("Barcelona[1]", "barcelona"),
        ("Barcelona[note 3]", "barcelona"),
        ("[1]", ""),  # a number in brackets goes even at the start
        ("[note]", "[note]"),
        ("Barcelona (Spain)", "barcelona"),
        ("(Spain)", "(spain)"),
        ("Barcelona (Spain)[2]†", "barcelona"),
        ("“Barcelona”", "barcelona"),
        ('"a" and "b"', '"a" and "b"'),
        ("2–1", "2-1"),
        ("it’s", "it's"),
        ("U.S.A.", "u.s.a"),
        ("5*", "5"),
    ],
)
def test_normalised_as_wikitablequestions_does(text: str, plain: str) -> None:
    assert normalised(text) == plain


@pytest.mark.parametrize(
    ("answer", "gold", "is_same"),
    [
        ("Barcelona (Spain)", "barcelona", True),
        ("1234", "1234.0", True),
        (1234, "1234", True),
        (0.5, "0.5", True),
        ("1,234", "1234", False),  # no number in Python; the texts differ
        ("1,234", {"values": ["1,234"], "canon": ["1234.0"]}, True),
        (1234, {"values": ["1,234"], "canon": ["1234.0"]}, True),
        ("1234.0000001", "1234", True),
        ("1234.001", "1234", False),
        ("2008-05-03", "2008-5-3", True),
        ("2008-05-xx", "2008-05-03", False),
        ("2008-xx-xx", "2008", True),  # only a year: a number
        ("xx-xx-xx", "xx-xx-xx", True),  # no date, but the same text
        ("2008-13-01", "2008-13-1", False),
        ("May 3, 2008", "2008-05-03", False),
        ("May 3, 2008", {"values": ["May 3, 2008"], "canon": ["2008-05-03"]}, True),
        (["3", "2"], ["2", "3"], True),
        (["2", "2.0", "3"], ["2", "3"], True),  # values of a set
        (["2"], ["2", "3"], False),
        (["2", "3", "4"], ["2", "3"], False),
        ({"columns": 1, "rows": [[3], [2]]}, ["2", "3"], True),
        ({"columns": 2, "rows": [[3, "x"]]}, ["3"], True),
        ([], [], True),
        (None, "", True),
        (True, "1", False),
        ([["2"]], ["2"], False),
        ("1_0", "10", False),
    ],
)
def test_wikitablequestions(answer: Any, gold: Any, is_same: bool) -> None:
    assert wikitq_denotation(answer, gold) is is_same


def test_a_long_cell_takes_no_time_to_normalise() -> None:
    assert len(to_value("(" * 200_000).text) <= 10_000
    assert normalised("a" + "[b]" * 3_000 + "c").startswith("a[b]")
