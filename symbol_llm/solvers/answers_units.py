"""Answers that are quantities: "5 km" = "5,000 m", "$1.50" = "150 cents", "50 percent" = 0.5, "2 1/2 h" = "150 min".

    same_quantity("90 km/h", "25 m/s")      →   yes
    same_quantity("5 apples", "5 pears")    →   no
    same_quantity(5, "5 apples")            →   yes: a bare number is in the unit that was asked for
    same_quantity(50, "50%")                →   no: 50 is not 0.5

Units are converted exactly; a word that is no known unit is a unit of its own, in singular or plural. Temperatures in
different scales are never equal: they have no common zero. Values are equal within the tolerance of ``number``.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from typing import Any, NamedTuple

from symbol_llm.solvers.answers import Comparator, as_number, same_number

_INCH = Fraction(254, 10_000)  # metres, by definition
_POUND = Fraction(45_359_237, 100_000)  # grams, by definition
_GALLON = 231 * _INCH**3  # US liquid, cubic metres

# dimension -> unit -> how many of the dimension's base unit it is
_TABLE: dict[str, dict[str, Fraction | int]] = {
    "length": {
        "m meter metre": 1, "km kilometer kilometre": 1000, "cm centimeter centimetre": Fraction(1, 100),
        "mm millimeter millimetre": Fraction(1, 1000), "in inch inches": _INCH, "ft foot feet": 12 * _INCH,
        "yd yard": 36 * _INCH, "mi mile": 63_360 * _INCH,
    },
    "mass": {
        "g gram": 1, "kg kilogram kilo": 1000, "mg milligram": Fraction(1, 1000), "t ton tonne": 1_000_000,
        "lb lbs pound": _POUND, "oz ounce": _POUND / 16,
    },
    "time": {
        "s sec second": 1, "ms millisecond": Fraction(1, 1000), "min minute": 60, "h hr hour": 3600, "day": 86_400,
        "week": 604_800,
    },
    "calendar": {"month": 1, "yr year": 12, "decade": 120, "century centuries": 1200},
    "dollar": {"$ usd dollar buck": 1, "¢ cent": Fraction(1, 100)},
    "euro": {"€ eur euro": 1},
    "sterling": {"£ gbp": 1},
    "volume": {"l liter litre": Fraction(1, 1000), "ml milliliter millilitre": Fraction(1, 1_000_000),
               "gal gallon": _GALLON, "qt quart": _GALLON / 4, "pint": _GALLON / 8, "cup": _GALLON / 16},
    "angle": {"° deg degree": 1},
    "number": {"% percent": Fraction(1, 100), "dozen": 12},
}  # fmt: skip
_UNITS = {
    name: (dimension, Fraction(size))
    for dimension, units in _TABLE.items()
    for names, size in units.items()
    for name in names.split()
}
# A volume is a length cubed, so that litres and cubic metres compare; a speed has a name of its own.
_POWERS = {"volume": ("length", 3)}
_NAMED = {"mph": "mi/h", "kph": "km/h", "kmh": "km/h", "fps": "ft/s"}
_SUPERSCRIPTS = str.maketrans({"²": "^2", "³": "^3"})
_QUANTITY = re.compile(
    r"(?P<sign>[-+−]?)\s*(?P<before>[$€£]?)\s*"
    r"(?:(?P<whole>\d+)(?:\s+|-)(?P<above>\d+)\s*/\s*(?P<below>\d+)|(?P<number>[-+−]?[\d.,]+(?:e[-+]?\d+)?(?:\s*/\s*\d+)?))"
    r"\s*-?(?P<unit>.*)",
    re.IGNORECASE | re.DOTALL,
)
_FACTOR = re.compile(
    r"(?:(square|sq|cubic|cu)\.?\s+)?([^\W\d_]+|[°%$€£¢])\.?(?:\s*\^\s*(-?\d)|(\d)(?!\d)|\s+(squared|cubed))?"
)
_EXPONENTS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}
_LONGEST = 200  # characters


class Quantity(NamedTuple):
    """A value in base units, and the powers of the dimensions; no dimensions for a bare number."""

    value: Fraction
    dimensions: frozenset[tuple[str, int]]
    is_bare: bool


def as_quantity(answer: Any) -> Quantity | None:
    """The quantity that an answer is. None if it is not one number with at most one unit."""
    number = as_number(answer)
    if isinstance(number, Fraction):
        sign = re.match(r"\s*[-+−]?\s*([$€£])", answer) if isinstance(answer, str) else None
        if sign is None:
            is_percent = isinstance(answer, str) and "%" in answer
            return Quantity(number, frozenset(), is_bare=not is_percent)
    if not isinstance(answer, str) or len(answer) > _LONGEST:
        return None
    found = _QUANTITY.fullmatch(answer.strip().removesuffix("."))
    if found is None:
        return None
    value = _value(found)
    unit = _unit(f"{found['before']} {found['unit']}".strip())
    if value is None or unit is None:
        return None
    dimensions, size = unit
    return Quantity(value * size, dimensions, is_bare=not (found["before"] or found["unit"].strip()))


def _value(found: re.Match[str]) -> Fraction | None:
    if found["whole"]:
        if int(found["below"]) == 0:
            return None
        value = int(found["whole"]) + Fraction(int(found["above"]), int(found["below"]))
    else:
        number = as_number(found["number"])
        if not isinstance(number, Fraction):
            return None
        value = number
    return -value if found["sign"] in ("-", "−") else value


def _unit(text: str) -> tuple[frozenset[tuple[str, int]], Fraction] | None:
    """Dimensions and size of a unit such as "km/h", "square feet", "m/s^2", "miles per hour". None if it is none."""
    text = " ".join(text.translate(_SUPERSCRIPTS).split())
    text = _NAMED.get(text.lower(), text)
    powers: Counter[str] = Counter()
    size = Fraction(1)
    for place, part in enumerate(re.split(r"\s*/\s*|\s+per\s+|^per\s+", text)):
        sign = -1 if place else 1
        position = 0
        while position < len(part):
            found = _FACTOR.match(part, position)
            if found is None:
                return None
            position = found.end()
            while position < len(part) and part[position] in " ·*.":
                position += 1
            exponent = sign * (_EXPONENTS.get((found[1] or found[5] or "").lower(), 1) * int(found[3] or found[4] or 1))
            dimension, one = _lookup(found[2])
            base, power = _POWERS.get(dimension, (dimension, 1))
            powers[base] += power * exponent
            size *= one**exponent
    return frozenset((name, power) for name, power in powers.items() if power and name != "number"), size


def _lookup(word: str) -> tuple[str, Fraction]:
    """Dimension and size of one word. "M" is no metre and "G" no gram: short names keep their case."""
    candidates = [word, word.lower()] if len(word) > 2 else [word]
    candidates += [name[:-1] for name in candidates if name.endswith("s") and len(name) > 3]
    for name in candidates:
        if name in _UNITS:
            return _UNITS[name]
    return f"{_singular(word.lower())}", Fraction(1)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def same_quantity(answer: Any, gold: Any) -> bool:
    """Whether two quantities are equal. A side without a unit is in the other's; percent is a number, not a unit."""
    a, b = as_quantity(answer), as_quantity(gold)
    if a is None or b is None:
        return False
    if a.is_bare and not b.is_bare and b.dimensions:
        return same_number(answer, str(_in_own_unit(gold)))
    if b.is_bare and not a.is_bare and a.dimensions:
        return same_number(str(_in_own_unit(answer)), gold)
    return a.dimensions == b.dimensions and same_number(str(a.value), str(b.value))


def _in_own_unit(answer: str) -> Fraction | None:
    """The number as written, before its unit."""
    found = _QUANTITY.fullmatch(answer.strip().removesuffix("."))
    return _value(found) if found is not None else None


QUANTITY = Comparator(same_quantity, lambda value: as_quantity(value) is not None)
