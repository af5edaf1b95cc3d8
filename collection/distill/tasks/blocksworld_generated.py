"""Blocks described in English to PDDL problems. A problem is right if the plan for it works in the gold problem."""

from __future__ import annotations

from typing import Any

from collection.distill.base import Demonstration, Question, Task
from symbol_llm.solvers.plan_validator import validate


class BlocksworldGenerated(Task):
    """The gold problem is seen by the judge alone; what is asked shows the vocabulary and the description."""

    name = "blocksworld_generated"
    version = "1"
    solver = "planner"
    fence = "pddl"
    system = (
        "You write planning problems in PDDL. Given the vocabulary of a domain and a description, answer with one "
        "(define (problem p) …) of that domain: objects, the whole initial state, and the goal, with the vocabulary's "
        "names and nothing else. Answer with one fenced code block."
    )
    demonstrations = (
        Demonstration(
            "domain blocks\n(on ?x ?y): ?x is on ?y\n(table ?x): ?x is on the table\n(clear ?x): nothing on ?x\n"
            "(free): hand empty\n(hold ?x): hand holds ?x\n\n"
            "white and black are on the table. The hand holds nothing. I want white on black.",
            "(define (problem p) (:domain blocks) (:objects white black) "
            "(:init (clear white) (clear black) (table white) (table black) (free)) (:goal (on white black)))",
        ),
    )

    def agrees(self, answer: Any, question: Question) -> bool | None:
        if not isinstance(answer, list) or not all(isinstance(step, str) for step in answer):
            return None
        world = question.context.world
        return bool(validate(world["domain"], world["problem"], answer).is_valid)


BLOCKSWORLD_GENERATED = BlocksworldGenerated()
