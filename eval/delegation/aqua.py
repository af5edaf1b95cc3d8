"""AQuA's test questions: a program computes, and what it returns must be the right one of five options.

    … What do 2 books cost?⏎Options:⏎A) $12⏎B) $24 …   →  def solution(): …  →  24, "B" or "$24": all are option B

A text chooses by its letter or by the text of an option. A number chooses the one option whose number it is: within
the tolerance of ``solvers/answers.py`` or, where options have decimals, rounded as the option is; 0.15 and 15 both
are "15 %". A number that is none of the options, or several, is wrong: nothing is rounded to the nearest option.
One row in ten has a gold program (see the source).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from collection.sources.aqua import option_number, read_fields
from collection.sources.base import Example, Rejected, Row
from eval.delegation.base import Demonstration, Item, judged_equal
from eval.delegation.program_answers import ProgramBenchmark
from symbol_llm.solvers.answers import as_number, as_text, same_number
from symbol_llm.solvers.answers_choices import as_choice
from symbol_llm.solvers.outcome import Outcome, Solution


class Aqua(ProgramBenchmark):
    """254 items with the whole test file."""

    name = "aqua"
    scene = "maths"
    task = "aqua_code"
    demonstrations: ClassVar = (
        Demonstration(
            "A tap fills a tank in 6 hours, another in 3 hours. How long do both together take?\n"
            "Options:\nA) 1 h\nB) 2 h\nC) 4.5 h\nD) 9 h\nE) 3 h",
            "def solution():\n    return 1 / (1 / 6 + 1 / 3)",
            {"choice": "B", "options": ["1 h", "2 h", "4.5 h", "9 h", "3 h"]},
        ),
        Demonstration(
            "The price of rice rises by 25%. By how many percent must a family eat less to pay the same as before?\n"
            "Options:\nA) 25%\nB) 15%\nC) 20%\nD) 30%\nE) 75%",
            "def solution():\n    rest = 100 / 125\n    return (1 - rest) * 100",
            {"choice": "C", "options": ["25%", "15%", "20%", "30%", "75%"]},
        ),
        Demonstration(
            "Which of these numbers has exactly three divisors?\nOptions:\nA) 12\nB) 15\nC) 16\nD) 49\nE) 50",
            "def solution():\n    for number in (12, 15, 16, 49, 50):\n"
            "        if sum(number % i == 0 for i in range(1, number + 1)) == 3:\n            return number",
            {"choice": "D", "options": ["12", "15", "16", "49", "50"]},
        ),
    )

    def question(self, row: Row, example: Example) -> Example | None:
        shown = self.without_symbol(row, None)
        return shown and Example(input=shown.input, completion=example.completion, answer=shown.answer)

    def without_symbol(self, row: Row, why: Rejected | None) -> Example | None:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected) or list(fields.options) != sorted(fields.options):
            return None
        lines = (f"{letter}) {text}" for letter, text in fields.options.items())
        answer = {"choice": fields.correct, "options": list(fields.options.values())}
        return Example(input="\n".join((fields.question, "Options:", *lines)), completion="", answer=answer)

    def judge(self, solution: Solution, item: Item) -> Solution:
        chosen = chosen_options(solution.answer, item.answer["options"])
        if chosen is None:
            return solution.judged(Outcome.BAD_ANSWER, "the answer is neither a number nor a text")
        return judged_equal(solution, chosen == [item.answer["choice"]])


def chosen_options(answer: Any, options: list[str]) -> list[str] | None:
    """The letters of the options that an answer is; None where it is of a kind that is no option."""
    number = as_number(answer)
    if isinstance(answer, str) and (letter := as_choice(answer, options)):
        return [letter]
    if number is None:
        return [] if as_text(answer) is not None else None
    return [chr(ord("A") + place) for place, option in enumerate(options) if _is_option(answer, option)]


def _is_option(answer: Any, option: str) -> bool:
    found = option_number(option)
    if found is None:
        return False
    value, is_percent = found
    # Only what is written with decimals was rounded: half of the last digit.
    digits = Decimal("".join(c for c in option if c.isdigit() or c == ".").strip(".") or "0").as_tuple().exponent
    slack = 0.5 * 10.0**digits if isinstance(digits, int) and digits < 0 and "/" not in option else 1e-3
    as_written, as_share = float(value), float(value / 100)
    return same_number(answer, as_written, absolute=slack) or (is_percent and same_number(answer, as_share))
