"""Solvers as rewards, called as TRL's GRPOTrainer calls them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers import Limits, Outcome
from symbol_llm.solvers.reward import SolverReward, extract_symbol, judge_plan

RIGHT = "def solution():\n    return 48 / 2"
WORLD = {"tables": {"pets": {"columns": ["name", "age"], "rows": [["tom", 3], ["ann", 5]]}}}


@pytest.fixture(scope="module")
def maths() -> Iterator[SolverReward]:
    with SolverReward("python", "number", limits=Limits(cpu_seconds=2)) as reward:
        yield reward


@pytest.mark.parametrize(
    ("completion", "answer", "expected"),
    [
        (RIGHT, "24", 1.0),
        (f"Here it is:\n```python\n{RIGHT}\n```\nDone.", "24.0", 1.0),
        ([{"role": "assistant", "content": RIGHT}], 24, 1.0),
        (RIGHT, "25", 0.0),
        ("I do not know", "24", 0.0),
        ("", "24", 0.0),
        ([], "24", 0.0),
        ("def solution():\n    while True: pass", "24", 0.0),
        ("import os\ndef solution():\n    os.fork()", "24", 0.0),
        ("def solution():\n    return [1, 2]", "24", 0.0),
        (RIGHT, "no number", None),  # the gold answer's fault, not the model's
        (RIGHT, None, None),
    ],
)
def test_one_completion(maths: SolverReward, completion: Any, answer: Any, expected: float | None) -> None:
    assert maths(prompts=["How many?"], completions=[completion], answer=[answer]) == [expected]


def test_a_batch_with_all_that_the_trainer_passes(maths: SolverReward) -> None:
    found = maths(
        prompts=["q"] * 4,
        completions=[RIGHT, "nonsense", RIGHT, RIGHT.replace("48", "50")],
        completion_ids=[[1]] * 4,
        trainer_state=None,
        answer=["24", "24", "1", "25"],
        source=["a"] * 4,
    )
    assert found == [1.0, 0.0, 0.0, 1.0]
    assert maths.__name__ == "python_reward" and maths.outcomes["correct"] >= 2


def test_the_signature_is_the_trainers() -> None:
    parameters = inspect.signature(SolverReward.__call__).parameters
    assert list(parameters)[1:] == ["prompts", "completions", "columns"]


def test_rewards_by_outcome() -> None:
    rewards = {Outcome.CORRECT: 2.0, Outcome.WRONG: 0.5, Outcome.PARSE_ERROR: -1.0}
    with SolverReward("fol", "text", gold="label", rewards=rewards) as reward:
        completions = ["P(a)\nP(a)", "P(a)\nP(b)", "P(a", "P(a)\n¬P(a)\nQ(a)"]
        assert reward(prompts=[""] * 4, completions=completions, label=["True"] * 4) == [2.0, 0.5, -1.0, 0.0]
        assert reward.outcomes == {"correct": 1, "wrong": 1, "parse_error": 1, "inconsistent": 1}


def test_gold_queries_are_executed() -> None:
    with SolverReward("sql", "rows", gold="query", gold_is_symbol=True) as reward:
        completions = ["SELECT age, name FROM pets", "SELECT name FROM pets", "SELECT 1"]
        found = reward(
            prompts=[""] * 3,
            completions=completions,
            query=["SELECT name, age FROM pets", "SELECT name FROM pets WHERE age > 3", "SELECT gone FROM pets"],
            world=[json.dumps(WORLD), WORLD, WORLD],
            context=["a", None, ""],
        )
    assert found == [1.0, 0.0, None]


def test_plans_are_executed_on_the_gold_problem() -> None:
    domain = """(define (domain d) (:predicates (on) (ready))
        (:action get-ready :parameters () :precondition () :effect (ready))
        (:action switch :parameters () :precondition (ready) :effect (on)))"""
    gold = "(define (problem p) (:domain d) (:init) (:goal (on)))"
    easy = "(define (problem p) (:domain d) (:init (ready)) (:goal (on)))"
    world = {"domain": domain, "problem": gold}
    with SolverReward("planner", judge_plan) as reward:
        found = reward(
            prompts=[""] * 3, completions=[gold, easy, "(define"], answer=[None] * 3, world=[world, world, world]
        )
        assert found == [1.0, 0.0, 0.0]
        assert reward.outcomes == {"correct": 1, "plan_invalid": 1, "parse_error": 1}
        assert reward(prompts=[""], completions=[gold], answer=[None], world=[{"domain": domain}]) == [None]


def test_faults_of_the_user() -> None:
    with pytest.raises(UserError, match="unknown comparator"):
        SolverReward("fol", "nope")
    with pytest.raises(UserError, match="unknown solver"):
        SolverReward("nope", "text")
    with SolverReward("fol", "text") as reward, pytest.raises(UserError, match="no column 'answer'"):
        reward(prompts=[""], completions=["P(a)"], label=["True"])


@pytest.mark.parametrize(
    ("output", "symbol"),
    [
        ("P(a)", "P(a)"),
        ("Sure:\n```fol\nP(a)\n```\n```\nP(b)\n```", "P(a)"),
        ("```\nP(a)", "P(a)"),
        ("  \n", ""),
    ],
)
def test_extraction(output: str, symbol: str) -> None:
    assert extract_symbol(output) == symbol


def test_trl_takes_it(maths: SolverReward) -> None:
    """The trainer's own check of reward functions, and the name under which it logs them."""
    import torch
    import trl

    assert callable(maths) and not isinstance(maths, torch.nn.Module) and isinstance(maths.__name__, str)
    assert "reward_funcs" in inspect.signature(trl.GRPOTrainer.__init__).parameters
