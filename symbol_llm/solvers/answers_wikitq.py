"""WikiTableQuestions' denotation, as its official evaluator (version 1.0.2) defines it.

    gold "Barcelona"            predicted "barcelona.", "“Barcelona” (Spain)", "Barcelona[1]"      all match
    gold "1,234" (canon 1234)   predicted "1234"                                                   matches
    gold "2008-05-03"           predicted "2008-5-3"                                               matches
    gold ["2", "3"]             predicted ["3", "2"]         matches;    ["2"], ["2", "2", "3", "4"] do not

Both sides are sets of values; they agree if they are as many and every gold value matches some predicted one. A value
is a number, a date or a text, read from its text; two values also match if their normalised texts are the same. The
evaluator is upstream's only for predictions that are texts: what a query returns is turned into text first.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from symbol_llm.solvers.answers import Comparator, as_number

_QUOTES = {"'": "‘’´`", '"': "“”", "-": "‐‑‒–—−"}
_SAME_MARKS = str.maketrans({mark: plain for plain, marks in _QUOTES.items() for mark in marks})
_CITATIONS = re.compile(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$")
_DETAILS = re.compile(r"(?<!^)( \([^)]*\))*$")
_QUOTED = re.compile(r'^"([^"]*)"$')
_CLOSE = 1e-6
_LONGEST = 10_000  # characters; the patterns above take time that grows faster than the text


class Value(NamedTuple):
    """A denotation: the normalised text, and the number or the date (-1 where a part is unknown) that it is."""

    text: str
    number: float | int | None = None
    date: tuple[int, int, int] | None = None

    @property
    def identity(self) -> Any:
        """What makes two values of one set the same: the number, the date, or the text."""
        return self.number if self.number is not None else self.date if self.date is not None else self.text

    def matches(self, other: Value) -> bool:
        if self.text == other.text:
            return True
        if self.number is not None and other.number is not None:
            return abs(self.number - other.number) < _CLOSE
        return self.date is not None and self.date == other.date


def normalised(text: str) -> str:
    """Without accents, citations, details in brackets, outer quotes and a final full stop; lower case."""
    decomposed = unicodedata.normalize("NFKD", text[:_LONGEST])
    text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_SAME_MARKS)
    before = None
    while text != before:
        before = text
        text = _CITATIONS.sub("", text.strip())
        text = _DETAILS.sub("", text.strip())
        text = _QUOTED.sub(r"\1", text.strip())
    return " ".join(text.removesuffix(".").split()).lower()


def to_value(text: str, canon: str = "") -> Value:
    """Read one value. ``canon`` is the form in which the annotated data give numbers and dates, e.g. "1234.0"."""
    read = canon or text
    number = _number(read)
    if number is not None:
        return Value(normalised(text), number=number)
    date = _date(read)
    if date is not None and date[1] == date[2] == -1:
        return Value(normalised(text), number=date[0])
    return Value(normalised(text), date=date)


def _number(text: str) -> float | int | None:
    """A number as Python 2 reads it. Whole numbers within 1e-6 are whole."""
    if "_" in text:  # Python 3 would take 1_000
        return None
    try:
        amount: float | int = int(text)
    except ValueError:
        try:
            amount = float(text)
        except ValueError:
            return None
        if not math.isfinite(amount):
            return None
    return round(amount) if abs(amount - round(amount)) < _CLOSE else amount


def _date(text: str) -> tuple[int, int, int] | None:
    """``yyyy-mm-dd``, with xx (or xxxx) for a part that is unknown."""
    parts = text.lower().split("-")
    if len(parts) != 3 or "_" in text:
        return None
    try:
        year = -1 if parts[0] in ("xx", "xxxx") else int(parts[0])
        month, day = (-1 if part == "xx" else int(part) for part in parts[1:])
    except ValueError:
        return None
    is_date = (month == -1 or 1 <= month <= 12) and (day == -1 or 1 <= day <= 31)
    return (year, month, day) if is_date and not year == month == day == -1 else None


def same_denotation(predicted: Sequence[Value], gold: Sequence[Value]) -> bool:
    """As many different values, and every gold one matched by some predicted one."""
    predicted, gold = _distinct(predicted), _distinct(gold)
    return len(predicted) == len(gold) and all(any(one.matches(other) for other in predicted) for one in gold)


def _distinct(values: Sequence[Value]) -> list[Value]:
    return list({(value.number is None, value.date is None, value.identity): value for value in values}.values())


def values_of(answer: Any) -> list[Value] | None:
    """The values of a text, a number, a list of them, or a query's result ({"rows": [[…]]}: its first column).

    {"values": […], "canon": […]} holds gold texts with their annotated canonical forms. None for anything else.
    """
    match answer:
        case {"values": list(texts), "canon": list(canon)} if len(texts) == len(canon):
            return [to_value(str(text), str(form)) for text, form in zip(texts, canon)]
        case {"rows": list(rows)}:
            return values_of([row[0] for row in rows if row])
        case list():
            found = [values_of(item) for item in answer if not isinstance(item, list)]
            if len(found) != len(answer) or any(item is None or len(item) != 1 for item in found):
                return None
            return [item[0] for item in found if item]
        case str():
            return [to_value(answer)]
        case None:
            return [to_value("")]
    number = as_number(answer)
    if number is None:
        return None
    whole = number == int(number) if math.isfinite(number) else False
    return [to_value(str(int(number)) if whole else repr(float(number)))]


def wikitq_denotation(answer: Any, gold: Any) -> bool:
    """Whether two answers have the same denotation. False if either is no list of values."""
    predicted, wanted = values_of(answer), values_of(gold)
    return predicted is not None and wanted is not None and same_denotation(predicted, wanted)


WIKITQ_DENOTATION = Comparator(wikitq_denotation, lambda value: values_of(value) is not None)
