"""Requests and answers, whatever their fields are called."""

from __future__ import annotations

from typing import Any

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.instruction_rows import Fields, to_example, trimmed
from symbol_llm.formats.base import Context

FIELDS = Fields("ask", "say", given="about", system="system", group="kind")


def test_all_parts() -> None:
    data = {"ask": " Name it. ", "say": "\nCod\n", "about": "a fish\n", "system": "Be brief.", "kind": "names"}
    assert to_example(data, FIELDS) == Example(
        input="Name it.\na fish", completion="Cod", context=Context("Be brief."), group="names"
    )
    assert to_example({"ask": "Name it.", "say": "Cod", "about": None}, FIELDS) == Example(
        input="Name it.", completion="Cod"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"ask": "x"}, Reason.NO_LABEL),
        ({"ask": "x", "say": None}, Reason.EMPTY_SYMBOL),
        ({"ask": "x", "say": " \n"}, Reason.EMPTY_SYMBOL),
        ({"ask": " ", "say": "y"}, Reason.EMPTY_INPUT),
        ({"ask": 0, "say": "y"}, Reason.MALFORMED_ROW),
        ({"ask": "x", "say": ["y"]}, Reason.MALFORMED_ROW),
        ({"say": "y"}, Reason.MALFORMED_ROW),
        ("x", Reason.MALFORMED_ROW),
        (None, Reason.MALFORMED_ROW),
    ],
)
def test_reasons(data: Any, reason: Reason) -> None:
    found = to_example(data, FIELDS)
    assert isinstance(found, Rejected) and found.reason is reason and found.detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  one line  ", "one line"),
        ("\n \n    if x:\n        y\n\n", "    if x:\n        y"),
        ("\r\n  a\r\n  b\r\n", "  a\r\n  b"),
        ("a\n b ", "a\n b"),
        (" \n\t", ""),
        ("", ""),
    ],
)
def test_trimmed(text: str, expected: str) -> None:
    assert trimmed(text) == expected
