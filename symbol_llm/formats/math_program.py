"""Programs that compute one answer, as PAL writes them: ``def solution():`` with steps and a ``return``.

    def solution():
        apples = 5
        bought = 3
        return apples + bought

Python 3 (https://docs.python.org/3/reference/grammar.html). A program takes no input, so what it means is the value
that it returns: two programs are equivalent if they return the same, and CPython in the sandbox decides that.

Definitions, a line a function, may call ``solution`` and functions of Python by other names
(math_program_functions.py); without them they bear their own.
"""

from __future__ import annotations

import ast
import atexit
import platform
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Score, Verdict
from symbol_llm.formats.bleu import ScoredByBleu, bleu, bleu_counts
from symbol_llm.formats.defined_names import Glossed
from symbol_llm.formats.math_program_functions import (
    ENTRY,
    GLOSSES,
    MEANINGS,
    free_names,
    rename_functions,
    runnable,
    vocabulary,
)
from symbol_llm.formats.math_program_names import rename_locals

if TYPE_CHECKING:
    from symbol_llm.solvers.outcome import Solution
    from symbol_llm.solvers.python import PythonSolver

_shared: PythonSolver | None = None
_opening = threading.Lock()


def _solver() -> PythonSolver:
    """The sandbox that all of this process's checks share: opened at the first one, closed at exit."""
    global _shared
    with _opening:
        if _shared is None:
            from symbol_llm.solvers.python import PythonSolver

            _shared = PythonSolver()
            atexit.register(_shared.close)
        return _shared


@dataclass(frozen=True, slots=True)
class Program:
    """A program without its layout and comments. Equal if the statements are."""

    source: str


class MathProgram(ScoredByBleu[Program], Glossed[Program]):
    name = "math_program"
    grammar = "Python 3 language reference, with a function solution() as in PAL (Gao et al. 2022)"
    kind = "function"
    meanings = MEANINGS
    own_glosses = GLOSSES

    @property
    def engine(self) -> str:
        return f"CPython {platform.python_version()}"

    def parse(self, text: str) -> Program:
        """Strict: a function at the top level, callable without arguments, must return a value.

        It is ``solution``, or, under another name that the definitions may give it, the last one.
        """
        return Program(_unparse(text, _parse(text)))

    def render(self, tree: Program) -> str:
        return tree.source

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Without comments, docstrings and type hints of variables; local variables are called v0, v1 …"""
        module = _parse(text)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
                node.body = [_untyped(statement) for statement in node.body[_has_docstring(node) :]] or [ast.Pass()]
        source = _unparse(text, ast.fix_missing_locations(module))
        try:
            return ast.unparse(rename_locals(ast.parse(source)))
        except (SyntaxError, RecursionError):  # scopes that contradict each other: such a program cannot run anyway
            return source

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Run it. None where the machine, not the program, was at fault, or the definitions contradict themselves."""
        try:
            names = vocabulary(context.definitions)
        except SymbolError as error:
            return Verdict(None, self.engine, f"the definitions contradict themselves: {error}")
        try:
            program = _runnable(text, names)
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        solution = _solver().solve(program)
        if solution.outcome is None:
            return Verdict(True, self.engine, f"returns {_shown(solution)}")
        return Verdict(None if _is_undecided(solution) else False, self.engine, _failure(solution))

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        try:
            if self.canonical(a) == self.canonical(b):
                return Verdict(True, self.engine, "the same program up to the names of variables")
            names = vocabulary(context.definitions)
            programs = _runnable(a, names), _runnable(b, names)
        except SymbolError as error:
            return Verdict(False, self.engine, f"one is not a program: {error}")
        from symbol_llm.solvers.answers import same_value

        first, second = map(_solver().solve, programs)
        for solution in (first, second):
            if solution.outcome is not None:
                return Verdict(None, self.engine, f"one gives no value: {_failure(solution)}")
        if same_value(first.answer, second.answer):
            return Verdict(True, self.engine, f"both return {_shown(first)}")
        return Verdict(False, self.engine, f"one returns {_shown(first)}, the other {_shown(second)}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        counts = bleu_counts(prediction, reference)
        is_exact = prediction.strip() == reference.strip()
        is_parsed = self.parses(prediction)
        is_equivalent = self._means(prediction, reference, context) if is_parsed else None
        return Score(self.metric, bleu([counts]), is_exact, is_parsed, is_equivalent, counts)

    def _means(self, prediction: str, reference: str, context: Context) -> bool | None:
        return self.equivalent(prediction, reference, context).holds if self.parses(reference) else None

    def used(self, tree: Program) -> frozenset[str]:
        """The entry and what the program calls without having defined it."""
        module = ast.parse(tree.source)
        return free_names(module, _entry(module))

    def replaced(self, tree: Program, new: Mapping[str, str]) -> Program:
        """Raises ValueError if a new name means something in the program already."""
        module = ast.parse(tree.source)
        entry = _entry(module)
        rename_functions(module, entry, new)
        if _entry(module) != new.get(entry, entry):
            raise ValueError(f"{_entry(module)} would be taken for the function that gives the answer")
        return Program(ast.unparse(module))


def _runnable(text: str, names: Mapping[str, str]) -> str:
    """The program as CPython runs it. Raises SymbolError if it does not parse or defines another function."""
    return runnable(text, _entry(_parse(text)), names)


def _entry(module: ast.Module) -> str:
    """The function that gives the answer: ``solution``, else the last that can."""
    names = [node.name for node in module.body if isinstance(node, ast.FunctionDef) and _gives_a_value(node)]
    return ENTRY if ENTRY in names else names[-1]


def _gives_a_value(function: ast.FunctionDef) -> bool:
    return not _needs_arguments(function) and _returns_a_value(function)


def _needs_arguments(function: ast.FunctionDef) -> bool:
    arguments = function.args
    return len(arguments.posonlyargs + arguments.args) > len(arguments.defaults) or None in arguments.kw_defaults


def _is_generator(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(function))


def _returns_a_value(function: ast.FunctionDef) -> bool:
    returns = (node for node in _own_nodes(function) if isinstance(node, ast.Return) and not _is_nothing(node.value))
    return not _is_generator(function) and any(True for _ in returns)


def _parse(text: str) -> ast.Module:
    from symbol_llm.solvers.python_syntax import parse_python

    module = parse_python(text)
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    solution = next((node for node in reversed(functions) if node.name == ENTRY), None)  # the one that a call reaches
    if solution is None:
        if not any(map(_gives_a_value, functions)):
            raise SymbolError(text, len(text), f"a function named {ENTRY} at the top level: def {ENTRY}():")
        return module
    position = _offset(text, solution)
    if _needs_arguments(solution):
        raise SymbolError(text, position, f"a function {ENTRY}() that needs no arguments")
    if _is_generator(solution):
        raise SymbolError(text, position, f"a function {ENTRY}() that returns a value instead of yielding many")
    if not _returns_a_value(solution):
        raise SymbolError(text, position, f"a function {ENTRY}() that returns a value")
    return module


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of the functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _offset(text: str, node: ast.stmt) -> int:
    """The character position of a top-level statement."""
    from symbol_llm.solvers.python_syntax import line_starts

    return line_starts(text)[node.lineno - 1]


def _unparse(text: str, module: ast.Module) -> str:
    try:
        return ast.unparse(module)
    except (RecursionError, ValueError) as error:  # ValueError: an f-string that cannot be quoted again
        raise SymbolError(text, 0, "a program that Python can print", f"cannot be printed: {error}") from None


def _has_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _untyped(statement: ast.stmt) -> ast.stmt:
    """``x: int = 5`` as ``x = 5``."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None and statement.simple:
        return ast.Assign([statement.target], statement.value)
    return statement


def _shown(solution: Solution) -> str:
    from symbol_llm.solvers.answers import show

    return show(solution.answer)[:200]


def _failure(solution: Solution) -> str:
    return f"{solution.outcome}: {solution.message}"


def _is_undecided(solution: Solution) -> bool:
    from symbol_llm.solvers.outcome import Outcome

    return solution.outcome in (Outcome.SANDBOX_ERROR, Outcome.WALL_TIMEOUT)
