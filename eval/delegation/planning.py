"""Planning: the model writes a PDDL problem, Fast Downward plans, the plan must work in the gold problem.

    "You have 3 blocks. b2 is on top of b3. …"  →  (define (problem …) …)  →  (unstack b2 b3) …  →  CORRECT

A plan for the model's own problem proves little: a goal that is too weak has a plan as well. The judge therefore
executes the plan on the gold problem. In a few upstream items the goal already holds (blocksworld p01, grippers p01
and p20): there an empty plan is right, and the message marks the item as trivial. Within 60 s of CPU time the planner
solves all gold problems of all four domains.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from eval.delegation import planning_examples
from eval.delegation.base import Benchmark, Demonstration, Item
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.plan_validator import goal_holds_initially, validate

TRIVIAL = "trivial item: the goal holds in the initial state"


class Planning(Benchmark):
    """A planning benchmark; the subclasses name the source."""

    scene: ClassVar[str] = "planning"
    solver: ClassVar[str] = "planner"
    language: ClassVar[str] = "pddl"

    def judge(self, solution: Solution, item: Item) -> Solution:
        if solution.outcome is not None:
            return solution
        plan = solution.answer
        if not isinstance(plan, list) or not all(isinstance(step, str) for step in plan):
            return solution.judged(Outcome.BAD_ANSWER, "a plan is a list of steps")
        domain, problem = item.context.world["domain"], item.context.world["problem"]
        try:
            check = validate(domain, problem, plan)
            is_trivial = goal_holds_initially(domain, problem)
        except ValueError as error:  # SymbolError among them
            return solution.judged(Outcome.GOLD_ERROR, f"the gold problem cannot be used: {error}")
        message = f"{check.message} ({TRIVIAL})" if is_trivial else check.message
        return solution.judged(Outcome.CORRECT if check.is_valid else Outcome.PLAN_INVALID, message)


class Blocksworld(Planning):
    name = "blocksworld"
    task = "blocksworld"
    files: ClassVar[str] = "domains/blocksworld/domain.pddl"
    demonstrations: ClassVar[Sequence[Demonstration]] = planning_examples.BLOCKSWORLD


class Termes(Planning):
    name = "termes"
    task = "termes"
    files: ClassVar[str] = "domains/termes/domain.pddl"
    demonstrations: ClassVar[Sequence[Demonstration]] = planning_examples.TERMES


class Floortile(Planning):
    name = "floortile"
    task = "floortile"
    files: ClassVar[str] = "domains/floortile/domain.pddl"
    demonstrations: ClassVar[Sequence[Demonstration]] = planning_examples.FLOORTILE


class Grippers(Planning):
    name = "grippers"
    task = "grippers"
    files: ClassVar[str] = "domains/grippers/domain.pddl"
    demonstrations: ClassVar[Sequence[Demonstration]] = planning_examples.GRIPPERS


class BlocksworldGenerated(Planning):
    name = "blocksworld_generated"
    task = "blocksworld_generated"


class GrippersGenerated(Planning):
    name = "grippers_generated"
    task = "grippers_generated"
