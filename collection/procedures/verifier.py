"""The reward: 1 for the right time in the last ``<answer>…</answer>`` of a completion, else 0.

    judge("… so it is <answer>1 hr 20 min</answer>", gold_of("[datetime.timedelta(seconds=4800), …]"))    →   CORRECT

    from trl import GRPOTrainer
    GRPOTrainer(model, reward_funcs=ProcedureReward(), train_dataset=rows, …).train()     # rows: prompt, answer, unit

    reward(prompts=["…"], completions=["<answer>80min</answer>"], answer=[{"low": 4800, "high": 4800}])   →   [1.0]

Only completions are looked at, never prompts, and neither is the example that a completion repeats from its prompt. A
time is right if its bounds lie within the gold bounds, which differ only for months and years; a decimal of two or more
places may be rounded (``1.33 hours``). Every completion ends as exactly one ``Judgement``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from collection.procedures.answer_amounts import Time
from collection.procedures.answer_times import Fault, read_time
from collection.procedures.critical_path import critical_time
from collection.procedures.instance import Plan, Seconds, sole_unit
from symbol_llm.errors import UserError

_TAG = "<answer>"
_END = "</answer>"
# The request for the answer, as prompts put it: a completion that repeats it has not answered.
_EXAMPLE = re.compile(r"(?:<answer>\s*</answer>\s*)?\(\s*e\.g\.,?\s*<answer>[^<]*</answer>\s*\)|<answer>\s*</answer>")
_LABEL = re.compile(r"\[(?P<low>datetime\.timedelta\([^()]*\)), (?P<high>datetime\.timedelta\([^()]*\))\]")
_DELTA = re.compile(r"datetime\.timedelta\((?:0|(?P<parts>[a-z]+=-?[0-9]+(?:, [a-z]+=-?[0-9]+)*))\)")
_DELTA_PARTS = frozenset({"weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"})
_HUNDREDTH = Fraction(60, 200)  # half of a hundredth of a minute, to which the code form rounds


class Judgement(StrEnum):
    """What becomes of a completion."""

    CORRECT = "correct"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"  # no tagged answer, or the last one is not finished
    NO_TIME = "no_time"  # prose, or nothing, between the tags
    NO_UNIT = "no_unit"  # a number, where several units could be meant
    CONTRADICTORY = "contradictory"  # times that differ
    INEXACT = "inexact"  # less than, at least, not … a time


class Gold(NamedTuple):
    """The right time, in seconds. ``unit``: what a bare number means, or ""; ``slack``: rounding of the label."""

    low: Seconds
    high: Seconds
    unit: str = ""
    slack: Seconds = 0


def gold_of(answer: Any, unit: str = "") -> Gold:
    """The gold time of a plan, a label of the paper's files, or a record's answer.

    ``[datetime.timedelta(…), datetime.timedelta(…)]`` and ``{"low": 4800, "high": 4800}`` (or its JSON) are bounds;
    a number is minutes, the label of the code form. Nothing is evaluated. Raises UserError for anything else.
    """
    if isinstance(answer, Plan):
        return Gold(*critical_time(answer), unit or sole_unit(answer))
    if isinstance(answer, str):
        if found := _LABEL.fullmatch(answer.strip()):
            return _bounded(_delta(found["low"], answer), _delta(found["high"], answer), unit, answer)
        try:
            answer = orjson.loads(answer)
        except orjson.JSONDecodeError:
            raise UserError(f"{answer!r:.80} is no gold time: two timedeltas, low and high, or minutes") from None
    if isinstance(answer, Mapping):
        return _bounded(_exact(answer.get("low"), answer), _exact(answer.get("high"), answer), unit, answer)
    minutes = _exact(answer, answer)
    return _bounded(minutes * 60, minutes * 60, unit or "min", answer)._replace(slack=_HUNDREDTH)


def _bounded(low: Seconds, high: Seconds, unit: str, answer: Any) -> Gold:
    if not 0 <= low <= high:
        raise UserError(f"{answer!r:.80} is no gold time: it is negative, or its bounds are the wrong way round")
    return Gold(low, high, unit)


def _exact(number: Any, answer: Any) -> Seconds:
    if isinstance(number, bool) or not isinstance(number, int | float) or number - number != 0:
        raise UserError(f"{answer!r:.80} is no gold time: two timedeltas, low and high, or minutes")
    # Sums of floats carry noise; no label has more than microseconds.
    return number if isinstance(number, int) else Fraction(str(round(number, 6)))


def _delta(text: str, answer: str) -> Seconds:
    found = _DELTA.fullmatch(text)
    parts = dict(part.split("=") for part in (found["parts"] or "").split(", ") if part) if found else {}
    if found is None or not parts.keys() <= _DELTA_PARTS:
        raise UserError(f"{answer!r:.80} is no gold time: {text} is no timedelta")
    try:
        time = timedelta(**{name: int(value) for name, value in parts.items()})
    except OverflowError:
        raise UserError(f"{answer!r:.80} is no gold time: {text} is too long") from None
    micro = (time.days * 86_400 + time.seconds) * 1_000_000 + time.microseconds
    return micro // 1_000_000 if micro % 1_000_000 == 0 else Fraction(micro, 1_000_000)


def last_answer(completion: str) -> str | None:
    """What the last pair of tags holds; None if there is none, it is empty, or a later tag is left open."""
    text = completion
    if "<A" in text or "</A" in text:
        text = text.lower()
    answer = None if "e.g." in text else _between_tags(text)
    if not (answer or "").strip():
        answer = _between_tags(_EXAMPLE.sub(" ", text))
    return answer


def _between_tags(text: str) -> str | None:
    start = text.rfind(_TAG)
    end = text.find(_END, start)
    return text[start + len(_TAG) : end] if 0 <= start < end else None


def judge(completion: str, gold: Gold) -> Judgement:
    """The verdict on a completion."""
    answer = last_answer(completion)
    if answer is None:
        return Judgement.NO_ANSWER
    return judge_answer(answer, gold)


def judge_answer(answer: str, gold: Gold) -> Judgement:
    """The verdict on what stands between the tags."""
    time = read_time(answer, gold.unit)
    if isinstance(time, Fault):
        return Judgement(time.value)
    return Judgement.CORRECT if is_within(time, gold) else Judgement.WRONG


def is_within(time: Time, gold: Gold) -> bool:
    """Whether the bounds of a time lie within the gold ones, rounding allowed for."""
    slack = time.slack + gold.slack
    return time.low >= gold.low - slack and time.high <= gold.high + slack


class ProcedureReward:
    """1.0 for a right answer, else 0.0, for TRL's GRPOTrainer; nothing of TRL is imported.

    ``gold`` and ``unit`` are columns of the dataset: labels as ``gold_of`` takes them, and what a bare number means
    (may be missing). A label that cannot be used gives None, which the trainer leaves out: it is no fault of the
    model's. ``outcomes`` counts the verdicts of all calls, such labels as "gold_error".
    """

    def __init__(self, gold: str = "answer", unit: str = "unit") -> None:
        self.__name__ = "procedure_reward"  # the trainer's logs name rewards so
        self.outcomes: Counter[str] = Counter()
        self._gold, self._unit = gold, unit

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Sequence[Any]
    ) -> list[float | None]:
        """One reward per completion: a text, or a conversation whose last message is it.

        Raises UserError if the column of gold answers is missing.
        """
        if self._gold not in columns:
            raise UserError(f"the dataset has no column {self._gold!r}. Name that of the gold answers with gold=…")
        golds = columns[self._gold]
        units = columns.get(self._unit) or [""] * len(golds)
        rewards: list[float | None] = []
        for completion, answer, unit in zip(completions, golds, units, strict=True):
            try:
                gold = _cached(answer, unit or "") if isinstance(answer, str) else gold_of(answer, unit or "")
            except UserError:
                self.outcomes["gold_error"] += 1
                rewards.append(None)
                continue
            judgement = judge(_text(completion), gold)
            self.outcomes[judgement.value] += 1
            rewards.append(1.0 if judgement is Judgement.CORRECT else 0.0)
        return rewards


_cached = lru_cache(maxsize=4_096)(gold_of)


def _text(completion: Any) -> str:
    if isinstance(completion, str):
        return completion
    return str(completion[-1]["content"]) if completion else ""
