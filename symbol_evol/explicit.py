"""Definitions written out, so that what a name means can be read from the prompt alone.

    CREATE TABLE pets (name, age)      ->   CREATE TABLE pets ( -- pets⏎name, -- name⏎age -- age⏎)
    ∀x (Cat(x) → Animal(x))            ->   Cat(x): cat⏎Animal(x): animal
    filter_color(red,scene())          ->   scene(): all objects⏎filter_color(color,set): objects of that color⏎…

Most records define their names with a gloss already. A schema glosses a column by nothing but its name, which goes
when it is renamed, so the words are put beside it; a theory without definitions gets them from its own symbol; a
program in the operations of a language gets all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from symbol_llm.formats import Context
from symbol_llm.formats import get as get_format
from symbol_llm.formats.sql_definitions import spoken
from symbol_llm.formats.sql_tokens import bare, scan

_ARGUMENTS = ["x", "y", "z", "u", "v", "w"]


def explicit(format_name: str, completion: str, context: Context) -> Context:
    """The context with all definitions and glosses in words. Raises SymbolError if symbol or definitions do not parse.

    The same context where they are there already, or where the language has none to write.
    """
    if format_name == "sql":
        return replace(context, definitions=_glossed_schema(context.definitions))
    write = _WRITERS.get(format_name)
    if write is None or get_format(format_name).defined_names(context):
        return context
    lines = [*write(completion), *([context.definitions] if context.definitions else [])]
    return replace(context, definitions="\n".join(lines))


def _of_scan(_: str) -> Iterable[str]:
    from symbol_llm.formats.scan_grammar import ACTIONS

    return [f"{token}: {meaning}" for meaning, token in ACTIONS.items()]


def _of_clevr(_: str) -> Iterable[str]:
    from symbol_llm.formats.clevr_operations import OPERATIONS

    return [operation.definition for operation in OPERATIONS.values()]


def _of_gqa(_: str) -> Iterable[str]:
    from symbol_llm.formats.gqa_operations import OPERATIONS

    return [operation.definition for operation in OPERATIONS.values()]


def _of_geometry(_: str) -> Iterable[str]:
    from symbol_llm.formats.geometry_predicates import PREDICATES

    return [predicate.definition for predicate in PREDICATES.values()]


def _of_math_program(completion: str) -> Iterable[str]:
    from symbol_llm.formats.math_program_functions import written_definitions

    return written_definitions(completion)


def _of_fol(completion: str) -> Iterable[str]:
    """A line for every symbol of the theory, in order; numbers speak for themselves."""
    from symbol_llm.formats.fol_parser import parse_theory
    from symbol_llm.formats.fol_tree import symbols

    found: dict[tuple[str, str], str] = {}
    for formula in parse_theory(completion):
        for symbol in symbols(formula):
            arguments = ", ".join(_ARGUMENTS[: symbol.arity]) if symbol.arity <= len(_ARGUMENTS) else "…"
            head = {"predicate": f"({arguments}):", "function": f"({arguments}) =", "constant": ":"}[symbol.kind]
            if not _is_number(symbol.name):
                found.setdefault((symbol.kind, symbol.name), f"{symbol.name}{head} {spoken(symbol.name)}")
    return found.values()


def _of_logic_program(completion: str) -> Iterable[str]:
    """The predicates with the glosses of their declarations, then constants, or the variables of a problem."""
    from symbol_llm.formats.logic_program_names import CONSTANT, PREDICATE, tree_names
    from symbol_llm.formats.logic_program_parser import parse
    from symbol_llm.formats.logic_program_tree import Problem

    tree = parse(completion)
    lines = []
    if not isinstance(tree, Problem):
        arities = {literal.predicate: len(literal.arguments) for literal in tree.literals()}
        arities |= {declared.predicate: len(declared.arguments) for declared in tree.declarations}
        glosses = {declared.predicate: declared.gloss for declared in tree.declarations}
        for name in (n.text for n in sorted(tree_names(tree)) if n.kind == PREDICATE):
            arguments = ", ".join(f"${letter}" for letter in _ARGUMENTS[: arities[name]])
            lines.append(f"{name}({arguments}, bool) ::: {glosses.get(name) or spoken(name)}")
    constants = (name.text for name in sorted(tree_names(tree)) if name.kind == CONSTANT)
    return [*lines, *(f"{name} ::: {spoken(name)}" for name in constants)]


_WRITERS: dict[str, Callable[[str], Iterable[str]]] = {
    "scan": _of_scan,
    "clevr": _of_clevr,
    "gqa": _of_gqa,
    "geometry": _of_geometry,
    "math_program": _of_math_program,
    "fol": _of_fol,
    "logic_program": _of_logic_program,
}


def _is_number(name: str) -> bool:
    return not re.search(r"[^\W\d_]", name)


def _glossed_schema(text: str) -> str:
    """One column a line, each with its words as a comment; what is glossed already stays as it is.

    Nothing but blanks and comments is added, and names are spelt as they are defined, so the statements are the same.
    Raises UserError if the text has CREATE TABLE statements and anything else.
    """
    from symbol_llm.formats.sql_definitions import defined_names, read_definitions, renamed_text

    found = read_definitions(text)
    if found is None:
        return text
    # A foreign key may spell a name in another case: renaming every name to itself leaves one spelling.
    text = renamed_text(found, {name: name.text for name in defined_names(found)})
    found = read_definitions(text)
    assert found is not None
    glosses = {t.start: found.glosses.get(t) or spoken(bare(t.text)) for t, _ in found.defined}
    return "\n".join(_Lines(text, glosses, frozenset(found.glosses.values())).lines())


class _Lines:
    """The statements of a schema, broken after each opening parenthesis and column, with a gloss at the line's end."""

    def __init__(self, text: str, glosses: dict[int, str], written: frozenset[str]) -> None:
        self.text, self.glosses, self.written = text, glosses, written
        self.done: list[str] = []
        self.line = ""
        self.gloss: str | None = None

    def lines(self) -> list[str]:
        depth = 0
        for token in scan(self.text):
            if token.kind == "comment" and token.text.startswith("--"):
                if token.text[2:].strip() in self.written:
                    continue
                token = token._replace(text=f"/*{token.text[2:].replace('*/', '')} */")
            if token.start in self.glosses:
                self.gloss = self.glosses[token.start]
            if token.text == ")" and depth == 1:
                self._end()
            self.line += " " if token.kind == "space" else token.text
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if (token.text == "(" and depth == 1) or (token.text == "," and depth == 1) or token.text == ";":
                self._end()
            elif token.text == ")" and depth == 0:
                self.gloss = None
            elif token.kind == "space" and "\n" in token.text and depth == 0:
                self._end()
        self._end()
        return self.done

    def _end(self) -> None:
        line = self.line.strip()
        if line:
            self.done.append(f"{line} -- {self.gloss}" if self.gloss else line)
        self.line, self.gloss = "", None
