"""A delegation benchmark as a reward: its way to find the symbol, its solver, its judge.

    with reward_of("gsm8k", workers=2) as reward:
        reward(prompts=["How many?"], completions=["def solution():\\n    return 48 / 2"], answer=["24"])   →   [1.0]

Rows are records of the benchmark's task, or of another of the same kind: the columns answer, context and world.
Databases that a world names are looked for below $SYMBOL_LLM_RAW.
"""

from __future__ import annotations

from typing import Any

import eval.delegation
from collection.cli import raw_folder
from eval.delegation.base import Item
from symbol_llm.formats.base import Context
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.reward import SolverReward


def reward_of(name: str, workers: int = 2) -> SolverReward:
    """The reward of a benchmark. Raises UserError for an unknown one, EngineMissing if its engine is not installed."""
    benchmark = eval.delegation.get(name)

    def judged(solution: Solution, gold: Any, context: Context) -> Solution:
        if solution.outcome is not None:
            return solution
        try:
            return benchmark.judge(solution, Item("", "", "", gold, context, ""))
        except (KeyError, TypeError, ValueError) as error:
            return solution.judged(Outcome.GOLD_ERROR, f"the row is none of {name}'s: {error!r}")

    def extract(output: str) -> str:
        return benchmark.extract(output) or ""

    return SolverReward(benchmark.solver, judged, extract=extract, root=raw_folder(None), workers=workers)
