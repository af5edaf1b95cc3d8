"""Times as people and models write them.

    1 hour and 20 minutes   1 hr 20 min   80min   1h 20min   1:20   4,800 seconds   10 + 70 = 80 minutes
    an hour and a half      one and a half hours   1½ h   half a day   1.3333 hours   \\boxed{80\\text{ min}}
    28 to 31 days   80 minutes (1 hour 20 minutes)   the total is 80 minutes.

``read_time`` gives the bounds in seconds, or the reason why a text is no single time. What is sure: two different times
are never merged or chosen from, a number without a unit is not given one, times in prose are not added up. ``m`` are
minutes, ``mo`` months; ``1:20`` is an hour and twenty minutes. Sums (``1 hour + 20 minutes``) are added; what stands
before the last ``=`` is working if it holds an operation, else it must be the same time.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from collection.procedures.answer_amounts import Amount, NoNumber, Reader, Time, total

MAX_LENGTH = 400  # a longer answer is prose


class Fault(StrEnum):
    """Why a text is no single time."""

    NO_TIME = "no_time"
    NO_UNIT = "no_unit"
    CONTRADICTORY = "contradictory"  # several times that differ, or two units for one number
    INEXACT = "inexact"  # not, less than, at least … a time


_INEXACT = re.compile(
    r"\b(?:not|never|cannot|unless|(?:less|more|fewer|longer|shorter|greater) than|at least|at most|over|under"
    r"|up to|almost|nearly|minimum of|maximum of)\b|n['’]t\b|[<>≤≥]"
)
_MARKUP = re.compile(r"\\(?:text|mathrm|mathbf|textbf|boxed|,|;|:|!| )|[{}$*_`~≈]|\\[\[\]()]")
_VULGAR = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3"}
_OPERATION = re.compile(r"[+*/×·-]|\bplus\b|\bmax")
_EQUAL = re.compile(r"=|\bequals\b")
_ARROW = re.compile(r"-+>|=+>|→|⇒")
_BETWEEN = re.compile(r"\bbetween\b(.*?)\band\b")


@lru_cache(maxsize=1 << 14)
def read_time(text: str, bare_unit: str = "") -> Time | Fault:
    """The time that a text states. ``bare_unit`` (``min``): what a number without unit means; empty: nothing."""
    if len(text) > MAX_LENGTH:
        return Fault.NO_TIME
    text = text.lower()
    if not text.isascii():
        for sign, plain in _VULGAR.items():
            text = text.replace(sign, plain)
        text = unicodedata.normalize("NFKC", text).replace("–", "-").replace("−", "-").replace("×", "*")
    if "\\" in text or "*" in text or "$" in text or "_" in text or "≈" in text or "~" in text or "`" in text:
        text = text.replace("\\approx", "").replace("**", " ")
        text = _MARKUP.sub(lambda sign: "*" if sign[0] == "*" else " ", text)
    text = _ARROW.sub(" ; ", text)
    if "between" in text:
        text = _BETWEEN.sub(r"\1 to ", text)
    try:
        return _settled(text, bare_unit)
    except NoNumber:
        return Fault.NO_TIME


def _settled(text: str, bare_unit: str) -> Time | Fault:
    """The time after the last ``=``, if what stands before it does not contradict it."""
    *before, last = _EQUAL.split(text)
    found = _single(Reader(last), bare_unit)
    if isinstance(found, Fault):
        return found
    if _INEXACT.search(text):
        return Fault.INEXACT
    for part in before:
        if not _OPERATION.search(part):
            other = _single(Reader(part), "")
            if other is Fault.CONTRADICTORY or (isinstance(other, Time) and not _same(found, other)):
                return Fault.CONTRADICTORY
    return found


def _single(reader: Reader, bare_unit: str) -> Time | Fault:
    """The one time of a text, however often it is said."""
    times = reader.times()
    if reader.is_contradictory:
        return Fault.CONTRADICTORY
    if not times:
        bare = set(reader.bare)
        if not bare:
            return Fault.NO_TIME
        if not bare_unit:
            return Fault.NO_UNIT
        if len(bare) > 1:
            return Fault.CONTRADICTORY
        times = [total([Amount(*bare.pop(), bare_unit)])]
    first = min(times, key=lambda time: (time.slack, time.high - time.low))
    return first if all(_same(first, other) for other in times) else Fault.CONTRADICTORY


def _same(a: Time, b: Time) -> bool:
    """Equal, or the one is the other rounded, or lies within its months and years."""
    slack = a.slack + b.slack
    if -slack <= a.low - b.low <= slack and -slack <= a.high - b.high <= slack:
        return True
    return (a.low >= b.low and a.high <= b.high) or (b.low >= a.low and b.high <= a.high)
