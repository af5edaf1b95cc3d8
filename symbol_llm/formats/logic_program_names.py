"""Names of a logic program, their definitions in a prompt, and renaming both.

    Quiet($x, bool) ::: Is x quiet?      a predicate
    Anne ::: the person Anne             a constant, or a variable of a constraint problem

A line of definitions is written as in the language. All other lines are plain text, and so are glosses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Name
from symbol_llm.formats.logic_program_parser import NAME, RESERVED
from symbol_llm.formats.logic_program_tree import (
    Comparison,
    Constraint,
    Literal,
    Option,
    Problem,
    Program,
    Rule,
    Statement,
    Term,
    Tree,
)

PREDICATE, CONSTANT = "predicate", "constant"
_LINE = re.compile(
    rf"^({NAME.pattern})(\((?:\$?{NAME.pattern},[ ]*)+bool\))?[ ]+:::[ ]+([^ \t\r\n][^\r\n]*)", re.MULTILINE
)


def tree_names(tree: Tree) -> frozenset[Name]:
    """The predicates and constants of a program, the variables of a problem."""
    if isinstance(tree, Problem):
        return frozenset(Name(CONSTANT, name) for name, _ in tree.variables)
    glosses = {declaration.predicate: declaration.gloss for declaration in tree.declarations}
    predicates = {*glosses, *(literal.predicate for literal in tree.literals())}
    constants = {a for literal in tree.literals() for a in literal.arguments if not a.startswith("$")}
    return frozenset(
        [Name(PREDICATE, p, glosses.get(p, "")) for p in predicates] + [Name(CONSTANT, c) for c in constants]
    )


def rename_tree(tree: Tree, mapping: Mapping[Name, str]) -> Tree:
    """Replace names, all at once. Raises ValueError where ``check_names`` does."""
    new = _texts(mapping)
    check_names(tree_names(tree), new)

    def of(kind: str, text: str) -> str:
        return new.get((kind, text), text)

    def literal(old: Literal) -> Literal:
        arguments = tuple(a if a.startswith("$") else of(CONSTANT, a) for a in old.arguments)
        return Literal(of(PREDICATE, old.predicate), arguments, old.value)

    def comparison(old: Comparison) -> Comparison:
        left, right = (Term(of(CONSTANT, t.variable), t.number) if t.variable else t for t in (old.left, old.right))
        return Comparison(left, old.operator, right)

    if isinstance(tree, Problem):
        return Problem(
            tree.domain,
            tuple((of(CONSTANT, name), values) for name, values in tree.variables),
            tuple(
                Constraint(tuple(map(comparison, c.choices)), tuple(of(CONSTANT, n) for n in c.different), c.gloss)
                for c in tree.constraints
            ),
            tuple(Option(o.letter, comparison(o.comparison), o.gloss) for o in tree.options),
        )
    return Program(
        tuple(d._replace(predicate=of(PREDICATE, d.predicate)) for d in tree.declarations),
        tuple(Statement(literal(fact.literal), fact.gloss) for fact in tree.facts),
        tuple(Rule(tuple(map(literal, r.body)), tuple(map(literal, r.head)), r.gloss) for r in tree.rules),
        Statement(literal(tree.query.literal), tree.query.gloss),
    )


def read_definitions(text: str) -> tuple[Name, ...]:
    """The names that the lines define, in order. Raises SymbolError where one is defined twice."""
    found: dict[tuple[str, str], Name] = {}
    for line in _LINE.finditer(text):
        key = (PREDICATE if line[2] else CONSTANT, line[1])
        if key in found:
            raise SymbolError(text, line.start(), "a name that is not defined yet", f"{line[1]} is defined twice")
        found[key] = Name(*key, line[3].strip())
    return tuple(found.values())


def rename_definitions(text: str, mapping: Mapping[Name, str]) -> str:
    """The same text with the defined names replaced; every other byte stays. Raises ValueError as ``rename_tree``."""
    new = _texts(mapping)
    check_names(read_definitions(text), new)
    parts, end = [], 0
    for line in _LINE.finditer(text):
        parts += [text[end : line.start(1)], new.get((PREDICATE if line[2] else CONSTANT, line[1]), line[1])]
        end = line.end(1)
    return "".join(parts) + text[end:]


def check_names(names: Iterable[Name], new: Mapping[tuple[str, str], str]) -> None:
    """Raises ValueError if two names of a kind would become one, or a new name is none."""
    taken: dict[tuple[str, str], str] = {}
    for name in names:
        text = new.get((name.kind, name.text), name.text)
        if not NAME.fullmatch(text) or text in RESERVED:
            raise ValueError(f"{name.text} cannot be renamed to {text!r}: a name is a letter, then letters, digits, _")
        if (name.kind, text) in taken:
            raise ValueError(f"{taken[name.kind, text]} and {name.text} would both be called {text}")
        taken[name.kind, text] = name.text


def _texts(mapping: Mapping[Name, str]) -> dict[tuple[str, str], str]:
    return {(name.kind, name.text): new for name, new in mapping.items()}
