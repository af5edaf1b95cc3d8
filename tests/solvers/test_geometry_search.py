"""What the geometry solver finds by looking for figures that meet all facts, and what it leaves open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from symbol_llm.solvers import Outcome, Solver
from tests.solvers.geometry_problems import ANGLE, CIRCLE, LENGTH, ON, RIGHT, SQUARE, says, solve, value

MEDIANS = {"J": (0.0, 0.0), "K": (6.0, 0.0), "L": (2.0, 6.0), "R": (3.0, 0.0), "S": (4.0, 3.0), "T": (1.0, 3.0)}
MEDIANS["P"] = (2.7, 2.0)
KITE = {"W": (0.0, 3.0), "X": (-2.0, 0.0), "Y": (0.0, -4.0), "Z": (2.0, 0.0)}


def on(**points: str) -> str:
    """``on(T="JL")``: T lies on the line from J to L."""
    return "; ".join(f"PointLiesOnLine({point}, Line({','.join(ends)}))" for point, ends in points.items())


@pytest.mark.parametrize(
    ("name", "given", "places", "asked", "expected"),
    [
        (
            "medians cut each other in the ratio two to one",
            "; ".join((on(T="JL", R="JK", S="LK"), on(P="JS"), on(P="LR"), on(P="KT")))
            + "; Equals(LengthOf(Line(K,R)),LengthOf(Line(R,J))); Equals(LengthOf(Line(L,T)),LengthOf(Line(T,J)))"
            + "; Equals(LengthOf(Line(K,S)),LengthOf(Line(S,L))); "
            + says(LENGTH, PT=2),
            MEDIANS,
            "LengthOf(Line(K,P))",
            4,
        ),
        (
            "a kite without its diagonals",
            "Equals(LengthOf(Line(X,W)),LengthOf(Line(Z,W))); Equals(LengthOf(Line(X,Y)),LengthOf(Line(Z,Y))); "
            + says(ANGLE, XWZ=70, ZYX=56),
            KITE,
            "MeasureOf(Angle(W,X,Y))",
            117,
        ),
        (
            "two letters in two triangles with one side",
            "Perpendicular(Line(A,B),Line(A,D)); Perpendicular(Line(C,B),Line(C,D)); "
            + says(LENGTH, AB="x", AD="y", BC="x+2", CD="y-1.25", BD=10)
            + "; Line(B,D)",
            {"A": (0.0, 0.0), "B": (6.0, 0.0), "D": (0.0, 8.0), "C": (7.0, 7.0)},
            "Add(SquareOf(x),SquareOf(y))",
            100,
        ),
    ],
)
def test_figures_settle_what_no_theorem_does(
    geometry: Solver, name: str, given: str, places: dict[str, tuple[float, float]], asked: str, expected: float
) -> None:
    found = value(geometry, f"{given}; Find({asked})", places=places)
    assert found == pytest.approx(expected, rel=1e-6), name


@pytest.mark.parametrize(
    ("given", "asked", "told"),
    [
        (says(ANGLE, BAC=50), "MeasureOf(Angle(A,C,B))", "different values"),
        # the diagram looks like 3, 4, 5, but nothing says so
        (says(LENGTH, AB=4, AC=3), "LengthOf(Line(B,C))", "different values"),
        # two triangles have these sides and this angle
        (f"{says(LENGTH, BC=6, AB=8)}; {says(ANGLE, BAC=40)}", "LengthOf(Line(A,C))", "give it 3.03696 or 9.21975"),
        (says(LENGTH, AB="x^{2}", AC=25) + "; Equals(LengthOf(Line(A,B)),LengthOf(Line(A,C)))", "x", "-5 or 5"),
        (f"{says(LENGTH, BC=6, AC=8)}; {says(ANGLE, ABC=130, BAC='x')}", "y", "no form speaks of y"),
        (says(LENGTH, AB=4), "LengthOf(Line(A,Q))", "no form speaks of Q"),
        (says(LENGTH, AB=1, AC=2, BC=9), "MeasureOf(Angle(B,A,C))", "no figure was found"),
        ("Triangle(A,B,C)", "AreaOf(Shaded(Shape($)))", "not told by its corners"),
        (
            "Circle(A); PointLiesOnCircle(B,Circle(A)); PointLiesOnCircle(C,Circle(A))",
            "AreaOf(Shaded(Sector(A,B,C)))",
            "which of the two sectors",
        ),
    ],
)
def test_what_is_not_settled_is_not_guessed(geometry: Solver, given: str, asked: str, told: str) -> None:
    solution = solve(geometry, f"{given}; Find({asked})", places=RIGHT, choices=[1, 2, 3, 5])
    assert (solution.outcome, solution.answer) == (Outcome.SOLVER_UNKNOWN, None), solution
    assert told in solution.message


def test_no_measure_is_below_zero(geometry: Solver) -> None:
    given = f"{ON}; {says(ANGLE, AOB=130, DOB=80)}; Equals(MeasureOf(Angle(A,O,D)),MeasureOf(angle 1)); Line(A,B)"
    assert value(geometry, f"{given}; Find(MeasureOf(Angle(1)))", places=CIRCLE) == pytest.approx(50)
    turned = given.replace("DOB),80", "DOB),150").replace("D,O,B)),80", "D,O,B)),150")
    solution = solve(geometry, f"{turned}; Find(MeasureOf(Angle(A,O,D)))", places=CIRCLE)
    assert (solution.outcome, solution.answer) == (Outcome.INCONSISTENT, None)
    assert "makes MeasureOf(Angle(A,O,D)) -20" in solution.message


def test_a_drawn_line_runs_through_the_points_on_it(geometry: Solver) -> None:
    places = {**SQUARE, "E": (1.5, 1.5)}
    drawn = ["AC", "AE", "EC", "BD", "BE", "ED", "AB", "BC", "CD", "DA"]
    forms = f"Rectangle(A,B,C,D); {says(LENGTH, AE='x', AC='x+7')}; Find(x)"
    assert value(geometry, forms, places=places, line_instances=drawn) == pytest.approx(7)
    assert solve(geometry, forms, places=places).outcome is Outcome.SOLVER_UNKNOWN  # nothing says where E is


def test_what_only_the_drawing_shows_gives_way_to_what_is_said(geometry: Solver) -> None:
    places = {"A": (0.0, 0.0), "B": (2.0, 0.01), "C": (4.0, 0.0), "D": (2.0, 3.0)}
    forms = f"{says(ANGLE, ABD=100, DBC='x')}; Equals(MeasureOf(Angle(A,B,C)),170); Find(x)"
    drawn = ["AB", "BC", "AC", "BD"]
    assert value(geometry, forms, places=places, line_instances=drawn) == pytest.approx(90)


def test_the_order_of_hashes_changes_nothing() -> None:
    script = (
        "from symbol_llm.solvers.geometry_job import run\n"
        "forms = 'Equals(LengthOf(Line(A,B)),4)\\nEquals(LengthOf(Line(A,C)),3)\\nFind(LengthOf(Line(B,C)))'\n"
        "print(run({'forms': forms, 'world': {}}).message)"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1 and "different values" in told.pop()
