"""Verifiers as rewards: which one a configuration names, and the proof at the start that it tells right from wrong.

    reward: procedures                         the time in the last <answer>…</answer>, as the record's answer has it
    reward: gsm8k                              a delegation benchmark: its solver executes, its judge compares
    reward: python     judged_by: number       any solver, with a comparator of answers

A reward takes ``(prompts, completions, **columns)`` and gives floats, None where a fault of ours hides the truth. Its
``outcomes`` count how completions ended.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from symbol_llm.errors import CheckFailed, UserError, unknown_name
from symbol_llm.solvers import SOLVERS
from symbol_llm.training.grpo_settings import Grpo

# Named as text: imports run from the stages to this package, never back. The second makes a reward from a benchmark.
_PROCEDURES = "collection.procedures.verifier:ProcedureReward"
_BENCHMARKS = "eval.delegation:BENCHMARKS"
_OF_BENCHMARK = "eval.delegation_reward:reward_of"

COLUMNS = ("answer", "context", "world", "unit")  # of a row, what a reward may need besides the prompt
_CHECKED = 8  # rows with a gold completion that are tried before the first step


class Reward(Protocol):
    """What GRPOTrainer calls; ``outcomes`` counts the endings of all calls."""

    __name__: str
    outcomes: Counter[str]

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Sequence[Any]
    ) -> list[float | None]: ...


def make_reward(grpo: Grpo) -> Reward:
    """The reward of a configuration. Raises UserError for a name that is none, EngineMissing for its engine."""
    benchmarks = _named(_BENCHMARKS)
    if grpo.reward in SOLVERS:
        from symbol_llm.solvers.reward import SolverReward

        if not grpo.judged_by:
            raise UserError(
                f"grpo.reward {grpo.reward} is a solver: say with grpo.judged_by how its answers are compared "
                "(number, label, rows, …: symbol-llm solve --help), or name a delegation benchmark instead"
            )
        return SolverReward(grpo.reward, grpo.judged_by, workers=grpo.workers)
    if grpo.judged_by:
        raise UserError(f"grpo.judged_by: no effect, grpo.reward {grpo.reward} compares answers in a way of its own")
    if grpo.reward == "procedures":
        reward: Reward = _named(_PROCEDURES)()
        return reward
    if grpo.reward in benchmarks:
        of_benchmark: Reward = _named(_OF_BENCHMARK)(grpo.reward, grpo.workers)
        return of_benchmark
    raise unknown_name("reward", grpo.reward, ["procedures", *benchmarks, *SOLVERS], "symbol-llm eval list")


def _named(where: str) -> Any:
    module, attribute = where.split(":")
    return getattr(importlib.import_module(module), attribute)


def check_reward(reward: Reward, rows: Sequence[dict[str, Any]]) -> str:
    """Try the reward on gold completions and on those of other rows; a line that says what it gave.

    ``rows`` have prompt, completion ("" where there is no gold one) and COLUMNS. Raises CheckFailed if a gold
    completion cannot be judged, or if gold ones earn no more than others: nothing could be learnt.
    """
    gold = [row for row in rows if row["completion"].strip()]
    chosen = gold[:_CHECKED]
    others = [next((o["completion"] for o in gold if o["answer"] != row["answer"]), "") for row in chosen]
    if not chosen:
        chosen = list(rows[:_CHECKED])
        _rewards(reward, chosen, [""] * len(chosen))
        return "no row has a completion: that the reward knows right answers is not proven before the first step"
    right, wrong = _rewards(reward, chosen, [row["completion"] for row in chosen]), _rewards(reward, chosen, others)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in reward.outcomes.most_common())
    reward.outcomes.clear()
    if sum(right) <= sum(wrong):
        raise CheckFailed(
            f"the reward does not tell right from wrong: {len(chosen)} gold completions earn {sum(right):g}, those of "
            f"other rows {sum(wrong):g} ({outcomes}). Are grpo.reward and the column answer meant for these rows? "
            f"The first gold completion: {chosen[0]['completion'][:200]!r}, answer {str(chosen[0]['answer'])[:80]!r}"
        )
    return (
        f"reward of {len(chosen)} gold completions {_mean(right):.2f}, of other rows' {_mean(wrong):.2f} ({outcomes})"
    )


def _rewards(reward: Reward, rows: Sequence[dict[str, Any]], completions: Sequence[str]) -> list[float]:
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    found = reward([row["prompt"] for row in rows], completions, **columns)
    for row, value in zip(rows, found, strict=True):
        if value is None:
            raise CheckFailed(
                f"the reward cannot judge a row: its answer {str(row['answer'])[:80]!r} cannot be used, or its world "
                f"is missing. Outcomes: {dict(reward.outcomes)}. The prompt begins {row['prompt'][:120]!r}"
            )
    return [value for value in found if value is not None]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
