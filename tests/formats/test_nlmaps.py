"""NLmaps queries: unescaped quotes, what operators take, small maps as witnesses, renaming of keys, the real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.nlmaps_map import Place, answer
from symbol_llm.formats.nlmaps_query import MAX_DEPTH, Call, Text
from tests.formats.bad_input import check_bad_input

RAW = os.environ.get("SYMBOL_LLM_RAW")
nlmaps = get("nlmaps")

BARS = "query(area(keyval('name','Trier')),nwr(keyval('amenity','bar')),qtype({}))"


@pytest.mark.parametrize(
    "value",
    [
        "McDonald's",
        "St Mary's Hall",
        "'Oasis'",
        "Rock 'n' Roll (old)",
        "a, b",
        "O'Neill's, Inn",
        "Bar (the 'best' one)",
        "x)",
    ],
)
def test_quotes_inside_values_are_not_escaped(value: str) -> None:
    text = f"query(nwr(keyval('name','{value}'),keyval('amenity','bar')),qtype(findkey('name')))"
    tree = nlmaps.parse(text)
    values = [node.arguments[1] for node in tree.walk() if node.operator == "keyval"]
    assert values == [Text(value), Text("bar")]
    assert nlmaps.render(tree) == text


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("query(nwr(keyval('a','b')),qtype(count)", 40, "',' or ')'"),
        ("query(nwr(keyval('a','b'))),qtype(count))", 28, "the end of the query"),
        ("query(nwr(keyval('a,b)),qtype(count))", 18, "a quote that closes"),
        ("query(nwr(keyval('a','')),qtype(count))", 23, "a text between the quotes"),
        ("query(,qtype(count))", 7, "an operator, a number or a quoted text"),
        ("3", 1, "query( or dist("),
    ],
)
def test_faults_are_where_they_are(text: str, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        nlmaps.parse(text)
    assert caught.value.column == column and expected in caught.value.expected


def test_depth_is_limited() -> None:
    assert nlmaps.parses("and(" * (MAX_DEPTH - 1) + "'x'" + ")" * (MAX_DEPTH - 1))
    with pytest.raises(SymbolError, match="within each other"):
        nlmaps.parse("and(" * MAX_DEPTH + "'x'" + ")" * MAX_DEPTH)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("query(nwr(keyval('a','b')),qtype(sum))", "sum is not an operator; there are dist, query"),
        ("query(nwr(keyval('a','b')))", "query cannot take (nwr)"),
        ("query(nwr(keyval('a')),qtype(count))", "keyval cannot take ('): keyval('a')"),
        ("around(nwr(keyval('a','b')))", "begins with query( or dist("),
    ],
)
def test_the_engine_says_what_an_operator_cannot_take(text: str, reason: str) -> None:
    verdict = nlmaps.accepts(text)
    assert verdict.holds is False and reason in verdict.reason


MAP = [
    Place({"name": "Trier"}, (0.0, 0.0)),
    Place({"amenity": "bar", "name": "A", "cuisine": "thai"}, (300.0, 0.0), frozenset({0})),
    Place({"amenity": "bar", "name": "B"}, (-400.0, 50.0), frozenset({0})),
    Place({"amenity": "cafe", "name": "C", "cuisine": "thai"}, (3_000.0, -10.0), frozenset({0})),
    Place({"amenity": "bar", "name": "D"}, (0.0, 90_000.0)),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BARS.format("count"), (2,)),
        (BARS.format("least(topx(3)),count"), (False, 2)),
        (BARS.format("findkey('name')"), ((("A",), ("B",)),)),
        (BARS.format("findkey(and('name','cuisine'),topx(1))"), ((("A", "thai"),),)),
        (BARS.format("latlong(topx(1))"), (((300.0, 0.0),),)),
        ("query(nwr(keyval('amenity','bar')),qtype(count))", (3,)),
        ("query(nwr(keyval('amenity',or('bar','cafe'))),qtype(count))", (4,)),
        ("query(nwr(keyval('cuisine','*')),qtype(nodup(findkey('cuisine'))))", (frozenset({("thai",)}),)),
        ("query(nwr(and(keyval('amenity','cafe'),keyval('name','A'))),qtype(count))", (2,)),
        ("query(nwr(keyval('amenity','bar'),keyval('cuisine','thai')),qtype(count))", (1,)),
        ("query(north(area(keyval('name','Trier')),nwr(keyval('amenity','bar'))),qtype(count))", (1,)),
        (
            "query(around(center(nwr(keyval('name','A'))),search(nwr(keyval('amenity','bar'))),maxdist(WALKDING_DIST)),"
            "qtype(count))",
            (2,),
        ),
        (
            "query(around(center(nwr(keyval('name','C'))),search(nwr(keyval('amenity','bar'))),maxdist(DIST_INTOWN),"
            "topx(1)),qtype(findkey('name')))",
            ((("A",),),),
        ),
        ("dist(query(nwr(keyval('name','Trier')),qtype(latlong)),query(nwr(keyval('name','A')),qtype(latlong)),unit(km))",
         (300.0, "unit(km)")),
        ("dist(query(nwr(keyval('name','A')),qtype(latlong)),query(nwr(keyval('name','X')),qtype(latlong)))", (None,)),
    ],
)  # fmt: skip
def test_answers_on_a_map(text: str, expected: tuple) -> None:
    tree = nlmaps.parse(text)
    assert nlmaps.accepts(text).holds is True
    assert answer(tree, MAP) == expected


def test_a_map_is_the_witness() -> None:
    verdict = nlmaps.equivalent(BARS.format("count"), BARS.format("count").replace("bar", "cafe"))
    assert verdict.holds is False and verdict.reason.startswith("on a map of ")
    # the same by a law that the canonical form does not know: true, but not proved
    twice = "query(nwr(or(keyval('a','b'),keyval('a','*'))),qtype(count))"
    assert nlmaps.equivalent(twice, "query(nwr(keyval('a','*')),qtype(count))").holds is None


def test_keys_are_renamed_and_values_stay() -> None:
    text = "query(nwr(keyval('name','name'),keyval('shop',or('name','shop'))),qtype(findkey(and('name','shop'))))"
    tree = nlmaps.parse(text)
    moved = nlmaps.rename(tree, {Name("key", "name"): "shop", Name("key", "shop"): "k:2"})
    assert nlmaps.render(moved) == (
        "query(nwr(keyval('shop','name'),keyval('k:2',or('name','shop'))),qtype(findkey(and('shop','k:2'))))"
    )
    with pytest.raises(ValueError, match="would both be called shop"):
        nlmaps.rename(tree, {Name("key", "name"): "shop"})
    with pytest.raises(ValueError, match="not a name"):
        nlmaps.rename(tree, {Name("key", "name"): "two words"})


def test_scores() -> None:
    gold = "query(nwr(keyval('tourism','hotel'),keyval('stars','3')),qtype(count))"
    swapped = nlmaps.score("query(nwr(keyval('stars','3'),keyval('tourism','hotel')),qtype(count))", gold)
    assert (swapped.value, swapped.is_exact, swapped.is_equivalent) == (0.0, False, True)
    assert nlmaps.score(gold.replace("'3'", "'4'"), gold).is_equivalent is False
    badly_built = nlmaps.score("query(qtype(count))", gold)
    assert (badly_built.is_parsed, badly_built.is_equivalent) == (True, False)
    assert nlmaps.score("query(", gold).is_equivalent is False
    assert nlmaps.score(gold, "query(").is_equivalent is None


def test_definitions_that_contradict_themselves_are_not_the_querys_fault() -> None:
    assert nlmaps.accepts(BARS.format("count"), Context("key name: a\nkey name: b")).holds is None
    assert nlmaps.accepts(BARS.format("count"), Context("key name: a")).reason == "no such key: amenity"


def test_a_constant_is_a_call_without_arguments() -> None:
    assert nlmaps.parse("query(count)") == Call("query", (Call("count"),))


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("nlmaps", 20_000) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_query_is_accepted_and_prints_back_byte_for_byte() -> None:
    assert RAW
    count = 0
    for path in sorted(Path(RAW, "nlmaps").glob("nlmaps.*.mrl")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if not line:
                continue
            assert nlmaps.render(nlmaps.parse(line)) == line
            verdict = nlmaps.accepts(line)
            assert verdict.holds is True, verdict.reason
            canonical = nlmaps.canonical(line)
            assert nlmaps.canonical(canonical) == canonical
            count += 1
    assert count >= 1_500
