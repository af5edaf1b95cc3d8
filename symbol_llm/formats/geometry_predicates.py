"""The predicates of Geometry3K's logic forms: what each one takes and gives, and what it means.

    IsMidpointOf(point,line): the point is the middle of the line

Names and groups are those of Inter-GPS (Lu et al. 2021, arXiv 2105.04165, ``data/geometry3k/predicates``), with the
usage of its annotations where that is wider than its table. Glosses are ours: they tell a predicate in a definition,
whatever it is called there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """What a predicate takes or gives. A region is anything with an area, a letter names a point or an object."""

    POINT = "point"
    LINE = "line"
    ANGLE = "angle"
    ARC = "arc"
    CIRCLE = "circle"
    REGION = "region"
    NUMBER = "number"
    FACT = "fact"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Predicate:
    """A predicate over forms, or over letters where ``sizes`` tells how many letters name one such shape."""

    name: str
    takes: tuple[tuple[Sort, ...], ...]  # for each argument the sorts it may have
    gives: Sort | None  # None: the same as its first argument
    gloss: str
    is_commutative: bool = False
    has_more: bool = False  # the last argument may stand several times
    sizes: tuple[int, ...] = ()

    @property
    def definition(self) -> str:
        """``Parallel(line,line): the lines never meet``"""
        letters = ["points"] if len(self.sizes) > 3 else ["point"] * max(self.sizes, default=0)
        arguments = letters or [sorts[0].value for sorts in self.takes]
        return f"{self.name}({','.join(arguments)}): {self.gloss}"


def _sorts(text: str) -> tuple[tuple[Sort, ...], ...]:
    """``"line|region circle"``: two arguments, the first of either sort."""
    return tuple(tuple(map(Sort, part.split("|"))) for part in text.split())


def _relation(name: str, takes: str, gloss: str, commutes: bool = False, has_more: bool = False) -> Predicate:
    return Predicate(name, _sorts(takes), Sort.FACT, gloss, commutes, has_more)


def _measure(name: str, takes: str, gloss: str, gives: Sort = Sort.NUMBER) -> Predicate:
    return Predicate(name, _sorts(takes), gives, gloss)


_ANY = "region|circle"
_POLYGONS = {"Triangle": (3, "three"), "Pentagon": (5, "five"), "Hexagon": (6, "six")}
_POLYGONS |= {"Heptagon": (7, "seven"), "Octagon": (8, "eight")}
_QUADRILATERALS = {
    "Quadrilateral": "shape of four sides",
    "Parallelogram": "shape whose opposite sides are parallel",
    "Square": "shape of four equal sides and right angles",
    "Rectangle": "shape of four right angles",
    "Rhombus": "shape of four equal sides",
    "Trapezoid": "shape with two parallel sides",
    "Kite": "shape of two pairs of equal neighbouring sides",
}


def _shapes() -> Iterator[Predicate]:
    def shape(name: str, gives: Sort, gloss: str, *sizes: int) -> Predicate:
        return Predicate(name, (), gives, gloss, sizes=sizes)

    yield shape("Point", Sort.POINT, "the point", 1)
    yield shape("Line", Sort.LINE, "the line between two points, or of a name", 1, 2)
    yield shape("Angle", Sort.ANGLE, "the angle at the middle point, or of a name", 1, 3)
    for name, (size, word) in _POLYGONS.items():
        yield shape(name, Sort.REGION, f"shape of {word} sides", 1, size)
    for name, gloss in _QUADRILATERALS.items():
        yield shape(name, Sort.REGION, gloss, 1, 4)
    yield shape("Polygon", Sort.REGION, "shape of straight sides", 1, *range(3, 13))
    yield shape("Circle", Sort.CIRCLE, "the circle around the point, or of a name", 1, 2)
    yield shape("Arc", Sort.ARC, "part of a circle from point to point", 1, 2, 3)
    yield shape("Sector", Sort.REGION, "part of a disc around the first point", 1, 3)
    yield shape("Shape", Sort.REGION, "some shape", *range(1, 13))


def _attributes() -> Iterator[Predicate]:
    yield _measure("RightAngle", "angle", "the angle is right", Sort.ANGLE)
    kinds = {"Right": "has a right angle", "Isosceles": "has two equal sides", "Equilateral": "has equal sides"}
    kinds |= {"Regular": "has equal sides and angles", "Red": "is red", "Blue": "is blue", "Green": "is green"}
    kinds |= {"Shaded": "is shaded"}
    for name, gloss in kinds.items():
        yield Predicate(name, _sorts(_ANY), None, f"the shape {gloss}")
    yield _measure("AreaOf", _ANY, "how much area the shape has")
    yield _measure("PerimeterOf", _ANY, "how long the way around the shape is")
    yield _measure("RadiusOf", _ANY, "the way from the middle of the circle to its rim", Sort.LINE)
    yield _measure("DiameterOf", _ANY, "the way through the middle of the circle", Sort.LINE)
    yield _measure("CircumferenceOf", _ANY, "how long the rim of the circle is")
    parts = {
        "AltitudeOf": "an altitude of the shape",
        "HypotenuseOf": "the side against the right angle",
        "SideOf": "a side of the shape",
        "WidthOf": "how wide the shape is",
        "HeightOf": "how high the shape is",
        "LegOf": "a leg of the shape",
        "BaseOf": "the base of the shape",
        "MedianOf": "the median of the shape",
    }
    for name, gloss in parts.items():
        yield _measure(name, "region", gloss, Sort.LINE)
    yield _measure("IntersectionOf", "line|arc|circle|region line|arc|circle|region", "where both meet", Sort.POINT)
    yield _measure("MeasureOf", "angle|arc", "how wide the angle or arc is")
    yield _measure("LengthOf", "line|arc", "how long the line or arc is")
    yield _measure("ScaleFactorOf", f"{_ANY} {_ANY}", "how much larger the second shape is")


def _relations() -> Iterator[Predicate]:
    yield _relation("PointLiesOnLine", "point line", "the point is on the line")
    yield _relation("PointLiesOnCircle", "point circle", "the point is on the rim of the circle")
    yield _relation("Parallel", "line line", "the lines never meet", True)
    yield _relation("Perpendicular", "line line", "the lines meet at a right angle", True)
    yield _relation("IntersectAt", "line|arc|circle line|arc|circle|point", "all meet at the last", has_more=True)
    yield _relation("BisectsAngle", "line angle", "the line cuts the angle in half")
    same = "region|circle|angle|line|arc"
    yield _relation("Congruent", f"{same} {same}", "both have one shape and size", True)
    yield _relation("Similar", f"{_ANY} {_ANY}", "both have one shape", True)
    yield _relation("Tangent", "line|arc|circle circle", "the line touches the circle")
    yield _relation("Secant", "line|arc|circle circle", "the line cuts the circle")
    yield _relation("CircumscribedTo", f"{_ANY} {_ANY}", "the first shape touches the second from outside")
    yield _relation("InscribedIn", f"{_ANY}|angle {_ANY}", "the first shape touches the second from inside")
    yield _relation("IsMidpointOf", "point line|arc", "the point is the middle of the line")
    yield _relation("IsCentroidOf", f"point {_ANY}", "the point is where the medians meet")
    yield _relation("IsIncenterOf", f"point {_ANY}", "the point is where the angle bisectors meet")
    yield _relation("IsRadiusOf", "line circle", "the line is a radius of the circle")
    yield _relation("IsDiameterOf", "line circle", "the line is a diameter of the circle")
    yield _relation("IsMidsegmentOf", "line region", "the line joins the middles of two sides")
    yield _relation("IsChordOf", "line circle", "the line joins two points of the rim")
    yield _relation("IsSideOf", "line region", "the line is a side of the shape")
    yield _relation("IsHypotenuseOf", "line region", "the line is against the right angle")
    yield _relation("IsPerpendicularBisectorOf", "line line|region", "the line cuts it in half at a right angle")
    yield _relation("IsAltitudeOf", "line region", "the line is an altitude of the shape")
    yield _relation("IsMedianOf", "line region", "the line is a median of the shape")
    yield _relation("IsBaseOf", "line region", "the line is a base of the shape")
    yield _relation("IsDiagonalOf", "line region", "the line joins two corners that are no neighbours")
    yield _relation("IsLegOf", "line region", "the line is a leg of the shape")


def _numbers() -> Iterator[Predicate]:
    for name, gloss in {"SinOf": "sine", "CosOf": "cosine", "TanOf": "tangent", "CotOf": "cotangent"}.items():
        yield _measure(name, "number", f"the {gloss} of the angle")
    yield _measure("HalfOf", "number", "half the number")
    yield _measure("SquareOf", "number", "the number by itself")
    yield _measure("SqrtOf", "number", "the square root")
    yield Predicate("RatioOf", _sorts("number"), Sort.NUMBER, "the first number by the second", has_more=True)
    for name, gloss in {"SumOf": "sum", "AverageOf": "mean", "Add": "total", "Mul": "product"}.items():
        yield Predicate(name, _sorts("number number"), Sort.NUMBER, f"the {gloss} of the numbers", True, True)
    yield Predicate("Sub", _sorts("number number"), Sort.NUMBER, "the first less the others", has_more=True)
    yield Predicate("Div", _sorts("number number"), Sort.NUMBER, "the first divided by the others", has_more=True)
    yield _measure("Pow", "number number", "the first to the power of the second")
    either = "number|region|circle"
    yield _relation("Equals", f"{either} {either}", "both are the same", True)
    yield _relation("Find", "number", "the number is asked for")
    yield _relation("UseTheorem", "word", "the theorem helps")


PREDICATES: dict[str, Predicate] = {
    predicate.name: predicate for part in (_shapes, _attributes, _relations, _numbers) for predicate in part()
}
BY_GLOSS: dict[str, Predicate] = {predicate.gloss: predicate for predicate in PREDICATES.values()}
