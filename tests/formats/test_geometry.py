"""Geometry3K's logic forms: sorts, algebra, canonical form, renaming, the real annotations."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.geometry_algebra import normal_algebra
from symbol_llm.formats.geometry_forms import MAX_DEPTH, Form, render_form
from symbol_llm.formats.geometry_predicates import BY_GLOSS, PREDICATES
from tests.formats.bad_input import check_bad_input
from tests.formats.fixture_lines import context, lines

RAW = os.environ.get("SYMBOL_LLM_RAW")
WHERE = context("geometry")
geometry = get("geometry")


def test_there_are_the_91_predicates_of_inter_gps() -> None:
    assert len(PREDICATES) == len(BY_GLOSS) == 91
    assert [name.text for name in geometry.defined_names(WHERE)] == list(PREDICATES)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("Find x", 1, "a predicate and '('"),
        ("Find(x", 7, "',' or ')'"),
        ("Find()", 6, "an argument"),
        ("Equals(x,(2+y)", 15, "',' or ')'"),
        ("Equals(x,(2+y", 14, "a mark that closes '('"),
        ("Equals(x,{2+y))", 14, "'(' before ')'"),
        ("Equals(x,2;3)", 11, "',' or ')'"),
        ("PointLiesOnLine(Y, Line(Z, I)) K))", 32, "the end of the form"),
        ("Find(x)\nFind(y))", 16, "the end of the form"),
    ],
)
def test_faults_are_where_they_are(text: str, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        geometry.parse(text)
    assert (caught.value.position + 1, caught.value.expected) == (column, expected)


def test_spaces_and_blank_lines_are_read_and_not_printed() -> None:
    text = "PointLiesOnLine( A , Line(B,  C) )\n\n Find( 2x + 3 ) \r\n"
    assert geometry.render(geometry.parse(text)) == "PointLiesOnLine(A,Line(B,C))\nFind(2x + 3)"


def test_nesting_is_limited() -> None:
    def nested(depth: int) -> str:
        return "HalfOf(" * depth + "x" + ")" * depth

    assert geometry.accepts(f"Find({nested(MAX_DEPTH - 1)})").holds is True
    with pytest.raises(SymbolError, match="levels of nesting"):
        geometry.parse(f"Find({nested(MAX_DEPTH)})")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Find(LengthOf(C,B))", "LengthOf takes 1 arguments, not 2: LengthOf(C,B)"),
        ("Equals(x)", "Equals takes 2 arguments, not 1"),
        ("Find(Add(x))", "Add takes at least 2 arguments, not 1"),
        ("Triangle(A,B)", "Triangle takes 1 or 3 letters, not 2"),
        ("Triangle(A,B,AB)", "Triangle takes letters, not AB"),
        ("Find(Know(x))", "Know is no predicate here"),
        ("LengthOf(Line(A,B))", "is a number and states nothing"),
        ("Parallel(Line(A,B),Circle(C))", "Circle(C) gives circle where line is needed"),
        ("Find(Regular(Hexagon($)))", "gives region where number is needed"),
        ("Equals(Triangle(A,B,C),5)", "a number and a shape are never equal"),
        ("Equals(x,Radius)", "'Radius' is no expression: 'Radius' is a word"),
        ("Equals(x,2+)", "'2+' is no expression: expected a number or a letter"),
        ("Equals(x,1/0)", "'1/0' is no expression: the expression has no value"),
        ("IsMidpointOf(M2x,Line(A,B))", "'M2x' is no point"),
        ("UseTheorem(3)", "'3' is no word"),
    ],
)
def test_unsound_forms(text: str, reason: str) -> None:
    verdict = geometry.accepts(f"Find(x)\n{text}")
    assert verdict.holds is False and reason in verdict.reason


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("4y-10", "4 y - 10"),
        ("2(y-10)", "2 y - 20"),
        ("66--y", "y + 66"),
        ("2.5", r"\frac{5}{2}"),
        (r"\frac{1}{2}x+12", r"\frac{x}{2} + 12"),
        (r"3\sqrt{2}", r"3 \sqrt{2}"),
        (r"\sqrt{8}", r"2 \sqrt{2}"),
        ("2x^{2}-10", "2 x^{2} - 10"),
        ("y+4/5", r"y + \frac{4}{5}"),
        (r"56\pi", r"56 \pi"),
        ("1/2x", r"\frac{x}{2}"),
        ("(x+1)^2", "x^{2} + 2 x + 1"),
        ("(a+b+c+d+e+f)^{10}", "(a + b + c + d + e + f)^{10}"),
        ("I+E", "E + I"),
    ],
)
def test_algebra(text: str, normal: str) -> None:
    assert normal_algebra(text) == normal == normal_algebra(normal)


@pytest.mark.parametrize(
    ("text", "position"),
    [("", 0), ("x+", 2), ("2x)", 2), (r"\frac{1}", 8), ("x^y", 3), ("9^9^9", 3), ("x^{11}", 6), ("Radius", 0)]
    + [("1234567890123", 0), ("x=2", 1), (r"\sin{x}", 0), ("(" * 30 + "x" + ")" * 30, 20), (r"\sqrt[x]{2}", 6)],
)
def test_what_is_no_algebra(text: str, position: int) -> None:
    with pytest.raises(SymbolError) as caught:
        normal_algebra(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["((9^{10})^{10})^{10}", r"\sqrt{-4}", "(-8)^{1/3}", "0/0", "x^{10}x^{10}"])
def test_values_that_are_none_or_too_large(text: str) -> None:
    with pytest.raises(SymbolError):
        normal_algebra(text)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(["x", "y", "2", "3.5", "+", "-", "*", "/", "(", ")", "^2", r"\sqrt{3}"]), max_size=9))
def test_the_form_of_algebra_is_one(pieces: list[str]) -> None:
    try:
        normal = normal_algebra("".join(pieces))
    except SymbolError:
        return
    assert normal_algebra(normal) == normal


def random_forms(rng: Random) -> list[str]:
    def points(count: int) -> str:
        return ",".join(rng.sample("ABCDEFG", count))

    choices = [
        lambda: f"Equals(LengthOf(Line({points(2)})),{rng.randint(1, 9)}x-{rng.randint(1, 9)})",
        lambda: f"Equals(MeasureOf(Angle({points(3)})),MeasureOf(Angle({points(3)})))",
        lambda: f"Similar(Triangle({points(3)}),Triangle({points(3)}))",
        lambda: f"Congruent(Pentagon({points(5)}),Pentagon({points(5)}))",
        lambda: f"Parallel(Line({points(2)}),Line({points(2)}))",
        lambda: f"Rhombus({points(4)})",
        lambda: f"IntersectAt(Line({points(2)}),Line({points(2)}),Point({points(1)}))",
        lambda: f"Find(AreaOf(Shaded(Sector({points(3)}))))",
        lambda: f"Equals(SumOf(x,Line({points(2)}),3),PerimeterOf(Kite({points(4)})))",
    ]
    return [rng.choice(choices)() for _ in range(rng.randint(1, 4))]


def turned(form: Form | str, rng: Random) -> Form | str:
    """The same form, written in another way."""
    if isinstance(form, str):
        return form
    predicate, arguments = PREDICATES[form.name], form.arguments
    if form.name in ("Similar", "Congruent"):
        start = rng.randrange(5)
        both = [a for a in arguments if isinstance(a, Form)]
        both = [
            Form(a.name, a.arguments[start % len(a.arguments) :] + a.arguments[: start % len(a.arguments)])
            for a in both
        ]
        return Form(form.name, tuple(rng.sample(both, 2)))
    if form.name in ("Line", "Angle"):
        return Form(form.name, arguments[:: rng.choice((1, -1))])
    if form.name in ("Rhombus", "Kite"):
        start = rng.randrange(4)
        return Form(form.name, (arguments[start:] + arguments[:start])[:: rng.choice((1, -1))])
    new = [turned(argument, rng) for argument in arguments]
    if predicate.is_commutative:
        rng.shuffle(new)
    return Form(form.name, tuple(new))


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_all_ways_to_write_a_problem_have_one_canonical_form(seed: int) -> None:
    rng = Random(seed)
    forms = random_forms(rng)
    text = "\n".join(forms)
    assert geometry.accepts(text).holds is True
    other = [render_form(turned(form, rng)) for form in geometry.parse(text)]
    rng.shuffle(other)
    other.append(other[0])
    canonical = geometry.canonical(text)
    assert geometry.canonical("\n".join(other)) == canonical
    assert geometry.canonical(canonical) == canonical
    assert geometry.accepts(canonical).holds is True


def test_what_is_asked_for_comes_last() -> None:
    assert geometry.canonical("Find(x)\nUseTheorem(A)").split("\n") == ["UseTheorem(A)", "Find(x)"]


def test_the_difference_is_told_and_not_judged() -> None:
    verdict = geometry.equivalent("Equals(x,2)\nFind(x)", "Find(x)\nEquals(x,3)")
    assert verdict.holds is None
    assert "only the first says: Equals(2,x), only the second says: Equals(3,x)" in verdict.reason
    assert geometry.equivalent("Find(x)", "Find(x)\nEquals(x,3)").reason.startswith("only the second says")


def test_a_renamed_problem_is_checked_by_its_renamed_definitions() -> None:
    mapping = {name: f"p{i}Q" for i, name in enumerate(geometry.defined_names(WHERE))}
    where = geometry.rename_context(WHERE, mapping)
    for text in lines("geometry", "valid.txt"):
        tree = geometry.parse(text)
        moved = geometry.render(geometry.rename(tree, mapping))
        assert geometry.accepts(moved, where).holds is True
        assert geometry.accepts(moved, WHERE).holds is False
        renamed = geometry.rename(geometry.parse(geometry.canonical(text, WHERE)), mapping)
        assert geometry.canonical(moved, where) == geometry.render(renamed)


def test_a_name_of_one_letter_would_be_a_product() -> None:
    with pytest.raises(ValueError, match="two characters"):
        geometry.rename(geometry.parse("Find(x)"), {Name("predicate", "Find"): "f"})


def test_definitions_that_contradict_themselves_define_nothing() -> None:
    twice = Context("Find(number): the number is asked for\nFind(line): the lines never meet")
    assert geometry.accepts("Find(x)", twice).holds is None


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("geometry", 20_000) > 1_000


def real_forms(raw: Path) -> Iterator[str]:
    """Every form of the text, dissolved text and diagram annotations, in problem folders and merged files."""
    root = raw / "geometry3k" / "data" / "geometry3k"
    for path in sorted(root.glob("*/*/logic_form.json")):
        problem = json.loads(path.read_bytes())
        for key in ("text_logic_form", "dissolved_text_logic_form", "diagram_logic_form"):
            yield from problem[key]
    for path in sorted((root / "logic_forms").glob("*.json")):
        for problem in json.loads(path.read_bytes()).values():
            for key in ("text_logic_forms", "dissolved_text_logic_forms", "diagram_logic_forms"):
                yield from problem.get(key, [])


# Label faults, with the reason that they are refused for.
FAULTS = {
    "": "expected a logic form",
    "PointLiesOnLine(Y, Line(Z, I)) K))": "expected the end of the form",
    "Find(LengthOf(C,B))": "LengthOf takes 1 arguments, not 2",  # "Line" was forgotten
    "Equals(LengthOf(B, C), LengthOf(C, E))": "LengthOf takes 1 arguments, not 2",
    "Equals(Line(O,B),Radius)": "'Radius' is a word",
    "IsIncenterOf(Point(J),Angle(A,B,C))": "Angle(A,B,C) gives angle where region or circle is needed",
    r"Equals(SumOf(CircumferenceOf(Circle(H)),Circle(J),Circle(K)),56\pi)": "Circle(J) gives circle where number",
}


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_form_is_read() -> None:
    assert RAW
    counts: Counter[bool] = Counter()
    for text in real_forms(Path(RAW)):
        verdict = geometry.accepts(text)
        if text in FAULTS:
            assert verdict.holds is False and FAULTS[text] in verdict.reason
            counts[False] += 1
            continue
        assert verdict.holds is True, (text, verdict.reason)
        tree = geometry.parse(text)
        assert geometry.parse(geometry.render(tree)) == tree
        canonical = geometry.canonical(text)
        assert geometry.canonical(canonical) == canonical
        assert geometry.accepts(canonical).holds is True
        counts[True] += 1
    assert counts[True] >= 9_000 and counts[False] < counts[True] / 100
