"""Dates, worked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from symbol_llm.solvers.answers_dates import Date, as_date, same_date


@pytest.mark.parametrize(
    "text",
    [
        "2008-05-03", "2008-5-3", "2008/05/03", "May 3, 2008", "May 3 2008", "may 3rd, 2008", "3 May 2008",
        "3rd of May, 2008", "3-May-2008", "05/03/2008", "5.3.2008", "Saturday, May 3, 2008", "Sat 3 May 2008",
        "2008-05-03T10:20:30Z",        "2008-05-03 10:20", " 'May 3, 2008'. ",
    ],
)  # fmt: skip
def test_one_day_written_many_ways(text: str) -> None:
    assert as_date(text) == Date(2008, 5, 3) and same_date(text, "2008-05-03")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("13/05/2008", Date(2008, 5, 13)),  # can only be the day
        ("12/05/2008", Date(2008, 12, 5)),  # the month comes first
        ("2008", Date(2008, None, None)),
        (2008, Date(2008, None, None)),
        ("May 2008", Date(2008, 5, None)),
        ("2008-05", Date(2008, 5, None)),
        ("May", Date(None, 5, None)),
        ("Sept. 3", Date(None, 9, 3)),
        ("3 May", Date(None, 5, 3)),
        ("29 February", Date(None, 2, 29)),
        ("2008-02-29", Date(2008, 2, 29)),
    ],
)
def test_parts(text: Any, date: Date) -> None:
    assert as_date(text) == date


@pytest.mark.parametrize(
    "text",
    ["2009-02-29", "2008-13-01", "2008-00-10", "30 February", "32 May 2008", "May 0, 2008", "05/03/08", "0000-01-01",
     "3", "soon", "Mayor 3, 2008", "2008-05-03 and later", True, None, 5, 20080503, ["2008-05-03"], "２００８",
     "1" * 1000],
)  # fmt: skip
def test_what_is_no_date(text: Any) -> None:
    assert as_date(text) is None and not same_date(text, text)


@pytest.mark.parametrize("other", ["2008-05-04", "May 2008", "2008", "May 3", "03/05/2008"])
def test_another_day_or_another_precision_is_another_date(other: str) -> None:
    assert not same_date(other, "2008-05-03")
