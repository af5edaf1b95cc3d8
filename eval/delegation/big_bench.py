"""Symbolic reasoning of BIG-bench, solved by programs: coloured objects, penguins, dates, counting objects.

    On the desk are a red mug and a blue pen. What color is the pen?  →  def solution(): …  →  "blue"

Upstream gives no programs, so there is no gold symbol. BIG-bench's choices are not shown; an answer is right if it is
one of the right choices, as a text or as a number ("3", "three" and 3 are the same; True is "yes"). BIG-Bench-Hard
shows lettered options (names end in ``_bbh``): there an answer may also name the letter. Dates are compared as dates,
05/01/2021 = 2021-05-01, where the right choice is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from eval.delegation.base import Demonstration, Item, judged_equal
from eval.delegation.program_answers import NumberBenchmark, ProgramBenchmark
from symbol_llm.solvers.answers import as_number, as_text, same_number, same_text
from symbol_llm.solvers.answers_choices import as_choice
from symbol_llm.solvers.answers_dates import same_date
from symbol_llm.solvers.outcome import Outcome, Solution

_SOURCES = "collection.sources.big_bench"
_NO_PROGRAMS = "upstream gives answers without programs, and the questions are free English"
_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]

_COLORED_OBJECTS = (
    Demonstration(
        "On the shelf, there are two green candles, a black radio, and three green plates. "
        "If I remove all the candles, how many green things are left?",
        'def solution():\n    things = [("candle", "green", 2), ("radio", "black", 1), ("plate", "green", 3)]\n'
        '    return sum(count for kind, color, count in things if kind != "candle" and color == "green")',
        ["3", "three"],
    ),
    Demonstration(
        "On the bench, you see things in a row: a teal cap, a gold key, a pink scarf, and a brown wallet. "
        "What is the color of the thing directly to the left of the scarf?",
        'def solution():\n    row = [("cap", "teal"), ("key", "gold"), ("scarf", "pink"), ("wallet", "brown")]\n'
        '    place = [kind for kind, color in row].index("scarf")\n    return row[place - 1][1]',
        "gold",
    ),
    Demonstration(
        "On the floor, there is a silver spoon and a burgundy pillow. Is the pillow burgundy?",
        'def solution():\n    colors = {"spoon": "silver", "pillow": "burgundy"}\n'
        '    return "yes" if colors["pillow"] == "burgundy" else "no"',
        "yes",
    ),
)
_PENGUINS = (
    Demonstration(
        "Here is a table of goats:\nname, age, height (cm), weight (kg)\nBerta, 4, 62, 48\nEmil, 9, 70, 55\n"
        "Fritzi, 2, 51, 30\nWhich is the heaviest goat?",
        'def solution():\n    goats = [("Berta", 4, 62, 48), ("Emil", 9, 70, 55), ("Fritzi", 2, 51, 30)]\n'
        "    return max(goats, key=lambda goat: goat[3])[0]",
        "Emil",
    ),
    Demonstration(
        "Here is a table of goats:\nname, age, height (cm), weight (kg)\nBerta, 4, 62, 48\nEmil, 9, 70, 55\n"
        "We now add a goat to the table:\nHugo, 6, 66, 50\nHow many goats are more than 5 years old?",
        'def solution():\n    goats = [("Berta", 4, 62, 48), ("Emil", 9, 70, 55), ("Hugo", 6, 66, 50)]\n'
        "    return sum(goat[1] > 5 for goat in goats)",
        "2",
    ),
    Demonstration(
        "Here is a table of goats:\nname, age, height (cm), weight (kg)\nZora, 4, 62, 48\nAlbin, 9, 70, 55\n"
        "Which goat comes first if the names are sorted?",
        'def solution():\n    return min(["Zora", "Albin"])',
        "Albin",
    ),
)
_DATES = (
    Demonstration(
        "Today is March 3, 2015. What is the date one week ago in MM/DD/YYYY?",
        "def solution():\n    from datetime import date, timedelta\n\n"
        '    return (date(2015, 3, 3) - timedelta(days=7)).strftime("%m/%d/%Y")',
        "02/24/2015",
    ),
    Demonstration(
        "The shop opened on the last day of January 2012, that is yesterday. What is the date tomorrow in MM/DD/YYYY?",
        "def solution():\n    from datetime import date, timedelta\n\n"
        "    today = date(2012, 1, 31) + timedelta(days=1)\n"
        '    return (today + timedelta(days=1)).strftime("%m/%d/%Y")',
        "02/02/2012",
    ),
    Demonstration(
        "Iris was born on 11/30/1999. Today she is exactly 20 years old. What is the date a year ago in MM/DD/YYYY?",
        'def solution():\n    from datetime import date\n\n    return date(1999 + 20 - 1, 11, 30).strftime("%m/%d/%Y")',
        "11/30/2018",
    ),
)
_COUNTING = (
    Demonstration(
        "I have a spade, two rakes, and a hoe. How many tools do I have?",
        'def solution():\n    return sum({"spade": 1, "rake": 2, "hoe": 1}.values())',
        4,
    ),
    Demonstration(
        "I have three swans, a chair, a heron, and four gulls. How many birds do I have?",
        'def solution():\n    birds = {"swan": 3, "heron": 1, "gull": 4}\n    return sum(birds.values())',
        8,
    ),
    Demonstration(
        "I have a turnip, a leek, five beets, and a kettle. How many vegetables do I have?",
        'def solution():\n    vegetables = {"turnip": 1, "leek": 1, "beet": 5}\n    return sum(vegetables.values())',
        7,
    ),
)


class Choices(ProgramBenchmark):
    """The answer is one of the task's choices: a text, a list of texts that all are right, or a lettered option."""

    scene: ClassVar[str] = "symbolic"
    no_gold: ClassVar[str] = _NO_PROGRAMS

    def judge(self, solution: Solution, item: Item) -> Solution:
        answer = _plain(solution.answer)
        if as_text(answer) is None and as_number(answer) is None:
            return solution.judged(Outcome.BAD_ANSWER, f"neither a text nor a number: {solution.answer!s:.80}")
        match item.answer:
            case {"choice": str(letter), "options": list(options)}:
                named = [place for place, option in enumerate(options) if _is_choice(answer, option)]
                if not named and isinstance(answer, str) and (found := as_choice(answer, options)):
                    named = [ord(found) - ord("A")]
                return judged_equal(solution, named == [ord(letter) - ord("A")])
            case list(right):
                return judged_equal(solution, any(_is_choice(answer, choice) for choice in right))
        return judged_equal(solution, _is_choice(answer, item.answer))


def _plain(answer: Any) -> Any:
    """True and False as the words that the choices use; a list of one as that one."""
    if isinstance(answer, list) and len(answer) == 1:
        return _plain(answer[0])
    return {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else answer


def _is_choice(answer: Any, choice: str) -> bool:
    word = choice.strip().lower()
    number: Any = _WORDS.index(word) if word in _WORDS else choice
    said = (
        _WORDS.index(answer.strip().lower()) if isinstance(answer, str) and answer.strip().lower() in _WORDS else answer
    )
    return same_text(answer, choice) or same_number(said, number) or same_date(answer, choice)


class ColoredObjects(Choices):
    """2,000 items with the whole file."""

    name = task = "colored_objects"
    where = f"{_SOURCES}:COLORED_OBJECTS"
    files = "reasoning_about_colored_objects/task.json"
    demonstrations: ClassVar[Sequence[Demonstration]] = _COLORED_OBJECTS


class Penguins(Choices):
    name = task = "penguins"
    where = f"{_SOURCES}:PENGUINS"
    files = "penguins_in_a_table/task.json"
    demonstrations: ClassVar[Sequence[Demonstration]] = _PENGUINS


class Date(Choices):
    name = task = "date"
    where = f"{_SOURCES}:DATE"
    files = "date_understanding/task.json"
    demonstrations: ClassVar[Sequence[Demonstration]] = _DATES


class ColoredObjectsBbh(Choices):
    name = task = "colored_objects_bbh"
    where = f"{_SOURCES}:COLORED_OBJECTS_BBH"
    files = "bbh/reasoning_about_colored_objects.json"
    demonstrations: ClassVar[Sequence[Demonstration]] = _COLORED_OBJECTS


class PenguinsBbh(Choices):
    name = task = "penguins_bbh"
    where = f"{_SOURCES}:PENGUINS_BBH"
    files = "bbh/penguins_in_a_table.json"
    demonstrations: ClassVar[Sequence[Demonstration]] = _PENGUINS


class DateBbh(Choices):
    name = task = "date_bbh"
    where = f"{_SOURCES}:DATE_BBH"
    files = "bbh/date_understanding.json"
    demonstrations: ClassVar[Sequence[Demonstration]] = _DATES


class ObjectCounting(NumberBenchmark):
    name = task = "object_counting"
    scene = "symbolic"
    where = f"{_SOURCES}:OBJECT_COUNTING"
    files = "bbh/object_counting.json"
    no_gold = _NO_PROGRAMS
    demonstrations: ClassVar[Sequence[Demonstration]] = _COUNTING
