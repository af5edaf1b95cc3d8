r"""Logic forms: the tree, its text, and whether they are well-formed over the predicates.

    Equals(LengthOf(Line(A,B)),2x+3)        Form("Equals", (Form("LengthOf", (Form("Line", ("A", "B")),)), "2x+3"))

One form a line. An argument is a form, or a text that begins no form: a point, a name, an expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbol_llm.errors import SymbolError
from symbol_llm.formats.geometry_algebra import normal_algebra
from symbol_llm.formats.geometry_predicates import Predicate, Sort

MAX_DEPTH = 40
MAX_LENGTH = 20_000  # characters; the diagram with the most forms has about 3,000

_HEAD = re.compile(r"([A-Za-z][A-Za-z0-9_]+)\(")
_BLANKS = re.compile(r"[ \t]*")
_ATOM_MARK = re.compile(r"[A-Za-z0-9 \t+\-*/^.\\{}()\[\]_$'π]")
_CLOSING = {")": "(", "}": "{", "]": "["}

# A letter, with a prime or a digit; a number; a placeholder; the names of Geometry3K's diagrams.
_LETTER = re.compile(r"[A-Za-z]'?[0-9]?|[0-9]+|\$[0-9]*|(?:point|radius)(?:_[0-9]+)+")
_NAMED_ANGLE = re.compile(r"angle ([0-9]+)")
_WORD = re.compile(r"[A-Za-z][A-Za-z_]*")


@dataclass(frozen=True, slots=True)
class Form:
    """A predicate applied, ``Line(A,B)`` is Form("Line", ("A", "B"))."""

    name: str
    arguments: tuple[Form | str, ...]

    def walk(self) -> Iterator[Form]:
        """This form and all inside of it."""
        yield self
        for argument in self.arguments:
            if isinstance(argument, Form):
                yield from argument.walk()


def render_form(form: Form | str) -> str:
    """``Parallel(Line(A,B),Line(C,D))``"""
    return form if isinstance(form, str) else f"{form.name}({','.join(map(render_form, form.arguments))})"


def parse_forms(text: str) -> tuple[Form, ...]:
    """The forms of a text, one a line. Raises SymbolError with the position of the first fault."""
    if len(text) > MAX_LENGTH:
        raise SymbolError(text, MAX_LENGTH, f"at most {MAX_LENGTH:,} characters")
    forms, at = [], 0
    for line in text.split("\n"):
        if line.strip(" \t\r"):
            form, end = _form(text, at, 1)
            if text[end : at + len(line)].strip(" \t\r"):
                raise SymbolError(text, end, "the end of the form")
            forms.append(form)
        at += len(line) + 1
    if not forms:
        raise SymbolError(text, 0, "a logic form")
    return tuple(forms)


def _skip(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    assert match is not None
    return match.end()


def _form(text: str, at: int, depth: int) -> tuple[Form, int]:
    """A form, and where the text goes on after it and after blanks."""
    at = _skip(text, at)
    head = _HEAD.match(text, at)
    if head is None:
        raise SymbolError(text, at, "a predicate and '('")
    if depth > MAX_DEPTH:
        raise SymbolError(text, at, f"at most {MAX_DEPTH} levels of nesting")
    arguments: list[Form | str] = []
    at = head.end()
    while True:
        argument, at = _argument(text, at, depth)
        arguments.append(argument)
        mark = text[at : at + 1]
        if mark not in (",", ")") or not mark:
            raise SymbolError(text, at, "',' or ')'")
        at += 1
        if mark == ")":
            return Form(head[1], tuple(arguments)), _skip(text, at)


def _argument(text: str, at: int, depth: int) -> tuple[Form | str, int]:
    at = _skip(text, at)
    if _HEAD.match(text, at):
        return _form(text, at, depth + 1)
    start = at
    open_marks: list[str] = []
    while at < len(text):
        mark = text[at]
        if not open_marks and mark in ",)":
            break
        if not _ATOM_MARK.match(mark):
            raise SymbolError(text, at, "',' or ')'" if at > start else "an argument")
        if mark in "({[":
            open_marks.append(mark)
        elif mark in _CLOSING and (not open_marks or open_marks.pop() != _CLOSING[mark]):
            raise SymbolError(text, at, f"'{_CLOSING[mark]}' before '{mark}'")
        at += 1
    if open_marks:
        raise SymbolError(text, at, f"a mark that closes '{open_marks[-1]}'")
    atom = " ".join(text[start:at].split())
    if not atom:
        raise SymbolError(text, start, "an argument")
    return atom, at


Meaning = Mapping[str, Predicate]


def statement_fault(form: Form, meaning: Meaning) -> str:
    """Why a form states nothing, or "" if it is sound. ``meaning`` maps the names in use to predicates.

    A shape alone is a statement too: it is there.
    """
    fault = form_fault(form, meaning)
    if not fault and sort_of(form, meaning) is Sort.NUMBER:
        return f"{render_form(form)} is a number and states nothing"
    return fault


def form_fault(form: Form, meaning: Meaning) -> str:
    """Why a form is not well-formed, or ""."""
    predicate = meaning.get(form.name)
    shown = render_form(form)
    if predicate is None:
        return f"{form.name} is no predicate here"
    num = len(form.arguments)
    if predicate.sizes:
        if num not in predicate.sizes:
            return f"{form.name} takes {' or '.join(map(str, predicate.sizes))} letters, not {num}: {shown}"
        for argument in form.arguments:
            if isinstance(argument, Form) or not _LETTER.fullmatch(argument):
                return f"{form.name} takes letters, not {render_form(argument)}: {shown}"
        return ""
    least = len(predicate.takes)
    if num < least or (num > least and not predicate.has_more):
        return f"{form.name} takes {'at least ' * predicate.has_more}{least} arguments, not {num}: {shown}"
    for position, argument in enumerate(form.arguments):
        if isinstance(argument, Form):
            fault = form_fault(argument, meaning)
            if fault:
                return fault
        fault = _fault_of_argument(argument, slot(predicate, position), meaning)
        if fault:
            return f"{fault}: {shown}"
    if predicate.name == "Equals" and len({_is_number(argument, meaning) for argument in form.arguments}) > 1:
        return f"a number and a shape are never equal: {shown}"
    return ""


def slot(predicate: Predicate, position: int) -> tuple[Sort, ...]:
    """The sorts that the argument at a position may have."""
    return predicate.takes[min(position, len(predicate.takes) - 1)]


def _fault_of_argument(argument: Form | str, sorts: tuple[Sort, ...], meaning: Meaning) -> str:
    if isinstance(argument, Form):
        given = sort_of(argument, meaning)
        if given in sorts or (Sort.NUMBER in sorts and given in _MEASURED):
            return ""
        return f"{render_form(argument)} gives {given} where {' or '.join(sorts)} is needed"
    if argument.startswith("$") and _LETTER.fullmatch(argument):
        return ""
    if Sort.NUMBER in sorts:
        try:
            normal_algebra(argument)
        except SymbolError as error:
            return f"{argument!r} is no expression: {error.message}"
        return ""
    is_angle = Sort.ANGLE in sorts and _NAMED_ANGLE.fullmatch(argument)
    is_letter = not {Sort.POINT, Sort.LINE, Sort.ANGLE}.isdisjoint(sorts) and _LETTER.fullmatch(argument)
    if is_angle or is_letter or (Sort.WORD in sorts and _WORD.fullmatch(argument)):
        return ""
    return f"{argument!r} is no {' or '.join(sorts)}"


# Upstream's solver reads a line as its length, an angle or an arc as its measure, where a number is needed.
_MEASURED = frozenset([Sort.LINE, Sort.ANGLE, Sort.ARC])


def _is_number(argument: Form | str, meaning: Meaning) -> bool:
    return isinstance(argument, str) or sort_of(argument, meaning) in _MEASURED | {Sort.NUMBER}


def sort_of(form: Form, meaning: Meaning) -> Sort | None:
    """What a sound form gives; None where an unknown predicate is in the way."""
    predicate = meaning.get(form.name)
    while predicate is not None and predicate.gives is None:
        inner = form.arguments[0] if form.arguments else ""
        if isinstance(inner, str):
            return Sort.REGION
        form = inner
        predicate = meaning.get(form.name)
    return predicate.gives if predicate is not None else None


def named_angle(argument: Form | str) -> str | None:
    """The 5 of ``angle 5``, the way in which the diagrams write ``Angle(5)``."""
    match = _NAMED_ANGLE.fullmatch(argument) if isinstance(argument, str) else None
    return match[1] if match else None
