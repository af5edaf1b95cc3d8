"""The geometry solver's theorems, one by one, with coordinates as referee."""

from __future__ import annotations

import math
from random import Random

import pytest

from symbol_llm.solvers import Outcome, Solver
from tests.solvers.geometry_problems import ANGLE, CIRCLE, CUT, LENGTH, ON, RIGHT, SQUARE, TRIANGLE, says, solve, value


@pytest.mark.parametrize(
    ("name", "given", "places", "asked", "expected"),
    [
        ("angle sum", says(ANGLE, BAC=50, ABC=60), TRIANGLE, "MeasureOf(Angle(A,C,B))", 70),
        ("letters", says(ANGLE, BAC="x", ABC="2x", ACB="3x"), TRIANGLE, "x", 30),
        ("isosceles", f"{says(LENGTH, AC=7, BC=7)}; {says(ANGLE, ACB=40)}", TRIANGLE, "MeasureOf(Angle(B,A,C))", 70),
        ("and back", f"{says(ANGLE, BAC=40, ABC=40)}; {says(LENGTH, AC='2x', BC='x+3')}", TRIANGLE, "x", 3),
        (
            "Pythagoras",
            f"Perpendicular(Line(A,B),Line(A,C)); {says(LENGTH, AB=4, AC=3)}",
            RIGHT,
            "LengthOf(Line(B,C))",
            5,
        ),
        (
            "Pythagoras with letters",
            f"Perpendicular(Line(A,B),Line(A,C)); {says(LENGTH, AB='x+1', AC='x', BC=5)}",
            RIGHT,
            "x",
            3,
        ),
        ("cosines", f"{says(LENGTH, AB=8, AC=5)}; {says(ANGLE, BAC=60)}", TRIANGLE, "LengthOf(Line(B,C))", 7),
        ("cosines back", says(LENGTH, AB=8, AC=5, BC=7), TRIANGLE, "MeasureOf(Angle(B,A,C))", 60),
        (
            "sines",
            f"{says(LENGTH, BC=10)}; {says(ANGLE, BAC=30, ABC=45)}",
            TRIANGLE,
            "LengthOf(Line(A,C))",
            10 * math.sqrt(2),
        ),
        (
            "tangent",
            f"Perpendicular(Line(A,B),Line(A,C)); {says(LENGTH, AB=4, AC=3)}",
            RIGHT,
            "TanOf(Angle(A,B,C))",
            0.75,
        ),
        (
            "parallel line in a triangle",
            "PointLiesOnLine(D, Line(A, C)); PointLiesOnLine(E, Line(B, C)); Parallel(Line(D,E),Line(A,B)); "
            + says(LENGTH, CD=4, AD=6, CE=6),
            CUT,
            "LengthOf(Line(B,E))",
            9,
        ),
        (
            "midsegment",
            "PointLiesOnLine(D, Line(A, C)); PointLiesOnLine(E, Line(B, C)); "
            "IsMidsegmentOf(Line(D,E),Triangle(A,B,C)); " + says(LENGTH, DE="x", AB="3x-4"),
            CUT,
            "x",
            4,
        ),
        (
            "bisector",
            "PointLiesOnLine(E, Line(B, C)); BisectsAngle(Line(A,E),Angle(B,A,C)); " + says(LENGTH, AB=6, AC=4, BE=3),
            {**TRIANGLE, "E": (2.5, 1.5)},
            "LengthOf(Line(C,E))",
            2,
        ),
        ("parallelogram", f"Parallelogram(A,B,C,D); {says(ANGLE, DAB='2x', ABC='x')}", SQUARE, "x", 60),
        (
            "diagonals of a rhombus",
            "Rhombus(A,B,C,D); PointLiesOnLine(E, Line(A, C)); PointLiesOnLine(E, Line(B, D)); "
            + says(LENGTH, AE=3, BE=4),
            {**SQUARE, "E": (1.5, 1.5)},
            "LengthOf(Line(A,B))",
            5,
        ),
        ("perimeter", f"Rectangle(A,B,C,D); {says(LENGTH, AB=3, BC=5)}", SQUARE, "PerimeterOf(Rectangle(A,B,C,D))", 16),
        ("area", f"Rectangle(A,B,C,D); {says(LENGTH, AB=3, BC=5)}", SQUARE, "AreaOf(Rectangle(A,B,C,D))", 15),
        ("area of a triangle", says(LENGTH, AB=13, BC=14, AC=15), TRIANGLE, "AreaOf(Triangle(A,B,C))", 84),
        (
            "area back",
            f"Equals(AreaOf(Rectangle(A,B,C,D)),24); {says(LENGTH, AB='x', BC='x+2')}",
            SQUARE,
            "x",
            4,
        ),
        (
            "corresponding angles",
            "PointLiesOnLine(B, Line(A, E)); Parallel(Line(A,C),Line(B,D)); " + says(ANGLE, CAB=65),
            {"A": (0.0, 0.0), "B": (2.0, 0.0), "E": (4.0, 0.0), "C": (1.0, 2.0), "D": (3.0, 2.0)},
            "MeasureOf(Angle(D,B,E))",
            65,
        ),
        (
            "linear pair",
            "PointLiesOnLine(B, Line(A, E)); " + says(ANGLE, ABD="3x", DBE="x+20"),
            {"A": (0.0, 0.0), "B": (2.0, 0.0), "E": (4.0, 0.0), "D": (3.0, 2.0)},
            "x",
            40,
        ),
        (
            "angles of a quadrilateral",
            f"Quadrilateral(A,B,C,D); {says(ANGLE, DAB=80, ABC=95, BCD=100)}",
            SQUARE,
            "MeasureOf(Angle(A,D,C))",
            85,
        ),
        (
            "similar",
            "Similar(Triangle(A,B,C),Triangle(F,G,H)); " + says(LENGTH, AB=4, BC=6, FG=10),
            TRIANGLE,
            "LengthOf(Line(G,H))",
            15,
        ),
        (
            "congruent",
            f"Congruent(Triangle(A,B,C),Triangle(F,G,H)); {says(ANGLE, BAC=50, GFH='2x')}",
            TRIANGLE,
            "x",
            25,
        ),
        ("centre and rim", ON + "; " + says(ANGLE, AOB=130), CIRCLE, "MeasureOf(Angle(O,A,B))", 25),
        (
            "angle on the rim",
            ON + "; Equals(MeasureOf(Arc(B,C)),100); Line(A,B); Line(A,C)",
            CIRCLE,
            "MeasureOf(Angle(B,A,C))",
            50,
        ),
        ("long arc", ON + "; " + says(ANGLE, BOC=100), CIRCLE, "MeasureOf(Arc(B,A,C))", 260),
        (
            "arc length",
            ON + "; Equals(RadiusOf(Circle(O)),9); " + says(ANGLE, AOB=120),
            CIRCLE,
            "LengthOf(Arc(A,B))",
            6 * math.pi,
        ),
        ("circumference", ON + "; " + says(LENGTH, OA=5), CIRCLE, "CircumferenceOf(Circle(O))", 10 * math.pi),
        ("area of a circle", "Equals(DiameterOf(Circle(O)),6)", CIRCLE, "AreaOf(Circle(O))", 9 * math.pi),
        (
            "sector",
            ON + "; Equals(RadiusOf(Circle(O)),6); " + says(ANGLE, AOB=60),
            CIRCLE,
            "AreaOf(Sector(O,A,B))",
            6 * math.pi,
        ),
        (
            "chords that cross",
            ON + "; PointLiesOnLine(P, Line(A, B)); PointLiesOnLine(P, Line(C, D)); " + says(LENGTH, AP=6, PB=4, CP=8),
            {**CIRCLE, "P": (0.5, 2.2)},
            "LengthOf(Line(P,D))",
            3,
        ),
        (
            "tangent and secant",
            "PointLiesOnCircle(A, Circle(O, r)); PointLiesOnCircle(B, Circle(O, r)); "
            "PointLiesOnCircle(C, Circle(O, r)); "
            "Tangent(Line(P,A),Circle(O)); PointLiesOnLine(B, Line(P, C)); " + says(LENGTH, PA=6, PB=4),
            {"O": (0.0, 0.0), "A": (0.0, 5.0), "P": (9.0, 5.0), "B": (4.0, 3.0), "C": (-5.0, 0.0)},
            "LengthOf(Line(B,C))",
            5,
        ),
        (
            "tangents from one point",
            "PointLiesOnCircle(A, Circle(O)); PointLiesOnCircle(B, Circle(O)); Tangent(Line(P,A),Circle(O)); "
            "Tangent(Line(P,B),Circle(O)); " + says(LENGTH, PA="2x-1", PB="x+4"),
            {"O": (0.0, 0.0), "A": (0.0, 5.0), "B": (4.8, 1.4), "P": (4.0, 5.0)},
            "x",
            5,
        ),
        (
            "half of a chord",
            ON + "; PointLiesOnLine(M, Line(B, C)); Perpendicular(Line(O,M),Line(B,C)); " + says(LENGTH, OM=3, BC=8),
            {**CIRCLE, "M": (-3.0, 0.0)},
            "RadiusOf(Circle(O))",
            5,
        ),
        (
            "ratio",
            "Equals(RatioOf(LengthOf(Line(A,B)),LengthOf(Line(B,C))),2); " + says(LENGTH, BC=6),
            TRIANGLE,
            "LengthOf(Line(A,B))",
            12,
        ),
        ("a letter squared", says(LENGTH, AB="x^{2}", AC=9), TRIANGLE, "LengthOf(Line(A,C))", 9),
    ],
)
def test_theorems(
    geometry: Solver, name: str, given: str, places: dict[str, tuple[float, float]], asked: str, expected: float
) -> None:
    found = value(geometry, f"{given}; Find({asked})", places=places)
    assert found == pytest.approx(expected, rel=1e-6), name


def test_facts_that_contradict_each_other(geometry: Solver) -> None:
    forms = f"{says(ANGLE, BAC=90, ABC=60, ACB=60)}; Find(LengthOf(Line(A,B)))"
    solution = solve(geometry, forms, places=TRIANGLE)
    assert (solution.outcome, solution.answer) == (Outcome.INCONSISTENT, None)


def test_random_triangles_agree_with_their_coordinates(geometry: Solver) -> None:
    """The diagram shows another triangle that only turns the same way: nothing is measured in it."""
    rng, solved = Random(7), 0
    for _ in range(40):
        places = {p: (rng.uniform(0, 10), rng.uniform(0, 10)) for p in "ABC"}
        sides = {pair: math.dist(places[pair[0]], places[pair[1]]) for pair in ("AB", "BC", "AC")}

        def angle(a: str, v: str, b: str, sides: dict[str, float] = sides) -> float:
            one, other, against = (sides["".join(sorted(pair))] for pair in (a + v, v + b, a + b))
            return math.degrees(math.acos((one**2 + other**2 - against**2) / (2 * one * other)))

        angles = {"BAC": angle("B", "A", "C"), "ABC": angle("A", "B", "C"), "ACB": angle("A", "C", "B")}
        if min(angles.values()) < 5:
            continue
        known = rng.choice((("AB", "AC", "BAC"), ("AB", "BAC", "ABC"), ("AB", "BC", "AC"), ("BC", "ACB", "BAC")))
        given = "; ".join(
            says(LENGTH, **{k: f"{sides[k]:.9f}"}) if k in sides else says(ANGLE, **{k: f"{angles[k]:.8f}"})
            for k in known
        )
        for asked, true in {**sides, **angles}.items():
            form = f"LengthOf(Line({','.join(asked)}))" if asked in sides else f"MeasureOf(Angle({','.join(asked)}))"
            assert value(geometry, f"{given}; Find({form})", places=TRIANGLE) == pytest.approx(true, rel=1e-4)
            solved += 1
    assert solved > 100
