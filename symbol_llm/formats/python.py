"""Python functions and snippets, as in CoNaLa, MBPP and CodeSearchNet.

    def first_even(numbers):                     sorted(data, key=lambda row: row[1])
        return next(n for n in numbers if n % 2 == 0)

A text parses if CPython's own parser reads it, and is accepted if CPython also compiles it: the compiler alone finds a
``break`` outside a loop or an argument that stands twice. Nothing is ever run. A ``return`` at the top level is
accepted, since the snippets of CoNaLa include single statements of a function's body. Two programs are equivalent if
they have one canonical form; whether others compute the same is undecidable, so the answer is then "unknown".
"""

from __future__ import annotations

import ast
import platform
import re
import warnings
from dataclasses import dataclass

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Verdict
from symbol_llm.formats.bleu import ScoredByBleu
from symbol_llm.formats.math_program_names import rename_locals
from symbol_llm.solvers.python_syntax import LONGEST_PROGRAM, line_starts, parse_python

_MOST_FUNCTIONS = 100  # at the top level; renaming looks each function up among all
_SHALLOW = 2_000  # signs; each nests by one level at most, and CPython's parser makes trees of 3,000
_SIGN = re.compile(r"\w+|[^\w\s]")
_NOTHING = compile("", "<program>", "exec").co_code
_COMPILED = "compiled, not run"


@dataclass(frozen=True, slots=True)
class Program:
    """A program without its layout and comments. Equal if the statements are, docstrings included."""

    source: str


class PythonCode(ScoredByBleu[Program]):
    name = "python"
    grammar = "The Python 3 language reference, docs.python.org/3/reference"

    @property
    def engine(self) -> str:
        return f"CPython {platform.python_version()}"

    def parse(self, text: str) -> Program:
        """Raises SymbolError also for a text without any statement."""
        return Program(_unparsed(text, _module(text)))

    def render(self, tree: Program) -> str:
        return tree.source

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """Without comments and docstrings; a function's parameters and variables are called v0, v1 …

        Names that something outside of the function can see stay; see math_program_names.py. A long module, of more
        than 100 functions, keeps all names.
        """
        module = _module(text)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
                while node.body and _is_text(node.body[0]):  # the text after a docstring would become one
                    del node.body[0]
                node.body = node.body or [ast.Pass()]
        source = _unparsed(text, ast.fix_missing_locations(module))
        if sum(isinstance(node, ast.FunctionDef) for node in module.body) > _MOST_FUNCTIONS:
            return source
        try:
            return ast.unparse(rename_locals(ast.parse(source)))
        except (SyntaxError, RecursionError):  # scopes that contradict each other: nothing can be renamed in them
            return source

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether CPython compiles it; the code is never run."""
        if _compiles(text):  # what is good needs no tree, nor a search for the fault
            return Verdict(True, self.engine, _COMPILED)
        try:
            module = _module(text)
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        returns = [node for node in _outside_functions(module) if isinstance(node, ast.Return)]
        try:
            _compile(module)
        except (SyntaxError, ValueError, RecursionError) as error:
            if not returns:
                return Verdict(False, self.engine, _told(text, error))
            try:
                _compile(_as_body(module))
            except (SyntaxError, ValueError, RecursionError) as error_inside:
                return Verdict(False, self.engine, _told(text, error_inside))
            return Verdict(True, self.engine, "compiled as the body of a function, not run")
        return Verdict(True, self.engine, _COMPILED)

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Yes for one canonical form; otherwise unknown."""
        try:
            same = self.canonical(a) == self.canonical(b)
        except SymbolError as error:
            return Verdict(None, self.engine, str(error))
        reason = "the same program up to local names" if same else "undecidable in general"
        return Verdict(True if same else None, self.engine, reason)


def _compiles(text: str) -> bool:
    """Whether CPython compiles a text of statements that is not too long. No is no answer."""
    if len(text) > _SHALLOW and (len(text) > LONGEST_PROGRAM or len(_SIGN.findall(text)) > _SHALLOW):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(text, "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return code.co_code != _NOTHING  # comments alone look like this, and so does ``pass``


def _module(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown escape such as "\d" is legal, only frowned upon
        module = parse_python(text)
    if not module.body:
        raise SymbolError(text, len(text), "a statement")
    return module


def _unparsed(text: str, module: ast.Module) -> str:
    try:
        return ast.unparse(module)
    except (RecursionError, ValueError) as error:  # ValueError: an f-string that cannot be quoted again
        raise SymbolError(text, 0, "a program that Python can print", f"cannot be printed: {error}") from None


def _compile(module: ast.Module) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(module, "<program>", "exec", dont_inherit=True)


def _outside_functions(module: ast.Module) -> list[ast.AST]:
    """The nodes that do not belong to a function or class of the module."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _as_body(module: ast.Module) -> ast.Module:
    """The statements as the body of a function; the nodes keep their places in the text."""
    function = ast.parse("def snippet(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = module.body
    return ast.Module([function], [])


def _told(text: str, error: Exception) -> str:
    """The compiler's complaint with its place in the text."""
    if not isinstance(error, SyntaxError):
        return f"CPython cannot compile it: {type(error).__name__}: {error}"
    starts = line_starts(text)
    position = starts[min(error.lineno or 1, len(starts)) - 1] + max(0, (error.offset or 1) - 1)
    return str(SymbolError(text, position, "a program that compiles", f"CPython: {error.msg}"))


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
