r"""The logic forms of Geometry3K, one a line.

    "Rhombus ABCD: find AB, which is 2x+3, where x is …"
    Rhombus(A,B,C,D)
    Equals(LengthOf(Line(A,B)),2x+3)
    Find(LengthOf(Line(A,B)))

    geometry_predicates  the 91 predicates, their arguments and glosses
    geometry_forms       the tree, its text, and whether a form is sound
    geometry_algebra     the expressions inside, through SymPy
    geometry_canonical   one text for all ways to write the same

Definitions name predicates, one a line, ``LengthOf(line): how long the line or arc is``; the gloss tells which one is
meant, so that a renamed symbol is checked by its renamed definitions. Without definitions all have their own names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import ClassVar

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.defined_names import Glossed
from symbol_llm.formats.definition_lines import read_definitions
from symbol_llm.formats.exact_match import exact_match
from symbol_llm.formats.geometry_canonical import canonical_forms
from symbol_llm.formats.geometry_forms import Form, Meaning, parse_forms, render_form, statement_fault
from symbol_llm.formats.geometry_predicates import BY_GLOSS, PREDICATES

Tree = tuple[Form, ...]


class Geometry(Glossed[Tree]):
    name = "geometry"
    grammar = "formal language of Geometry3K (Inter-GPS), Lu et al. 2021, arXiv 2105.04165"
    metric = "EM"
    kind = "predicate"
    meanings = BY_GLOSS
    own_glosses: ClassVar = {name: predicate.gloss for name, predicate in PREDICATES.items()}

    @property
    def engine(self) -> str:
        return _engine()

    def parse(self, text: str) -> Tree:
        return parse_forms(text)

    def render(self, tree: Tree) -> str:
        return "\n".join(map(render_form, tree))

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """See geometry_canonical.py. Raises SymbolError also if the definitions contradict themselves."""
        _engine()
        return canonical_forms(self.parse(text), predicates_of(context.definitions))

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether all forms are sound: known predicates, right arguments, algebra that SymPy takes."""
        _engine()
        try:
            tree = self.parse(text)
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        try:
            meaning = predicates_of(context.definitions)
        except SymbolError as error:
            return Verdict(None, self.engine, f"the definitions contradict themselves: {error}")
        for form in tree:
            fault = statement_fault(form, meaning)
            if fault:
                return Verdict(False, self.engine, fault)
        return Verdict(True, self.engine, f"{len(tree)} sound forms")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Yes for one canonical form, else unknown: what follows by geometry is not decided here.

        Raises SymbolError if one does not parse.
        """
        _engine()
        trees = self.parse(a), self.parse(b)
        try:
            meaning = predicates_of(context.definitions)
        except SymbolError as error:
            return Verdict(None, self.engine, f"the definitions contradict themselves: {error}")
        first, second = (set(canonical_forms(tree, meaning).split("\n")) for tree in trees)
        if first == second:
            return Verdict(True, self.engine, "the same canonical forms")
        alone = [f"only {which}: {'; '.join(sorted(forms))}" for which, forms in _differing(first, second)]
        return Verdict(None, self.engine, f"{', '.join(alone)}; whether geometry makes them equal is not decided")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """EM is exact match of the text; ``is_equivalent`` tells whether it says the same."""
        return exact_match(self, prediction, reference, context)

    def used(self, tree: Tree) -> Iterator[str]:
        """The predicates; points and variables are words of the problem and stay."""
        return (inner.name for form in tree for inner in form.walk())

    def replaced(self, tree: Tree, new: Mapping[str, str]) -> Tree:
        """Raises ValueError for a name of one letter: ``x(y+1)`` is a product."""
        if short := sorted(name for name in new.values() if len(name) < 2):
            raise ValueError(f"{short[0]!r} cannot name a predicate: it needs two characters")

        def renamed(form: Form | str) -> Form | str:
            return form if isinstance(form, str) else with_names(form)

        def with_names(form: Form) -> Form:
            return Form(new.get(form.name, form.name), tuple(map(renamed, form.arguments)))

        return tuple(map(with_names, tree))


@cache
def _engine() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"Geometry3K predicates 1.0 with SymPy {version('sympy')}"
    except PackageNotFoundError as error:
        raise EngineMissing("SymPy", "pip install sympy") from error


@lru_cache(maxsize=256)
def predicates_of(definitions: str) -> Meaning:
    """What the names mean: as defined, or all predicates by their own names where none is defined.

    Raises SymbolError if the definitions contradict themselves.
    """
    defined = read_definitions(definitions, BY_GLOSS)
    return {name: BY_GLOSS[gloss] for name, gloss in defined.items()} or PREDICATES


def _differing(first: set[str], second: set[str]) -> list[tuple[str, set[str]]]:
    sides = (("the first says", first - second), ("the second says", second - first))
    return [(which, forms) for which, forms in sides if forms]
