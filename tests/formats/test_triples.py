"""Triples: two notations without escapes, sets, the field's F1, the real files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.triples_notation import Triple, Triples
from tests.formats.bad_input import check_bad_input

RAW = os.environ.get("SYMBOL_LLM_RAW")
triples = get("triples")

parts = st.text(st.sampled_from('ab_ ,()"12.é'), min_size=1, max_size=12).map(str.strip).filter(bool)
relations = st.sampled_from(["born", "birth date", "is_part_of", "height_(in_metres)", "spoken, written", "1st_way"])


@given(st.lists(st.tuples(parts, relations, parts), min_size=1, max_size=4))
def test_lines_keep_every_part(rows: list[tuple[str, str, str]]) -> None:
    text = "\n".join(map(" | ".join, rows))
    tree = triples.parse(text)
    assert tree == Triples(tuple(Triple(*row) for row in rows))
    assert triples.render(tree) == text
    canonical = triples.canonical(text)
    assert triples.canonical(canonical) == canonical


@given(st.lists(st.tuples(parts, relations, parts), min_size=1, max_size=4))
def test_calls_read_back_what_they_print(rows: list[tuple[str, str, str]]) -> None:
    """Where the comma that cuts lies is a convention, so parts need not survive; what was read must."""
    text = " | ".join(f"{relation}({subject},{thing})" for subject, relation, thing in rows)
    try:
        tree = triples.parse(text)
    except SymbolError:
        return
    assert triples.parse(triples.render(tree)) == tree
    canonical = triples.canonical(text)
    assert triples.canonical(canonical) == canonical
    assert triples.equivalent(text, canonical).holds is True


@pytest.mark.parametrize(
    ("call", "subject", "thing"),
    [
        ("r(Abilene, Texas,Jones County, Texas)", "Abilene, Texas", "Jones County, Texas"),
        ("r(Abilene,_Texas,Jones_County,_Texas)", "Abilene,_Texas", "Jones_County,_Texas"),
        ("r(Eh , Eh ( No , No ),Ann)", "Eh , Eh ( No , No )", "Ann"),
        ('r(Ann,"Oslo, M.A. 1957")', "Ann", '"Oslo, M.A. 1957"'),
        ("r(Ann, Bob)", "Ann", "Bob"),
        ("r(10,000 Men,Ann)", "10,000 Men", "Ann"),
        ("r(Rome,1,234)", "Rome", "1,234"),
        ("r(( 12 ) 1990 SP,Ann)", "( 12 ) 1990 SP", "Ann"),
        ("r(a (b,c)", "a (b", "c"),
        ("r(Ann,52.0(minutes))", "Ann", "52.0(minutes)"),
    ],
)
def test_the_comma_that_cuts(call: str, subject: str, thing: str) -> None:
    assert triples.parse(call).triples == (Triple(subject, "r", thing),)


def test_which_notation_a_text_is_in() -> None:
    assert triples.parse("a(b,c) | d(e,f) | g(h,i)").is_calls, "three calls are no line"
    assert not triples.parse("Rome_(a,_b) | near | Oslo_(c,_d)").is_calls
    assert not triples.parse("poly(a,b) | near | Oslo").is_calls
    assert triples.parse("Rome | elevation_(in_metres) | 12").triples[0].relation == "elevation_(in_metres)"
    assert triples.parse("elevation_(in_metres)(Rome,12)").triples == (Triple("Rome", "elevation_(in_metres)", "12"),)


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("a | b | c\na | b", 2, 6, "three parts"),
        ("a | b | c | d", 1, 13, "the end of the line after three parts"),
        ("r(a,b) | r(a b)", 1, 15, "','"),
        ("r(a,b) | r(a,b", 1, 15, "')'"),
        ("r(a,b) | r(,b)", 1, 12, "a subject, a relation and an object"),
    ],
)
def test_faults_are_where_they_are(text: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        triples.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column) and expected in caught.value.expected


def test_f1_compares_as_the_webnlg_script_does() -> None:
    gold = "Ann_Bold | birthDate | 1932\nAnn_Bold | almaMater | Oslo_(city)"
    same = triples.score("Ann  Bold | birth_date | 1932\nann bold | alma mater | Oslo", gold)
    assert same.value == 1.0 and not same.is_exact and same.is_equivalent is False
    half = triples.score("birthDate(Ann Bold,1932)", gold)
    assert half.value == pytest.approx(2 / 3) and half.counts == (1.0, 1.0, 2.0)
    wrong = triples.score("Bold_Ann | birthDate | 1932", gold)
    assert wrong.value == 0.0 and wrong.counts == (0.0, 1.0, 2.0)


def test_a_broken_line_costs_precision_alone() -> None:
    gold = "a | b | c\nd | e | f"
    score = triples.score("a | b | c\nd | e", gold)
    assert (score.is_parsed, score.is_equivalent, score.counts) == (False, False, (1.0, 2.0, 2.0))
    assert triples.score("", gold).counts == (0.0, 0.0, 2.0)


def test_micro_f1() -> None:
    """2·(1+0+2) / ((1+3+2) + (2+1+2)), not the mean of the three."""
    gold = ["a | b | c\nd | e | f", "a | b | c", "a | b | c\nd | e | f"]
    found = ["a | b | c", "x | b | c\ny | b | c\nz | b | c", "d | e | f\na | b | c"]
    scores = [triples.score(*pair) for pair in zip(found, gold)]
    assert triples.aggregate(scores) == pytest.approx(6 / 11)
    assert triples.aggregate([]) == 0.0


def test_the_witness_is_a_triple() -> None:
    verdict = triples.equivalent("a | b | c", "a | b | c\nd | e | f")
    assert verdict.holds is False and verdict.reason == "only the second has d | e | f"


ONTOLOGY = Context("cast member(film,human): played in it\nheight(place,number): metres")


def test_the_ontology_decides_on_relations_and_mentions_odd_ends() -> None:
    assert triples.accepts("cast_member(A,B)", ONTOLOGY).holds is True
    assert triples.accepts("director(A,B)", ONTOLOGY).reason == "not in the ontology: director"
    odd = triples.accepts("height(A,tall)", ONTOLOGY)
    assert odd.holds is True and "height should give a number, not tall" in odd.reason
    assert triples.accepts("director(A,B)").holds is True
    assert triples.accepts("a(b,c)", Context("r(x,y): one\nr(x,z): two")).holds is None


def test_relations_are_renamed_with_underscores_too() -> None:
    mapping = {Name("relation", "cast member"): "Zq1", Name("relation", "height"): "cast member"}
    tree = triples.parse("cast_member(A,cast member) | height(A,2)")
    assert triples.render(triples.rename(tree, mapping)) == "Zq1(A,cast member) | cast member(A,2)"
    moved = triples.rename_context(ONTOLOGY, mapping)
    assert moved.definitions == "Zq1(film,human): played in it\ncast member(place,number): metres"
    with pytest.raises(ValueError, match="would both be called Zq1"):
        triples.rename(triples.parse("cast_member(A,B) | cast member(A,C)"), mapping)
    with pytest.raises(ValueError, match="not a name"):
        triples.rename(tree, {Name("relation", "height"): "a | b"})


def test_a_relation_has_one_remark_only() -> None:
    """The second would become the relation's own where the first is renamed away."""
    triples.parse("elevation_(in_metres)(Rome,40)")
    with pytest.raises(SymbolError, match="a second remark") as caught:
        triples.parse("elevation_(in_metres)(in_feet)(Rome,40)")
    assert caught.value.position == len("elevation_(in_metres)")


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("triples", 20_000) > 1_000


def real_sets(raw: Path) -> Iterator[tuple[list[tuple[str, str, str]], str]]:
    """The triples of a row, and the definitions of its ontology."""
    for path in sorted((raw / "webnlg").rglob("*.xml")):
        for entry in ElementTree.parse(path).iter("modifiedtripleset"):
            yield [tuple(item.text.split(" | ")) for item in entry], ""  # type: ignore[union-attr]
    for path in sorted(raw.glob("*/text2kgbench/*/*/*.jsonl")):
        found = re.fullmatch(r"ont_(\d+_\w+)_(?:ground_truth|train|validation)", path.stem)
        if found is None:
            continue
        ontology = json.loads((path.parents[1] / "ontologies" / f"{found[1]}_ontology.json").read_bytes())
        lines = (f"{r['label']}({r['domain']},{r['range']}): {r['label']}" for r in ontology["relations"])
        definitions = "\n".join(lines)
        for line in path.read_text(encoding="utf-8").split("\n"):
            row = json.loads(line) if line else {}
            if "triples" in row:
                yield [(t["sub"], t["rel"], t["obj"]) for t in row["triples"]], definitions
            elif row:
                yield [(row["sub_label"], row["rel_label"], row["obj_label"])], definitions


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_set_keeps_its_parts_in_both_notations() -> None:
    """WebNLG, and Text2KGBench's files from WebNLG and TekGen."""
    assert RAW
    count = 0
    for rows, definitions in real_sets(Path(RAW)):
        lines = "\n".join(map(" | ".join, rows))
        calls = " | ".join(f"{relation}({subject},{thing})" for subject, relation, thing in rows)
        for text in (lines, calls):
            tree = triples.parse(text)
            assert [tuple(triple) for triple in tree.triples] == rows
            assert triples.render(tree) == text
            verdict = triples.accepts(text, Context(definitions))
            assert verdict.holds is True, verdict.reason
        assert triples.canonical(lines) == triples.canonical(calls)
        count += 1
    assert count >= 1_000
