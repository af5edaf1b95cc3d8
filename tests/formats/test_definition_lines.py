"""Definitions as lines, and renaming in them."""

from __future__ import annotations

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats.definition_lines import check_names, read_definitions, rename_definitions

GLOSSES = {"turn left", "jump", "objects in both"}


def test_a_line_defines_by_its_gloss_alone() -> None:
    text = "Actions:\nx1: turn left\nboth(set,set): objects in both\njump: swim\n jump: jump\nI_JUMP:jump\n"
    assert read_definitions(text, GLOSSES) == {"x1": "turn left", "both": "objects in both"}


def test_trailing_blanks_and_carriage_returns_do_not_hide_a_definition() -> None:
    text = "a: jump \r\nb: turn left\r\n"
    assert read_definitions(text, GLOSSES) == {"a": "jump", "b": "turn left"}
    assert rename_definitions(text, GLOSSES, {"a": "b", "b": "a"}) == "b: jump \r\na: turn left\r\n"


def test_only_defining_lines_are_renamed_and_only_their_names() -> None:
    text = "jump is one of the actions\njump: jump\nleft(set, set): turn left\njump: swim"
    renamed = rename_definitions(text, GLOSSES, {"jump": "Zq1", "left": "set"})
    assert renamed == "jump is one of the actions\nZq1: jump\nset(set, set): turn left\njump: swim"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [("a: jump\na: turn left", 1, "a is defined twice"), ("a: jump\nb: jump", 4, "two names mean 'jump'")],
)
def test_contradictions_are_refused_with_their_place(text: str, column: int, message: str) -> None:
    with pytest.raises(SymbolError, match=message) as caught:
        read_definitions(text, GLOSSES)
    assert (caught.value.line, caught.value.column) == (2, column)


@pytest.mark.parametrize(
    ("names", "mapping"),
    [("ab", {"a": "b"}), ("ab", {"a": "c", "b": "c"}), ("a", {"a": "1x"}), ("a", {"a": ""}), ("a", {"a": "x y"})],
)
def test_a_renaming_without_an_inverse_is_refused(names: str, mapping: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        check_names(names, mapping)


def test_swapped_names_and_absent_names_are_fine() -> None:
    check_names("abab", {"a": "b", "b": "a", "c": "a"})
