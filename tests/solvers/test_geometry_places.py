"""Points without a place, points that the forms and the picture have at different places, shapes without names."""

from __future__ import annotations

import math

import pytest

from symbol_llm.formats.geometry_forms import parse_forms, render_form
from symbol_llm.solvers import Outcome, Solver
from symbol_llm.solvers.geometry_naming import in_turn
from symbol_llm.solvers.geometry_places import Said, place
from tests.solvers.geometry_problems import ANGLE, CIRCLE, LENGTH, RIGHT, SQUARE, TRIANGLE, says, solve, value

A, B, C = (0.0, 0.0), (4.0, 0.0), (6.0, 3.0)
FIVE = "ABCDE"
PENTAGON = {p: (math.cos(1.3 * i), math.sin(1.3 * i)) for i, p in enumerate(FIVE)}
LEAN = {"A": (0.0, 0.0), "B": (6.0, 0.0), "C": (8.0, 3.0), "D": (2.0, 3.0)}
HEIGHT = {**LEAN, "E": (2.0, 0.0)}  # a foot under D


@pytest.mark.parametrize(
    ("given", "said", "found"),
    [
        ({"A": A, "B": B}, Said(betweens=[("M", "A", "B")]), {"M": (2.0, 0.0)}),
        ({"A": A, "B": B}, Said(betweens=[("B", "A", "D")]), {"D": (8.0, 0.0)}),
        ({"A": A, "B": B}, Said(betweens=[("A", "D", "B")]), {"D": (-4.0, 0.0)}),
        ({"A": A, "B": B, "C": C}, Said(polygons=[tuple("ABCD")]), {"D": (2.0, 3.0)}),
        ({"A": A, "B": B, "C": C}, Said(circles=[("O", "ABC")]), {"O": (10 / 3, 1.0)}),
        ({"O": A, "A": B}, Said(circles=[("O", "AP")]), {"P": (-4.0, 0.0)}),
    ],
)
def test_a_point_without_a_place_gets_the_one_that_is_said(
    given: dict[str, tuple[float, float]], said: Said, found: dict[str, tuple[float, float]]
) -> None:
    places = place([*given, *found], given, said)
    assert {point: places[point] for point in found} == {p: pytest.approx(at) for p, at in found.items()}


def test_all_points_get_places_whatever_is_said() -> None:
    said = Said([("A", "B", "C"), ("B", "A", "C"), ("D", "D", "D")], [("E", "AB")], [tuple("ABCD")], [])
    places = place([*"ABCDEF"], {}, said)
    assert sorted(places) == [*"ABCDEF"] and all(math.isfinite(x + y) for x, y in places.values())


def _turns(places: dict[str, tuple[float, float]], corners: str) -> list[float]:
    """The edges' cross products, corner by corner: of one sign where a polygon is convex."""
    at = [places[corner] for corner in corners]
    around = [(p, at[(i + 1) % len(at)], at[(i + 2) % len(at)]) for i, p in enumerate(at)]
    return [(q[0] - p[0]) * (r[1] - q[1]) - (q[1] - p[1]) * (r[0] - q[0]) for p, q, r in around]


def test_a_polygon_without_places_is_drawn_as_the_one_that_it_is_like_and_never_crosses_itself() -> None:
    like = Said(polygons=[tuple(FIVE), tuple("RSTUV")], alike=[(tuple("RSTUV"), tuple(FIVE))])
    places = place([*FIVE, *"RSTUV"], PENTAGON, like)
    assert _turns(places, "RSTUV") == pytest.approx(_turns(places, FIVE))
    alone = place([*"RSTUV"], {}, Said(polygons=[tuple("RSTUV")]))
    assert all(turn > 0 for turn in _turns(alone, "RSTUV"))


@pytest.mark.parametrize("corners", ["FGHJK", "JKFGH"])
def test_similar_polygons_of_which_the_picture_places_one(geometry: Solver, corners: str) -> None:
    other = ",".join(corners)
    forms = (
        f"Similar(Pentagon(A,B,C,D,E),Pentagon({other})); {says(LENGTH, AB=6)}; Equals(LengthOf(Line({other[:3]})),9); "
        f"Equals(AreaOf(Pentagon(A,B,C,D,E)),40); Find(AreaOf(Pentagon({other})))"
    )
    assert value(geometry, forms, places=PENTAGON) == pytest.approx(90)


def test_an_end_without_a_place_lies_beyond_the_point_on_its_line(geometry: Solver) -> None:
    given = f"PointLiesOnLine(C, Line(B, D)); Perpendicular(Line(A, D), Line(D, C)); {says(LENGTH, AD=8, DC=6, BC=9)}"
    places = {"A": (6.0, 8.0), "B": (-9.0, 0.0), "C": (0.0, 0.0)}
    assert value(geometry, f"{given}; Find(LengthOf(Line(A,B)))", places=places) == pytest.approx(17)


def test_what_a_form_says_counts_more_than_the_picture(geometry: Solver) -> None:
    """The forms name the altitude's foot on AB, the picture has it on BC, with A and C interchanged."""
    places = {"A": (4.0, 0.0), "B": (0.0, 0.0), "C": (4.0, 4.0), "D": (2.0, 2.0)}
    given = f"PointLiesOnLine(D, Line(A, B)); Perpendicular(Line(C, D), Line(B, D)); {says(LENGTH, BC=13, BD=5)}"
    drawn = ["AB", "AC", "AD", "BC", "BD", "CD"]
    solution = solve(geometry, f"{given}; Find(LengthOf(Line(C,D)))", places=places, line_instances=drawn)
    assert solution.answer["value"] == pytest.approx(12)
    assert "placed D on the line that the forms name" in solution.message


def test_a_form_against_the_picture_and_the_other_forms_gives_way(geometry: Solver) -> None:
    """D is drawn far beside AB; on AB, the triangle ABD would have no angle."""
    given = f"PointLiesOnLine(D, Line(A, B)); {says(ANGLE, ADB=90)}; {says(LENGTH, AD=3, BD=4)}"
    solution = solve(geometry, f"{given}; Find(LengthOf(Line(A,B)))", places={**TRIANGLE, "D": (3.0, 3.0)})
    assert solution.answer["value"] == pytest.approx(5)
    assert "left out PointLiesOnLine(D,Line(A,B))" in solution.message


@pytest.mark.parametrize(
    ("given", "places", "drawn", "asked", "expected"),
    [
        (says(LENGTH, AB=7, BC=5), LEAN, "AB BC CD DA BD", "PerimeterOf(Parallelogram($))", 24),
        (f"{says(LENGTH, AB=7, DE=3)}; PointLiesOnLine(E, Line(A, B)); Perpendicular(Line(D,E),Line(A,E))",
         HEIGHT, "AB BC CD DA DE AE EB", "AreaOf(Parallelogram($))", 21),
        (says(LENGTH, AB=3, AC=4, BC=5), RIGHT, "AB AC BC", "AreaOf(Triangle($))", 6),
        (says(LENGTH, AB=3, AC=4, BC=5), RIGHT, "AB AC BC", "PerimeterOf(Shape($))", 12),
        (says(LENGTH, AB=3, AC=4, BC=5), RIGHT, "AB AC BC", "PerimeterOf(Green(Triangle($)))", None),
        (says(LENGTH, AB=3, BC=3, CD=3, DA=3), SQUARE, "AB BC CD DA AC", "PerimeterOf(Shape($))", None),
        (says(LENGTH, AB=3, BC=3, CD=3, DA=3), SQUARE, "AB BC CD DA AC", "PerimeterOf(Triangle($))", None),
    ],
    ids=["with a diagonal", "with a height", "triangle", "any shape", "coloured", "two shapes", "two triangles"],
)  # fmt: skip
def test_a_shape_without_names_is_the_only_one_that_is_drawn(
    geometry: Solver,
    given: str,
    places: dict[str, tuple[float, float]],
    drawn: str,
    asked: str,
    expected: float | None,
) -> None:
    solution = solve(geometry, f"{given}; Find({asked})", places=places, line_instances=drawn.split())
    if expected is None:
        assert solution.outcome is Outcome.SOLVER_UNKNOWN
    else:
        assert solution.answer["value"] == pytest.approx(expected)


def test_a_shape_without_names_says_what_its_name_does(geometry: Solver) -> None:
    forms = f"Parallelogram($); {says(LENGTH, AB='3x', CD='x+8')}; Find(x)"
    drawn = ["AB", "BC", "CD", "DA"]
    assert value(geometry, forms, places=LEAN, line_instances=drawn) == pytest.approx(4)
    circled = f"PointLiesOnCircle(A, Circle(O, radius_0)); {says(LENGTH, AB=3)}; Find(PerimeterOf(Shape($)))"
    assert solve(geometry, circled, places={**CIRCLE, **SQUARE}, line_instances=drawn).answer is None


@pytest.mark.parametrize("shape", ["Rectangle(A,B,D,C)", "Rectangle(A,C,B,D)", "Rectangle(A,B,C,D)"])
def test_corners_that_are_named_across_are_put_in_turn(geometry: Solver, shape: str) -> None:
    assert value(geometry, f"{says(LENGTH, AB=7, BC=2)}; Find(PerimeterOf({shape}))", places=SQUARE) == 18


def test_corners_of_similar_shapes_keep_their_order() -> None:
    """Which corners are alike is told by the order alone."""
    crossed = "Rectangle(A,B,D,C)"
    (similar,) = parse_forms(f"Similar({crossed},{crossed})")
    (alone,) = parse_forms(f"Find(AreaOf({crossed}))")
    assert in_turn(similar, SQUARE) == similar
    assert render_form(in_turn(alone, SQUARE)) == "Find(AreaOf(Rectangle(A,B,C,D)))"
    assert in_turn(alone, {"A": (0.0, 0.0)}) == alone  # nothing tells where the others are
