"""A benchmark and a solver small enough to work out every number by hand: sums of two digits.

prompt "Add 3 and 4:"   symbol "3 + 4"   answer 7   group: the first number
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from eval.delegation.base import Benchmark, Item, judged_equal
from symbol_llm.formats.base import EMPTY, Context
from symbol_llm.record import Provenance, Record, content_id
from symbol_llm.solvers.base import Solver
from symbol_llm.solvers.outcome import Limits, Outcome, Solution

TEN = tuple((i // 5, i % 5) for i in range(10))


class Adder(Solver):
    """Executes "a + b"; division by zero stands for a machine that fails the first time it is asked."""

    name = "adder"

    def __init__(self) -> None:
        self.num_solved = 0
        self.num_closed = 0
        self.is_machine_broken = False

    @property
    def engine(self) -> str:
        return "adder 1.0"

    def solve(self, symbol: str, context: Context = EMPTY, limits: Limits | None = None) -> Solution:
        self.num_solved += 1
        if self.is_machine_broken:
            return Solution(Outcome.SANDBOX_ERROR, message="no namespace left", engine=self.engine)
        match = re.fullmatch(r"(\d+) \+ (\d+)", symbol)
        if match is None:
            return Solution(Outcome.PARSE_ERROR, message="expected a sum", engine=self.engine)
        return Solution(None, answer=int(match[1]) + int(match[2]), engine=self.engine)

    def close(self) -> None:
        self.num_closed += 1


class Sums(Benchmark):
    """Ten sums in two clusters of five."""

    name = "sums"
    scene = "maths"
    task = "sums"
    solver = "adder"

    def __init__(self, pairs: Iterable[tuple[int, int]] = TEN) -> None:
        self.pairs = list(pairs)

    def items(self, raw: Path | None, seed: int = 0) -> Iterator[Item]:
        for a, b in self.pairs:
            prompt = f"Add {a} and {b}:\n"
            yield Item(content_id("sums", "test", prompt), prompt, f"{a} + {b}", a + b, EMPTY, f"story {a}")

    def judge(self, solution: Solution, item: Item) -> Solution:
        return judged_equal(solution, solution.answer == item.answer)


def record(number: int, *, task: str = "general", split: str = "test", origin: str = "generated") -> Record:
    """A record of plain text."""
    prompt, completion = f"Say {number}:\n", f"number {number}"
    return Record(
        id=content_id(task, split, prompt, completion, origin),
        task=task,
        format="text",
        origin=origin,
        split=split,
        prompt=prompt,
        completion=completion,
        instruction="Say",
        context="",
        input=str(number),
        template="0/0-shot",
        group=f"group {number % 3}",
        source=Provenance("toy", "1", "toy.jsonl", number, "0" * 64),
        licence="Apache-2.0",
        commercial=True,
    )
