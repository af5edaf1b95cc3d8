"""SPARQL over a knowledge base such as Freebase.

    PREFIX ns: <http://rdf.freebase.com/ns/>
    SELECT DISTINCT ?x WHERE { ns:m.0abc ns:film.actor.film ?y . ?y ns:film.performance.film ?x . }

The queries of CompWebQ, WebQSP and GrailQA; sparql_reader.py tells what of SPARQL 1.1 is read and what of Virtuoso's
dialect. A tree prints as one line of standard SPARQL. Definitions list relations and classes, see kb_vocabulary.py:
a relation is what stands as a predicate in Freebase's namespace, a class what a thing's ``type.object.type`` is.

The field's metric is EM of the text but for blanks. ``is_equivalent``: same canonical form is a proof, a small graph
on which rdflib gets two answers is the witness against.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from symbol_llm.errors import SymbolError
from symbol_llm.formats import sparql_rdflib
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Listed
from symbol_llm.formats.kb_vocabulary import ENTITY, LAYOUT, NAME, last_words, undefined
from symbol_llm.formats.sparql_canonical import canonical_query
from symbol_llm.formats.sparql_reader import parse_query
from symbol_llm.formats.sparql_scope import scope_fault
from symbol_llm.formats.sparql_tree import NS, TYPE, Node, is_iri, render_query
from symbol_llm.formats.sparql_witness import graphs, sides
from symbol_llm.solvers.outcome import Limits, Outcome, Solution
from symbol_llm.solvers.worker import WorkerPool

_LIMITS = Limits(cpu_seconds=5.0)


class Sparql(Listed[Node]):
    name = "sparql"
    grammar = "SPARQL 1.1, https://www.w3.org/TR/sparql11-query/; symbol_llm/formats/sparql_reader.py"
    metric = "EM"
    layout = LAYOUT

    def __init__(self) -> None:
        self._rdflib = WorkerPool(sparql_rdflib.TARGET, os.cpu_count() or 1, "rdflib")

    @property
    def engine(self) -> str:
        return sparql_rdflib.engine()

    def _ask(self, question: sparql_rdflib.Question) -> Solution:
        sparql_rdflib.engine()  # without rdflib, say so before a worker fails to start
        return self._rdflib.call(question, _LIMITS)

    def parse(self, text: str) -> Node:
        return parse_query(text)

    def render(self, tree: Node) -> str:
        return render_query(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Variables ?v0, ?v1 …, and in order what commutes; see sparql_canonical.py for the laws."""
        return render_query(canonical_query(self.parse(text)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether rdflib reads the query and translates it to algebra, and whether names are defined where any is.

        rdflib checks no scopes, so that is done here (sparql_scope.py).
        """
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        refused = undefined(self.names(tree), context.definitions, self.engine)
        if refused is not None:
            return refused
        fault = scope_fault(tree)
        if fault:
            return Verdict(False, self.engine, fault)
        solution = self._ask({"question": "accepts", "query": render_query(tree)})
        if solution.outcome is None:
            return Verdict(True, self.engine, f"algebra: {solution.answer}")
        is_refusal = solution.outcome is Outcome.REJECTED
        return Verdict(False if is_refusal else None, self.engine, solution.message)

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same canonical form: yes. A graph with two answers: no. Neither: unknown.

        The names of variables and the order of rows do not count, the order of columns does. Raises SymbolError if
        one does not parse.
        """
        queries = [canonical_query(self.parse(text)) for text in (a, b)]
        if queries[0] == queries[1]:
            return Verdict(True, self.engine, "same canonical form")
        compared = sides(queries)
        if compared is None:
            return Verdict(None, self.engine, "a limit of a subquery, or REDUCED, leaves the answer open")
        question: sparql_rdflib.Question = {"question": "compare", "sides": compared, "graphs": list(graphs(queries))}
        solution = self._ask(question)
        if solution.outcome is not None:
            return Verdict(None, self.engine, f"{solution.outcome}: {solution.message}")
        if "compared" in solution.answer:
            num_compared = solution.answer["compared"]
            return Verdict(None, self.engine, f"same answers on {num_compared} small graphs, which is no proof")
        first, second = (", ".join(result)[:100] or "nothing" for result in solution.answer["results"])
        size = solution.answer["size"]
        return Verdict(False, self.engine, f"on a graph of {size} triples: {first} against {second}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        is_exact = prediction.split() == reference.split()
        is_parsed = self.parses(prediction)
        if not self.parses(reference):
            same = None
        elif is_parsed:
            same = self.equivalent(prediction, reference, context).holds
        else:
            same = False
        return Score(self.metric, float(is_exact), is_exact, is_parsed, same)

    def map_names(self, tree: Node, change: Callable[[str, str], str]) -> Node:
        """Relations and classes of Freebase; entities, variables and literals stay."""
        return _map_names(tree, change)

    def gloss(self, text: str) -> str:
        return last_words(text)


def _map_names(node: Node, change: Callable[[str, str], str]) -> Node:
    """The same query with every relation and class changed; ``change`` takes kind and text."""
    if node.kind != "triple":
        return Node(node.kind, tuple(p if isinstance(p, str) else _map_names(p, change) for p in node.parts))
    subject, predicate, thing = node.parts
    is_type = predicate == TYPE
    moved = predicate if is_type else _changed(predicate, "relation", change)
    return Node("triple", (subject, moved, _changed(thing, "class", change) if is_type else thing))


def _changed(term: Node | str, kind: str, change: Callable[[str, str], str]) -> Node | str:
    text = term[len(NS) + 1 : -1] if isinstance(term, str) and is_iri(term) and term.startswith(f"<{NS}") else ""
    if not NAME.fullmatch(text) or ENTITY.fullmatch(text):
        return term
    return f"<{NS}{change(kind, text)}>"
