"""Rewards by name, and the proof before the first step that a reward tells right from wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from collection.procedures.verifier import ProcedureReward
from eval.delegation import BENCHMARKS
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.solvers import SOLVERS
from symbol_llm.solvers.reward import SolverReward
from symbol_llm.training.grpo_settings import Grpo
from symbol_llm.training.rewards import COLUMNS, check_reward, make_reward

PROGRAM = "def solution():\n    return {}"


def row(completion: str, answer: str) -> dict[str, str]:
    return {"prompt": "?", "completion": completion, **dict.fromkeys(COLUMNS, ""), "answer": answer}


def test_names_mean_one_thing() -> None:
    assert not {"procedures", *SOLVERS} & BENCHMARKS.keys() and "procedures" not in SOLVERS


def test_a_reward_of_each_kind() -> None:
    assert isinstance(make_reward(Grpo(reward="procedures")), ProcedureReward)
    programs = [PROGRAM.format("48 / 2"), PROGRAM.format("25"), "no program"]
    for settings in (Grpo(reward="python", judged_by="number", workers=1), Grpo(reward="stories", workers=1)):
        reward = make_reward(settings)
        assert isinstance(reward, SolverReward)
        with reward:
            assert reward(["?"] * 3, programs, answer=["24"] * 3) == [1.0, 0.0, 0.0]
            assert reward.outcomes["correct"] == 1 and reward.outcomes["wrong"] == 1 and reward.outcomes.total() == 3


@pytest.mark.parametrize(
    ("grpo", "words"),
    [
        (Grpo(reward="pyton"), "Did you mean python"),
        (Grpo(reward="gsm8"), "Did you mean gsm8k"),
        (Grpo(reward="python"), r"grpo\.judged_by"),
        (Grpo(reward="python", judged_by="numbr"), "number"),
        (Grpo(reward="gsm8k", judged_by="number"), "no effect"),
        (Grpo(reward="procedures", judged_by="number"), "no effect"),
    ],
)
def test_unknown_names(grpo: Grpo, words: str) -> None:
    with pytest.raises(UserError, match=words):
        make_reward(grpo)


def test_a_benchmark_says_what_is_none_of_its_rows() -> None:
    with make_reward(Grpo(reward="blocksworld_generated", workers=1)) as reward:  # type: ignore[attr-defined]
        (nothing,) = reward(
            ["?"], ["(define (problem p) (:domain blocksworld))"], answer=["3"], context=[""], world=[""]
        )
    assert nothing in (None, 0.0) and reward.outcomes.total() == 1


def test_gold_completions_must_earn_more_than_those_of_other_rows() -> None:
    rows = [row(f"<answer> {n} minutes </answer>", f'{{"low": {60 * n}, "high": {60 * n}}}') for n in (1, 2, 2)]
    reward = ProcedureReward()
    said = check_reward(reward, rows)
    assert "3 gold completions 1.00, of other rows' 0.00 (3 correct, 3 wrong)" in said
    assert not reward.outcomes, "the trial is not counted"
    mixed = [rows[0], row("no answer", rows[1]["answer"])]
    assert "0.50" in check_reward(reward, mixed), "some gold completions may be wrong"


class Constant:
    """A reward that has seen nothing."""

    __name__ = "constant"

    def __init__(self, value: float | None) -> None:
        self.value = value
        self.outcomes: Counter[str] = Counter()

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Sequence[Any]
    ) -> list[float | None]:
        return [self.value] * len(completions)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_reward_without_difference_is_refused(value: float) -> None:
    with pytest.raises(CheckFailed, match="does not tell right from wrong"):
        check_reward(Constant(value), [row("a", "1"), row("b", "2")])


def test_answers_that_cannot_be_used_are_said() -> None:
    with pytest.raises(CheckFailed, match="its answer 'soon' cannot be used"):
        check_reward(ProcedureReward(), [row("<answer> 1 minutes </answer>", "soon")])
    with pytest.raises(CheckFailed, match="cannot be used"):
        check_reward(ProcedureReward(), [row("", "soon")])


def test_without_gold_completions_nothing_is_proven() -> None:
    assert "not proven" in check_reward(ProcedureReward(), [row("", "80.0")])
