"""What a program's functions are called where its definitions say so, and running it under those names.

    solution(): gives the answer            kab(): gives the answer
    max(x): the largest of x                solution(x): the largest of x

    def solution():                         def kab():
        return max(3, 4)                        return solution(3, 4)

Definitions name the function that is called, and functions of Python that a program may call. A name belongs to them
where the program uses it freely: a variable of its own called ``sum`` is not the function.
"""

from __future__ import annotations

import ast
import keyword
import zlib
from collections.abc import Iterable, Mapping

from symbol_llm.errors import SymbolError
from symbol_llm.formats.definition_lines import NAME, check_names, read_definitions

ENTRY = "solution"
_GIVES_THE_ANSWER = "gives the answer"
# Name -> arguments and gloss. No gloss speaks of a function by its name.
FUNCTIONS = {
    ENTRY: ("", _GIVES_THE_ANSWER),
    "abs": ("x", "how far x is from zero"),
    "float": ("x", "x as a number with a point"),
    "int": ("x", "x without what stands behind the point"),
    "len": ("x", "how many things x has"),
    "max": ("x", "the largest of x"),
    "min": ("x", "the smallest of x"),
    "range": ("x", "the whole numbers from zero on, below x"),
    "round": ("x", "the whole number nearest to x"),
    "sorted": ("x", "what x has, in order"),
    "str": ("x", "x as text"),
    "sum": ("x", "all of x added up"),
}
MEANINGS = {gloss: name for name, (_, gloss) in FUNCTIONS.items()}
GLOSSES = {name: gloss for gloss, name in MEANINGS.items()}


def written_definitions(text: str) -> list[str]:
    """Lines for what a program calls, and for three functions that it does not: the lines do not tell which those are.

    Raises SymbolError if the program does not parse.
    """
    from symbol_llm.solvers.python_syntax import parse_python

    called = {node.id for node in ast.walk(parse_python(text)) if isinstance(node, ast.Name)} | {ENTRY}
    others = [name for name in FUNCTIONS if name not in called]
    others.sort(key=lambda name: zlib.crc32(f"{text}{name}".encode()))
    chosen = called | set(others[:3])
    return [f"{name}({arguments}): {gloss}" for name, (arguments, gloss) in FUNCTIONS.items() if name in chosen]


def vocabulary(definitions: str) -> dict[str, str]:
    """Python's name -> the name defined for it; empty where nothing is defined.

    Raises SymbolError if the definitions contradict themselves.
    """
    return {MEANINGS[gloss]: name for name, gloss in read_definitions(definitions, MEANINGS).items()}


def runnable(text: str, entry: str, names: Mapping[str, str]) -> str:
    """A program that CPython runs as ``solution()``: ``text`` itself where its names are Python's own.

    ``entry`` is the function that ``text`` defines. Raises SymbolError if the definitions call for another.
    """
    called = names.get(ENTRY, ENTRY)
    if entry != called:
        expected = f"a function named {called} at the top level: def {called}():"
        raise SymbolError(text, len(text), expected, f"the definitions call for {called}(), not for {entry}()")
    other = {new: old for old, new in names.items() if new != old}
    if not other:
        return text
    own = ", ".join(f"{new!r}: _builtins.{old}" for new, old in other.items() if old != ENTRY)
    return (
        f"import builtins as _builtins\n_names = {{'__name__': 'program', {own}}}\n"
        f"exec({text!r}, _names)\ndef {ENTRY}():\n    return _names[{called!r}]()\n"
    )


def free_names(module: ast.Module, entry: str) -> frozenset[str]:
    """The entry, and the functions called or passed on by a name that the program itself binds nowhere.

    Nothing where a program looks names up by their text, or binds the entry's name a second time.
    """
    from symbol_llm.formats.math_program_names import LOOKS_UP_NAMES

    read, bound = set[str](), set[str]()
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        else:
            bound.update(_bound_names(node))
    if read & LOOKS_UP_NAMES:
        return frozenset()
    free = {name for name in read - bound if NAME.fullmatch(name)}
    defined = [n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == entry]
    others = [name for node in ast.walk(module) if node not in defined for name in _bound_names(node)]
    return frozenset(free if entry in others else free | {entry})


def rename_functions(module: ast.Module, entry: str, mapping: Mapping[str, str]) -> None:
    """Rename the entry and free names, all at once. Changes the tree.

    Raises ValueError if a new name means something in the program already, or is none that Python takes.
    """
    own = free_names(module, entry)
    new = {old: text for old, text in mapping.items() if old in own}
    check_names(_all_names(module), new)
    if reserved := sorted(text for text in new.values() if keyword.iskeyword(text)):
        raise ValueError(f"no function can be called {reserved[0]}")
    for node in ast.walk(module):
        if isinstance(node, ast.Name):
            node.id = new.get(node.id, node.id)
        elif isinstance(node, ast.FunctionDef) and node in module.body:
            node.name = new.get(node.name, node.name)


def _bound_names(node: ast.AST) -> Iterable[str]:
    """The names that a node itself gives a meaning to."""
    from symbol_llm.formats.math_program_names import names_of

    return () if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else names_of(node)


def _all_names(module: ast.Module) -> Iterable[str]:
    from symbol_llm.formats.math_program_names import names_of

    found = (name for node in ast.walk(module) for name in names_of(node))
    return (name for name in found if NAME.fullmatch(name))
