"""Renaming a Python function's own variables, so that programs that differ in names alone become one.

    def solution():                        def solution():
        apples = 5               →             v0 = 5
        return apples + 1                      return v0 + 1

A name is renamed everywhere in the function or not at all, to one that occurs nowhere, so no binding can change.
What could be reached by its name stays: globals, attributes, imports, keyword arguments, functions, class members.
"""

from __future__ import annotations

import ast
import heapq
import itertools
import re
import symtable
from collections.abc import Iterator

# With these, a program can look variables up by name.
LOOKS_UP_NAMES = {"locals", "vars", "dir", "globals", "eval", "exec", "compile", "__import__", "super"}

_NUMBERED = re.compile(r"v(?:0|[1-9][0-9]*)")


def rename_locals(module: ast.Module) -> ast.Module:
    """The same program with the local variables of each top-level function called v0, v1 … Changes the tree."""
    used = {name for node in ast.walk(module) for name in names_of(node)}
    if used & LOOKS_UP_NAMES:
        return module
    tables: dict[str, list[symtable.SymbolTable]] = {}  # a function that is defined twice has a table each
    for table in symtable.symtable(ast.unparse(module), "<program>", "exec").get_children():
        tables.setdefault(table.get_name(), []).append(table)
    fixed = {name for node in ast.walk(module) for name in _visible_names(node)}
    fresh = _Numbers(number for number in itertools.count() if f"v{number}" not in used)
    renamable: dict[str, set[str]] = {}
    for function in module.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        if function.name not in renamable:  # what one definition of the function keeps, all keep
            scopes = [scope for table in tables.get(function.name, ()) for scope in _scopes(table)]
            bound = {symbol.get_name() for scope in scopes for symbol in scope.get_symbols() if _is_bound(symbol)}
            renamable[function.name] = bound - fixed - {name for scope in scopes for name in _kept(scope)}
        _rename(function, renamable[function.name], fresh)
    return module


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting.extend(scope.get_children())


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_local() or symbol.is_parameter()


def _kept(scope: symtable.SymbolTable) -> Iterator[str]:
    """Names that mean something outside this scope, or by their spelling."""
    for symbol in scope.get_symbols():
        if scope.get_type() == "class" or symbol.is_global() or symbol.is_imported():
            yield symbol.get_name()
        if symbol.get_name().startswith(("__", ".")):
            yield symbol.get_name()


def _visible_names(node: ast.AST) -> list[str]:
    """Names that a value of the program carries: a keyword, and what functions and classes are called."""
    match node:
        case ast.keyword(arg=str(name)):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
    return []


def names_of(node: ast.AST) -> list[str]:
    """The names that a node spells, in source order."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.Nonlocal(names=names) | ast.Global(names=names):
            return names
        case ast.alias(name=name, asname=alias):
            return [alias or name.split(".")[0]]
    return []


class _Numbers:
    """The numbers n whose name vn stands nowhere in the program, counted once for all functions."""

    def __init__(self, source: Iterator[int]) -> None:
        self._source = source
        self._known: list[int] = []

    def __iter__(self) -> Iterator[int]:
        for place in itertools.count():
            if place == len(self._known):
                self._known.append(next(self._source))
            yield self._known[place]


def _rename(function: ast.FunctionDef, names: set[str], fresh: _Numbers) -> None:
    """A function may also use the names vn that it gives up itself."""
    own = sorted(int(name[1:]) for name in names if _NUMBERED.fullmatch(name))
    numbers = heapq.merge(own, fresh)
    mapping: dict[str, str] = {}
    for node in _in_order(function):
        for name in names_of(node):
            if name in names and name not in mapping:
                mapping[name] = f"v{next(numbers)}"
    for node in ast.walk(function):
        if node is not function:
            _replace(node, mapping)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, in source order; without recursion, whose cost is the depth of each node."""
    waiting = list(ast.iter_child_nodes(node))[::-1]
    while waiting:
        below = waiting.pop()
        yield below
        waiting.extend(list(ast.iter_child_nodes(below))[::-1])


def _replace(node: ast.AST, mapping: dict[str, str]) -> None:
    match node:
        case ast.Name():
            node.id = mapping.get(node.id, node.id)
        case ast.arg():
            node.arg = mapping.get(node.arg, node.arg)
        case ast.MatchMapping(rest=str(name)):
            node.rest = mapping.get(name, name)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            node.name = mapping.get(name, name)
        case ast.Nonlocal():
            node.names = [mapping.get(name, name) for name in node.names]
