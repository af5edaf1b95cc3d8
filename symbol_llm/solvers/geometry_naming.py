"""Shapes as the picture has them: ``Parallelogram($)`` is the one that is drawn, and corners go around.

    lines  A-B, B-C, C-D, A-D, B-D       Find(AreaOf(Parallelogram($)))   →   Find(AreaOf(Parallelogram(A,B,C,D)))

Only triangles and shapes with four corners (``Shape($)`` is either), and only where the picture holds one that it can
be, as Inter-GPS's solver has it. Among several quadrilaterals, a parallelogram is the one whose opposite sides are
parallel in the picture, if the others clearly have none such. Everything else stays without a name.

``Rectangle(A,B,C,D)`` with A above B and C above D names its corners across; a polygon has them in turn: A, B, D, C.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations

from symbol_llm.formats.geometry_forms import Form
from symbol_llm.solvers.geometry_figure import Figure

_PARALLEL = ("Parallelogram", "Rectangle", "Rhombus", "Square")
_SIZES = {"Shape": (3, 4), "Triangle": (3,)} | dict.fromkeys(("Quadrilateral", "Trapezoid", "Kite", *_PARALLEL), (4,))
_COLOURED = ("Red", "Blue", "Green", "Shaded")
_HARDLY, _CLEARLY = 8.0, 20.0  # degrees by which drawn lines are, and are not, parallel


def unnamed(forms: Sequence[Form]) -> set[str]:
    """The kinds of shapes without names, of those that could be one of the picture's, that forms speak of."""
    inside = (inner for form in forms for inner in form.walk())
    return {inner.name for inner in inside if inner.name in _SIZES and inner.arguments == ("$",)}


def with_corners(forms: Sequence[Form], figure: Figure) -> list[Form]:
    """The forms with the corners of the shapes that can be one polygon only; a coloured one is one of several."""
    found = {name: corners for name in unnamed(forms) if (corners := _only(name, figure))}
    return [_named(form, found) for form in forms]


def _named(form: Form, found: Mapping[str, tuple[str, ...]]) -> Form:
    if form.name in _COLOURED:
        return form
    if form.name in found and form.arguments == ("$",):
        return Form(form.name, found[form.name])
    return Form(form.name, tuple(_named(part, found) if isinstance(part, Form) else part for part in form.arguments))


def in_turn(form: Form, places: Mapping[str, Sequence[float]]) -> Form:
    """The form with the corners of its quadrilaterals in the order in which they lie around them.

    Not in ``Similar`` and ``Congruent``, where the order says which corners are alike.
    """
    if form.name in ("Similar", "Congruent"):
        return form
    corners = form.arguments
    if _SIZES.get(form.name) == (4,) and len(corners) == 4 and all(corner in places for corner in corners):
        a, b, c, d = map(str, corners)
        orders = ((a, b, c, d), (a, b, d, c), (a, c, b, d))
        return Form(form.name, next((order for order in orders if not _crosses(places, order)), corners))
    return Form(form.name, tuple(in_turn(part, places) if isinstance(part, Form) else part for part in corners))


def _only(name: str, figure: Figure) -> tuple[str, ...] | None:
    found = [corners for size in _SIZES[name] for corners in _polygons(figure, size)]
    if name == "Shape" and figure.circles:
        return None
    if len(found) > 1 and name in _PARALLEL:
        off = {corners: _off(figure, corners) for corners in found}
        found = [corners for corners in found if off[corners] < _CLEARLY]
        found = [] if any(off[corners] > _HARDLY for corners in found) else found
    return found[0] if len(found) == 1 else None


def _polygons(figure: Figure, size: int) -> Iterator[tuple[str, ...]]:
    """The polygons that drawn lines enclose, each once, corners in order."""
    for first, *others in combinations(figure.points, size):
        for rest in permutations(others):
            if rest[0] > rest[-1]:
                continue  # the same the other way around
            corners = (first, *rest)
            sides = [figure.drawn_line(a, b) for a, b in zip(corners, (*rest, first))]
            is_closed = None not in sides and all(a != b for a, b in zip(sides, (*sides[1:], sides[0])))
            if is_closed and (size == 3 or not _crosses(figure.places, corners)):
                yield corners


def _crosses(places: Mapping[str, Sequence[float]], corners: tuple[str, ...]) -> bool:
    """Whether four corners in this order make a bow and not a polygon: two opposite edges cross."""
    a, b, c, d = (places[corner] for corner in corners)

    def side(p: Sequence[float], q: Sequence[float], r: Sequence[float]) -> bool:
        return (q[0] - p[0]) * (r[1] - p[1]) > (q[1] - p[1]) * (r[0] - p[0])

    def cross(p: Sequence[float], q: Sequence[float], r: Sequence[float], s: Sequence[float]) -> bool:
        return side(p, q, r) != side(p, q, s) and side(r, s, p) != side(r, s, q)

    return cross(a, b, c, d) or cross(b, c, d, a)


def _off(figure: Figure, corners: tuple[str, ...]) -> float:
    """By how many degrees the worse pair of opposite sides is not parallel in the picture."""
    a, b, c, d = corners
    turns = [
        (figure.direction(*one) - figure.direction(*two)) % 180 for one, two in (((a, b), (d, c)), ((b, c), (a, d)))
    ]
    return max(min(turn, 180 - turn) for turn in turns)
