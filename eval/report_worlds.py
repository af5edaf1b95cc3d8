"""Worlds of items as the page draws them: scenes, scene graphs, diagrams, and the tables that a query reads.

    {"scene": {"objects": [{"shape": "cube", "size": "small", "color": "red", "material": "metal"}, …], …}}
    →  {"objects": [["cube", "small", "red", "metal", 0.25, 0.7], …]}          x and y from 0 to 1, the farthest first

Only texts and finite numbers travel to the page, which draws them itself. A world that is not as its format says is
not drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_OBJECTS, MAX_BOXES, MAX_POINTS, MAX_FACTS = 40, 40, 60, 40
MAX_TABLES, MAX_COLUMNS = 4, 30
_SIDES = ("left", "right", "front", "behind")


def world_view(world: Mapping[str, Any], symbols: str) -> dict[str, Any] | None:
    """What the page draws for an item; ``symbols`` (the model's and the gold one) say what of it matters most."""
    views: dict[str, Callable[[Any], dict[str, Any] | None]] = {
        "tables": lambda tables: _tables(tables, symbols),
        "scene": lambda scene: _boxes(scene, symbols) if isinstance(scene["objects"], Mapping) else _objects(scene),
        "point_positions": lambda _: _figure(world),
    }
    for key, view in views.items():
        if key in world:
            try:
                return view(world[key])
            except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
                return None
    return None


def _objects(scene: Mapping[str, Any]) -> dict[str, Any] | None:
    """CLEVR's things, where the camera saw them, or else placed by who is left of and in front of whom."""
    things = scene["objects"][:MAX_OBJECTS]
    places = [_seen(thing) for thing in things]
    if not all(places):
        places = _ranked(scene["relationships"], len(things))
    drawn = [
        [*(shown(thing[key]) for key in ("shape", "size", "color", "material")), *place]
        for thing, place in zip(things, places, strict=True)
        if place is not None
    ]
    return {"objects": sorted(drawn, key=lambda thing: thing[5])} if drawn else None


def _seen(thing: Mapping[str, Any]) -> tuple[float, float] | None:
    if "pixel_coords" not in thing:
        return None
    x, y = (_number(value) for value in thing["pixel_coords"][:2])
    return _share(x, 480), _share(y, 320)  # the size of CLEVR's pictures


def _ranked(relationships: Mapping[str, Any], number: int) -> list[tuple[float, float] | None]:
    """Places that agree with every relation, since the sides of CLEVR are orders."""
    left, right, front, behind = (relationships[side] for side in _SIDES)

    def rank(before: list[int], after: list[int]) -> float:
        return round(0.5 + (len(before) - len(after)) / (2 * max(number, 2)), 3)

    return [(rank(left[i], right[i]), rank(behind[i], front[i])) for i in range(number)]


def _boxes(scene: Mapping[str, Any], symbols: str) -> dict[str, Any] | None:
    """A scene graph: each object's box, name, attributes and relations; those that a symbol names are marked."""
    things = {
        key: (shown(thing["name"]), *(_number(thing[side]) for side in "xywh"), thing)
        for key, thing in scene["objects"].items()
        if all(side in thing for side in "xywh")
    }
    if not things:
        return None
    words = symbols.casefold()
    named = {key for key, (name, *_) in things.items() if re.search(rf"\b{re.escape(name.casefold())}\b", words)}
    # The named ones first where there are too many; large boxes are drawn below small ones.
    chosen = sorted(things, key=lambda key: (key not in named, -things[key][3] * things[key][4]))[:MAX_BOXES]
    chosen.sort(key=lambda key: (key in named, -things[key][3] * things[key][4]))
    boxes = []
    for key in chosen:
        name, x, y, width, height, thing = things[key]
        related = [
            f"{shown(relation['name'])} {things[str(relation['object'])][0]}"
            for relation in thing.get("relations", [])
            if str(relation["object"]) in things
        ]
        told = [", ".join(map(shown, thing.get("attributes", []))), "; ".join(related[:6])]
        boxes.append([name, x, y, width, height, key in named, *told])
    return {
        "boxes": boxes,
        "width": max(_number(scene.get("width") or 0), *(x + w for _, x, _, w, *_ in boxes), 1),
        "height": max(_number(scene.get("height") or 0), *(y + h for _, _, y, _, h, *_ in boxes), 1),
    }


def _figure(world: Mapping[str, Any]) -> dict[str, Any] | None:
    """A diagram's points, lines and circles (their radii follow from the points on them), and what it tells."""
    points = {
        shown(name): (_number(place[0]), _number(place[1]))
        for name, place in list(world["point_positions"].items())[:MAX_POINTS]
    }
    if not points:
        return None
    facts = [shown(fact, 120) for fact in world.get("diagram", [])[:MAX_FACTS]]
    radii: dict[str, list[float]] = {}
    for fact in facts:
        for point, centre in re.findall(r"PointLiesOnCircle\((\w), ?Circle\((\w)[,)]", fact):
            if point in points and centre in points:
                radii.setdefault(centre, []).append(math.dist(points[point], points[centre]))
    lines = [line for line in world.get("line_instances", []) if len(line) == 2 and set(line) <= points.keys()]
    return {
        "points": [[name, *place] for name, place in points.items()],
        "lines": [[*points[line[0]], *points[line[1]]] for line in lines[:MAX_POINTS]],
        "circles": [[*points[centre], round(sum(own) / len(own), 1)] for centre, own in radii.items()],
        "facts": facts,
    }


def _tables(tables: list[dict[str, Any]], symbols: str) -> dict[str, Any] | None:
    """The tables that a query names; of a database with one table, that one."""
    words = set(re.findall(r"\w+", symbols.casefold()))
    named = [table for table in tables if set(re.findall(r"\w+", table["name"].casefold())) <= words]
    chosen = tables if len(tables) == 1 else named
    views = [
        {
            "name": shown(table["name"]),
            "columns": [shown(name) for name in table["columns"][:MAX_COLUMNS]],
            "labels": [shown(name) for name in table.get("labels", [])[:MAX_COLUMNS]],
            "rows": [[shown(cell) for cell in row[:MAX_COLUMNS]] for row in table.get("rows", [])],
            "more": max(0, int(table.get("num_rows", 0)) - len(table.get("rows", []))),
            "wider": max(0, len(table["columns"]) - MAX_COLUMNS),
        }
        for table in chosen[:MAX_TABLES]
    ]
    return {"tables": views} if views else None


def shown(value: Any, limit: int = 60) -> str:
    """A value as a short text."""
    text = "NULL" if value is None else str(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a place")
    return round(number, 1)


def _share(value: float, whole: int) -> float:
    return round(min(1.0, max(0.0, value / whole)), 3)
