"""Renaming the symbols of a theory, and the definitions that introduce them.

    Cat(x): x is a cat            predicate
    tom: the cat Tom              constant
    mother(x) = the mother of x   function

A definition is one line: the name, its arguments if it has any, a colon (an equals sign for a function) and a gloss
in plain language. Renaming replaces the names and leaves arguments and glosses; all other lines are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from symbol_llm.formats.base import Name
from symbol_llm.formats.fol_parser import NAME, is_name
from symbol_llm.formats.fol_tree import (
    Atom,
    Connective,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Term,
    Theory,
    Variable,
    subformulas,
    symbols,
)

# A name may end in plus signs, also before a colon: ``a+: the grade a+``.
_DEFINITION = re.compile(rf"^({NAME}\+{{0,2}})(?:(\([^()\n]*\))[ ]*([:=])|[ ]*(:))[ ]+(\S[^\n]*)$", re.MULTILINE)


def theory_names(theory: Theory) -> frozenset[Name]:
    """Predicates, functions and constants. One name with several arities is renamed as one."""
    return frozenset(Name(symbol.kind, symbol.name) for formula in theory for symbol in symbols(formula))


def rename_theory(theory: Theory, mapping: Mapping[Name, str]) -> Theory:
    """Rename all at once. A bound variable that a new name would collide with gets another letter.

    Raises ValueError if two symbols of a kind would get the same name, or a new name is none.
    """
    _check(theory_names(theory), mapping)
    return tuple(_formula(formula, mapping, _binders(formula, mapping)) for formula in theory)


def read_definitions(text: str) -> tuple[Name, ...]:
    """The names that a text defines, in order, each with its gloss. The first definition of a name counts."""
    return tuple({name: name for _, name in reversed(list(_definitions(text)))}.values())[::-1]


def rename_definitions(text: str, mapping: Mapping[Name, str]) -> str:
    """The same text with the defined names replaced, all at once; every other byte stays.

    Raises ValueError as ``rename_theory`` does.
    """
    _check((name for _, name in _definitions(text)), mapping)
    parts, end = [], 0
    for line, name in _definitions(text):
        parts += [text[end : line.start(1)], mapping.get(name, name.text)]
        end = line.end(1)
    return "".join(parts) + text[end:]


def _definitions(text: str) -> Iterator[tuple[re.Match[str], Name]]:
    for line in _DEFINITION.finditer(text):
        name, arguments, sign, _, gloss = line.groups()
        kind = "constant" if not arguments else "function" if sign == "=" else "predicate"
        if is_name(name):
            yield line, Name(kind, name, gloss.rstrip())


def _check(names: Iterable[Name], mapping: Mapping[Name, str]) -> None:
    taken: dict[tuple[str, str], str] = {}
    for name in sorted(set(names)):
        new = mapping.get(name, name.text)
        if name in mapping and not is_name(new):
            raise ValueError(f"{name.kind} {name.text} cannot be renamed to {new!r}: no name of a {name.kind}")
        if (name.kind, new) in taken:
            raise ValueError(f"the {name.kind}s {taken[name.kind, new]} and {name.text} would both be called {new}")
        taken[name.kind, new] = name.text


def _binders(formula: Formula, mapping: Mapping[Name, str]) -> dict[str, str]:
    """New letters for the bound variables that a new name collides with."""
    bound, new = {part.variable for part in subformulas(formula) if isinstance(part, Quantified)}, set(mapping.values())
    if not bound & new:
        return {}
    used = {symbol.name for symbol in symbols(formula)} | new | bound
    letters = (letter for letter in _letters() if letter not in used)
    return {variable: next(letters) for variable in sorted(bound & new)}


def _letters() -> Iterator[str]:
    yield from "xyzuvw"
    number = 1
    while True:
        yield f"x{number}"
        number += 1


def _formula(formula: Formula, mapping: Mapping[Name, str], binders: Mapping[str, str]) -> Formula:
    match formula:
        case Atom(predicate, args):
            new = mapping.get(Name("predicate", predicate), predicate)
            return Atom(new, tuple(_term(term, mapping, binders) for term in args))
        case Equal(left, right):
            return Equal(_term(left, mapping, binders), _term(right, mapping, binders))
        case Not(body):
            return Not(_formula(body, mapping, binders))
        case Connective(op, parts):
            return Connective(op, tuple(_formula(part, mapping, binders) for part in parts))
        case Quantified(quantifier, variable, body):
            return Quantified(quantifier, binders.get(variable, variable), _formula(body, mapping, binders))
    raise AssertionError(formula)


def _term(term: Term, mapping: Mapping[Name, str], binders: Mapping[str, str]) -> Term:
    match term:
        case Variable(name):
            return Variable(binders.get(name, name))
        case Constant(name):
            return Constant(mapping.get(Name("constant", name), name))
        case Function(name, args):
            new = mapping.get(Name("function", name), name)
            return Function(new, tuple(_term(argument, mapping, binders) for argument in args))
    raise AssertionError(term)
