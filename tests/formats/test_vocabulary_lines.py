"""Definition lines of an open vocabulary."""

from __future__ import annotations

import re

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Name
from symbol_llm.formats.vocabulary_lines import Layout

LAYOUT = Layout({"key ": "key", "kind ": "class"}, re.compile("[a-z]+(?:[.][a-z]+)*"), r"(?:\([a-z]*\))?")
TEXT = "The keys are:\nkey a.b: first  \r\nkey c(d): the second: c\nkind a.b: third\nkey  e: no\nkey f:\nkey A: no"


def test_lines_that_define_and_lines_that_do_not() -> None:
    names = LAYOUT.read(TEXT)
    assert [(n.kind, n.text, n.gloss) for n in names] == [
        ("key", "a.b", "first"),
        ("key", "c", "the second: c"),
        ("class", "a.b", "third"),
    ]


def test_renaming_touches_the_names_alone() -> None:
    swap = {Name("key", "a.b"): "c", Name("key", "c"): "a.b", Name("class", "a.b"): "x"}
    assert LAYOUT.rename(TEXT, swap) == TEXT.replace("key a.b:", "key c:").replace("key c(", "key a.b(").replace(
        "kind a.b", "kind x"
    )


def test_a_name_defined_twice_is_pointed_at() -> None:
    with pytest.raises(SymbolError, match="a is defined twice") as caught:
        LAYOUT.read("key a: one\nkind a: of another kind\nkey a: two")
    assert caught.value.line == 3 and caught.value.column == 5


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({Name("key", "a.b"): "c"}, "the keys a.b and c would both be called c"),
        ({Name("key", "a.b"): "A B"}, "cannot be renamed to 'A B'"),
    ],
)
def test_a_renaming_without_an_inverse_is_refused(mapping: dict[Name, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LAYOUT.rename(TEXT, mapping)
