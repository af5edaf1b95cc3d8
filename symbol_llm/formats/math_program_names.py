"""Renaming a Python function's own variables, so that programs that differ in names alone become one.

    def solution():                        def solution():
        apples = 5               →             v0 = 5
        return apples + 1                      return v0 + 1

A name is renamed everywhere in the function or not at all, to one that occurs nowhere, so no binding can change.
What could be reached by its name stays: globals, attributes, imports, keyword arguments, functions, class members.
"""

from __future__ import annotations

import ast
import itertools
import symtable
from collections.abc import Iterator

# With these, a program can look variables up by name.
_LOOKS_UP_NAMES = {"locals", "vars", "dir", "globals", "eval", "exec", "compile", "__import__", "super"}


def rename_locals(module: ast.Module) -> ast.Module:
    """The same program with the local variables of each top-level function called v0, v1 … Changes the tree."""
    used = {name for node in ast.walk(module) for name in _names_of(node)}
    if used & _LOOKS_UP_NAMES:
        return module
    tables: dict[str, list[symtable.SymbolTable]] = {}  # a function that is defined twice has a table each
    for table in symtable.symtable(ast.unparse(module), "<program>", "exec").get_children():
        tables.setdefault(table.get_name(), []).append(table)
    fixed = {name for node in ast.walk(module) for name in _visible_names(node)}
    renamable: dict[str, set[str]] = {}
    for function in module.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        if function.name not in renamable:  # what one definition of the function keeps, all keep
            scopes = [scope for table in tables.get(function.name, ()) for scope in _scopes(table)]
            bound = {symbol.get_name() for scope in scopes for symbol in scope.get_symbols() if _is_bound(symbol)}
            renamable[function.name] = bound - fixed - {name for scope in scopes for name in _kept(scope)}
        _rename(function, renamable[function.name], used - renamable[function.name])
    return module


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


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


def _names_of(node: ast.AST) -> list[str]:
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


def _rename(function: ast.FunctionDef, names: set[str], taken: set[str]) -> None:
    fresh = (name for name in (f"v{number}" for number in itertools.count()) if name not in taken)
    mapping: dict[str, str] = {}
    for node in _in_order(function):
        for name in _names_of(node):
            if name in names and name not in mapping:
                mapping[name] = next(fresh)
    for node in ast.walk(function):
        if node is not function:
            _replace(node, mapping)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        yield from _in_order(child)


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
