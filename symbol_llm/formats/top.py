"""TOP, the language of task-oriented requests: a call with named arguments.

    "Call Camilla on whatsapp"   [IN:CREATE_CALL [SL:CONTACT Camilla ] [SL:NAME_APP whatsapp ] ]

Both forms are read: the coupled one of TOPv2, where all words of the request stay in the brackets, and the decoupled
one of MTOP, which keeps the words of arguments alone. Definitions name intents and slots, one a line; where any
intent is defined, no other may occur, and likewise for slots:

    IN:CREATE_CALL: make a call
    SL:CONTACT: whom to call

The field's metric is EM of the tree's tokens. The meaning is the call: words that carry no argument and the order of
differently named slots do not count, so two trees are equivalent exactly if their canonical forms are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Listed
from symbol_llm.formats.top_tree import Node, bracket_counts, decoupled, ordered, parse, render
from symbol_llm.formats.vocabulary_lines import Layout

ENGINE = "TOP inventory checker 1.0"
_LAYOUT = Layout({"IN:": "intent", "SL:": "slot"}, re.compile("[A-Za-z][A-Za-z0-9_]*"))


class Top(Listed[Node]):
    name = "top"
    grammar = "TOP, Gupta et al. 2018, arXiv 1810.07942; decoupled form of Li et al. 2021, arXiv 2008.09335"
    metric = "EM"
    layout = _LAYOUT

    @property
    def engine(self) -> str:
        return ENGINE

    def parse(self, text: str) -> Node:
        return parse(text)

    def render(self, tree: Node) -> str:
        return render(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """The decoupled form, slots in the order of their names, single blanks."""
        return render(ordered(decoupled(self.parse(text))))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether intents and slots are those of the definitions, where there are any."""
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, ENGINE, str(error))
        try:
            defined = _LAYOUT.read(context.definitions)
        except SymbolError as error:
            return Verdict(None, ENGINE, f"the definitions contradict themselves: {error}")
        for kind in ("intent", "slot"):
            known = {name.text for name in defined if name.kind == kind}
            unknown = sorted({node.name for node in tree.walk() if node.kind == kind} - known) if known else []
            if unknown:
                return Verdict(False, ENGINE, f"no such {kind}: {', '.join(unknown)}")
        return Verdict(True, ENGINE, "intents and slots are defined" if defined else "a tree; nothing is defined")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """The same call, or where the two calls first differ. Raises SymbolError if one does not parse."""
        first, second = (ordered(decoupled(self.parse(text))) for text in (a, b))
        if first == second:
            return Verdict(True, ENGINE, "the same call")
        return Verdict(False, ENGINE, f"different calls: {_difference(first, second)}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """EM; ``counts`` are those of ``bracket_f1`` in top_tree.py."""
        found, expected = self._tree(prediction), self._tree(reference)
        is_exact = found == expected if found and expected else prediction.split() == reference.split()
        same = None
        counts: tuple[float, ...] = ()
        if expected is not None:
            same = ordered(decoupled(found)) == ordered(decoupled(expected)) if found is not None else False
            counts = bracket_counts(found, expected)
        return Score(self.metric, float(is_exact), is_exact, found is not None, same, counts)

    def map_names(self, tree: Node, change: Callable[[str, str], str]) -> Node:
        """Intents and slots; the words of the request stay."""
        parts = tuple(part if isinstance(part, str) else self.map_names(part, change) for part in tree.parts)
        return Node(tree.marker, change(tree.kind, tree.name), parts)

    def gloss(self, text: str) -> str:
        return text.replace("_", " ").lower()

    def _tree(self, text: str) -> Node | None:
        try:
            return self.parse(text)
        except SymbolError:
            return None


def _difference(first: Node, second: Node) -> str:
    """The first brackets, from the root, that are not the same."""
    while first.label == second.label and len(first.nodes) == len(second.nodes) > 0:
        pair = next(((a, b) for a, b in zip(first.nodes, second.nodes) if a != b), None)
        assert pair is not None, "the trees are different"
        first, second = pair
    return f"{render(first)[:100]} against {render(second)[:100]}"
