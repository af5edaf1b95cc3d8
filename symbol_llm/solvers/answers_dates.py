"""Answers that are dates, whole or in part: "2008-05-03", "May 3, 2008", "3rd of May 2008", "05/03/2008", "May 2008".

    same_date("May 3rd, 2008", "2008-05-03")     →   yes
    same_date("May 2008", "2008-05-03")          →   no: a month is no day
    same_date("2009-02-29", …)                   →   no: there is no such day

Of two numbers before the year the month comes first (05/03/2008 is the third of May), unless it can only be the day
(13/05/2008). Years have four digits. A time after an ISO date is left out.
"""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from typing import Any, NamedTuple

from symbol_llm.solvers.answers import Comparator, as_text

_MONTHS = {name.lower(): i for i, name in enumerate(month_name) if name}
_MONTHS |= {name[:3]: i for name, i in _MONTHS.items()} | {"sept": 9}
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+([a-z]+)\.?,?(?:[\s-]+(\d{4}))?", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?", re.IGNORECASE)
_MONTH_ONLY = re.compile(r"([a-z]+)\.?,?(?:\s+(\d{4}))?", re.IGNORECASE)


class Date(NamedTuple):
    """A date; None where a part is not said."""

    year: int | None
    month: int | None
    day: int | None


def as_date(answer: Any) -> Date | None:
    """The date that a text is, or a year given as a whole number. None if it is none, or no such day exists."""
    if isinstance(answer, int) and not isinstance(answer, bool) and 1000 <= answer <= 9999:
        return Date(answer, None, None)
    text = as_text(answer)
    if text is None or not text.isascii() or len(text) > 60:
        return None
    date = _read(_WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text)
    return date if date is not None and _exists(date) else None


def _read(text: str) -> Date | None:
    if re.fullmatch(r"\d{4}", text):
        return Date(int(text), None, None)
    if found := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return Date(int(found[1]), int(found[2]), int(found[3]) if found[3] else None)
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        return Date(year, second, first) if first > 12 else Date(year, first, second)
    if (found := _DAY_FIRST.fullmatch(text)) and (month := _MONTHS.get(found[2].lower())):
        return Date(int(found[3]) if found[3] else None, month, int(found[1]))
    if (found := _MONTH_FIRST.fullmatch(text)) and (month := _MONTHS.get(found[1].lower())):
        return Date(int(found[3]) if found[3] else None, month, int(found[2]))
    if (found := _MONTH_ONLY.fullmatch(text)) and (month := _MONTHS.get(found[1].lower())):
        return Date(int(found[2]) if found[2] else None, month, None)
    return None


def _exists(date: Date) -> bool:
    if date.year == 0:
        return False
    if date.month is None:
        return date.day is None
    leap = 2000  # without a year, the 29th of February may be meant
    return 1 <= date.month <= 12 and (
        date.day is None or 1 <= date.day <= monthrange(date.year if date.year is not None else leap, date.month)[1]
    )


def same_date(answer: Any, gold: Any) -> bool:
    """Whether both are the same date, to the same precision. False if either is none."""
    a, b = as_date(answer), as_date(gold)
    return a is not None and a == b


DATE = Comparator(same_date, lambda value: as_date(value) is not None)
