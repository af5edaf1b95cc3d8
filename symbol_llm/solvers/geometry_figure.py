"""What a diagram shows: points with rough places, straight lines with their points in order, circles.

    PointLiesOnLine(D, Line(A, C))   Line(B, D)   PointLiesOnCircle(B, Circle(O, radius_0_0))
    lines  A-D-C, B-D, and O-B, a radius that nobody drew          circles  O through B

Places say what lies between what and which way to turn, never how long or wide a thing is: diagrams are not to scale.
Points without a place get one that what is said asks for (geometry_places.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from symbol_llm.formats.geometry_forms import Form
from symbol_llm.solvers.geometry_places import Said, place

MAX_POINTS = 30
_BENT = 0.12  # of its length that a line's points may lie beside it: diagrams are drawn by hand
_HARDLY_BENT = 0.02  # the same, where only the drawing says that a point lies on a line
_POLYGONS = frozenset(
    [
        "Triangle",
        "Quadrilateral",
        "Parallelogram",
        "Square",
        "Rectangle",
        "Rhombus",
        "Trapezoid",
        "Kite",
        "Pentagon",
        "Hexagon",
        "Heptagon",
        "Octagon",
        "Polygon",
    ]
)


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle by the name of its centre, and its label where several share the centre."""

    centre: str
    label: str
    points: tuple[str, ...]


class Figure:
    """Points, lines and circles of all the forms together. ``lines`` hold each straight line once, points in order."""

    def __init__(
        self,
        forms: Sequence[Form],
        drawn: Iterable[str],
        places: Mapping[str, Sequence[float]],
        reads_drawing: bool = True,
        moves_points: bool = True,
    ) -> None:
        """``reads_drawing``: points are on a line where the drawing alone shows it. ``moves_points``: a point that the
        picture has far beside the line that a form puts it on (``bent``) is placed on the line (``moved``)."""
        self.forms = forms
        pairs, betweens, on_circles = _told(forms)
        known = {point for pair in pairs for point in pair} | {p for between in betweens for p in between}
        known |= {point for centre, _, points in on_circles for point in (centre, *points)} | set(places)
        shown = {frozenset(split) for name in drawn for split in _split_name(name, known)}
        from_angles = {frozenset(p) for form in forms for inner in form.walk() for p in _arms(inner)}
        pairs |= shown
        self.circles = _circles(on_circles)
        # A radius helps even where it is not drawn: angles in a circle are angles of triangles with its radii.
        radii = {frozenset((circle.centre, point)) for circle in self.circles for point in circle.points}
        self._added = radii - (pairs if not shown else pairs - from_angles | shown)
        pairs |= radii
        self.points = sorted(known)
        said = Said(betweens, [(circle.centre, circle.points) for circle in self.circles], *_polygons(forms))
        # Pictures point downwards.
        given = {point: (float(x), -float(y)) for point, (x, y) in places.items()}
        self.places = place(self.points, given, said)
        self.bent = tuple(filter(self._is_bent, betweens))
        self.moved: frozenset[str] = frozenset()
        if moves_points and self.bent:
            self._move(given, said)
        betweens = [between for between in betweens if between not in self.bent]
        straight = list(self._drawn_straight(shown, set(given) - self.moved)) if reads_drawing else []
        self.has_drawn = bool(straight)
        groups = _merged([*map(set, betweens), *map(set, straight)])
        lone = (
            set(pair)
            for pair in sorted(pairs, key=sorted)
            if len(pair) == 2 and not any(pair <= group for group in groups)
        )
        self.lines = tuple(self._ordered(group) for group in (*groups, *lone))
        self._line_of = {frozenset(p): i for i, line in enumerate(self.lines) for p in combinations(line, 2)}

    def line_of(self, a: str, b: str) -> int | None:
        """The number of the line through two points, or None if no line joins them."""
        return self._line_of.get(frozenset((a, b)))

    def drawn_line(self, a: str, b: str) -> int | None:
        """The same, but None for a radius that nobody drew."""
        i = self.line_of(a, b)
        return None if i is None or frozenset(self.lines[i]) in self._added else i

    def direction(self, a: str, b: str) -> float:
        """The rough direction from one point to another, in degrees."""
        (x, y), (u, v) = self.places[a], self.places[b]
        return math.degrees(math.atan2(v - y, u - x))

    def turn(self, a: str, vertex: str, b: str) -> float:
        """The rough angle from a ray to another, in degrees, in (-180, 180]."""
        turn = (self.direction(vertex, b) - self.direction(vertex, a)) % 360
        return turn - 360 if turn > 180 else turn

    def neighbours(self, point: str) -> Iterator[str]:
        """The points that a line joins with a point."""
        for line in self.lines:
            if point in line:
                yield from (other for other in line if other != point)

    def rays(self, vertex: str) -> list[str]:
        """A point on each ray that the diagram draws from a point."""
        found: dict[tuple[int, bool], str] = {}
        for i, line in enumerate(self.lines):
            if vertex in line and frozenset(line) not in self._added:
                for other in line:
                    if other != vertex:
                        found.setdefault((i, line.index(other) > line.index(vertex)), other)
        return list(found.values())

    def triangles(self) -> Iterator[tuple[str, str, str]]:
        """Three points, each two joined by a line, not all on one."""
        for a, b, c in combinations(self.points, 3):
            sides = {self.line_of(a, b), self.line_of(b, c), self.line_of(a, c)}
            if None not in sides and len(sides) == 3:
                yield a, b, c

    def crossing(self, first: int, second: int) -> str | None:
        """The point that two lines share."""
        shared = set(self.lines[first]) & set(self.lines[second])
        return next(iter(shared)) if len(shared) == 1 else None

    def _move(self, given: Mapping[str, tuple[float, float]], said: Said) -> None:
        """Place the points of bent lines anew, from what the forms say; kept if fewer lines are bent then."""
        before, off = (self.places, self.bent), frozenset(point for point, *_ in self.bent)
        self.places = place(self.points, {point: at for point, at in given.items() if point not in off}, said)
        self.bent = tuple(filter(self._is_bent, said.betweens))
        if set(self.bent) < set(before[1]):
            self.moved = off
        else:
            self.places, self.bent = before

    def _is_bent(self, between: Sequence[str]) -> bool:
        """Whether a point lies far beside the line that it is said to lie on."""
        point, a, b = between
        if len(set(between)) < 3:
            return True
        (x, y), (u, v), (p, q) = (self.places[name] for name in (a, b, point))
        length = math.hypot(u - x, v - y)
        far = max(length, math.hypot(p - x, q - y), math.hypot(p - u, q - v))
        return far == 0 or abs((u - x) * (q - y) - (v - y) * (p - x)) > _BENT * far * max(length, far / 2)

    def _drawn_straight(self, shown: set[frozenset[str]], placed: set[str]) -> Iterator[tuple[str, str, str]]:
        """Points that a drawn line runs through, where the diagram draws the whole line and both parts of it."""
        for pair in sorted(map(sorted, shown)):
            a, b = pair
            (x, y), (u, v) = self.places[a], self.places[b]
            square = (u - x) ** 2 + (v - y) ** 2
            for point in sorted(placed - set(pair)) if square and placed.issuperset(pair) else ():
                if frozenset((a, point)) in shown and frozenset((point, b)) in shown:
                    p, q = self.places[point]
                    along = ((p - x) * (u - x) + (q - y) * (v - y)) / square
                    beside = abs((u - x) * (q - y) - (v - y) * (p - x)) / square
                    if 0.05 < along < 0.95 and beside < _HARDLY_BENT:
                        yield point, a, b

    def _ordered(self, group: set[str]) -> tuple[str, ...]:
        ends = max(combinations(sorted(group), 2), key=lambda pair: math.dist(*(self.places[p] for p in pair)))
        (x, y), (u, v) = (self.places[point] for point in ends)

        def along(point: str) -> float:
            return (self.places[point][0] - x) * (u - x) + (self.places[point][1] - y) * (v - y)

        return tuple(sorted(group, key=lambda point: (along(point), point)))


def letters(form: Form | str, name: str, *sizes: int) -> tuple[str, ...] | None:
    """The points of ``Line(A,B)`` and the like, if a form is that, with points and not with ``$``."""
    if not isinstance(form, Form) or form.name != name or len(form.arguments) not in sizes:
        return None
    found = tuple(argument for argument in form.arguments if isinstance(argument, str))
    return found if len(found) == len(form.arguments) and all(map(_is_point, found)) else None


def polygon(form: Form | str) -> tuple[str, ...] | None:
    """The corners of a polygon, whatever it is called and described as."""
    while isinstance(form, Form) and form.name in _DESCRIBED and len(form.arguments) == 1:
        form = form.arguments[0]
    if not isinstance(form, Form) or form.name not in _POLYGONS | {"Shape"} or len(form.arguments) < 3:
        return None
    found = letters(form, form.name, len(form.arguments))
    return found if found and len(set(found)) == len(found) else None


_DESCRIBED = frozenset({"Right", "Isosceles", "Equilateral", "Regular", "Red", "Blue", "Green", "Shaded"})


def _is_point(text: str) -> bool:
    return len(text) <= 3 and text[:1].isupper() and text.replace("'", "").isalnum()


def _told(
    forms: Iterable[Form],
) -> tuple[set[frozenset[str]], list[tuple[str, str, str]], list[tuple[str, str, tuple[str, ...]]]]:
    """The joined pairs, (point, end, end) of points on lines, and (centre, label, points) of circles."""
    pairs: set[frozenset[str]] = set()
    betweens: list[tuple[str, str, str]] = []
    on_circles: list[tuple[str, str, tuple[str, ...]]] = []
    for form in forms:
        for inner in form.walk():
            if line := letters(inner, "Line", 2):
                pairs.add(frozenset(line))
            elif angle := letters(inner, "Angle", 3):
                pairs |= {frozenset(angle[:2]), frozenset(angle[1:])}
            elif corners := polygon(inner):
                pairs |= {frozenset(edge) for edge in zip(corners, (*corners[1:], corners[0]))}
            elif inner.name in ("PointLiesOnLine", "PointLiesOnCircle", "IsMidpointOf"):
                _place_point(inner, betweens, on_circles)
            elif inner.name in ("IsDiameterOf", "IsRadiusOf", "IsChordOf"):
                _place_chord(inner, betweens, on_circles)
            elif inner.name == "InscribedIn":
                corners, circle = polygon(inner.arguments[0]), circle_name(inner.arguments[1])
                on_circles += [(*circle, corners)] if corners and circle else []
            if inner.name == "Circle" and (circle := circle_name(inner)):
                on_circles.append((*circle, ()))
    return {pair for pair in pairs if len(pair) == 2}, betweens, on_circles


def _arms(form: Form) -> tuple[tuple[str, ...], ...]:
    """The two arms of an angle, which it does not draw."""
    angle = letters(form, "Angle", 3)
    return (angle[:2], angle[1:]) if angle else ()


def _place_point(
    form: Form, betweens: list[tuple[str, str, str]], on_circles: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    point, where = form.arguments
    name = letters(point, "Point", 1) or ((point,) if isinstance(point, str) and _is_point(point) else None)
    if name and (line := letters(where, "Line", 2)):
        betweens.append((name[0], line[0], line[1]))
    elif name and form.name == "PointLiesOnCircle" and (circle := circle_name(where)):
        on_circles.append((*circle, name))


def _place_chord(
    form: Form, betweens: list[tuple[str, str, str]], on_circles: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    line, circle = letters(form.arguments[0], "Line", 2), circle_name(form.arguments[1])
    if line and circle:
        on_circles.append((*circle, tuple(point for point in line if point != circle[0])))
        if form.name == "IsDiameterOf" and circle[0] not in line:
            betweens.append((circle[0], line[0], line[1]))


def circle_name(form: Form | str) -> tuple[str, str] | None:
    """Centre and label of ``Circle(O)`` or ``Circle(O, radius_0_0)``."""
    if not isinstance(form, Form) or form.name != "Circle" or not 1 <= len(form.arguments) <= 2:
        return None
    centre, *label = form.arguments
    if not isinstance(centre, str) or not _is_point(centre) or not all(isinstance(part, str) for part in label):
        return None
    return centre, str(label[0]) if label else ""


def _circles(told: Iterable[tuple[str, str, tuple[str, ...]]]) -> tuple[Circle, ...]:
    """Circles by centre and label; without a label, all points belong to the one circle of that centre."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for centre, label, points in told:
        found.setdefault((centre, label), {}).update(dict.fromkeys(points))
    for centre, label in [key for key in found if not key[1]]:
        named = [key for key in found if key[0] == centre and key[1]]
        if len(named) == 1:
            found[named[0]].update(found.pop((centre, label)))
    return tuple(
        Circle(centre, label, tuple(p for p in points if p != centre)) for (centre, label), points in found.items()
    )


def _split_name(name: str, known: set[str]) -> list[tuple[str, str]]:
    """``AB`` is the line from A to B; points may have names of several letters."""
    return [(name[:at], name[at:]) for at in range(1, len(name)) if name[:at] in known and name[at:] in known][:1]


def _polygons(
    forms: Iterable[Form],
) -> tuple[list[tuple[str, ...]], list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """All polygons that forms name, and those that are said to be similar or congruent."""
    found: dict[tuple[str, ...], None] = {}
    alike = []
    for form in forms:
        found |= {corners: None for inner in form.walk() if (corners := polygon(inner))}
        if form.name in ("Similar", "Congruent"):
            one, other = map(polygon, form.arguments[:2])
            alike += [(one, other)] if one and other else []
    return list(found), alike


def _merged(groups: list[set[str]]) -> list[set[str]]:
    """Two lines with two points in common are one."""
    merged: list[set[str]] = []
    for group in groups:
        group = set(group)
        while True:
            same = [other for other in merged if len(other & group) >= 2]
            if not same:
                break
            for other in same:
                merged.remove(other)
                group |= other
        merged.append(group)
    return merged
