"""Generated arithmetic stories, solved by programs: ``have + more`` is 8."""

from __future__ import annotations

from eval.delegation.program_answers import NumberBenchmark


class Stories(NumberBenchmark):
    """The test split of the generated source."""

    name = "stories"
    task = "stories"
