"""From the equations of a worked solution to a program that computes its answer from the question.

    question   "A shirt of $40 is sold at 15% off. What do 3 shirts cost?"
    equations  0.85*40 = 34        34*3 = 102
    →
    def solution():
        step_1 = (1 - 15 / 100) * 40
        step_2 = step_1 * 3
        return step_2

A program is made only if the solution is one unambiguous chain of arithmetic. Each number that enters it is either
the result of an earlier equation, or given by the question (question_numbers.py), and never both. Each equation
holds. The last one gives the gold answer. At least half of the numbers that the question has in digits are used, and
the answer is not one that is put in. Equations that the answer does not need are left out, and nothing is ever filled
in: a solution that also reasons in words or letters gives no program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from collection.sources.base import Reason, Rejected
from collection.sources.gsm8k_arithmetic import Expression, Negation, Number, Operation, evaluate, to_python
from collection.sources.question_numbers import Given, numbers_of, numerals_of

_MOST_BITS = 200  # of a result: answers are numbers that people read


class Step(NamedTuple):
    """An equation that can be used: its value, and which of its numbers are results of earlier steps."""

    expression: Expression
    value: Fraction
    uses: Mapping[Fraction, int]


def compile_equations(
    equations: Iterable[Sequence[Expression]], question: str, answer: Fraction, scale: int = 1
) -> str | None:
    """The program that gives the answer, or None if the equations are no such chain.

    ``equations`` hold the sides of each equation that are arithmetic, in order: ``3*4 = 2*6 = 12`` has three. The
    program returns ``scale`` times the result of its last step: 100 where the solution ends in 0.05 and the answer
    is 5 percent.
    """
    given, numerals = numbers_of(question), numerals_of(question)
    steps = list(_steps(equations, given))
    for last in reversed(range(len(steps))):
        if steps[last].value * scale == answer:
            needed = _needed(steps, last)
            if _is_computed(needed, steps, given, numerals, answer):
                return _write(needed, steps, given, scale)
    return None


def not_derivable(why: str, request: str) -> Rejected:
    """A row whose gold answer is known, but whose solution gives no program."""
    detail = f"{why}; symbol-llm distill has a model write a program for such a row, and runs it"
    return Rejected(Reason.NOT_DERIVABLE, detail, request=request)


def plain_number(value: Fraction) -> int | float | str:
    """A gold answer as JSON: a whole number, a decimal that says all of it, or a fraction as text."""
    if value.denominator == 1:
        return value.numerator
    return float(value) if Fraction(str(float(value))) == value else str(value)


def _steps(equations: Iterable[Sequence[Expression]], given: Mapping[Fraction, Given]) -> Iterator[Step]:
    """One step for each equation that holds and has a side whose numbers are all accounted for."""
    known: dict[Fraction, int] = {}  # result of an earlier step, exact or as stated -> the latest such step
    values: list[Fraction] = []
    for sides in equations:
        for side in sides[:-1]:  # the last is the result, which confirms that the others were read as they were meant
            expression = _signed(side)
            numbers = set(_numbers(expression))
            if isinstance(expression, Number) or not all((n in known) != (n in given) for n in numbers):
                continue
            uses = {number: known[number] for number in numbers if number in known}
            exact = {number: values[step] for number, step in known.items()}
            try:
                value = _value(expression, exact)
                stated = [
                    other.value if isinstance(other, Number) else _value(_signed(other), exact) for other in sides
                ]
            except (ZeroDivisionError, ValueError):
                break
            if max(map(int.bit_length, value.as_integer_ratio())) > _MOST_BITS:
                break
            if not all(_agrees(value, other) for other in stated):
                break
            known[stated[-1]] = known[value] = len(values)
            values.append(value)
            yield Step(expression, value, uses)
            break


def _agrees(value: Fraction, stated: Fraction) -> bool:
    """Whether a stated result is the value, or the value rounded to the decimals (at least one) that are stated."""
    if value == stated or stated.denominator == 1:
        return value == stated
    digits = next((digits for digits in range(1, 7) if (stated * 10**digits).denominator == 1), None)
    return digits is not None and abs(value - stated) <= Fraction(1, 2 * 10**digits)


def _needed(steps: Sequence[Step], last: int) -> list[int]:
    """The steps that the last one depends on, itself included, in order."""
    needed, waiting = {last}, [last]
    while waiting:
        for step in steps[waiting.pop()].uses.values():
            if step not in needed:
                needed.add(step)
                waiting.append(step)
    return sorted(needed)


def _is_computed(
    needed: Sequence[int],
    steps: Sequence[Step],
    given: Mapping[Fraction, Given],
    numerals: set[Fraction],
    answer: Fraction,
) -> bool:
    """Whether the answer truly comes from the question: from most of its numbers, and is not one that was put in."""
    inputs = {n for i in needed for n in _numbers(steps[i].expression) if n not in steps[i].uses}
    origins = {origin for number in inputs if (origin := given[number].origin) is not None}
    if not origins or 2 * len(origins & numerals) < len(numerals):
        return False
    return answer not in inputs


def _write(needed: Sequence[int], steps: Sequence[Step], given: Mapping[Fraction, Given], scale: int) -> str:
    names = {step: f"step_{number}" for number, step in enumerate(needed, 1)}
    lines = []
    for step in needed:
        uses = steps[step].uses
        written = {n: names[uses[n]] if n in uses else given[n].python for n in _numbers(steps[step].expression)}
        lines.append(f"    {names[step]} = {to_python(steps[step].expression, written.__getitem__)}")
    result = names[needed[-1]] if scale == 1 else f"{names[needed[-1]]} * {scale}"
    return "\n".join(["def solution():", *lines, f"    return {result}"])


def _signed(expression: Expression) -> Expression:
    """The expression with each ``-3`` as one number: it comes from a -3 of the question, not from a 3."""
    match expression:
        case Negation(Number(value)):
            return Number(-value)
        case Negation(operand):
            return Negation(_signed(operand))
        case Operation(sign, left, right):
            return Operation(sign, _signed(left), _signed(right))
    return expression


def _numbers(expression: Expression) -> Iterator[Fraction]:
    match expression:
        case Number(value):
            yield value
        case Negation(operand):
            yield from _numbers(operand)
        case Operation(_, left, right):
            yield from _numbers(left)
            yield from _numbers(right)


def _value(expression: Expression, exact: Mapping[Fraction, Fraction]) -> Fraction:
    """The value of an expression, with earlier results in full instead of as they were stated."""
    return evaluate(expression, lambda number: exact.get(number, number))
