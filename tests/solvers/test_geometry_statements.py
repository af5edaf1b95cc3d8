"""What single forms say to the geometry solver, beyond the theorems."""

from __future__ import annotations

import pytest

from symbol_llm.solvers import Outcome, Solver
from tests.solvers.geometry_problems import ANGLE, CIRCLE, LENGTH, ON, RIGHT, SQUARE, TRIANGLE, says, solve, value

TRAPEZOID = {"A": (0.0, 0.0), "B": (8.0, 0.0), "C": (6.0, 4.0), "D": (1.0, 4.0), "M": (0.5, 2.0), "N": (7.0, 2.0)}
TWO = {"A": (0.0, 0.0), "B": (2.0, 0.0), "C": (2.0, 1.0), "D": (0.0, 1.0)}
TWO |= {"E": (5.0, 0.0), "F": (9.0, 0.0), "G": (9.0, 2.0), "H": (5.0, 2.0)}
ALTITUDE = {"A": (0.0, 0.0), "B": (10.0, 0.0), "C": (3.0, 4.0), "F": (3.0, 0.0)}
SIMILAR = "Similar(Rectangle(A,B,C,D),Rectangle(E,F,G,H)); "
FACTOR = "ScaleFactorOf(Blue(Rectangle(A,B,C,D)),Green(Rectangle(E,F,G,H)))"
LEGS = "; ".join(f"IsMidpointOf(Point({p}),LegOf(Trapezoid(A,B,C,D)))" for p in "MN")
ON_LEGS = "PointLiesOnLine(M, Line(A, D)); PointLiesOnLine(N, Line(B, C))"
UPRIGHT = "PointLiesOnLine(F, Line(A, B)); Perpendicular(Line(C,F),Line(A,B)); Line(C,F); Triangle(A,B,C)"


@pytest.mark.parametrize(
    ("name", "given", "places", "asked", "expected"),
    [
        ("scale by sides", SIMILAR + says(LENGTH, BC=3, FG=12), TWO, FACTOR, 0.25),
        (
            "scale by areas",
            SIMILAR + "Equals(AreaOf(Rectangle(A,B,C,D)),50); Equals(AreaOf(Rectangle(E,F,G,H)),72)",
            TWO,
            FACTOR,
            5 / 6,
        ),
        (
            "area by any pair of sides",
            SIMILAR + says(LENGTH, CD=3, GH=6) + "; Equals(AreaOf(Rectangle(A,B,C,D)),7)",
            TWO,
            "AreaOf(Rectangle(E,F,G,H))",
            28,
        ),
        (
            "middles of the legs",
            f"Trapezoid(A,B,C,D); {ON_LEGS}; {LEGS}; {says(LENGTH, AB=9, CD=4, MN='x')}",
            TRAPEZOID,
            "x",
            6.5,
        ),
        (
            "bisector of an angle of one letter",
            "Equilateral(Triangle(A,B,C)); PointLiesOnLine(D, Line(B, C)); BisectsAngle(Line(A,D),Angle(A)); "
            + says(ANGLE, ADB="15x"),
            {**TRIANGLE, "D": (2.5, 1.5)},
            "x",
            6,
        ),
        ("a ratio of one number", says(LENGTH, AB="x", AC=6) + "; Equals(x,RatioOf(9))", TRIANGLE, "RatioOf(x)", 9),
        (
            "the altitude that is drawn",
            f"{UPRIGHT}; {says(LENGTH, CF=4)}",
            ALTITUDE,
            "LengthOf(AltitudeOf(Triangle(A,B,C)))",
            4,
        ),
        ("and the base under it", f"{UPRIGHT}; {says(LENGTH, AB=7)}", ALTITUDE, "BaseOf(Triangle(A,B,C))", 7),
        (
            "height and base in an equation",
            f"{UPRIGHT}; Equals(HeightOf(Triangle(A,B,C)),Add(BaseOf(Triangle(A,B,C)),5)); "
            "Equals(AreaOf(Triangle(A,B,C)),52)",
            ALTITUDE,
            "BaseOf(Triangle(A,B,C))",
            8,
        ),
        (
            "equal sides that the diagram shows",
            "Isosceles(Triangle(A,B,C)); " + says(ANGLE, ACB=40),
            {"A": (0.0, 0.0), "B": (4.0, 0.0), "C": (2.0, 7.0)},
            "MeasureOf(Angle(B,A,C))",
            70,
        ),
        (
            "a line is the hypotenuse",
            f"Equals(Line(A,C),HypotenuseOf(Right(Triangle(A,B,C)))); {says(LENGTH, AB=8, AC=17)}",
            TRIANGLE,
            "LengthOf(Line(B,C))",
            15,
        ),
        (
            "a line is the altitude",
            "PointLiesOnLine(F, Line(A, B)); Equals(Line(C,F),AltitudeOf(Triangle(A,B,C))); "
            + says(LENGTH, CF=4, AF=3),
            ALTITUDE,
            "LengthOf(Line(A,C))",
            5,
        ),
        (
            "lines by the letters beside them",
            f"Parallel(Line(m),Line(n)); {says(LENGTH, AB='m', CD='n')}; {says(ANGLE, BAC=40, ACD='2x')}",
            {"A": (0.0, 0.0), "B": (4.0, 0.0), "C": (3.0, 3.0), "D": (-1.0, 3.0)},
            "x",
            20,
        ),
        ("an angle marked the long way", says(ANGLE, BOD=230), CIRCLE, "MeasureOf(Angle(B,O,D))", 130),
        (
            "an arc marked the long way",
            f"{ON}; Equals(MeasureOf(Arc(B,D)),250)",
            CIRCLE,
            "MeasureOf(Angle(B,O,D))",
            110,
        ),
        (
            "an arc named as its angle",
            f"{ON}; Equals(LengthOf(Line(O,A)),6); {says(ANGLE, BOD=90)}",
            CIRCLE,
            "Div(LengthOf(Arc(B,O,D)),\\pi)",
            3,
        ),
        (
            "an area with two free lengths, and a known height",
            f"{UPRIGHT}; {says(LENGTH, CF=4)}; Equals(AreaOf(Triangle(A,B,C)),26)",
            ALTITUDE,
            "LengthOf(Line(A,B))",
            13,
        ),
    ],
)
def test_forms(
    geometry: Solver, name: str, given: str, places: dict[str, tuple[float, float]], asked: str, expected: float
) -> None:
    assert value(geometry, f"{given}; Find({asked})", places=places) == pytest.approx(expected, rel=1e-6), name


@pytest.mark.parametrize(
    ("given", "places", "told"),
    [
        ("Isosceles(Triangle(A,B,C))", RIGHT, "the diagram does not show which two sides are equal"),
        ("Isosceles(Pentagon(A,B,C,D,E))", {**SQUARE, "E": (1.0, 5.0)}, "which sides are equal is not told"),
        ("Trapezoid(A,B,C,D)", SQUARE, "does not show which sides of the trapezoid are parallel"),
        ("Equals(Line(A,M),HypotenuseOf(Triangle(A,B,C)))", {**TRIANGLE, "M": (2.0, 2.0)}, "no side of the triangle"),
        ("Parallel(Line(m),Line(n))", SQUARE, "Line(m) has no ends"),
        ("IsMidpointOf(Point(M),LegOf(Trapezoid(A,B,C,D)))", {**SQUARE, "M": (9.0, 9.0)}, "M is on no side"),
    ],
)
def test_what_a_form_leaves_open_is_left_out_and_told(
    geometry: Solver, given: str, places: dict[str, tuple[float, float]], told: str
) -> None:
    solution = solve(geometry, f"{given}; {says(LENGTH, AB=3)}; Find(LengthOf(Line(B,C)))", places=places)
    assert solution.outcome is Outcome.SOLVER_UNKNOWN and told in solution.message


def test_an_angle_of_one_letter_lies_between_the_lines_that_are_drawn(geometry: Solver) -> None:
    """The angle BOA gives names to radii, and draws none."""
    given = f"{ON}; {says(ANGLE, BOA=100)}; Equals(MeasureOf(Arc(A,C)),120)"
    forms = f"{given}; Find(MeasureOf(Angle(B)))"
    assert value(geometry, forms, places=CIRCLE, line_instances=["BA", "BC"]) == pytest.approx(60)
    assert solve(geometry, forms, places=CIRCLE).outcome is Outcome.SOLVER_UNKNOWN
