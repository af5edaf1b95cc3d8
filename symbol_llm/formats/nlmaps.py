"""NLmaps, queries to OpenStreetMap: ``query(area(keyval('name','Paris')),nwr(keyval('amenity','bar')),qtype(count))``.

    "How many bars are there in Paris?"

``area`` and ``nwr`` (nodes, ways, relations) say which objects, ``around`` which ones near others, ``qtype`` what to
tell of them. nlmaps_query.py holds the tree and which operator takes what; that structure is what the engine checks,
since answers need a copy of OpenStreetMap. Definitions name the keys of the map, one a line; where any is defined,
no other may occur:

    key amenity: kind of place
    key wheelchair: whether wheelchairs can enter

The field's metric is EM of the text. Two queries are known to ask the same if their canonical forms agree; if they
do not, ``nlmaps_map`` looks for a small map on which they answer differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Listed
from symbol_llm.formats.exact_match import exact_match
from symbol_llm.formats.nlmaps_map import telling_map
from symbol_llm.formats.nlmaps_query import Call, Text, fault, map_keys, parse, render
from symbol_llm.formats.vocabulary_lines import Layout

ENGINE = "NLmaps structure checker 1.0"
_KIND = "key"
_LAYOUT = Layout({"key ": _KIND}, re.compile(r"[^\s',()]+"))


class NlMaps(Listed[Call]):
    name = "nlmaps"
    grammar = "NLmaps machine readable language, Haas and Riezler 2016 (N16-1088), section 3"
    metric = "EM"
    layout = _LAYOUT

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Call:
        return parse(text)

    def render(self, tree: Call) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """No blanks; the conditions of an object and the sides of ``and`` and ``or`` sorted, each once."""
        return render(_canonical(self.parse(text)))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether every operator takes what it is given, and whether the keys are defined where any is."""
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        try:
            known = {name.text for name in _LAYOUT.read(context.definitions)}
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        reason = fault(tree)
        unknown = sorted({name.text for name in self.names(tree)} - known) if known else []
        if not reason and unknown:
            reason = f"no such key: {', '.join(unknown)[:200]}"
        return Verdict(not reason, ENGINE, reason or "every operator takes what it is given")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same canonical form: yes. A map with two answers: no. Neither: unknown.

        Raises SymbolError if one does not parse.
        """
        first, second = (_canonical(self.parse(text)) for text in (a, b))
        if first == second:
            return Verdict(True, ENGINE, "same canonical form")
        reasons = [fault(tree) for tree in (first, second)]
        if any(reasons):
            return Verdict(None if all(reasons) else False, ENGINE, next(filter(None, reasons)))
        witness = telling_map(first, second)
        return Verdict(
            False if witness else None, ENGINE, witness or "no small map tells them apart, which is no proof"
        )

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        return exact_match(self, prediction, reference, context)

    def map_names(self, tree: Call, change: Callable[[str, str], str]) -> Call:
        """The keys; values are words of the question or of the map and stay."""
        return map_keys(tree, lambda key: change(_KIND, key))

    def gloss(self, text: str) -> str:
        return text.replace("_", " ").replace(":", " ")


def _canonical(node: Call) -> Call:
    arguments: list[Call | Text] = [_canonical(a) if isinstance(a, Call) else a for a in node.arguments]
    if node.operator in ("nwr", "area", "and", "or"):
        arguments = [argument for _, argument in sorted({render(a): a for a in arguments}.items())]
        if len(arguments) == 1 and isinstance(arguments[0], Call) and node.operator in ("and", "or"):
            return arguments[0]
    # v1 of the corpus misspells this constant throughout; later versions do not.
    operator = "WALKING_DIST" if node.operator == "WALKDING_DIST" else node.operator
    return Call(operator, tuple(arguments))
