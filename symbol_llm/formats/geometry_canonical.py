"""One text for all ways to write the same logic forms.

    Equals(7,LengthOf(Line(B,A)))   →   Equals(7,LengthOf(Line(A,B)))

- the ends of a line, and the corners of a polygon from any corner in either direction, stand in one order; two shapes
  that are congruent or similar keep their corners matched;
- the arguments of commutative predicates are sorted, algebra is in SymPy's form;
- a line where a number is needed is its length, an angle or an arc its measure, as upstream's solver reads them;
- the order of the forms does not count, nor does a form that stands twice; what is asked for comes last.

Order is decided in the predicates' own names, so a renamed text has the renamed canonical form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from symbol_llm.formats.geometry_algebra import normal_algebra
from symbol_llm.formats.geometry_forms import Form, Meaning, form_fault, named_angle, slot, sort_of
from symbol_llm.formats.geometry_predicates import Sort

Letters = tuple[str, ...]


class _Text(NamedTuple):
    own: str  # in the predicates' own names, by which texts are ordered
    used: str


def canonical_forms(forms: Iterable[Form], meaning: Meaning) -> str:
    """The canonical text; a form that is not sound keeps its arguments as they are."""
    reader = _Canonical(meaning)
    texts = {(reader.is_goal(form), *reader.form(form)) for form in forms}
    return "\n".join(used for _, _, used in sorted(texts))


class _Canonical:
    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.name_of = {predicate.name: name for name, predicate in meaning.items()}

    def is_goal(self, form: Form) -> bool:
        return form.name == self.name_of.get("Find")

    def form(self, form: Form) -> _Text:
        predicate = self.meaning.get(form.name)
        if predicate is None or form_fault(form, self.meaning):
            own = predicate.name if predicate else f"?{form.name}"
            return self.applied(own, form.name, [self.plain(argument) for argument in form.arguments])
        if predicate.sizes:
            return self.shape(form, min(_orders(predicate.name, _letters(form))))
        if predicate.name in ("Congruent", "Similar"):
            return self.applied(predicate.name, form.name, self.matched(form))
        texts = [self.argument(argument, slot(predicate, i)) for i, argument in enumerate(form.arguments)]
        if predicate.is_commutative:
            texts.sort()
        elif predicate.name == "IntersectAt":
            texts = [*sorted(texts[:-1]), texts[-1]]
        return self.applied(predicate.name, form.name, texts)

    def shape(self, form: Form, letters: Letters) -> _Text:
        return self.applied(self.meaning[form.name].name, form.name, [_Text(letter, letter) for letter in letters])

    def applied(self, own: str, used: str, texts: list[_Text]) -> _Text:
        return _Text(f"{own}({','.join(t.own for t in texts)})", f"{used}({','.join(t.used for t in texts)})")

    def plain(self, argument: Form | str) -> _Text:
        return _Text(argument, argument) if isinstance(argument, str) else self.form(argument)

    def argument(self, argument: Form | str, sorts: tuple[Sort, ...]) -> _Text:
        if isinstance(argument, str):
            number = named_angle(argument)
            if number is not None and Sort.ANGLE in sorts and "Angle" in self.name_of:
                return self.form(Form(self.name_of["Angle"], (number,)))
            text = normal_algebra(argument) if Sort.NUMBER in sorts and not argument.startswith("$") else argument
            return _Text(text, text)
        if Sort.NUMBER in sorts:
            argument = self.measured(argument)
        return self.form(argument)

    def measured(self, form: Form) -> Form:
        """``Line(A,B)`` as ``LengthOf(Line(A,B))``, and ``LengthOf(RadiusOf(…))`` as ``RadiusOf(…)``."""
        predicate = self.meaning[form.name]
        inner = form.arguments[0]
        if predicate.name == "LengthOf" and isinstance(inner, Form) and sort_of(inner, self.meaning) is Sort.LINE:
            return form if self.meaning[inner.name].name == "Line" else inner
        wanted = {"Line": "LengthOf", "Angle": "MeasureOf", "Arc": "MeasureOf"}.get(predicate.name, "")
        return Form(self.name_of[wanted], (form,)) if wanted in self.name_of else form

    def matched(self, form: Form) -> list[_Text]:
        """Two shapes: their corners are turned together, so that those that match stay matched."""
        first, second = form.arguments
        if not isinstance(first, Form) or not isinstance(second, Form):
            return sorted(self.plain(argument) for argument in form.arguments)
        shapes = [self.meaning[part.name] for part in (first, second)]
        if not all(shape.sizes for shape in shapes):
            return sorted(self.plain(argument) for argument in form.arguments)
        pairs = []
        for one, other in ((first, second), (second, first)):
            if len(one.arguments) != len(other.arguments):
                pairs.append([self.shape(one, _letters(one)), self.shape(other, _letters(other))])
                continue
            for turn in _turns(self.meaning[one.name].name, len(one.arguments)):
                turned = ([_letters(part)[i] for i in turn] for part in (one, other))
                pairs.append([self.shape(part, tuple(t)) for part, t in zip((one, other), turned)])
        return min(pairs)


def _letters(form: Form) -> Letters:
    return tuple(letter for letter in form.arguments if isinstance(letter, str))


def _orders(name: str, letters: Letters) -> Iterator[Letters]:
    return (tuple(letters[i] for i in turn) for turn in _turns(name, len(letters)))


def _turns(name: str, size: int) -> Iterator[tuple[int, ...]]:
    """The orders of its letters that name the same shape."""
    forth = tuple(range(size))
    yield forth
    if name in ("Line", "Arc", "Angle"):
        yield forth[::-1]
    elif name not in ("Point", "Circle", "Sector"):
        for start in range(size):
            turned = forth[start:] + forth[:start]
            yield turned
            yield turned[::-1]
