"""Logical reasoning on FOLIO: the model writes the premises and the conclusion as formulas, Z3 judges the conclusion.

All cats are animals. Tom is a cat. Tom is an animal.  →  three formulas  →  "True"

Only the exact label counts; there is no default for what does not parse or cannot be decided. Chance is a third, the
most frequent label of the 204 rows ("True") 35.3 %. With the gold formulas 188 rows can be solved: the others have
broken formulas or formulas that do not give their label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from eval.delegation.base import Benchmark, Demonstration, Item, judged_equal
from symbol_llm.solvers.outcome import Outcome, Solution

EXAMPLES = (
    Demonstration(
        "Every owl hunts at night.\nWhat hunts at night has good eyes.\nMartha is an owl.\nMartha has good eyes.",
        "∀x (Owl(x) → HuntsAtNight(x))\n∀x (HuntsAtNight(x) → HasGoodEyes(x))\nOwl(martha)\nHasGoodEyes(martha)",
        "True",
    ),
    Demonstration(
        "A ticket is either for adults or for children.\nNo ticket for children costs more than ten euros.\n"
        "Ticket 7 is a ticket and costs more than ten euros.\nTicket 7 is for children.",
        "∀x (Ticket(x) → (ForAdults(x) ⊕ ForChildren(x)))\n"
        "∀x (Ticket(x) ∧ ForChildren(x) → ¬CostsMoreThanTen(x))\n"
        "Ticket(ticket7) ∧ CostsMoreThanTen(ticket7)\nForChildren(ticket7)",
        "False",
    ),
    Demonstration(
        "Some bakers sing.\nEveryone who sings is cheerful.\nPavel is a baker.\nPavel is cheerful.",
        "∃x (Baker(x) ∧ Sings(x))\n∀x (Sings(x) → Cheerful(x))\nBaker(pavel)\nCheerful(pavel)",
        "Uncertain",
    ),
)


class Labels(Benchmark):
    """A benchmark whose answers are labels, equal if they are the same word."""

    scene: ClassVar[str] = "logic"
    labels: ClassVar[tuple[str, ...]]

    def judge(self, solution: Solution, item: Item) -> Solution:
        if not isinstance(solution.answer, str) or solution.answer not in self.labels:
            told = f"{', '.join(self.labels[:-1])} or {self.labels[-1]}"
            return solution.judged(Outcome.BAD_ANSWER, f"not {told}: {solution.answer!r:.80}")
        return judged_equal(solution, solution.answer == item.answer)


class Folio(Labels):
    name = "folio"
    task = "folio"
    solver = "fol"
    language = "fol"
    files = "data/v0.0/folio-validation.jsonl"
    labels = ("True", "False", "Uncertain")
    demonstrations: ClassVar[Sequence[Demonstration]] = EXAMPLES
