"""AMR: strictness where penman is lenient, the graph behind the text, Smatch against the smatch package."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from symbol_llm.formats.amr_graph import canonical_tree, difference, graph_of, is_same
from symbol_llm.formats.amr_penman import MAX_DEPTH, MAX_NODES, Edge, Node, parse, render
from symbol_llm.formats.amr_smatch import Triples, best_match, read_triples
from symbol_llm.formats.isomorphism import SearchTooLong
from tests.formats.mutated_symbols import check_only_symbol_errors

AMR = get("amr")
RAW = os.environ.get("SYMBOL_LLM_RAW")
WANT = "(w / want-01 :ARG0 (b / boy) :ARG1 (g / go-02 :ARG0 b))"


@st.composite
def graphs(draw: st.DrawFn) -> Node:
    """A random tree with re-entrancies, constants and inverse roles."""
    number = draw(st.integers(1, 7))
    concepts = [draw(st.sampled_from(["boy", "go-02", "and"])) for _ in range(number)]
    parents = [draw(st.integers(0, i - 1)) for i in range(1, number)]
    roles = st.sampled_from([":ARG0", ":ARG1", ":ARG0-of", ":mod", ":domain", ":consist-of"])
    edges: list[list[Edge]] = [[] for _ in range(number)]
    for _ in range(draw(st.integers(0, 3))):
        edges[draw(st.integers(0, number - 1))].append(Edge(draw(roles), f"x{draw(st.integers(0, number - 1))}"))
    for _ in range(draw(st.integers(0, 2))):
        edges[draw(st.integers(0, number - 1))].append(Edge(":polarity", "-"))
    nodes: dict[int, Node] = {}
    for i in reversed(range(number)):
        below = [Edge(draw(roles), nodes[j]) for j in range(i + 1, number) if parents[j - 1] == i]
        nodes[i] = Node(f"x{i}", concepts[i], tuple(draw(st.permutations(edges[i] + below))))
    return nodes[0]


@settings(max_examples=300, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_canonical_form_is_the_graph(tree: Node, rng: Random) -> None:
    assert parse(render(tree)) == tree
    made = canonical_tree(tree)
    assert canonical_tree(made) == made
    assert is_same(graph_of(tree), graph_of(made))
    assert canonical_tree(_renamed(tree, rng)) == made


def _renamed(tree: Node, rng: Random) -> Node:
    names = [node.variable for node in tree.walk()]
    new = dict(zip(names, rng.sample([f"n{i}" for i in range(len(names))], len(names))))

    def build(node: Node) -> Node:
        edges = [
            Edge(e.role, build(e.target) if isinstance(e.target, Node) else new.get(e.target, e.target))
            for e in node.edges
        ]
        rng.shuffle(edges)
        return Node(new[node.variable], node.concept, tuple(edges))

    return build(tree)


@settings(max_examples=150, deadline=None)
@given(graphs(), graphs())
def test_smatch_is_never_below_the_package_and_one_only_for_the_same_graph(a: Node, b: Node) -> None:
    import smatch

    texts = [render(tree).replace("\n", " ") for tree in (a, b)]
    smatch.match_triple_dict.clear()
    found, num_first, num_second = smatch.get_amr_match(*texts)
    first, second = (read_triples(text) for text in texts)
    assert first is not None and second is not None
    assert (first.num_triples, second.num_triples) == (num_first, num_second)
    matched = best_match(first, second)
    assert matched <= min(num_first, num_second)
    if not any(_repeats(triples) for triples in (first, second)):
        assert found <= matched
    assert best_match(second, first) == matched
    if is_same(graph_of(a), graph_of(b)):
        assert matched == num_first == num_second


def _repeats(triples: Triples) -> bool:
    """The package counts a repeated triple once for each pair, and can pass 1.0."""
    is_repeated = [len(set(labels)) < len(labels) for labels in triples.labels]
    return any(is_repeated) or len(set(triples.edges)) < len(triples.edges)


def test_smatch_by_hand() -> None:
    score = AMR.score("(g / go-02 :ARG0 (b / boy))", "(g / go-02 :ARG0 (b / boy) :polarity -)")
    assert score.counts == (4, 4, 5) and score.value == pytest.approx(8 / 9)
    assert AMR.score("(b / boy)", "(b / girl)").counts == (1, 2, 2)  # the top is a triple of its own


def test_corpus_score_is_micro_and_counts_what_is_no_graph() -> None:
    good, bad = AMR.score(WANT, WANT), AMR.score("(w / want-01 :ARG0", WANT)
    assert good.value == 1.0 and bad.value == 0.0 and bad.counts[0] == bad.counts[1] == 0.0 < bad.counts[2]
    assert not bad.is_parsed and bad.is_equivalent is False
    assert AMR.aggregate([good, bad]) == pytest.approx(2 * 7 / (7 + 14))
    assert AMR.aggregate([]) == 0.0


def test_dangling_variable_is_refused_but_scored_as_the_field_does() -> None:
    dangling = "(w / want-01 :ARG0 zz)"
    with pytest.raises(SymbolError, match="zz is not defined") as caught:
        AMR.parse(dangling)
    assert caught.value.position == dangling.index("zz")
    score = AMR.score(dangling, WANT)
    assert not score.is_parsed and score.is_equivalent is False and score.counts[0] > 0


def test_alignments_are_kept_in_the_tree_and_dropped_elsewhere() -> None:
    text = "(w / want-01~e.1 :ARG0~e.0 (b / boy~e.2,3) :ARG1 b~e.4 :quant 3~e.5)"
    assert AMR.parse(text).edges[1] == Edge(":ARG1", "b", "", "~e.4")
    assert "~" not in AMR.canonical(text)
    bare = re.sub(r"~e\.[0-9,]+", "", text)
    assert AMR.equivalent(text, bare).holds is True
    assert AMR.score(text, bare).value == 1.0


def test_repeated_triple_matches_once() -> None:
    once, twice = "(b / boy :mod (r / red-02))", "(b / boy :mod (r / red-02) :ARG1-of r :ARG1-of r)"
    assert AMR.score(twice, once).counts == (4, 6, 4)
    assert AMR.score(twice, twice.replace("b", "x")).value < 1.0
    assert AMR.score(twice, AMR.canonical(twice)).value == 1.0


def test_score_is_repeatable() -> None:
    a = "(a / and :op1 (x / see-01 :ARG0 (b / boy)) :op2 (y / see-01 :ARG0 (c / boy :mod (o / old))))"
    b = "(a / and :op1 (x / see-01 :ARG0 (b / boy :mod (o / old))) :op2 (y / see-01 :ARG1 (c / boy)))"
    assert len({AMR.score(a, b) for _ in range(5)}) == 1


def test_wiki_and_case_count_for_equivalence() -> None:
    a, b = '(c / city :wiki "Oslo")', '(c / city :wiki "oslo")'
    assert AMR.equivalent(a, b).holds is False
    assert AMR.score(a, b).value == 1.0  # Smatch lowers case


def test_inverse_roles() -> None:
    graph = graph_of(parse("(t / team :consist-of (p / person) :mod-of (x / x) :poss-of (h / house))"))
    assert graph.edges == ((0, ":consist-of", 1), (2, ":mod", 0), (3, ":poss", 0))


def test_difference_names_a_triple() -> None:
    told = difference(graph_of(parse(WANT)), graph_of(parse(WANT.replace("boy", "girl"))))
    assert told.startswith("only the first has") and "boy" in told


def test_limits() -> None:
    with pytest.raises(SymbolError, match=f"{MAX_DEPTH} nodes"):
        AMR.parse("".join(f"(x{i} / y :ARG0 " for i in range(MAX_DEPTH + 1)))
    wide = "(a / and " + "".join(f":op{i} (x{i} / thing) " for i in range(MAX_NODES)) + ")"
    with pytest.raises(SymbolError, match=f"{MAX_NODES} nodes"):
        AMR.parse(wide)
    deepest = "".join(f"(x{i} / y :ARG0 " for i in range(MAX_DEPTH - 1)) + "(z / z" + ")" * MAX_DEPTH
    assert AMR.accepts(deepest).holds is True and AMR.equivalent(deepest, AMR.canonical(deepest)).holds is True


def test_largest_graphs_are_scored_in_bounded_work() -> None:
    same = "(a / and " + "".join(f":op1 (x{i} / thing :mod (y{i} / old)) " for i in range(MAX_NODES // 2 - 1)) + ")"
    other = same.replace("(a / and", "(a / or")
    score = AMR.score(other, same)
    assert 0.5 < score.value < 1.0 and score.is_equivalent is False


def test_symmetrical_graphs_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from symbol_llm.formats import isomorphism

    monkeypatch.setattr(isomorphism, "_STEPS", 1)
    graph = graph_of(parse(WANT))
    with pytest.raises(SearchTooLong):
        is_same(graph, graph)


def test_engine_tells_unknown_roles() -> None:
    assert ":foo" in AMR.accepts("(b / boy :foo 3)").reason
    assert "roles" not in AMR.accepts("(t / team :consist-of (p / person))").reason


@pytest.mark.full
def test_fuzz() -> None:
    assert check_only_symbol_errors("amr", 25_000) > 1_000


def _graphs(path: Path) -> list[str]:
    kept = [line for line in path.read_text(encoding="utf-8").split("\n") if not line.startswith("#")]
    return [block.strip() for block in re.split(r"\n(?=\()", "\n".join(["", *kept])) if block.strip()]


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_graphs() -> None:
    assert RAW
    paths = [
        p for d in ("amr_little_prince", "amr_bio") for p in sorted((Path(RAW) / d).iterdir()) if p.suffix != ".md"
    ]
    count = 0
    for path in paths:
        for text in _graphs(path):
            tree = AMR.parse(text)
            assert AMR.parse(AMR.render(tree)) == tree
            verdict = AMR.accepts(text)
            assert verdict.holds is True, (path.name, verdict.reason)
            canonical = AMR.canonical(text)
            assert AMR.canonical(canonical) == canonical
            assert AMR.equivalent(text, canonical).holds is True
            score = AMR.score(text, canonical)
            assert score.value == 1.0, (path.name, text)
            count += 1
    assert count > 0


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_pairs_are_never_below_the_package() -> None:
    assert RAW
    import smatch

    texts = _graphs(Path(RAW) / "amr_little_prince" / "amr-bank-struct-v3.0.txt")
    texts = [render(canonical_tree(parse(text))).replace("\n", " ") for text in texts if len(text) < 600][:60]
    for a, b in pairwise(texts):
        smatch.match_triple_dict.clear()
        found, *_ = smatch.get_amr_match(a, b)
        assert AMR.score(a, b).counts[0] >= found
