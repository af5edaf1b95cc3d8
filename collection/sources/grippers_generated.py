"""Generated Grippers: a robot with one gripper, two or three rooms, one to three balls, and a goal.

    Rooms: hall, attic. The robot is in hall. red is in attic. The gripper is empty. Bring red to hall.
    →
    (define (problem p) (:domain grippers) (:objects hall attic - room red - ball) (:init (robot hall) (at red attic)
    (free)) (:goal (and (at red hall))))

The robot can go from every room to every other, so every placing of the balls can be reached: all problems are
solvable; a goal asks for at least one place that does not hold yet.
"""

from __future__ import annotations

from random import Random
from typing import Any

from collection.sources.planning_scenes import COLOURS, PlanningScenes, listed, pick
from symbol_llm.record import Split

DOMAIN = """\
(define (domain grippers)
  (:requirements :strips :typing)
  (:types room ball)
  (:predicates (robot ?r - room) (at ?b - ball ?r - room) (free) (carry ?b - ball))
  (:action move
    :parameters (?x - room ?y - room)
    :precondition (robot ?x)
    :effect (and (robot ?y) (not (robot ?x))))
  (:action pick
    :parameters (?b - ball ?r - room)
    :precondition (and (robot ?r) (at ?b ?r) (free))
    :effect (and (carry ?b) (not (at ?b ?r)) (not (free))))
  (:action drop
    :parameters (?b - ball ?r - room)
    :precondition (and (robot ?r) (carry ?b))
    :effect (and (at ?b ?r) (free) (not (carry ?b)))))
"""
GLOSSES = {
    ("type", "room"): "a room",
    ("type", "ball"): "a ball",
    ("predicate", "robot"): "robot is in {0}",
    ("predicate", "at"): "{0} is in {1}",
    ("predicate", "free"): "gripper empty",
    ("predicate", "carry"): "robot carries {0}",
}

_ROOMS = ("hall", "attic", "kitchen", "garden", "office", "cellar")
_LISTS = ("Rooms: {a}.", "The rooms are {b}.", "There are {b}.", "We have {b}.")
_ROBOT = ("The robot is in {r}.", "The robot waits in {r}.", "The robot stands in {r}.")
_BALLS_ONE = ("{b} is in {r}.", "{b} lies in {r}.", "Ball {b} is in {r}.", "In {r} there is {b}.")
_BALLS_MANY = ("{b} are in {r}.", "{b} lie in {r}.", "In {r} there are {b}.")
_EMPTY = ("The gripper is empty.", "It holds nothing.", "It carries nothing.")
_CARRIED = ("The robot carries {b}.", "It holds {b}.", "{b} is in the gripper.")
_BRING = (
    "Bring {b} to {r}.",
    "Move {b} to {r}.",
    "Take {b} to {r}.",
    "I want {b} in {r}.",
    "Goal: {b} in {r}.",
    "{b} should be in {r}.",
)
_GO = ("Then go to {r}.", "The robot should end in {r}.", "Finish in {r}.")


class GrippersGenerated(PlanningScenes):
    def generate(self, split: Split, index: int, rng: Random) -> Any:
        rooms = rng.sample(_ROOMS, rng.choice((2, 3)))
        balls = rng.sample(COLOURS, rng.choice((1, 2, 2, 3)))
        carried = balls.pop() if len(balls) > 1 and rng.random() < 0.25 else None
        where = {ball: rng.choice(rooms) for ball in balls}
        robot = rng.choice(rooms)
        scene = [(pick(rng, _ROBOT, r=robot), [["robot", robot]])]
        for room in dict.fromkeys(where.values()):
            here = [ball for ball in balls if where[ball] == room]
            templates = _BALLS_ONE if len(here) == 1 else _BALLS_MANY
            scene.append((pick(rng, templates, b=listed(here), r=room), [["at", ball, room] for ball in here]))
        # The gripper comes right after the robot, so that "it" is the robot, or last, then named.
        if carried:
            scene.insert(1, (pick(rng, _CARRIED, b=carried), [["carry", carried]]))
        elif rng.random() < 0.7:
            scene.insert(1, (rng.choice(_EMPTY), [["free"]]))
        else:
            scene.append((_EMPTY[0], [["free"]]))
        init = [fact for _, facts in scene for fact in facts]
        goal, wishes = _goal([*balls, carried] if carried else balls, rooms, init, rng)
        named = dict.fromkeys(fact[1] for fact in init if fact[0] in ("at", "carry"))
        listing = pick(rng, _LISTS, a=", ".join(rooms), b=listed(rooms))
        return {
            "text": " ".join([listing, *(sentence for sentence, _ in scene), *wishes]),
            "objects": [[room, "room"] for room in rooms] + [[ball, "ball"] for ball in named],
            "init": init,
            "goal": goal,
        }


def _goal(balls: list[str], rooms: list[str], init: list[list[str]], rng: Random) -> tuple[list[list[str]], list[str]]:
    """Places for one or two balls and perhaps the robot, not all of them reached, and the sentences that ask."""
    while True:
        chosen = rng.sample(balls, min(len(balls), rng.choice((1, 1, 2))))
        if len(chosen) == 2 and rng.random() < 0.5:
            room = rng.choice(rooms)
            goal = [["at", ball, room] for ball in chosen]
            wishes = [pick(rng, _BRING, b=listed(chosen), r=room)]
        else:
            goal = [["at", ball, rng.choice(rooms)] for ball in chosen]
            wishes = [pick(rng, _BRING, b=ball, r=room) for _, ball, room in goal]
        if rng.random() < 0.2:
            goal.append(["robot", rng.choice(rooms)])
            wishes.append(pick(rng, _GO, r=goal[-1][1]))
        if any(fact not in init for fact in goal):
            return goal, wishes


GRIPPERS_GENERATED = GrippersGenerated("grippers_generated", DOMAIN, GLOSSES)
