"""Small knowledge bases and maps on which an original and its renamed symbol are both executed.

    (JOIN book.author m.0a)  on  book.author: {(x1, m.0a), (x2, x1)}            {x1}
    (JOIN kab m.0a)          on  kab:         {(x1, m.0a), (x2, x1)}            {x1}

A world is drawn from what the original speaks of; the renamed one is the same under the new names.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from symbol_llm.formats import Name, kb_expression, kb_world, nlmaps_map
from symbol_llm.formats.nlmaps_query import Call, Text

NUM_WORLDS = 6
_THINGS = ("x1", "x2", "x3", "x4")
_NUMBERS = (1.0, 2.0, 3.0)


def compare_on_knowledge(before: kb_expression.Node, after: kb_expression.Node, mapping: Mapping[Name, str]) -> str:
    """What differs on a knowledge base, in words; "" if nothing does. Raises ValueError if all denote nothing."""
    texts = {name.text: new for name, new in mapping.items()}
    filled = 0
    for number in range(NUM_WORLDS):
        world = _knowledge(before, Random(f"knowledge/{number}"))
        moved = kb_world.World()
        moved.facts.update({texts.get(name, name): pairs for name, pairs in world.facts.items()})
        moved.classes.update({texts.get(name, name): things for name, things in world.classes.items()})
        # A time is spelt with its relation.
        moved.classes.update(zip(_times(after), (world.classes[time] for time in _times(before))))
        one, other = kb_world.denotation(before, world), kb_world.denotation(after, moved)
        if one != other:
            return f"{sorted(map(str, one))[:5]} became {sorted(map(str, other))[:5]}"
        filled += bool(one)
    if not filled:
        raise ValueError("the expression denotes nothing on any small knowledge base")
    return ""


def _knowledge(tree: kb_expression.Node, rng: Random) -> kb_world.World:
    """Facts of every relation and members of every class and time, among what the expression names and a few more."""
    world, atoms = kb_world.World(), sorted(_atoms(tree))
    named = [atom for atom in atoms if kb_expression.is_entity(atom)]
    values = [kb_world.value(atom) for atom in atoms if kb_expression.is_literal(atom)]
    things = [*_THINGS, *named]
    near = [v + step for v in values if isinstance(v, float) for step in (-1.0, 0.0, 1.0)]
    ends: list[kb_world.Item] = [*things, *_NUMBERS, *near, *(v for v in values if isinstance(v, str))]
    for atom in (a for a in atoms if kb_expression.is_name(a)):
        world.facts[atom] = {(a, b) for a in things for b in ends if rng.random() < 0.5}
        world.classes[atom] = {thing for thing in things if rng.random() < 0.8}
    for time in _times(tree):
        world.classes[time] = {thing for thing in things if rng.random() < 0.8}
    return world


def _atoms(node: kb_expression.Node | str) -> set[str]:
    return {node} if isinstance(node, str) else {atom for part in node.arguments for atom in _atoms(part)}


def _times(node: kb_expression.Node | str) -> list[str]:
    """What ``TC`` asks for, as ``kb_world`` spells it, in order."""
    if isinstance(node, str):
        return []
    own = []
    if node.operator == "TC":
        own = [f"time {kb_expression.render(node.arguments[1])} {kb_expression.render(node.arguments[2])}"]
    return list(dict.fromkeys([*own, *(time for part in node.arguments for time in _times(part))]))


def compare_on_maps(before: Call, after: Call, mapping: Mapping[Name, str]) -> str:
    """What differs on a map, in words; "" if nothing does."""
    texts = {name.text: new for name, new in mapping.items()}
    for number in range(NUM_WORLDS):
        world = _map(before, Random(f"map/{number}"))
        moved = [
            nlmaps_map.Place({texts.get(tag, tag): value for tag, value in p.tags.items()}, p.at, p.areas)
            for p in world
        ]
        one, other = nlmaps_map.answer(before, world), nlmaps_map.answer(after, moved)
        if one != other:
            return f"{one!r:.80} became {other!r:.80}"
    return ""


def _map(query: Call, rng: Random) -> list[nlmaps_map.Place]:
    """Objects with the tags that the query speaks of, in areas and outside, near and far."""
    values: dict[str, list[str]] = {}
    for node in query.walk():
        if node.operator == "keyval":
            key, *others = _texts(node)
            values.setdefault(key, []).extend(other for other in others if other != "*")
        elif node.operator in ("findkey", "key"):
            for key in _texts(node):
                values.setdefault(key, [])
    places = []
    for _ in range(12):
        tags = {key: rng.choice([*found, "p", "q"]) for key, found in sorted(values.items()) if rng.random() < 0.8}
        reach = 10 ** rng.uniform(1.5, 4.5)
        at = (rng.uniform(-reach, reach), rng.uniform(-reach, reach))
        places.append(nlmaps_map.Place(tags, at, frozenset(i for i in range(12) if rng.random() < 0.5)))
    return places


def _texts(node: Call) -> list[str]:
    found: list[str] = []
    for argument in node.arguments:
        found += [argument.text] if isinstance(argument, Text) else _texts(argument)
    return found
