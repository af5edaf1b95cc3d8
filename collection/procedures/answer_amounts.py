"""Amounts of time in a text: numbers in digits and words, their units, and which of them make one time.

    Reader("an hour and 20 min").times()        →   [Time(4800, 4800)]
    Reader("10 min, then 20 min").times()       →   [Time(600, 600), Time(1200, 1200)]: two times, never a sum
    Reader("steps 1 and 2").times(), .bare      →   [], [(1, 0), (2, 0)]: numbers without a unit

What contradicts itself (``80 min hours``, ``80 or 90 min``) sets ``is_contradictory``. One pass over the tokens.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from collection.procedures.instance import DAY, Seconds

_UNIT_WORDS = {
    "sec": "s sec secs second seconds",
    "min": "m min mins minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "d day days",
    "week": "w wk wks week weeks",
    "fortnight": "fortnight fortnights",
    "month": "mo mos mth mths month months",
    "year": "y yr yrs year years",
}
UNIT = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: i for i, word in enumerate(_SMALL.split())} | {word: 10 * i for i, word in enumerate(_TENS.split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "quarters": Fraction(1, 4), "third": Fraction(1, 3)}
_TOKEN = re.compile(
    r"(?P<clock>[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9])?(?![0-9:]))"
    r"|(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[+-]?[0-9]{1,2}(?![0-9a-z]))?)"
    r"(?P<below>[ ]?/[ ]?[0-9]+)?"
    r"|(?P<word>[a-z]+)|(?P<sign>[-+*=(),;]|\.(?![0-9]))|(?P<other>[^\s])"
)
_SIZE = {"sec": 1, "min": 60, "hour": 3_600, "day": DAY, "week": 7 * DAY, "fortnight": 14 * DAY}
_CALENDAR = {"month": (28 * DAY, 31 * DAY), "year": (365 * DAY, 366 * DAY)}
_LINKS = ("to", "-", "or", "and", ",", "+", "plus")


class NoNumber(ValueError):
    """What looks like a number is none that a time can have."""


class Amount(NamedTuple):
    """A number, how it was written (decimals), and its unit, if it has one."""

    number: Fraction | int
    decimals: int
    unit: str


class Time(NamedTuple):
    """Bounds in seconds, and how far a written decimal may be from what was meant (``1.3333 hours``)."""

    low: Seconds
    high: Seconds
    slack: Seconds = 0


def _exact(number: Fraction | int, size: int) -> Seconds:
    product = number * size
    return product.numerator if product.denominator == 1 else product


def total(amounts: list[Amount]) -> Time:
    """Bounds of a sum. Twelve months are a year. Two decimals or more may be rounded, four or more also cut off."""
    low: Seconds = 0
    high: Seconds = 0
    slack: Seconds = 0
    months: Fraction | int = 0
    for number, decimals, unit in amounts:
        if unit == "month":
            months += number
        elif unit == "year":
            months += 12 * number
        else:
            value = _exact(number, _SIZE[unit])
            low, high = low + value, high + value
            if decimals > 1:
                slack += Fraction(_SIZE[unit], (2 if decimals < 4 else 1) * 10**decimals)
    if months:
        years, rest = divmod(months, 12)
        for count, unit in ((years, "year"), (rest, "month")):
            low, high = low + _exact(count, _CALENDAR[unit][0]), high + _exact(count, _CALENDAR[unit][1])
    return Time(low, high, slack)


class Reader:
    """One pass over the tokens of a text: the groups of amounts that belong together, and numbers without unit."""

    def __init__(self, text: str) -> None:
        self.tokens = [(_kind(m), m) for m in _TOKEN.finditer(text)]
        self.words = [m[0] for _, m in self.tokens]
        self.at = 0
        self.bare: list[tuple[Fraction | int, int]] = []
        self.is_contradictory = False

    def times(self) -> list[Time]:
        found: list[Time] = []
        group: list[Amount] = []
        link = ""  # what stands between the group and what comes next
        while self.at < len(self.words):
            start = self.at
            if self.tokens[start][0] == "clock":
                amounts: list[Amount] | None = self._clock()
            else:
                amounts = self._amount()
            if amounts is None:
                if group and not link and self._is_lower_part(group[-1].unit, start):
                    lower = "min" if group[-1].unit == "hour" else "sec"
                    group.append(Amount(self.bare.pop()[0], 0, lower))  # 1h20
                    continue
                self.at = start + 1
                word = self.words[start]
                if word == "/" and self._peek() in UNIT:
                    self.is_contradictory = True  # 80 minutes/hours
                if word in ("and", ",", "+", "&", "plus"):
                    link = word if link in ("", word) else "and"
                elif word in ("to", "-", "or") and group:
                    found.append(total(group))
                    group, link = [], word
                elif group:
                    if not link and word in UNIT and start and self.words[start - 1] in UNIT:
                        self.is_contradictory = True  # 80 min hours
                    found.append(total(group))
                    group, link = [], ""
                else:
                    link = ""
                continue
            if link in ("to", "-") and found and not group:
                low = found.pop()
                high = total(amounts)
                if high.high < low.low:
                    self.is_contradictory = True
                found.append(Time(low.low, high.high, max(low.slack, high.slack)))
            elif group and link not in ("+", "plus") and {a.unit for a in group} & {a.unit for a in amounts}:
                found.append(total(group))  # the same unit again: another time
                group = amounts
            else:
                group = group + amounts
            link = ""
        if group:
            found.append(total(group))
        return found

    def _is_lower_part(self, unit: str, start: int) -> bool:
        """Whether the number that was just read without a unit follows an amount at once, as in ``1h20``."""
        if unit not in ("hour", "min") or self.at != start + 1 or not self.words[start].isdecimal():
            return False
        return start > 0 and self.words[start - 1] in UNIT and int(self.words[start]) < 60

    def _clock(self) -> list[Amount]:
        parts = [int(part) for part in self.words[self.at].split(":")]
        self.at += 1
        unit = self._unit()
        units = ("min", "sec") if unit == "min" and len(parts) == 2 else ("hour", "min", "sec")
        if unit not in ("", "hour", "min"):
            self.is_contradictory = True
        return [Amount(number, 0, unit) for number, unit in zip(parts, units)]

    def _peek(self, ahead: int = 0) -> str:
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def _unit(self) -> str:
        """The unit that comes next, if one does; a hyphen may stand before it, a full stop after it."""
        skip = 1 if self._peek() == "-" and self._peek(1) in UNIT else 0
        unit = UNIT.get(self._peek(skip), "")
        if unit:
            self.at += skip + 1
            if self._peek() == ".":
                self.at += 1
        return unit

    def _amount(self) -> list[Amount] | None:
        """A number with its unit, or None: then it may have been a number without."""
        read = self._half_of() or self._number()
        if read is None:
            if self._peek() in UNIT and self._peek(1) == "and" and self._peek(2) in ("a", "half", "one"):
                read = (1, 0)  # hour and a half
            else:
                return None
        number, decimals = read
        unit = self._unit()
        if not unit and self._peek() in _LINKS:
            return self._shared_unit(read)
        if not unit:
            if self.words[self.at - 1] not in ("a", "an"):
                self.bare.append(read)
            return None
        if self._peek() in UNIT and self._peek(1) != "and":
            self.is_contradictory = True
        return [Amount(number + self._and_a_part(), decimals, unit)]

    def _shared_unit(self, first: tuple[Fraction | int, int]) -> list[Amount] | None:
        """``28 to 31 days``, ``80 or 90 min``, ``10 + 70 min``: the unit is said once, after the last number."""
        start, link = self.at, self._peek()
        numbers, unit = [first], ""
        while not unit and self._peek() == link:
            self.at += 1
            number = self._number()
            if number is None:
                break
            numbers.append(number)
            unit = self._unit()
        ahead, self.at = self.at, start
        if not unit:
            self.bare.append(first)
            return None
        amounts = [Amount(*number, unit) for number in numbers]
        if link in ("to", "-"):
            return amounts[:1]
        self.at = ahead
        if link not in ("+", "plus"):  # 80 or 90 minutes
            self.is_contradictory |= len({amount.number for amount in amounts}) > 1
            return amounts[:1]
        return amounts

    def _half_of(self) -> tuple[Fraction, int] | None:
        """``half an hour``, ``a quarter of an hour``, ``three quarters of an hour``, ``half hour``."""
        start, count = self.at, 1
        if self._peek() in ("a", "an", "one", "three", "two", "3"):
            count = {"three": 3, "3": 3, "two": 2}.get(self._peek(), 1)
            self.at += 1
        part = _PARTS.get(self._peek())
        if part is None or (self._peek(1) not in UNIT and self._peek(1) not in ("a", "an", "of")):
            self.at = start
            return None
        self.at += 1
        while self._peek() in ("of", "a", "an"):
            self.at += 1
        if self._peek() not in UNIT:
            self.at = start
            return None
        return count * part, 0

    def _number(self) -> tuple[Fraction | int, int] | None:
        """Digits, a fraction, words, or an article before a unit; ``and a half`` may follow."""
        if self.at >= len(self.words):
            return None
        kind, match = self.tokens[self.at]
        number: Fraction | int
        decimals = 0
        if kind == "number":
            if self._is_negative(match):
                return None
            number, decimals = _digits(match)
            self.at += 1
            if self._has_fraction(self.at) and number.denominator == 1:
                number += _digits(self.tokens[self.at][1])[0]  # 1 1/2
                self.at += 1
            elif self._peek() == "and" and self._has_fraction(self.at + 1):
                number += _digits(self.tokens[self.at + 1][1])[0]  # 1 and 1/3
                self.at += 2
        elif match[0] in _WORDS or match[0] in _SCALES or match[0] in ("a", "an"):
            words = self._word_number()
            if words is None:
                return None
            number = words
        else:
            return None
        return number + (0 if self._peek() in UNIT else self._and_a_part()), decimals

    def _has_fraction(self, at: int) -> bool:
        return at < len(self.tokens) and bool(self.tokens[at][1]["below"])

    def _is_negative(self, match: re.Match[str]) -> bool:
        """A minus sign right before the number, and nothing that it could be subtracted from."""
        start = match.start()
        text = match.string
        return text[start - 1 : start] == "-" and not text[: start - 1].rstrip(" ")[-1:].isalnum()

    def _and_a_part(self) -> Fraction | int:
        """``and a half``, ``and a quarter``, if it comes next, and no unit of its own after it."""
        skip = 1 if self._peek() == "and" else 0
        if not skip:
            return 0
        skip += self._peek(skip) in ("a", "one")
        part = _PARTS.get(self._peek(skip))
        if part is None or self._peek(skip + 1) in ("an", "a", "of"):
            return 0
        self.at += skip + 1
        return part

    def _word_number(self) -> int | None:
        """``eighty-five``, ``one hundred and twenty``, ``a hundred``, ``a``, ``a couple of``."""
        start, total, current = self.at, 0, 0
        if self._peek() in ("a", "an"):
            self.at += 1
            if self._peek() == "couple":
                self.at += 2 if self._peek(1) == "of" else 1
                return 2
            if self._peek() in UNIT:
                return 1
            if self._peek() not in _SCALES:
                self.at = start
                return None
            current = 1
        while True:
            word = self._peek()
            if word in _WORDS:
                current += _WORDS[word]
            elif word in _SCALES:
                current = max(current, 1) * _SCALES[word]
                if _SCALES[word] > 100:
                    total, current = total + current, 0
            elif not (
                (word == "and" and self._peek(-1) in _SCALES and self._peek(1) in _WORDS)
                or (word == "-" and self._peek(-1) in _WORDS and self._peek(1) in _WORDS)
            ):
                return total + current
            self.at += 1


def _kind(match: re.Match[str]) -> str:
    kind = str(match.lastgroup)
    return "number" if kind == "below" else kind


def _digits(match: re.Match[str]) -> tuple[Fraction | int, int]:
    """The number of a token and its decimals. Raises NoNumber for one of absurd length, or a division by zero."""
    written = match["number"].replace(",", "")
    if len(written) > 15 or len(match["below"] or "") > 15:
        raise NoNumber
    whole, _, decimals = written.partition(".")
    number: Fraction | int
    if "e" in written:
        number, decimals = Fraction(written), ""
    else:
        number = Fraction(written) if decimals.strip("0") else int(whole or 0)
    if match["below"]:
        below = int(match["below"].strip(" /"))
        if not below:
            raise NoNumber
        return Fraction(number) / below, 0
    return number, len(decimals)
