"""TOP brackets: coupled and decoupled form, what counts as the same call, bracket F1, the real files."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.top_tree import MAX_DEPTH, Node, bracket_counts, bracket_f1, brackets, decoupled, ordered
from tests.formats.bad_input import check_bad_input
from tests.formats.fixture_lines import context

RAW = os.environ.get("SYMBOL_LLM_RAW")
top = get("top")

words = st.lists(st.sampled_from(["me", "'s", "1", ":", "टीना", "a-b", '"']), max_size=3)
labels = st.sampled_from(["A", "B_C", "d1"])


def brackets_of(marker: str, inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    pieces = st.lists(st.one_of(words, inner.map(lambda node: [node])), max_size=4)
    parts = pieces.map(lambda lists: [part for some in lists for part in some])
    return st.builds(Node, st.just(marker), labels, parts.map(tuple))


leaves = st.builds(Node, st.just("SL"), labels, words.map(tuple))
intents = brackets_of("IN", leaves)
trees = brackets_of("IN", st.one_of(leaves, brackets_of("SL", intents)))


@given(trees)
def test_any_tree_prints_and_reads_back(tree: Node) -> None:
    assert top.parse(top.render(tree)) == tree
    bare = decoupled(tree)
    assert decoupled(bare) == bare
    once = ordered(bare)
    assert ordered(once) == once
    assert top.equivalent(top.render(tree), top.render(once)).holds is True


@given(trees, trees)
def test_calls_are_the_same_or_differ_somewhere(a: Node, b: Node) -> None:
    verdict = top.equivalent(top.render(a), top.render(b))
    assert verdict.holds is (ordered(decoupled(a)) == ordered(decoupled(b)))
    assert verdict or " against " in verdict.reason


def test_the_first_difference_is_told() -> None:
    a = "[IN:GET_WEATHER [SL:LOCATION Oslo ] [SL:DATE_TIME [IN:GET_TIME [SL:NAME noon ] ] ] ]"
    b = a.replace("noon", "dawn")
    assert top.equivalent(a, b).reason == "different calls: [SL:NAME noon ] against [SL:NAME dawn ]"
    fewer = top.equivalent(a, "[IN:GET_WEATHER [SL:LOCATION Oslo ] ]")
    assert fewer.reason.startswith("different calls: [IN:GET_WEATHER [SL:DATE_TIME")


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("[IN:A [SL:B x ]", 16, "']' of the bracket [IN:A"),
        ("[IN:A ] ]", 9, "the end of the tree"),
        ("[IN:A [IN:B ] ]", 8, "a slot (SL:) inside an intent"),
        ("[IN:A [SL:B [SL:C ] ] ]", 14, "an intent (IN:) inside a slot"),
        ("[SL:A ]", 2, "an intent: a tree begins with IN:"),
        ("[IN:A [ SL:B ] ]", 8, "right after '['"),
        ("[IN:A [", 8, "right after '['"),
        ("x", 1, "'[IN:'"),
    ],
)
def test_faults_are_where_they_are(text: str, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        top.parse(text)
    assert caught.value.column == column and expected in caught.value.expected


def test_depth_is_limited() -> None:
    levels = MAX_DEPTH // 2
    deep = "[IN:A [SL:B " * levels + "] ] " * levels
    assert top.parses(deep) and top.canonical(deep)
    with pytest.raises(SymbolError, match="within each other"):
        top.parse(f"[IN:A [SL:B {deep} ] ]")


def test_bracket_scores() -> None:
    """The TOP paper's: label and span of each bracket, spans counted in words."""
    gold = top.parse("[IN:A please [SL:B x y ] [SL:C z ] ]")
    assert brackets(gold) == {("IN:A", 0, 4): 1, ("SL:B", 1, 3): 1, ("SL:C", 3, 4): 1}
    off = top.parse("[IN:A please [SL:B x ] y [SL:C z ] ]")
    assert bracket_counts(off, gold) == (2.0, 3.0, 3.0)
    assert bracket_counts(None, gold) == (0.0, 0.0, 3.0)
    assert bracket_f1([bracket_counts(off, gold), bracket_counts(None, gold)]) == pytest.approx(4 / 9)
    assert bracket_f1([]) == 0.0


def test_scores() -> None:
    gold = "[IN:CREATE_CALL [SL:CONTACT Tina ] [SL:NAME_APP signal ] ]"
    blanks = top.score("[IN:CREATE_CALL [SL:CONTACT  Tina] [SL:NAME_APP signal]]", gold)
    assert (blanks.value, blanks.is_exact, blanks.is_equivalent) == (1.0, True, True)
    swapped = top.score("[IN:CREATE_CALL [SL:NAME_APP signal ] [SL:CONTACT Tina ] ]", gold)
    assert (swapped.value, swapped.is_exact, swapped.is_equivalent) == (0.0, False, True)
    wrong = top.score("[IN:CREATE_CALL [SL:CONTACT Tom ] [SL:NAME_APP signal ] ]", gold)
    assert (wrong.value, wrong.is_equivalent, bracket_f1([wrong.counts])) == (0.0, False, 1.0)
    broken = top.score("[IN:CREATE_CALL", gold)
    assert (broken.is_parsed, broken.is_equivalent, broken.counts) == (False, False, (0.0, 0.0, 3.0))
    assert top.score(gold, "[IN:CREATE_CALL").is_equivalent is None


def test_definitions_close_each_kind_by_itself() -> None:
    only_intents = Context("IN:GET_WEATHER: the weather")
    assert top.accepts("[IN:GET_WEATHER [SL:ANYTHING x ] ]", only_intents).holds is True
    assert top.accepts("[IN:CREATE_CALL ]", only_intents).reason == "no such intent: CREATE_CALL"
    twice = Context("SL:A: one\nSL:A: two")
    assert top.accepts("[IN:A ]", twice).holds is None


def test_an_intent_and_a_slot_of_one_name_are_two_names() -> None:
    tree = top.parse("[IN:A [SL:A [IN:A ] ] ]")
    assert top.render(top.rename(tree, {Name("slot", "A"): "B"})) == "[IN:A [SL:B [IN:A ] ] ]"
    with pytest.raises(ValueError, match="would both be called B"):
        top.rename(top.parse("[IN:A [SL:A ] [SL:B ] ]"), {Name("slot", "A"): "B"})


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("top", 20_000) > 1_000


def real_trees(raw: Path) -> Iterator[str]:
    for path in sorted((raw / "topv2").rglob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            next(rows)
            yield from (row[2] for row in rows if row)
    for path in sorted((raw / "mtop").glob("xsemplr_*.json")):
        for row in json.loads(path.read_bytes()):
            yield from row["mr"]["slot_intent"].values()


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_tree_reads_and_prints_back_byte_for_byte() -> None:
    """TOPv2 (coupled) and MTOP in six languages (decoupled)."""
    assert RAW
    count = 0
    for text in real_trees(Path(RAW)):
        tree = top.parse(text)
        assert top.render(tree) == text
        assert top.accepts(text).holds is True
        canonical = top.canonical(text)
        assert top.canonical(canonical) == canonical
        count += 1
    assert count >= 4_000


@settings(deadline=None)
@given(trees)
def test_fresh_names_are_defined_and_accepted(tree: Node) -> None:
    names = sorted(top.names(tree))
    markers = {"intent": "IN", "slot": "SL"}
    where = Context("\n".join(f"{markers[name.kind]}:{name.text}: {name.gloss}" for name in names))
    mapping = {name: f"New{i}" for i, name in enumerate(names)}
    assert top.accepts(top.render(tree), where).holds is True
    moved = top.render(top.rename(tree, mapping))
    assert top.accepts(moved, top.rename_context(where, mapping)).holds is True
    assert top.accepts(moved, where).holds is False


def test_the_fixture_context_defines_both_kinds() -> None:
    assert {name.kind for name in top.defined_names(context("top"))} == {"intent", "slot"}
