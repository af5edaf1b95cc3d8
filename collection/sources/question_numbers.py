"""The numbers that a word problem provides, each with the Python that computes it.

    "Two shirts of $1,200 are sold at 15% off. What is earned per minute in an hour?"
    →   1200: 1200    15: 15    3/20: (15 / 100)    17/20: (1 - 15 / 100)    2: 2    60: 60, a constant

A solution may use a number of the question as it stands, a percentage of it in one of its usual forms, and the
constants of units and figures that the question names: 60 where it speaks of minutes, 3.14 where of circles. Every
other number is the result of reasoning that a program would have to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from collection.sources.gsm8k_arithmetic import number_text


class Given(NamedTuple):
    """How Python writes a number, and the number of the question that it comes from; None for a constant."""

    python: str
    origin: Fraction | None


_NUMBER = re.compile(
    r"(?<![\w.])(?P<minus>[-−–]\s?)?(?P<number>\d{1,3}(?:(?:,|\{,\})\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:\s*[/⁄]\s*(?P<bottom>\d+)|(?P<percent>\s*\$?\s*(?:\\?%|percent|per\s?cent)))?"
)
_LONGEST_NUMBER = 30  # characters
_LONGEST = 8_000  # characters of a question that are read
_ONES = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_PARTS = "third fourth fifth sixth seventh eighth ninth tenth"
_WORDS = {
    **{word: number for number, word in enumerate(_ONES.split(), 2)},
    **{word: 10 * ten for ten, word in enumerate(_TENS.split(), 2)},
    **{word + ending: part for part, word in enumerate(_PARTS.split(), 3) for ending in ("", "s")},
    **dict.fromkeys(("half", "halves", "twice", "double", "doubled", "doubles", "pair"), 2),
    **dict.fromkeys(("triple", "tripled", "triples", "thrice"), 3),
    **{"quarter": 4, "quarters": 4, "dozen": 12, "hundred": 100, "thousand": 1000},
}
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
# Constants of units and figures, after the words that bring them in.
_UNITS = {
    r"one|once": "1",
    r"per\s?cent\w*|percentage|%": "1 100",
    r"probab\w*|chances?": "1",
    r"averages?|mean|midpoint|median|squared?|squares": "2",
    r"cubed?|cubes": "3",
    r"seconds?|secs?|minutes?|mins?|hours?|hrs?|[mk]ph|km/hr?|kmph|m/s|clock": "60 3600",
    r"km/hr?|kmph|kph|m/s(?:ec)?|(?:km|kilomet\w+) (?:an|per) hour": "5 18 1000 3600",
    r"days?|hours?": "24",
    r"weeks?|days?|weekends?": "7",
    r"months?|years?|annual\w*|yearly|monthly|p\.?a": "12",
    r"years?|weeks?": "52 365",
    r"feet|foot|ft|inch(?:es)?|dozens?": "12",
    r"yards?": "3",
    r"km|kilomet\w+|kg|kilograms?|gm?|grams?|lit(?:re|er)s?|ml|mm": "1000",
    r"pounds?|ounces?|oz": "16",
    r"triangles?|triangular|pyramids?|cones?|trapez\w+": "0.5 1 2 3",
    r"angles?|triangles?|degrees?|polygons?|\w+gons?": "2 90 180 360",
    r"circ\w+|cylind\w+|spher\w+|cones?|wheels?|radius|diameter": "2 3.14 22 7 4 3",
    r"cents?|paise|paisa|nickels?|dimes?|quarters?": "5 10 25 100",
    r"squares?": "4",
    r"cubes?|cubic": "6",
}
_UNIT = {re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE): text.split() for words, text in _UNITS.items()}


def numbers_of(question: str) -> dict[Fraction, Given]:
    """The numbers that a solution of the question may begin with. A number of the question is never a constant."""
    found: dict[Fraction, Given] = {}
    for value, given in _in_question(question):
        found.setdefault(value, given)
    for text in [text for unit, texts in _UNIT.items() if unit.search(question) for text in texts]:
        found.setdefault(Fraction(text), Given(text, None))
    return found


def numerals_of(question: str) -> set[Fraction]:
    """The numbers that the question has in digits."""
    return {_value(text) for found in _matches(question) for text in (found["number"], found["bottom"]) if text}


def _matches(question: str) -> list[re.Match[str]]:
    return [found for found in _NUMBER.finditer(question, 0, _LONGEST) if len(found[0]) <= _LONGEST_NUMBER]


def _value(text: str) -> Fraction:
    return Fraction(text.replace("{,}", "").replace(",", ""))


def _in_question(question: str) -> Iterator[tuple[Fraction, Given]]:
    """Plain numbers first: where two readings give one value, the plain one stays."""
    for found in _matches(question):
        for text in (found["number"], found["bottom"]):
            if text:
                yield (value := _value(text)), Given(number_text(value), value)
        if found["minus"]:
            value = _value(found["number"])
            yield -value, Given(f"(-{number_text(value)})", value)
    for found in _WORD.finditer(question):
        value = Fraction(_WORDS[found[0].lower()])
        yield value, Given(number_text(value), value)
    for found in _matches(question):
        value = _value(found["number"])
        text = number_text(value)
        if found["bottom"] and int(found["bottom"]):
            yield value / int(found["bottom"]), Given(f"({text} / {int(found['bottom'])})", value)
        elif found["percent"]:
            yield value / 100, Given(f"({text} / 100)", value)
            yield 1 - value / 100, Given(f"(1 - {text} / 100)", value)
            yield 1 + value / 100, Given(f"(1 + {text} / 100)", value)
            yield 100 - value, Given(f"(100 - {text})", value)
            yield 100 + value, Given(f"(100 + {text})", value)
    if re.search(r"\bhalf\b", question, re.IGNORECASE):
        yield Fraction(1, 2), Given("(1 / 2)", Fraction(2))
