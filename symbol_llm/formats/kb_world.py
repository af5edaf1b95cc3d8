"""Small knowledge bases that tell two s-expressions apart.

    (AND C (JOIN r m.0a)) against (JOIN r m.0a)      in one of 12 facts: {x1} against {x1, x4}

A knowledge base is planted with things that satisfy either expression, some with a fact less, so that most
expressions with different meanings denote different sets on one of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from random import Random

from symbol_llm.formats.kb_expression import COMPARISONS, Node, is_entity, is_literal, normal, render, steps

NUM_WORLDS = 60
_COMPARED: dict[str, Callable[[float, float], bool]] = {"lt": lt, "le": le, "gt": gt, "ge": ge}
_NUMBER = re.compile(r'"?([+-]?[0-9]+(?:\.[0-9]+)?)(?:-([0-9]{2}))?(?:-([0-9]{2}))?')

Item = str | float  # an entity, or a value


@dataclass(slots=True)
class World:
    """Facts, and which things are of a class or within a time."""

    facts: dict[str, set[tuple[Item, Item]]] = field(default_factory=lambda: defaultdict(set))
    classes: dict[str, set[Item]] = field(default_factory=lambda: defaultdict(set))
    num_things: int = 0

    def size(self) -> int:
        return sum(map(len, self.facts.values())) + sum(map(len, self.classes.values()))


def value(literal: str) -> Item:
    """A number or date as a number, in years for dates; other literals as they are."""
    found = _NUMBER.match(literal)
    if found is None:
        return literal
    return float(found[1]) + int(found[2] or 0) / 12 + int(found[3] or 0) / 372


def denotation(node: Node | str, world: World) -> frozenset[Item]:
    """What a sound expression stands for; COUNT gives the set of its one number."""
    if isinstance(node, str):
        return frozenset(world.classes[node] if not is_literal(node) and not is_entity(node) else {_item(node)})
    first = node.arguments[0]
    if node.operator == "COUNT":
        return frozenset({float(len(denotation(first, world)))})
    if node.operator == "AND":
        return denotation(first, world) & denotation(node.arguments[1], world)
    if node.operator == "TC":
        return denotation(first, world) & world.classes[_time(node)]
    if node.operator == "JOIN":
        ends = denotation(node.arguments[1], world)
        return frozenset(one for one, other in _pairs(first, world) if other in ends)
    if node.operator in COMPARISONS:
        limit = value(render(node.arguments[1]))
        if not isinstance(limit, float):
            return frozenset()
        compare = _COMPARED[node.operator]
        return frozenset(one for one, v in _pairs(first, world) if isinstance(v, float) and compare(v, limit))
    things = denotation(first, world)
    pairs = _pairs(node.arguments[1], world)
    found = [(other, one) for one, other in pairs if one in things and isinstance(other, float)]
    best = (max if node.operator == "ARGMAX" else min)((other for other, _ in found), default=None)
    return frozenset(one for other, one in found if other == best)


def _item(atom: str) -> Item:
    return atom if is_entity(atom) else value(atom)


def telling_world(first: Node, second: Node) -> str:
    """A knowledge base in which two sound expressions differ, in words, or "" if none was found."""
    trees = [normal(first), normal(second)]
    planted = sorted(trees, key=render) * 2  # the same worlds whichever comes first
    for seed in range(NUM_WORLDS):
        rng, world = Random(seed), World()
        for tree in planted:
            _plant(tree, world, rng, None)
        one, other = (denotation(tree, world) for tree in trees)
        if one != other:
            return f"in a knowledge base of {world.size()} facts: {_shown(one)} against {_shown(other)}"
    return ""


def _shown(items: frozenset[Item]) -> str:
    return f"{{{', '.join(sorted(map(str, items)))[:80]}}}"


def _time(node: Node) -> str:
    return f"time {render(node.arguments[1])} {render(node.arguments[2])}"


def _pairs(path: Node | str, world: World) -> set[tuple[Item, Item]]:
    pairs: set[tuple[Item, Item]] | None = None
    for relation, is_backward in steps(path):
        step = {(b, a) for a, b in world.facts[relation]} if is_backward else world.facts[relation]
        if pairs is None:
            pairs = step
        else:
            follows = defaultdict(list)
            for a, b in step:
                follows[a].append(b)
            pairs = {(a, c) for a, b in pairs for c in follows[b]}
    return pairs or set()


def _plant(node: Node | str, world: World, rng: Random, thing: Item | None) -> Item:
    """Add facts that put a thing into what an expression stands for; some are left out. Returns the thing."""
    if isinstance(node, str) and (is_entity(node) or is_literal(node)):
        return _item(node)
    if thing is None:
        world.num_things += 1
        thing = f"x{world.num_things}"
    if isinstance(node, str):
        _add(world.classes[node], thing, rng)
        return thing
    first = node.arguments[0]
    if node.operator == "JOIN":
        _lead(first, thing, _plant(node.arguments[1], world, rng, None), world, rng)
    elif node.operator in COMPARISONS:
        limit = value(render(node.arguments[1]))
        near = limit + rng.choice((-1.0, 0.0, 1.0)) if isinstance(limit, float) else limit
        _lead(first, thing, near, world, rng)
    else:
        thing = _plant(first, world, rng, thing)
        if node.operator == "AND":
            _plant(node.arguments[1], world, rng, thing)
        elif node.operator == "TC":
            _add(world.classes[_time(node)], thing, rng)
        elif node.operator in ("ARGMAX", "ARGMIN"):
            _lead(node.arguments[1], thing, float(rng.randint(1, 6)), world, rng)
    return thing


def _lead(path: Node | str, start: Item, end: Item, world: World, rng: Random) -> None:
    """Facts along a path from one thing to another, through new ones."""
    way = steps(path)
    for index, (relation, is_backward) in enumerate(way):
        following = end
        if index < len(way) - 1:
            world.num_things += 1
            following = f"x{world.num_things}"
        _add(world.facts[relation], (following, start) if is_backward else (start, following), rng)
        start = following


def _add(facts: set, fact: object, rng: Random) -> None:
    if rng.random() < 0.85:
        facts.add(fact)
