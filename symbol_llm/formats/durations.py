"""Durations in words, as AsyncHow writes them: ``30 min``, ``2 hours``, ``1 day 12 hours``, ``3 months``.

Seconds, minutes, hours, days and weeks are exact. A month has 28 to 31 days and a year 365 or 366, so they are counted
apart and never turned into days: the longest path then has a shortest and a longest time.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from symbol_llm.errors import SymbolError

_SECONDS = {"sec": 1, "min": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_UNITS = {
    **{word: "sec" for word in ("sec", "secs", "second", "seconds")},
    **{word: "min" for word in ("min", "mins", "minute", "minutes")},
    **{word: "hour" for word in ("hour", "hours", "hr", "hrs")},
    **{word: unit for unit in ("day", "week", "month", "year") for word in (unit, unit + "s")},
}
_PART = re.compile(r"(?P<gap>[ ]*(?:,[ ]*|and[ ]+)?)(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)[ ]*(?P<unit>[A-Za-z]+)")


class Duration(NamedTuple):
    """Years and months, whose length varies, and seconds."""

    years: Decimal = Decimal(0)
    months: Decimal = Decimal(0)
    seconds: Decimal = Decimal(0)

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """The shortest and the longest time, in seconds."""
        low = self.years * 365 + self.months * 28
        high = self.years * 366 + self.months * 31
        return low * 86_400 + self.seconds, high * 86_400 + self.seconds

    def __str__(self) -> str:
        """One text for one time: ``1 year 2 month 90 min``, seconds in the largest unit that gives a whole number."""
        parts = [f"{_plain(n)} {unit}" for n, unit in ((self.years, "year"), (self.months, "month")) if n]
        if self.seconds or not parts:
            unit = next((u for u in ("day", "hour", "min") if self.seconds and not self.seconds % _SECONDS[u]), "sec")
            parts.append(f"{_plain(self.seconds / _SECONDS[unit])} {unit}")
        return " ".join(parts)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def read_duration(text: str, whole: str | None = None, offset: int = 0) -> Duration:
    """Read a duration. Raises SymbolError, with the position in ``whole`` where the duration starts at ``offset``."""
    try:
        return _read(text)
    except SymbolError as error:
        raise SymbolError(whole or text, offset + error.position, error.expected) from None


@lru_cache(maxsize=256)  # one check reads each several times, and few texts are common
def _read(text: str) -> Duration:
    amounts = {"year": Decimal(0), "month": Decimal(0), "sec": Decimal(0)}
    at = 0
    while at < len(text) or not at:
        part = _PART.match(text, at)
        if part is None or (at == 0 and part["gap"]):
            raise SymbolError(text, at, "a number and a unit, such as 30 min")
        unit = _UNITS.get(part["unit"].lower())
        if unit is None:
            known = "sec, min, hour, day, week, month or year"
            raise SymbolError(text, part.start("unit"), known)
        number = Decimal(part["number"])
        if unit in _SECONDS:
            amounts["sec"] += number * _SECONDS[unit]
        else:
            amounts[unit] += number
        at = part.end()
    return Duration(amounts["year"], amounts["month"], amounts["sec"])
