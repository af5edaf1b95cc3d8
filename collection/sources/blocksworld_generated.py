"""Generated Blocksworld: three or four coloured blocks in towers, a hand, and a goal.

    From the top: red, blue. green is alone. The hand is empty. Put green on red.
    →
    (define (problem p) (:domain blocks) (:objects red blue green) (:init (clear red) (on red blue) (table blue)
    (clear green) (table green) (free)) (:goal (and (on green red))))

Every arrangement of blocks can be reached from every other, and a goal is part of one arrangement that differs from
the scene: all problems are solvable, none is solved already.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from random import Random
from typing import Any

from collection.sources.planning_scenes import COLOURS, PlanningScenes, pick
from symbol_llm.record import Split

DOMAIN = """\
(define (domain blocks)
  (:requirements :strips)
  (:predicates (on ?x ?y) (table ?x) (clear ?x) (free) (hold ?x))
  (:action pick
    :parameters (?x)
    :precondition (and (clear ?x) (table ?x) (free))
    :effect (and (hold ?x) (not (clear ?x)) (not (table ?x)) (not (free))))
  (:action put
    :parameters (?x)
    :precondition (hold ?x)
    :effect (and (clear ?x) (table ?x) (free) (not (hold ?x))))
  (:action stack
    :parameters (?x ?y)
    :precondition (and (hold ?x) (clear ?y))
    :effect (and (on ?x ?y) (clear ?x) (free) (not (hold ?x)) (not (clear ?y))))
  (:action unstack
    :parameters (?x ?y)
    :precondition (and (on ?x ?y) (clear ?x) (free))
    :effect (and (hold ?x) (clear ?y) (not (on ?x ?y)) (not (clear ?x)) (not (free)))))
"""
GLOSSES = {
    ("predicate", "on"): "{0} is on {1}",
    ("predicate", "table"): "{0} is on the table",
    ("predicate", "clear"): "nothing on {0}",
    ("predicate", "free"): "hand empty",
    ("predicate", "hold"): "hand holds {0}",
}

_ALONE = (
    "{a} is alone.",
    "{a} stands alone.",
    "{a} is on the table by itself.",
    "{a} is a tower of one.",
)
_EMPTY = ("The hand is empty.", "The hand holds nothing.", "Nothing is in the hand.")
_HELD = ("The hand holds {a}.", "{a} is in the hand.", "The robot holds {a}.")
_GOAL_OPENINGS = (
    ("Put {0}.", "on", " and "),
    ("Goal: {0}.", "on", ", "),
    ("Make it so that {0}.", "is on", " and "),
    ("{0}.", "should be on", " and "),
    ("In the end {0}.", "is on", " and "),
    ("I want {0}.", "on", " and "),
)

Tower = list[str]  # from the top


class BlocksworldGenerated(PlanningScenes):
    def generate(self, split: Split, index: int, rng: Random) -> Any:
        blocks = rng.sample(COLOURS, rng.choice((2, 3, 3, 4)))
        held = blocks.pop() if rng.random() < 0.25 else None
        towers = _arrangement(blocks, rng)
        scene = [(_tower_sentence(tower, rng), list(_tower_facts(tower))) for tower in towers]
        hand = (pick(rng, _HELD, a=held), [["hold", held]]) if held else (rng.choice(_EMPTY), [["free"]])
        scene.insert(0 if rng.random() < 0.3 else len(scene), hand)
        init = [fact for _, facts in scene for fact in facts]
        goal = _goal([*blocks, held] if held else blocks, init, rng)
        sentences = [sentence for sentence, _ in scene]
        names = dict.fromkeys(name for fact in init for name in fact[1:])
        return {
            "text": " ".join([*sentences, _goal_sentence(goal, rng)]),
            "objects": [[name, ""] for name in names],
            "init": init,
            "goal": goal,
        }


def _arrangement(blocks: list[str], rng: Random) -> list[Tower]:
    """The blocks in random towers."""
    order = rng.sample(blocks, len(blocks))
    towers: list[Tower] = []
    for block in order:
        if towers and rng.random() < 0.6:
            towers[-1].append(block)
        else:
            towers.append([block])
    return towers


def _tower_facts(tower: Tower) -> Iterable[list[str]]:
    yield ["clear", tower[0]]
    for above, below in pairwise(tower):
        yield ["on", above, below]
    yield ["table", tower[-1]]


def _tower_sentence(tower: Tower, rng: Random) -> str:
    if len(tower) == 1:
        return pick(rng, _ALONE, a=tower[0])
    down = list(pairwise(tower))
    base = f"{tower[-1]} is on the table"
    return rng.choice(
        (
            f"From the top: {', '.join(tower)}.",
            f"From the bottom: {', '.join(reversed(tower))}.",
            f"A tower has {' on '.join(tower)}.",
            f"{', '.join(f'{a} is on {b}' for a, b in down)}, {base}.",
            f"{base}, {', '.join(f'{a} is on {b}' for a, b in reversed(down))}.",
            f"{', '.join(f'{b} is under {a}' for a, b in down)}.",
        )
    )


def _goal(blocks: list[str], init: list[list[str]], rng: Random) -> list[list[str]]:
    """One or two facts of a random arrangement; at least one of them does not hold yet."""
    while True:
        facts = [fact for tower in _arrangement(blocks, rng) for fact in _tower_facts(tower) if fact[0] != "clear"]
        if rng.random() < 0.7:
            facts = [fact for fact in facts if fact[0] == "on"]
        if not facts:
            continue
        start = rng.randrange(len(facts))
        goal = facts[start : start + rng.choice((1, 1, 2))]
        if any(fact not in init for fact in goal):
            return goal


def _goal_sentence(goal: list[list[str]], rng: Random) -> str:
    opening, verb, joint = rng.choice(_GOAL_OPENINGS)
    wishes = [f"{fact[1]} {verb} {fact[2] if fact[0] == 'on' else 'the table'}" for fact in goal]
    return opening.format(joint.join(wishes))


BLOCKSWORLD_GENERATED = BlocksworldGenerated("blocksworld_generated", DOMAIN, GLOSSES)
