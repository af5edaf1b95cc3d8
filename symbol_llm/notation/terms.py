"""A symbol as terms, whatever its language: what other notations of it are made from.

```
clevr, geometry   count(filter_color(red,scene()))     calls, a line each
kb_sexpr, pddl    (AND book.book (JOIN (R p) m.0aa))   lists, a line each; a long problem has a line for each section
top               [IN:END_CALL End my call ]           lists in square brackets
fol               ∀x (Cat(x) → Likes(x, tom))          formulas, a line each
gqa               select: duck --> exist: ? [0]        steps
scan              I_JUMP I_RUN                         a sequence
```

Only texts that are printed again byte for byte are read; ``read_terms`` raises ValueError for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Term(NamedTuple):
    """A head with its arguments; an atom has None, an operation without arguments has ()."""

    head: str
    args: tuple[Term, ...] | None = None


Terms = tuple[Term, ...]


def walk(terms: Terms) -> Iterator[Term]:
    """All terms, outer before inner, left before right."""
    for term in terms:
        yield term
        yield from walk(term.args or ())


def changed(terms: Terms, change: Callable[[Term], Term]) -> Terms:
    """Every term replaced, outer before inner; what ``change`` returns has its arguments changed in turn."""
    found = []
    for term in map(change, terms):
        found.append(term if term.args is None else Term(term.head, changed(term.args, change)))
    return tuple(found)


def read_terms(format_name: str, text: str) -> Terms:
    """Raises ValueError if the language has no terms, or the text is not printed again as it is."""
    if format_name not in _LANGUAGES:
        raise ValueError(f"{format_name} is not read as terms")
    read, write = _LANGUAGES[format_name]
    try:
        terms = read(text)
    except (IndexError, RecursionError) as error:
        raise ValueError(f"not terms of {format_name}: {text[:80]}") from error
    if write(terms) != text:
        raise ValueError(f"not printed as terms of {format_name} are: {text[:80]}")
    return terms


def write_terms(format_name: str, terms: Terms) -> str:
    """Inverse of ``read_terms``."""
    return _LANGUAGES[format_name][1](terms)


_CALL = re.compile(r"[^\W\d]\w*(?=\()")


def _read_calls(text: str) -> Terms:
    return tuple(_read_call(line) for line in text.split("\n"))


def _read_call(text: str) -> Term:
    head = _CALL.match(text)
    if head is None or not text.endswith(")"):
        return Term(text)
    parts, depth, start = [], 0, head.end() + 1
    for place in range(start, len(text) - 1):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth < 0:
            return Term(text)  # a(b)c(d): the last bracket does not close the first
        if text[place] == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    inner = text[start:-1]
    return Term(head[0], tuple(map(_read_call, [*parts, inner] if parts or inner else ())))


def _write_call(term: Term) -> str:
    return term.head if term.args is None else f"{term.head}({','.join(map(_write_call, term.args))})"


def _write_calls(terms: Terms) -> str:
    return "\n".join(map(_write_call, terms))


def _list_reader(opening: str, closing: str) -> Callable[[str], Terms]:
    marks = re.escape(opening + closing)
    token = re.compile(rf'[{marks}]|"(?:[^"\\]|\\.)*"[^\s{marks}]*|[^\s{marks}]+')

    def read(text: str) -> Terms:
        return tuple(term for line in text.split("\n") for term in read_line(line))

    def read_line(line: str) -> Terms:
        tokens, place = token.findall(line), 0

        def read_one() -> Term:
            nonlocal place
            first, place = tokens[place], place + 1
            if first != opening:
                return Term(first)
            args = []
            while tokens[place] != closing:
                args.append(read_one())
            place += 1
            if args and args[0].args is None:
                return Term(args[0].head, tuple(args[1:]))
            return Term("", tuple(args))

        term = read_one()
        if place != len(tokens):
            raise ValueError(f"more than one term on a line: {line[:80]}")
        return (term,)

    return read


_read_lists = _list_reader("(", ")")


def _read_planning(text: str) -> Terms:
    """A plan is a list a line; a problem or domain is one list, on one line or with a line for each section."""
    return _read_lists(text.replace("\n", " ") if text.startswith("(define ") else text)


def _write_planning(terms: Terms) -> str:
    """As symbol_llm/formats/pddl_printer.py lays a text out."""
    from symbol_llm.formats.pddl_printer import WIDTH

    text = "\n".join(map(_write_list, terms))
    if not text.startswith("(define ") or len(text) <= WIDTH:
        return text
    first, *sections = map(_write_list, terms[0].args or ())
    return "\n  ".join([f"(define {first}", *sections]) + "\n)"


def _write_list(term: Term) -> str:
    if term.args is None:
        return term.head
    return f"({' '.join([*([term.head] if term.head else []), *map(_write_list, term.args)])})"


def _write_square(term: Term) -> str:
    return term.head if term.args is None else f"[{' '.join([term.head, *map(_write_square, term.args)])} ]"


def _read_formulas(text: str) -> Terms:
    """Connectives, quantifiers and = are heads too; what a quantifier binds is its first argument."""
    from symbol_llm.errors import SymbolError
    from symbol_llm.formats import fol_tree
    from symbol_llm.formats.fol_parser import parse_theory

    def of_term(term: fol_tree.Term) -> Term:
        return Term(term.name, tuple(map(of_term, term.args)) if isinstance(term, fol_tree.Function) else None)

    def of_formula(formula: fol_tree.Formula) -> Term:
        match formula:
            case fol_tree.Atom(predicate, args):
                return Term(predicate, tuple(map(of_term, args)))
            case fol_tree.Quantified(quantifier, variable, body):
                return Term(quantifier, (Term(variable), of_formula(body)))
            case fol_tree.Equal(left, right):
                return Term("=", (of_term(left), of_term(right)))
            case fol_tree.Not(body):
                return Term("¬", (of_formula(body),))
        return Term(formula.op, tuple(map(of_formula, formula.parts)))

    try:
        return tuple(map(of_formula, parse_theory(text)))
    except SymbolError as error:
        raise ValueError(str(error)) from error


def _write_formulas(terms: Terms) -> str:
    from symbol_llm.formats import fol_tree

    def term(of: Term) -> fol_tree.Term:
        return fol_tree.Constant(of.head) if of.args is None else fol_tree.Function(of.head, tuple(map(term, of.args)))

    def formula(of: Term) -> fol_tree.Formula:
        args = of.args or ()
        match of.head:
            case "∀" | "∃":
                return fol_tree.Quantified(of.head, args[0].head, formula(args[1]))
            case "=":
                return fol_tree.Equal(term(args[0]), term(args[1]))
            case "¬":
                return fol_tree.Not(formula(args[0]))
        if of.head in fol_tree.STRENGTH:
            return fol_tree.Connective(of.head, tuple(map(formula, args)))
        return fol_tree.Atom(of.head, tuple(map(term, args)))

    return "\n".join(fol_tree.render(formula(each)) for each in terms)


_STEP = re.compile(r"([^:]+): (.*?)(?: \[([\d, ]*)\])?")


def _read_steps(text: str) -> Terms:
    """A step's arguments: what it is about, then the numbers of the steps that it takes."""
    found = []
    for step in text.split(" --> "):
        match = _STEP.fullmatch(step)
        if match is None:
            raise ValueError(f"not a step: {step[:80]}")
        numbers = match[3].split(", ") if match[3] is not None else []
        found.append(Term(match[1], (Term(match[2]), *map(Term, numbers))))
    return (Term("", tuple(found)),)


def _write_steps(terms: Terms) -> str:
    steps = []
    for step in terms[0].args or ():
        about, *numbers = (arg.head for arg in step.args or ())
        steps.append(f"{step.head}: {about}" + (f" [{', '.join(numbers)}]" if numbers else ""))
    return " --> ".join(steps)


_LANGUAGES: dict[str, tuple[Callable[[str], Terms], Callable[[Terms], str]]] = {
    "clevr": (_read_calls, _write_calls),
    "geometry": (_read_calls, _write_calls),
    "kb_sexpr": (_read_lists, lambda terms: "\n".join(map(_write_list, terms))),
    "pddl": (_read_planning, _write_planning),
    "top": (_list_reader("[", "]"), lambda terms: "\n".join(map(_write_square, terms))),
    "fol": (_read_formulas, _write_formulas),
    "gqa": (_read_steps, _write_steps),
    "scan": (
        lambda text: (Term("", tuple(map(Term, text.split(" ")))),),
        lambda terms: " ".join(term.head for term in terms[0].args or ()),
    ),
}
LANGUAGES = frozenset(_LANGUAGES)
