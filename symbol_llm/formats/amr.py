"""Abstract Meaning Representation in PENMAN notation, the symbols of the AMR banks.

    The boy does not want to go.
    (w / want-01 :polarity - :ARG0 (b / boy) :ARG1 (g / go-02 :ARG0 b))

    amr_penman   tree and text, strict     amr_graph   canonical form and isomorphism
    amr_smatch   the metric

Two graphs are equivalent if they are the same up to the names of variables, the order of roles, and the direction in
which an edge is written; Smatch is then 1.0 both ways. Case and quotation marks count here, in Smatch they do not.
Frames and roles come from PropBank and the guidelines, so a prompt defines no names and there is none to rename.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.amr_graph import canonical_tree, difference, graph_of, is_same
from symbol_llm.formats.amr_penman import Edge, Node, parse, render
from symbol_llm.formats.amr_smatch import best_match, read_triples
from symbol_llm.formats.base import EMPTY, Context, Format, Score, Verdict
from symbol_llm.formats.isomorphism import SearchTooLong


class Amr(Format[Node]):
    name = "amr"
    grammar = "PENMAN notation (penman.readthedocs.io) of AMR 1.2.6 (Banarescu et al. 2013)"
    metric = "Smatch"

    @property
    def engine(self) -> str:
        return _engine()

    def parse(self, text: str) -> Node:
        return parse(text)

    def render(self, tree: Node) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Without alignments, variables renamed, roles sorted and turned; ``:wiki`` stays."""
        return render(canonical_tree(parse(text)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether penman decodes it into the graph that was written. The reason mentions roles that AMR lacks."""
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, "symbol-llm", str(error))
        _engine()
        from penman.exceptions import PenmanError

        try:
            decoded = _codec().decode(text)
        except PenmanError as error:
            return Verdict(False, self.engine, str(error))
        num_written = sum(1 + len(node.edges) for node in tree.walk())
        if len(decoded.triples) != num_written:
            return Verdict(False, self.engine, f"{len(decoded.triples)} triples, where {num_written} were written")
        unknown = sorted(role for role in {role for _, role, _ in decoded.triples} if not _has_role(role))
        noted = f"; roles that AMR does not have: {', '.join(unknown)}" if unknown else ""
        return Verdict(True, self.engine, f"{len(decoded.triples)} triples{noted}")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Graph isomorphism, exact within a budget of steps; beyond it unknown."""
        try:
            first, second = graph_of(self.parse(a)), graph_of(self.parse(b))
        except SymbolError as error:
            return Verdict(None, self.engine, f"one side does not parse: {error}")
        told = difference(first, second)
        if told:
            return Verdict(False, self.engine, told)
        if self.canonical(a) == self.canonical(b):
            return Verdict(True, self.engine, "the same canonical form: Smatch is 1.0 both ways")
        try:
            same = is_same(first, second)
        except SearchTooLong:
            return Verdict(None, self.engine, "too symmetrical: no isomorphism found or excluded within the budget")
        told = "isomorphic: Smatch is 1.0 both ways" if same else "the same triples by concept, otherwise connected"
        return Verdict(same, self.engine, told)

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """Smatch F1 of the pair; ``counts`` are matched, predicted and gold triples.

        What penman or the smatch package cannot read has no triples. They read some graphs that we refuse, such as
        ones with dangling variables, which get part of the score, as in the field.
        """
        _engine()
        is_exact, is_parsed = prediction.split() == reference.split(), self.parses(prediction)
        mine, wanted = (read_triples(self._bare(text)) for text in (prediction, reference))
        num_mine = mine.num_triples if mine else 0
        num_wanted = wanted.num_triples if wanted else 0
        if is_exact:
            matched = num_wanted
        else:
            matched = best_match(mine, wanted) if mine and wanted else 0
        counts = (float(matched), float(num_mine), float(num_wanted))
        if not self.parses(reference):
            is_equivalent = None
        else:
            is_equivalent = self.equivalent(prediction, reference).holds if is_parsed else False
        return Score(self.metric, _f1(*counts), is_exact, is_parsed, is_equivalent, counts)

    def aggregate(self, scores: Sequence[Score]) -> float:
        """F1 over the triples of the whole corpus, as Smatch is reported; not the mean over sentences."""
        sums = [sum(column) for column in zip(*(score.counts for score in scores))]
        return _f1(*sums) if sums else 0.0

    def _bare(self, text: str) -> str:
        """Without alignments, which the smatch package would take for a part of the concept."""
        try:
            tree = self.parse(text)
        except SymbolError:
            return text
        return render(_without_alignments(tree))


def _without_alignments(node: Node) -> Node:
    edges = (
        Edge(edge.role, edge.target if isinstance(edge.target, str) else _without_alignments(edge.target))
        for edge in node.edges
    )
    return Node(node.variable, node.concept, tuple(edges))


def _f1(matched: float, predicted: float, gold: float) -> float:
    return 2 * matched / (predicted + gold) if matched else 0.0


@lru_cache(maxsize=1)
def _engine() -> str:
    try:
        import penman
    except ImportError as error:
        raise EngineMissing("penman", "pip install penman") from error
    return f"penman {penman.__version__}"


@lru_cache(maxsize=500)
def _has_role(role: str) -> bool:
    from penman.models.amr import model

    return bool(model.has_role(role))


@lru_cache(maxsize=1)
def _codec():
    _engine()
    import logging

    from penman.codec import PENMANCodec
    from penman.models.amr import model

    logging.getLogger("penman").setLevel(logging.ERROR)  # it tells at length how it lays graphs out
    return PENMANCodec(model=model)
