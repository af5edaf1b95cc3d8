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

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.definition_lines import check_names, read_definitions, rename_definitions
from symbol_llm.formats.exact_match import exact_match
from symbol_llm.formats.geometry_canonical import canonical_forms
from symbol_llm.formats.geometry_forms import Form, Meaning, parse_forms, render_form, statement_fault
from symbol_llm.formats.geometry_predicates import BY_GLOSS, PREDICATES

Tree = tuple[Form, ...]
_KIND = "predicate"


class Geometry(Format[Tree]):
    name = "geometry"
    grammar = "formal language of Geometry3K (Inter-GPS), Lu et al. 2021, arXiv 2105.04165"
    metric = "EM"
    is_evolvable = True

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

    def names(self, tree: Tree) -> frozenset[Name]:
        """The predicates; points and variables are words of the problem and stay."""
        used = {inner.name for form in tree for inner in form.walk()}
        return frozenset(Name(_KIND, name, PREDICATES[name].gloss if name in PREDICATES else "") for name in used)

    def rename(self, tree: Tree, mapping: Mapping[Name, str]) -> Tree:
        """Replace predicates, all at once. Raises ValueError if two would become one, or for a name of one letter."""
        new = _texts(mapping)
        check_names((inner.name for form in tree for inner in form.walk()), new)

        def renamed(form: Form | str) -> Form | str:
            if isinstance(form, str):
                return form
            return Form(new.get(form.name, form.name), tuple(map(renamed, form.arguments)))

        return tuple(Form(new.get(form.name, form.name), tuple(map(renamed, form.arguments))) for form in tree)

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """Raises SymbolError if the definitions contradict themselves."""
        found = read_definitions(context.definitions, BY_GLOSS)
        return tuple(Name(_KIND, name, gloss) for name, gloss in found.items())

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in the definitions."""
        return replace(context, definitions=rename_definitions(context.definitions, BY_GLOSS, _texts(mapping)))


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


def _texts(mapping: Mapping[Name, str]) -> dict[str, str]:
    texts = {name.text: new for name, new in mapping.items() if name.kind == _KIND}
    for new in texts.values():
        if len(new) < 2:  # ``x(y+1)`` is a product
            raise ValueError(f"{new!r} cannot name a predicate: it needs two characters")
    return texts


def _differing(first: set[str], second: set[str]) -> list[tuple[str, set[str]]]:
    sides = (("the first says", first - second), ("the second says", second - first))
    return [(which, forms) for which, forms in sides if forms]
