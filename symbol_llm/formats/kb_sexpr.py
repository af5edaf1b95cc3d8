"""s-expressions over a knowledge base: ``(AND film.film (JOIN film.film.directed_by m.0abc))``.

    "Which films did … direct?"

The language of GrailQA and of the WebQSP and CompWebQ files derived from SPARQL; kb_expression.py holds its grammar.
Definitions list relations and classes, see kb_vocabulary.py. Answers need Freebase, which no dataset carries, so the
engine is the type checker of the operators. ``value`` is exact match of the text; ``counts`` hold GrailQA's own exact
match, isomorphism of logic graphs (kb_graph.py), which ``graph_match`` averages. ``is_equivalent`` is stricter than
that graph: same normal form is a proof, a small knowledge base with two answers (kb_world.py) is the witness against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Listed
from symbol_llm.formats.kb_expression import COMPARISONS, Node, fault, is_name, normal, parse, render
from symbol_llm.formats.kb_graph import logic_graph
from symbol_llm.formats.kb_vocabulary import LAYOUT, last_words, undefined
from symbol_llm.formats.kb_world import telling_world

ENGINE = "s-expression type checker 1.0"
# Which arguments of an operator are relations; the others are sets of entities.
_KINDS = {
    "R": ("relation",),
    "ARGMAX": ("class", "relation"),
    "ARGMIN": ("class", "relation"),
    "TC": ("class", "relation"),
    **dict.fromkeys(COMPARISONS, ("relation",)),
}


class KbSexpr(Listed[Node]):
    name = "kb_sexpr"
    grammar = "s-expressions of GrailQA, Gu et al. 2021, arXiv 2011.07743; symbol_llm/formats/kb_expression.py"
    metric = "EM"
    layout = LAYOUT

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Node:
        return parse(text)

    def render(self, tree: Node) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """AND flat, sorted and each part once; JOIN step by step along a path; one spelling of typed literals."""
        return render(normal(self.parse(text)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether every operator takes what it is given, and whether names are defined where any is."""
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        reason = fault(tree)
        if reason:
            return Verdict(False, ENGINE, reason)
        refused = undefined(self.names(tree), context.definitions, ENGINE)
        return Verdict(True, ENGINE, "well-typed") if refused is None else refused

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same normal form: yes. A knowledge base with two answers: no. Neither: unknown.

        Raises SymbolError if one does not parse.
        """
        first, second = self.parse(a), self.parse(b)
        if normal(first) == normal(second):
            return Verdict(True, ENGINE, "same normal form of the logic graph")
        reasons = [fault(tree) for tree in (first, second)]
        if any(reasons):
            return Verdict(None if all(reasons) else False, ENGINE, next(filter(None, reasons)))
        witness = telling_world(first, second)
        if witness:
            return Verdict(False, ENGINE, witness)
        return Verdict(None, ENGINE, "no small knowledge base tells them apart, which is no proof")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        is_exact = prediction.split() == reference.split()
        is_parsed = self.parses(prediction)
        if not self.parses(reference):
            return Score(self.metric, float(is_exact), is_exact, is_parsed, None, (float(is_exact),))
        same = self.equivalent(prediction, reference, context).holds if is_parsed else False
        matches = is_parsed and same_graph(self.parse(prediction), self.parse(reference))
        return Score(self.metric, float(is_exact), is_exact, is_parsed, same, (float(matches),))

    def map_names(self, tree: Node, change: Callable[[str, str], str]) -> Node:
        """Relations and classes, told apart by where they stand."""
        return _map_names(tree, change)

    def gloss(self, text: str) -> str:
        return last_words(text)


def same_graph(first: Node, second: Node) -> bool:
    """GrailQA's exact match; ill-typed expressions match if they are the same."""
    if fault(first) or fault(second):
        return first == second
    return logic_graph(first) == logic_graph(second)


def graph_match(scores: Sequence[Score]) -> float:
    """GrailQA's exact match over a corpus, in 0..1."""
    return sum(score.counts[0] for score in scores) / len(scores) if scores else 0.0


def _map_names(node: Node, change: Callable[[str, str], str]) -> Node:
    """The same expression with every relation and class changed; ``change`` takes kind and text."""

    def moved(part: Node | str, kind: str) -> Node | str:
        if isinstance(part, str):
            return change(kind, part) if is_name(part) else part
        kinds = ("relation", kind) if part.operator == "JOIN" else _KINDS.get(part.operator, ())
        arguments = (moved(below, kinds[i] if i < len(kinds) else "class") for i, below in enumerate(part.arguments))
        return Node(part.operator, tuple(arguments))

    changed = moved(node, "class")
    assert isinstance(changed, Node)
    return changed
