"""Small arithmetic stories, generated: one or two steps over numbers up to 20.

    {"kind": "gain", "wording": 1, "name": "tom", "item": "eggs", "numbers": [5, 3]}
→
    input       tom has 5 eggs and finds 3 more. how many eggs?
    completion  def solution():
                    have = 5
                    more = 3
                    return have + more
    answer      8
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from collection.sources.base import Example, GeneratedSource, Prompt, Row
from symbol_llm.record import Split

_NAMES = ("tom", "ann", "sam", "ben", "mary", "john", "kate", "paul", "anna", "max", "lily", "jack")
_ITEMS = ("apples", "books", "eggs", "cards", "coins", "pens", "cakes", "balls", "toys", "cups", "keys", "stars")


class Kind(NamedTuple):
    """A kind of story. ``numbers`` draws them so that the answer is a whole number and never negative."""

    numbers: Callable[[Random], tuple[int, ...]]
    steps: tuple[str, ...]  # one variable per number, in order
    result: str
    answer: Callable[..., int]
    wordings: tuple[str, ...]


def _two(rng: Random) -> tuple[int, int]:
    return rng.randint(2, 20), rng.randint(2, 20)


def _three(rng: Random) -> tuple[int, int, int]:
    return rng.randint(2, 20), rng.randint(2, 20), rng.randint(2, 20)


def _less(rng: Random) -> tuple[int, int]:
    start = rng.randint(3, 20)
    return start, rng.randint(1, start - 1)


def _shared(rng: Random) -> tuple[int, int]:
    parts = rng.randint(2, 9)
    return parts * rng.randint(2, 9), parts


def _groups(rng: Random) -> tuple[int, int]:
    return rng.randint(2, 9), rng.randint(2, 9)


def _groups_and_more(rng: Random) -> tuple[int, int, int]:
    return *_groups(rng), rng.randint(1, 9)


def _groups_and_less(rng: Random) -> tuple[int, int, int]:
    boxes, each = _groups(rng)
    return boxes, each, rng.randint(1, min(9, boxes * each - 1))


def _gain_and_loss(rng: Random) -> tuple[int, int, int]:
    have, more = _two(rng)
    return have, more, rng.randint(1, min(20, have + more - 1))


def _paid(rng: Random) -> tuple[int, int, int]:
    price, count = _groups(rng)
    return price * count + rng.randint(1, 20), price, count


_KINDS: dict[str, Kind] = {
    "gain": Kind(_two, ("have", "more"), "have + more", lambda a, b: a + b, (
        "{name} has {0} {item} and gets {1} more. how many {item}?",
        "{name} has {0} {item} and finds {1} more. how many {item}?",
        "{name} had {0} {item}, then got {1}. how many now?",
    )),
    "loss": Kind(_less, ("have", "lost"), "have - lost", lambda a, b: a - b, (
        "{name} has {0} {item} and loses {1}. how many are left?",
        "{name} had {0} {item} and gave away {1}. how many now?",
        "{name} sells {1} of {0} {item}. how many are left?",
    )),
    "together": Kind(_two, ("first", "second"), "first + second", lambda a, b: a + b, (
        "{name} has {0} {item}, {other} has {1}. how many together?",
        "{name} and {other} have {0} and {1} {item}. how many in all?",
    )),
    "groups": Kind(_groups, ("boxes", "each"), "boxes * each", lambda a, b: a * b, (
        "{name} has {0} boxes with {1} {item} each. how many {item}?",
        "there are {1} {item} in each of {0} boxes. how many {item}?",
        "{name} buys {0} bags of {1} {item}. how many {item}?",
    )),
    "share": Kind(_shared, ("have", "friends"), "have / friends", lambda a, b: a // b, (
        "{name} shares {0} {item} among {1} friends. how many each?",
        "{1} friends share {0} {item}. how many does each get?",
    )),
    "difference": Kind(_less, ("first", "second"), "first - second", lambda a, b: a - b, (
        "{name} has {0} {item}, {other} has {1}. how many more has {name}?",
        "{other} has {1} {item} and {name} {0}. what is the difference?",
    )),
    "gain and loss": Kind(_gain_and_loss, ("have", "more", "lost"), "have + more - lost", lambda a, b, c: a + b - c, (
        "{name} has {0} {item}, gets {1} and loses {2}. how many now?",
        "{name} had {0} {item}, bought {1}, then sold {2}. how many are left?",
    )),
    "groups and more": Kind(_groups_and_more, ("boxes", "each", "more"), "boxes * each + more",
                            lambda a, b, c: a * b + c, (
        "{name} has {0} boxes of {1} {item} and {2} more. how many {item}?",
        "{name} buys {0} bags of {1} {item}, then finds {2}. how many {item}?",
    )),
    "groups and less": Kind(_groups_and_less, ("boxes", "each", "lost"), "boxes * each - lost",
                            lambda a, b, c: a * b - c, (
        "{name} has {0} boxes of {1} {item} and loses {2}. how many are left?",
        "{name} buys {0} bags of {1} {item} and gives away {2}. how many now?",
    )),
    "change": Kind(_paid, ("money", "price", "count"), "money - price * count", lambda a, b, c: a - b * c, (
        "{name} has {0} dollars and buys {2} {item} for {1} each. how much is left?",
        "{item} cost {1} dollars each. {name} buys {2} with {0} dollars. how much is left?",
    )),
    "three": Kind(_three, ("first", "second", "third"), "first + second + third", lambda a, b, c: a + b + c, (
        "{name} finds {0}, {1} and {2} {item}. how many in all?",
        "three boxes hold {0}, {1} and {2} {item}. how many {item}?",
    )),
}  # fmt: skip


class Stories(GeneratedSource):
    task = "stories"
    format = "math_program"
    family = "Math"
    sizes: Mapping[Split, int] = {Split.TRAIN: 8_000, Split.VALIDATION: 100, Split.TEST: 300}
    prompt = Prompt(
        instructions=(
            "Solve the story in Python.",
            "Write a Python program.",
            "Turn the story into Python.",
            "Answer with a Python function.",
            "Write solution() for the story.",
            "Compute the answer in Python.",
            "Translate the story to Python.",
            "Give a program for the story.",
            "Write the steps in Python.",
        ),
        input_label="The story is:",
        cue="The program is:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> Any:
        kind = rng.choice(list(_KINDS))
        name, other = rng.sample(_NAMES, 2)
        return {
            "kind": kind,
            "wording": rng.randrange(len(_KINDS[kind].wordings)),
            "name": name,
            "other": other,
            "item": rng.choice(_ITEMS),
            "numbers": list(_KINDS[kind].numbers(rng)),
        }

    def to_example(self, row: Row, folder: Path) -> Example:
        data = row.data
        kind, numbers = _KINDS[data["kind"]], data["numbers"]
        names = {"name": data["name"], "other": data["other"], "item": data["item"]}
        lines = [f"    {step} = {number}" for step, number in zip(kind.steps, numbers, strict=True)]
        return Example(
            input=kind.wordings[data["wording"]].format(*numbers, **names),
            completion="\n".join(["def solution():", *lines, f"    return {kind.result}"]),
            answer=kind.answer(*numbers),
        )


STORIES = Stories()
