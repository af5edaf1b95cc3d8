"""A solver as a reward: what a model writes is executed, and its answer compared with the gold one.

    from trl import GRPOTrainer
    from symbol_llm.solvers.reward import SolverReward

    with SolverReward("python", "number", workers=4) as reward:          # the columns answer, context and world
        GRPOTrainer(model, reward_funcs=reward, train_dataset=dataset, …).train()

    reward(prompts=["How many?"], completions=["def solution():\\n    return 48 / 2"], answer=["24"])   →   [1.0]

An object of this class has the signature that TRL's GRPOTrainer calls, ``(prompts, completions, **columns)``; nothing
of TRL is imported. Columns of the dataset are those of a record: ``answer`` (JSON), ``context`` (the definitions) and
``world`` (JSON, or a mapping); only the first is needed. What a fault of ours prevents from being judged (a gold answer
that cannot be used, a fault of the sandbox) is None, which the trainer leaves out: it is no fault of the model's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import orjson

from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.solvers.answers import comparator, judge
from symbol_llm.solvers.base import Job
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.plan_validator import validate
from symbol_llm.solvers.service import Service

Judge = Callable[[Solution, Any, Context], Solution]
_FENCE = re.compile(r"```[\w-]*\n(.*?)(?:```|\Z)", re.DOTALL)


def extract_symbol(output: str) -> str:
    """The symbol in a model's output: what stands in the first fenced block, else the whole text."""
    found = _FENCE.search(output)
    return (found[1] if found else output).strip()


def judge_plan(solution: Solution, gold: Any, context: Context) -> Solution:
    """CORRECT if a plan works on the gold problem, which is ``context.world["problem"]``; else PLAN_INVALID."""
    if solution.outcome is not None:
        return solution
    try:
        check = validate(context.world["domain"], context.world["problem"], solution.answer)
    except (KeyError, ValueError) as error:
        return solution.judged(Outcome.GOLD_ERROR, f"the gold problem cannot be used: {error!r}")
    return solution.judged(Outcome.CORRECT if check.is_valid else Outcome.PLAN_INVALID, check.message)


class SolverReward:
    """Rewards completions by what a solver finds.

    ``solver`` and ``options``: as for Service; ``judged_by``: a name of COMPARATORS, or a function that judges
    ``(solution, gold, context)``, such as ``judge_plan``. ``gold`` is the column of gold answers, JSON text;
    ``gold_is_symbol`` says that it holds gold symbols instead, which are executed in the same context (a query for
    ``rows``). ``rewards`` are floats per outcome, 0 where none is given: ``{Outcome.CORRECT: 1.0, Outcome.WRONG: 0.1}``
    also pays for what runs.

    ``outcomes`` counts the endings of all calls. Not safe across a fork: make it in the process that trains. Raises
    EngineMissing, or UserError for an unknown solver or comparator.
    """

    def __init__(
        self,
        solver: str,
        judged_by: str | Judge,
        *,
        gold: str = "answer",
        gold_is_symbol: bool = False,
        definitions: str = "context",
        world: str = "world",
        root: Path | None = None,
        extract: Callable[[str], str] = extract_symbol,
        rewards: Mapping[Outcome, float] | None = None,
        workers: int = 2,
        limits: Limits | None = None,
        cache: Path | None = None,
        **options: object,
    ) -> None:
        if isinstance(judged_by, str):
            comparator(judged_by)  # an unknown name is said now
        self.__name__ = f"{solver}_reward"  # the trainer's logs name rewards so
        self.outcomes: Counter[str] = Counter()
        self._judged_by, self._extract, self._root = judged_by, extract, root
        self._gold, self._gold_is_symbol = gold, gold_is_symbol
        self._definitions, self._world = definitions, world
        self._rewards = {Outcome.CORRECT: 1.0} if rewards is None else dict(rewards)
        self._service = Service(solver, workers=workers, limits=limits, cache=cache, **options)

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Sequence[Any]
    ) -> list[float | None]:
        """One reward per completion. Completions are texts, or conversations whose last message is the completion."""
        return [self.reward_of(solution) for solution in self.solutions(completions, **columns)]

    def reward_of(self, solution: Solution) -> float | None:
        """The reward for an outcome; None for a fault of ours."""
        assert solution.outcome is not None
        return None if solution.outcome.is_ours else self._rewards.get(solution.outcome, 0.0)

    def solutions(self, completions: Sequence[Any], **columns: Sequence[Any]) -> list[Solution]:
        """The judged solutions, where more than their rewards is wanted. Raises UserError for a missing column."""
        if self._gold not in columns:
            raise UserError(f"the dataset has no column {self._gold!r}. Name that of the gold answers with gold=…")
        contexts = [self._context(columns, i) for i in range(len(completions))]
        golds = self._golds(columns[self._gold], contexts)
        jobs = [Job(self._extract(_text(item)), context) for item, context in zip(completions, contexts, strict=True)]
        judged = []
        for position, _, solution, _ in self._service.run(jobs):
            if not jobs[position].symbol:
                solution = solution.judged(Outcome.NO_SYMBOL, "the completion is empty")
            judged.append(self._judge(solution, golds[position], contexts[position]))
        self.outcomes.update(str(solution.outcome) for solution in judged)
        return judged

    def _golds(self, given: Sequence[Any], contexts: Sequence[Context]) -> list[Any]:
        """Gold answers; where the column holds symbols, their solutions."""
        if not self._gold_is_symbol:
            return [_value(item) for item in given]
        jobs = [Job(str(item), context) for item, context in zip(given, contexts, strict=True)]
        return [solved.solution for solved in self._service.run(jobs)]

    def _judge(self, solution: Solution, gold: Any, context: Context) -> Solution:
        if isinstance(gold, Solution):
            if gold.outcome is not None:
                return solution.judged(Outcome.GOLD_ERROR, f"the gold symbol fails: {gold.outcome} ({gold.message})")
            gold = gold.answer
        if isinstance(self._judged_by, str):
            return judge(solution, gold, self._judged_by)
        return self._judged_by(solution, gold, context)

    def _context(self, columns: Mapping[str, Sequence[Any]], i: int) -> Context:
        definitions = columns[self._definitions][i] if self._definitions in columns else ""
        world = _value(columns[self._world][i]) if self._world in columns else None
        return Context(definitions or "", world or {}, self._root)

    def close(self) -> None:
        """End the engine's processes."""
        self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _text(completion: Any) -> str:
    """A completion as text; of a conversation its last message."""
    if isinstance(completion, str):
        return completion
    return str(completion[-1]["content"]) if completion else ""


def _value(column: Any) -> Any:
    """A JSON column as a record holds it; a text that is no JSON stands for itself."""
    if not isinstance(column, str):
        return column
    try:
        return orjson.loads(column)
    except orjson.JSONDecodeError:
        return column
