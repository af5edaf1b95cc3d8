"""GQA scene graphs and running programs on them.

    {"objects": {"722335": {"name": "pipe", "x": 104, "y": 1, "w": 17, "h": 167, "attributes": ["white"],
                            "relations": [{"name": "on", "object": "722332"}]}, …},
     "width": 500, "height": 375, "location": "street", "weather": "cloudy"}

Objects that a program names by id are those objects; others are found by name. GQA's own generator, with its table
of which word is a kind of which, is not public: a world may bring ``kinds`` ({"animal": ["duck", …]}) and
``attributes`` ({"color": ["white", …]}). Where the graph does not settle an answer, there is none: nothing is guessed.
An object is left, middle or right by the third of the picture that its centre is in; so top, middle, bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from symbol_llm.formats.gqa_operations import ATTRIBUTES, COMPARATIVES
from symbol_llm.formats.gqa_program import Node, render_step

ENGINE = "GQA executor 1.0"

_WHOLE = ("scene",)  # what ``select: scene`` gives
_SCENE_WORDS = {"location": "location", "place": "location", "room": "location", "weather": "weather"}
_PLURALS = {"men": "man", "women": "woman", "people": "person", "children": "child", "mice": "mouse", "feet": "foot"}
_PLURALS |= {"geese": "goose", "teeth": "tooth", "leaves": "leaf", "shelves": "shelf", "knives": "knife"}

Ids = tuple[str, ...]


class SceneFault(ValueError):
    """A scene is not in GQA's format, or does not say what a program asks for."""


class RunFault(ValueError):
    """A program has no answer on a scene."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a scene; the place is None where the graph gives no box or no size of the picture."""

    name: str
    attributes: frozenset[str]
    relations: tuple[tuple[str, str], ...]  # relation, id of the other object
    column: str | None
    row: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene made ready for programs."""

    things: Mapping[str, Thing]
    words: Mapping[str, str]  # location and weather
    kinds: Mapping[str, frozenset[str]]
    attributes: Mapping[str, frozenset[str]]


def read_scene(world: Mapping[str, Any]) -> Scene:
    """The scene of a record's world: ``scene``, and if given ``kinds`` and ``attributes``. Raises SceneFault."""
    data = world["scene"]
    try:
        things = {
            str(key): Thing(
                item["name"],
                frozenset(item.get("attributes", [])),
                tuple((relation["name"], str(relation["object"])) for relation in item.get("relations", [])),
                _third(item, "x", "w", data.get("width"), ("left", "middle", "right")),
                _third(item, "y", "h", data.get("height"), ("top", "middle", "bottom")),
            )
            for key, item in data["objects"].items()
        }
        words = {key: data[key] for key in ("location", "weather") if isinstance(data.get(key), str)}
        kinds = {kind: frozenset(names) for kind, names in world.get("kinds", {}).items()}
        attributes = {kind: frozenset(names) for kind, names in world.get("attributes", {}).items()}
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise SceneFault(f"not a GQA scene graph: {error!r}") from error
    for key, thing in things.items():
        if not isinstance(thing.name, str):
            raise SceneFault(f"object {key} has no name")
        for relation, other in thing.relations:
            if not isinstance(relation, str) or other not in things:
                raise SceneFault(f"object {key}: the relation {relation!r} leads to no object")
    return Scene(things, words, kinds, {**ATTRIBUTES, **attributes})


def _third(item: Mapping[str, Any], start: str, size: str, whole: Any, names: tuple[str, str, str]) -> str | None:
    if not isinstance(whole, int) or whole <= 0 or start not in item or size not in item:
        return None
    centre = item[start] + item[size] / 2
    return names[min(2, max(0, int(3 * centre / whole)))]


def run_program(nodes: tuple[Node, ...], scene: Scene) -> str:
    """The answer of a well-typed program: "yes", "no" or a word.

    Raises RunFault where there is none, SceneFault where the scene does not say enough.
    """
    results: list[Any] = []
    for node in nodes:
        run = _RUN[node.operation.name]
        try:
            results.append(run(scene, node, *(results[index] for index in node.inputs)))
        except (RunFault, SceneFault) as fault:
            raise type(fault)(f"{fault}: {render_step(node.step)}") from None
    answer = results[-1]
    return ("yes" if answer else "no") if isinstance(answer, bool) else str(answer)


def _singular(word: str) -> str:
    head, _, last = word.rpartition(" ")
    if last in _PLURALS:
        last = _PLURALS[last]
    elif last.endswith("ies") and len(last) > 4:
        last = last[:-3] + "y"
    elif last.endswith(("ches", "shes", "sses", "xes", "zes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")):
        last = last[:-1]
    return f"{head} {last}".strip()


def _is_called(scene: Scene, key: str, wanted: str) -> bool:
    name = scene.things[key].name
    same = _singular(name) == _singular(wanted)
    return same or name in scene.kinds.get(wanted, ()) or name in scene.kinds.get(_singular(wanted), ())


def _has(scene: Scene, key: str, category: str, value: str) -> bool:
    """Whether an object is so. ``category`` matters only for what is no attribute."""
    thing = scene.things[key]
    if category == "name":
        return _is_called(scene, key, value)
    if category in ("hposition", "vposition"):
        return _place(thing, category) == value
    return value in thing.attributes


def _place(thing: Thing, category: str) -> str:
    place = thing.column if category == "hposition" else thing.row
    if place is None:
        raise SceneFault(f"the scene does not say where the {thing.name} is")
    return place


def _values(scene: Scene, key: str, category: str) -> frozenset[str]:
    """The values that an object has in a category."""
    thing = scene.things[key]
    if category in ("name", "type"):
        return frozenset([thing.name])
    if category in ("hposition", "vposition"):
        return frozenset([_place(thing, category)])
    if category not in scene.attributes:
        raise SceneFault(f"it is not known which attributes are of the category {category!r}")
    return thing.attributes & scene.attributes[category]


def _only(answers: list[Any], what: str) -> Any:
    """The answer that all objects agree on."""
    if not answers:
        raise RunFault("there is no object")
    if len(set(answers)) > 1:
        raise RunFault(f"the objects differ in {what}")
    return answers[0]


def _select(scene: Scene, node: Node) -> Ids:
    wanted, objects = node.step.argument, node.step.objects
    if wanted == "scene" and not objects:
        return _WHOLE
    if objects:
        return _named(scene, objects)
    return tuple(key for key in scene.things if _is_called(scene, key, wanted))


def _named(scene: Scene, objects: Ids) -> Ids:
    missing = [key for key in objects if key != "-" and key not in scene.things]
    if missing:
        raise SceneFault(f"the scene has no object {missing[0]}")
    return tuple(key for key in objects if key != "-")


def _things(found: Ids) -> Ids:
    if found == _WHOLE:
        raise RunFault("the scene is no object")
    return found


def _filter(scene: Scene, node: Node, found: Ids) -> Ids:
    value, category = node.step.argument, node.step.category
    is_negated = value.startswith("not(")
    value = value[4:-1] if is_negated else value
    return tuple(key for key in _things(found) if _has(scene, key, category, value) != is_negated)


def _relate(scene: Scene, node: Node, found: Ids) -> Ids:
    wanted, relation, side = node.step.argument.split(",")
    return _related(scene, node.step.objects, wanted, relation, side, _things(found))


def _related(scene: Scene, objects: Ids, wanted: str, relation: str, side: str, found: Ids) -> Ids:
    """The objects that are subject (s) or object (o) of the relation with one of those found."""
    if relation.startswith("same "):
        category = relation.removeprefix("same ")
        keys = [k for k in scene.things if k not in found and any(_alike(scene, k, f, category) for f in found)]
    else:
        keys = []
        for key, thing in scene.things.items():
            is_subject = side in ("s", "_") and any(link == (relation, f) for link in thing.relations for f in found)
            is_object = side in ("o", "_") and any((relation, key) in scene.things[f].relations for f in found)
            keys += [key] * (is_subject or is_object)
    if objects:
        named = _named(scene, objects)
        return tuple(key for key in keys if key in named)
    return tuple(key for key in keys if wanted == "_" or _is_called(scene, key, wanted))


def _alike(scene: Scene, a: str, b: str, category: str) -> bool:
    return not _values(scene, a, category).isdisjoint(_values(scene, b, category))


def _verify(scene: Scene, node: Node, found: Ids) -> bool:
    value, category = node.step.argument, node.step.category
    if category == "rel":
        if not _things(found):
            raise RunFault("there is no object")
        return bool(_relate(scene, node, found))
    if found == _WHOLE:
        return _scene_word(scene, category) == value
    is_negated = value.startswith("not(")
    value = value[4:-1] if is_negated else value
    return bool(_only([_has(scene, key, category, value) for key in found], value)) != is_negated


def _scene_word(scene: Scene, category: str) -> str:
    word = scene.words.get(_SCENE_WORDS.get(category, ""))
    if word is None:
        raise SceneFault(f"the scene does not say its {category or 'attributes'}")
    return word


def _query(scene: Scene, node: Node, found: Ids) -> str:
    category = node.step.argument
    if found == _WHOLE:
        return _scene_word(scene, category)
    values = _only([_values(scene, key, category) for key in found], category)
    if len(values) != 1:
        raise RunFault(f"it has {len(values) or 'no'} values of {category}")
    return str(next(iter(values)))


def _choose(scene: Scene, node: Node, *found: Ids) -> str:
    category, argument = node.step.category, node.step.argument
    if len(found) == 2:
        return _compare(scene, category, *(_single(ids) for ids in found))
    options = (argument.split(",")[1] if category == "rel" else argument).split("|")
    if category == "rel":
        wanted, _, side = argument.split(",")
        holding = [o for o in options if _related(scene, node.step.objects, wanted, o, side, _things(found[0]))]
    elif found[0] == _WHOLE:
        holding = [option for option in options if _scene_word(scene, category) == option]
    else:
        told = [tuple(o for o in options if _has(scene, key, category, o)) for key in found[0]]
        holding = list(_only(told, category or "that"))
    if len(holding) != 1:
        raise RunFault(f"{len(holding) or 'none'} of the options hold")
    return holding[0]


def _single(found: Ids) -> str:
    if len(_things(found)) != 1:
        raise RunFault(f"one object is compared, not {len(found)}")
    return found[0]


def _compare(scene: Scene, comparative: str, first: str, second: str) -> str:
    """The name of the object that is more so, by the attributes of both."""
    if comparative not in COMPARATIVES:
        raise SceneFault(f"it is not known what makes an object {comparative}")
    for_it, against = COMPARATIVES[comparative]
    points = [
        (not thing.attributes.isdisjoint(for_it)) - (not thing.attributes.isdisjoint(against))
        for thing in (scene.things[first], scene.things[second])
    ]
    if points[0] == points[1]:
        raise RunFault(f"the attributes do not tell which is {comparative}")
    return scene.things[first if points[0] > points[1] else second].name


def _same(scene: Scene, node: Node, *found: Ids) -> bool:
    category = node.step.argument or node.step.category
    keys = [_single(ids) for ids in found] if len(found) == 2 else list(_things(found[0]))
    values = [_values(scene, key, category) for key in keys]
    if len(values) < 2 or not all(values):
        raise RunFault(f"the {category} of two objects is needed")
    return bool(frozenset.intersection(*values))


def _common(scene: Scene, node: Node, first: Ids, second: Ids) -> str:
    a, b = _single(first), _single(second)
    shared = [category for category in scene.attributes if _alike(scene, a, b, category)]
    if len(shared) != 1:
        raise RunFault(f"they share {len(shared) or 'no'} categories")
    return shared[0]


_RUN: dict[str, Callable[..., Any]] = {
    "select": _select,
    "filter": _filter,
    "relate": _relate,
    "exist": lambda scene, node, found: bool(found),
    "verify": _verify,
    "query": _query,
    "choose": _choose,
    "same": _same,
    "different": lambda scene, node, *found: not _same(scene, node, *found),
    "common": _common,
    "and": lambda scene, node, a, b: a and b,
    "or": lambda scene, node, a, b: a or b,
}
