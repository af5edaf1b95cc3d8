"""Small maps that tell two NLmaps queries apart.

    query(area(…),nwr(keyval('amenity','bar')),qtype(count))    on a map of 9 objects: 2 against 1

A map is a list of objects with tags, a place in metres on a plane, and the areas around it. Answers follow Haas and
Riezler 2016, section 3: conditions of ``nwr`` hold together, those of ``and`` and ``or`` each for themselves, ``'*'``
is any value; half of an area lies to each side of its centre; ``for`` and ``unit`` scale a distance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from symbol_llm.formats.nlmaps_query import Call, Text, render

NUM_MAPS = 60
_METRES = {
    "WALKING_DIST": 1_000,
    "WALKDING_DIST": 1_000,
    "DIST_INTOWN": 5_000,
    "DIST_OUTTOWN": 20_000,
    "DIST_DAYTRIP": 80_000,
}
_SIDES = {"north": (1, 1), "south": (1, -1), "east": (0, 1), "west": (0, -1)}  # axis, direction


@dataclass(frozen=True, slots=True)
class Place:
    """One object of a map. ``areas`` are the indexes of the places that it lies in."""

    tags: dict[str, str]
    at: tuple[float, float]
    areas: frozenset[int] = frozenset()


Map = Sequence[Place]


def answer(query: Call, world: Map) -> tuple:
    """What a query answers on a map. The query is well built, see ``fault`` in nlmaps_query.py."""
    if query.operator == "dist":
        return _distance(query, world)
    *where, qtype = query.arguments
    found, _ = _found(where, world)
    return tuple(_told(quality, found) for quality in _calls(qtype))


def telling_map(first: Call, second: Call) -> str:
    """A map on which the two queries answer differently, in words, or "" if none was found."""
    for seed in range(NUM_MAPS):
        world = _random_map((first, second), Random(seed))
        one, other = (answer(query, world) for query in (first, second))
        if one != other:
            return f"on a map of {len(world)} objects: {str(one)[:80]} against {str(other)[:80]}"
    return ""


def _calls(node: Call | Text) -> list[Call]:
    assert isinstance(node, Call)
    return [argument for argument in node.arguments if isinstance(argument, Call)]


def _argument(node: Call, operator: str) -> Call | None:
    return next((below for below in _calls(node) if below.operator == operator), None)


def _number(node: Call | None) -> int | None:
    """The number of ``topx(3)``."""
    return int(float(_calls(node)[0].operator)) if node is not None else None


def _found(where: Sequence[Call | Text], world: Map) -> tuple[list[Place], list[Place]]:
    """The objects of ``area(…),nwr(…)``, ``around(…)`` or a side of one of them; and what they are seen from."""
    head = where[0]
    assert isinstance(head, Call)
    if head.operator in _SIDES:
        found, centres = _found(head.arguments, world)
        axis, direction = _SIDES[head.operator]
        return [p for p in found if any((p.at[axis] - c.at[axis]) * direction > 0 for c in centres)], centres
    if head.operator == "around":
        center, search, maxdist, *_ = _calls(head)
        centres, _ = _found(center.arguments, world)
        limit = _METRES.get(_calls(maxdist)[0].operator) or float(_calls(maxdist)[0].operator)
        near = [(min((math.dist(p.at, c.at) for c in centres), default=math.inf), i) for i, p in enumerate(world)]
        wanted = _calls(search)[0]
        inside = [world[i] for far, i in sorted(near) if far <= limit and _matches(world[i], wanted)]
        return inside[: _number(_argument(head, "topx"))], centres
    if head.operator == "area":
        areas = [index for index, place in enumerate(world) if _matches(place, head)]
        wanted = where[1]  # type: ignore[assignment]
        return [p for p in world if _matches(p, wanted) and p.areas.intersection(areas)], [world[i] for i in areas]
    return [place for place in world if _matches(place, head)], [Place({}, (0.0, 0.0))]


def _matches(place: Place, condition: Call) -> bool:
    if condition.operator == "keyval":
        key, value = condition.arguments
        assert isinstance(key, Text)
        own = place.tags.get(key.text)
        if isinstance(value, Text):
            return own is not None and value.text in ("*", own)
        return any(isinstance(one, Text) and one.text == own for one in value.arguments)
    sides = (_matches(place, below) for below in _calls(condition))
    return any(sides) if condition.operator in ("and", "or") else all(sides)


def _told(quality: Call, found: Sequence[Place]) -> object:
    if quality.operator == "count":
        return len(found)
    if quality.operator == "least":
        return len(found) >= (_number(_argument(quality, "topx")) or 1)
    if quality.operator == "nodup":
        return frozenset(_told(_calls(quality)[0], found))  # type: ignore[call-overload]
    found = found[: _number(_argument(quality, "topx"))]
    if quality.operator == "latlong":
        return tuple(place.at for place in found)
    keys = list(_texts(quality))
    return tuple(tuple(place.tags.get(key.text) for key in keys) for place in found)


def _distance(query: Call, world: Map) -> tuple:
    """The distance of two queries' first objects, or of one query's object and what it is seen from."""
    ends = [_found(_calls(side)[:-1], world) for side in _calls(query) if side.operator == "query"]
    pairs = (ends[0][0], ends[1][0]) if len(ends) == 2 else ends[0]
    how = tuple(render(below) for below in _calls(query) if below.operator != "query")
    return (math.dist(pairs[0][0].at, pairs[1][0].at) if all(pairs) else None, *how)


def _random_map(queries: Sequence[Call], rng: Random) -> Map:
    """Areas and objects as the queries describe them, some with a tag less, at all kinds of distances."""
    nodes = [node for query in queries for node in query.walk()]
    areas = [_tags(node, rng) for node in nodes if node.operator == "area" for _ in range(2)]
    asked = [key.text for node in nodes if node.operator == "findkey" for key in _texts(node)]
    world = [Place(tags, (rng.uniform(-1e5, 1e5), rng.uniform(-1e5, 1e5))) for tags in areas]
    for node in nodes:
        if node.operator != "nwr":
            continue
        for _ in range(rng.randint(1, 3)):
            tags = _tags(node, rng)
            tags.update({key: rng.choice(("p", "q")) for key in asked if key not in tags and rng.random() < 0.7})
            around = rng.choice(world).at if world else (0.0, 0.0)
            reach = 10 ** rng.uniform(1.5, 5.0)
            at = (around[0] + rng.uniform(-reach, reach), around[1] + rng.uniform(-reach, reach))
            inside = frozenset(index for index in range(len(areas)) if rng.random() < 0.5)
            world.append(Place(tags, at, inside))
    return world


def _tags(condition: Call, rng: Random) -> dict[str, str]:
    """Tags that mostly satisfy a condition."""
    tags: dict[str, str] = {}
    for node in condition.walk():
        if node.operator == "keyval" and rng.random() < 0.85:
            key, *values = (text.text for text in _texts(node))
            value = rng.choice(values)
            tags[key] = "any" if value == "*" else value
    return tags


def _texts(node: Call) -> Iterator[Text]:
    for argument in node.arguments:
        if isinstance(argument, Text):
            yield argument
        else:
            yield from _texts(argument)
