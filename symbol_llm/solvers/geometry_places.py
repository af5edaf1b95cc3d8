"""A rough place for every point of a figure, also for those that the diagram does not place.

    places of B and C, PointLiesOnLine(C, Line(B,D))          D lies as far beyond C as B before it
    places of A, B, C, Parallelogram(A,B,C,D)                 D lies across from B
    Similar(Pentagon(A,B,C,D,E), Pentagon(R,S,T,U,V))         one pentagon has no places: it is drawn as the other is

Places say what lies between what and which way to turn (geometry_figure.py), so a place has to fit what is said of the
point: a polygon whose corners were put anywhere would cross itself, and its angles would not add up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

Place = tuple[float, float]
Between = tuple[str, str, str]  # a point, and the ends of the line that it lies on


class Said(NamedTuple):
    """What the forms say about where points lie. ``alike`` are similar or congruent polygons, corner by corner."""

    betweens: Sequence[Between] = ()
    circles: Sequence[tuple[str, Sequence[str]]] = ()  # centre, and the points of the circle
    polygons: Sequence[tuple[str, ...]] = ()
    alike: Sequence[tuple[tuple[str, ...], tuple[str, ...]]] = ()


def place(points: Sequence[str], given: Mapping[str, Place], said: Said) -> dict[str, Place]:
    """A place for each point: as given, as what is said of it asks for, or anywhere."""
    found = {point: given[point] for point in points if point in given}
    spare = _spares()
    while len(found) < len(points):
        missing = [point for point in points if point not in found]
        more = _on_lines(found, missing, said) or _across(found, missing, said) or _drawn(found, missing, said, spare)
        if not more:
            # Ends of lines first: what lies between them then finds its place.
            inner = {point for point, *_ in said.betweens}
            more = {next((point for point in missing if point not in inner), missing[0]): next(spare)}
        found |= more
    return found


def _spares() -> Iterator[Place]:
    """Places beside the picture."""
    for number in range(1_000):
        angle = 2.4 * number + 0.3
        yield 2_000 + 400 * math.cos(angle), 400 * math.sin(angle)


def _mean(places: Sequence[Place]) -> Place:
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def _on_lines(found: Mapping[str, Place], missing: Sequence[str], said: Said) -> dict[str, Place]:
    """A point halfway between two others, an end beyond one, a centre amid its circle, or a point of that."""
    for point, a, b in said.betweens:
        if point in missing and a in found and b in found and a != b:
            return {point: _mean([found[a], found[b]])}
    for point, *ends in said.betweens:
        for end, other in (ends, reversed(ends)):
            if end in missing and point in found and other in found and point != other:
                (x, y), (u, v) = found[point], found[other]
                return {end: (2 * x - u, 2 * y - v)}
    for centre, round_ in said.circles:
        if centre in missing and len(round_) > 2 and all(point in found for point in round_):
            return {centre: _mean([found[point] for point in round_])}
        beside = [found[point] for point in round_ if point in found]
        lacking = [point for point in round_ if point in missing]
        if centre in found and lacking and beside:
            return {lacking[0]: _in_gap(found[centre], beside)}
    return {}


def _in_gap(centre: Place, others: Sequence[Place]) -> Place:
    """The middle of the longest arc between points of a circle."""
    turns = sorted(math.atan2(y - centre[1], x - centre[0]) for x, y in others)
    gaps = [(after - turn, turn) for turn, after in zip(turns, (*turns[1:], turns[0] + 2 * math.pi))]
    gap, start = max(gaps)
    radius, turn = math.dist(centre, others[0]), start + gap / 2
    return centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)


def _across(found: Mapping[str, Place], missing: Sequence[str], said: Said) -> dict[str, Place]:
    """The one corner of a polygon that lacks: on the other side of its neighbours than the rest."""
    for corners in said.polygons:
        lacking = [corner for corner in corners if corner in missing]
        if len(corners) < 4 or len(lacking) != 1:
            continue
        at = corners.index(lacking[0])
        beside = [corners[at - 1], corners[(at + 1) % len(corners)]]
        (x, y), (u, v) = (_mean([found[p] for p in group]) for group in (beside, set(corners) - {*beside, *lacking}))
        far = 1.0 if len(corners) == 4 else 0.5
        return {lacking[0]: (x + (x - u) * far, y + (y - v) * far)}
    return {}


def _drawn(found: Mapping[str, Place], missing: Sequence[str], said: Said, spare: Iterator[Place]) -> dict[str, Place]:
    """A polygon without any place: as the one that it is like, or a regular one."""
    whole = [corners for corners in said.polygons if all(corner in missing for corner in corners)]
    for one, other in (*said.alike, *(pair[::-1] for pair in said.alike)):
        if one in whole and len(one) == len(other) and all(corner in found for corner in other):
            middle, (x, y) = _mean([found[corner] for corner in other]), next(spare)
            return {a: (x + found[b][0] - middle[0], y + found[b][1] - middle[1]) for a, b in zip(one, other)}
    for corners in whole:
        x, y = next(spare)
        turns = [0.2 + 2 * math.pi * number / len(corners) for number in range(len(corners))]
        return {p: (x + 200 * math.cos(turn), y + 200 * math.sin(turn)) for p, turn in zip(corners, turns)}
    return {}
