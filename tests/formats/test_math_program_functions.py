"""Programs under other names: what definitions call ``solution`` and functions of Python."""

from __future__ import annotations

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.math_program_functions import written_definitions

LANGUAGE = get("math_program")
RENAMED = Context("kab(): gives the answer\nbpml(x): the largest of x\nround(x): all of x added up")


def renamed(text: str, **names: str) -> str:
    mapping = {Name("function", old): new for old, new in names.items()}
    return LANGUAGE.render(LANGUAGE.rename(LANGUAGE.parse(text), mapping))


def test_definitions_say_what_runs() -> None:
    verdict = LANGUAGE.accepts("def kab():\n    return bpml(3, 4) + round([1, 2])", RENAMED)
    assert verdict and verdict.reason == "returns 7"


def test_without_definitions_names_are_pythons_own() -> None:
    assert LANGUAGE.accepts("def solution():\n    return max(3, 4)").reason == "returns 4"
    assert not LANGUAGE.accepts("def kab():\n    return 4")


def test_another_function_than_the_one_defined_is_refused_with_its_name() -> None:
    verdict = LANGUAGE.accepts("def solution():\n    return 4", RENAMED)
    assert verdict.holds is False and "the definitions call for kab(), not for solution()" in verdict.reason


def test_contradictory_definitions_leave_the_verdict_open() -> None:
    context = Context("kab(): gives the answer\nbab(): gives the answer")
    assert LANGUAGE.accepts("def kab():\n    return 4", context).holds is None


def test_programs_of_one_context_mean_the_same_if_they_return_the_same() -> None:
    same = LANGUAGE.equivalent("def kab():\n    return bpml(3, 4)", "def kab():\n    return round([2, 2])", RENAMED)
    assert same.holds is True
    other = LANGUAGE.equivalent("def kab():\n    return bpml(3, 4)", "def kab():\n    return 3", RENAMED)
    assert other.holds is False


def test_a_score_looks_at_the_definitions() -> None:
    score = LANGUAGE.score("def kab():\n    return 2 + 2", "def kab():\n    return bpml(3, 4)", RENAMED)
    assert score.is_equivalent is True and not score.is_exact


def test_exchanged_names_mean_what_the_definitions_say() -> None:
    context = Context("max(): gives the answer\nsolution(x): the largest of x")
    text = renamed("def solution():\n    return max(3, 4)", solution="max", max="solution")
    assert text == "def max():\n    return solution(3, 4)"
    assert LANGUAGE.accepts(text, context).reason == "returns 4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def solution():\n    sum = 3\n    return max(sum, 4)", {"solution", "max"}),
        ("def solution():\n    return [max(x, 0) for x in range(3)]", {"solution", "max", "range"}),
        ("def solution(max=3):\n    return max", {"solution"}),
        ("import math as sum\ndef solution():\n    return sum.pi", {"solution"}),
        ("def help(x):\n    return len(x)\ndef solution():\n    return help('ab')", {"solution", "len"}),
        ("def solution():\n    return eval('max(3, 4)')", set()),
        ("def solution():\n    return globals()['x'] + max(3, 4)", set()),
        ("def solution():\n    solution = 3\n    return solution", set()),
        ("def solution(n=3):\n    return n and solution(n - 1) or 7", {"solution"}),
        ("def solution():\n    return '{max}'.format(max=abs(-3))", {"solution", "abs"}),
    ],
)
def test_only_names_that_the_program_does_not_bind_are_functions(text: str, expected: set[str]) -> None:
    assert {name.text for name in LANGUAGE.names(LANGUAGE.parse(text))} == expected


def test_a_call_of_itself_is_renamed_too() -> None:
    text = renamed("def solution(n=3):\n    return n and solution(n - 1) or 7", solution="kab")
    assert text == "def kab(n=3):\n    return n and kab(n - 1) or 7"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def solution():\n    kab = 3\n    return kab", {"solution": "kab"}),
        ("def kab():\n    return 1\ndef solution():\n    return kab()", {"solution": "kab"}),
        ("def solution():\n    return max(3, 4)", {"solution": "kab", "max": "kab"}),
        ("def solution():\n    return max(3, 4)", {"max": "class"}),
        # Under another name, the last function that can would be taken for the one that answers.
        ("def solution():\n    return 1\ndef other():\n    return 2", {"solution": "kab"}),
    ],
)
def test_a_name_that_means_something_else_is_refused(text: str, names: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"kab|class|other"):
        renamed(text, **names)


def test_a_program_without_any_function_that_answers_does_not_parse() -> None:
    with pytest.raises(SymbolError, match="a function named solution"):
        LANGUAGE.parse("def kab(x):\n    return x")


def test_written_definitions_hold_what_is_called_and_three_more() -> None:
    lines = written_definitions("def solution():\n    return max(3, 4)")
    assert len(lines) == 5
    assert {"solution(): gives the answer", "max(x): the largest of x"} < set(lines)
    assert written_definitions("def solution():\n    return min(3, 4)") != lines
