"""Reading a SQL query strictly: SQLite's own grammar first, then a tree.

    SELECT name FROM pets WHERE age > 3 ORDER  ->  SymbolError: expected more of the query at line 1, column 42

sqlglot builds the tree but takes much that is not SQL (``SELECT FROM t``, ``hello world``). So SQLite compiles the
text on an empty database before: it reports an error of grammar before it looks for any table.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.sql_tokens import Token, words
from symbol_llm.solvers.sql_world import PerThread

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect

# Deeper expressions than SQLite's own limit of 1000 would need more stack than Python gives sqlglot.
MAX_DEPTH = 100
MAX_PARENTHESES = 20
MAX_LENGTH = 100_000  # characters, as written and as printed; sqlglot needs about a second for that many
# What SQLite says of a text that is not in its grammar; anything else it says is about the schema.
_SYNTAX = re.compile(
    r"syntax error|incomplete input|unrecognized token|parser stack overflow|should come (?:after|before)"
    r"|is required before|unknown (?:or unsupported )?join type|a NATURAL join may not|Expression tree is too large"
    r"|cannot have both ON and USING|too many (?:terms|columns|arguments|levels|references)|string or blob too big"
    r"|one statement at a time|not authorized|number of bindings|wrong number of terms"
)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A parsed query. Two are equal if they differ at most in the case of identifiers, as SQLite reads them."""

    tree: exp.Query

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Query):
            return NotImplemented
        return self.tree == other.tree or _folded(self.tree) == _folded(other.tree)

    def __hash__(self) -> int:
        return hash(_folded(self.tree))

    def __str__(self) -> str:
        return render(self.tree)


def _folded(tree: exp.Query) -> exp.Query:
    from symbol_llm.formats.sql_names import Role, roles
    from symbol_llm.formats.sql_tokens import fold

    copy = tree.copy()
    for identifier, role in list(roles(copy)):
        if role is not Role.STRING:
            identifier.set("this", fold(identifier.name))
    return copy


@cache
def check_installed() -> None:
    """Raises EngineMissing without sqlglot, which is not loaded here."""
    if find_spec("sqlglot") is None:
        raise EngineMissing("sqlglot", "pip install sqlglot")


@cache
def dialect() -> Dialect:
    """The one dialect object: making one per call costs more than the parse."""
    check_installed()
    from sqlglot import Dialect

    return Dialect.get_or_raise("sqlite")


_PRINTERS = threading.local()  # a generator keeps state while it prints


def render(tree: exp.Expr) -> str:
    """Print a tree in SQLite's dialect, in one line and without comments."""
    if not hasattr(_PRINTERS, "one"):
        _PRINTERS.one = dialect().generator(comments=False, normalize_functions="upper")
    return _PRINTERS.one.generate(tree)


@lru_cache(maxsize=512)
def read(text: str) -> Query:
    """One SELECT query, set operations and WITH included; a final semicolon is tolerated. Raises SymbolError.

    Not taken although SQLite would: bind parameters, VALUES as a query, unary plus and an alias written as a
    string after a string, which sqlglot cannot keep.
    """
    if len(text) > MAX_LENGTH:
        raise SymbolError(text, MAX_LENGTH, f"a query of at most {MAX_LENGTH:,} characters")
    _check_characters(text)
    tokens = words(text)
    _check_tokens(text, tokens)
    problem = _complaint(text)
    if problem:
        raise _located(text, tokens, problem)
    has_cross = any(token.says("cross") for token in tokens)
    try:
        tree = _parse(text, has_cross)
        printed = render(tree)
        if not _reads_alike(tokens, printed, text):
            again = _parse(printed, has_cross)
            if again != tree:  # sqlglot completes window frames, so the second reading is the stable one
                tree, printed = again, render(again)
                again = _parse(printed, has_cross)
            if again != tree:
                raise SymbolError(text, 0, "a query that can be printed and read back")
    except RecursionError as error:
        raise SymbolError(text, 0, "a query that is nested less deeply") from error
    if len(printed) > MAX_LENGTH:
        raise SymbolError(text, 0, f"a query of at most {MAX_LENGTH:,} characters when printed")
    return Query(tree)


# Keywords and functions that mean the same in any case, also to sqlglot's comparison of trees.
_WORDS_OF_ANY_CASE = """
    select distinct all from where and or not in like between is null join inner left outer on as group by having order
    asc desc limit offset union intersect except exists case when then else end count sum avg min max
"""
_ANY_CASE = frozenset(_WORDS_OF_ANY_CASE.split())


def _reads_alike(tokens: list[Token], printed: str, text: str) -> bool:
    """Whether a printed text has the words of the text that it comes from, so that reading it gives the same tree."""
    if "--" in text or "/*" in text:  # to sqlglot some comments are more than that
        return False
    again = words(printed)
    if tokens[-1].text == ";":
        tokens = tokens[:-1]
    return len(tokens) == len(again) and all(
        old.text == new.text or (old.text.lower() == new.text.lower() and new.text.lower() in _ANY_CASE)
        for old, new in zip(tokens, again)
    )


def _check_characters(text: str) -> None:
    for match in re.finditer("[\0\ud800-\udfff]", text):
        raise SymbolError(text, match.start(), "text without NUL and surrogates")


def _check_tokens(text: str, tokens: list[Token]) -> None:
    if not tokens or not tokens[0].says("select", "with"):
        raise SymbolError(text, tokens[0].start if tokens else 0, "SELECT or WITH")
    depth = 0
    for before, token in pairwise(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth > MAX_PARENTHESES:
            raise SymbolError(text, token.start, f"at most {MAX_PARENTHESES} nested parentheses")
        if token.kind == before.kind == "string":
            raise SymbolError(text, token.start, "an operator, a comma or AS before a string")
        if token.text == "+" and (before.text in _OPERATORS or before.says(*_BEFORE_OPERAND)):
            raise SymbolError(text, token.start, "an operand (unary plus is not supported)")
        if token.text == "\ufeff":  # white space to SQLite, part of a name to sqlglot
            raise SymbolError(text, token.start, "no byte order mark outside of a string")
        if token.kind == "mark" and token.text[0] in "?:@$#{}":
            raise SymbolError(text, token.start, "a value (there are no bind parameters)")


_OPERATORS = frozenset("(,+-*/%=<>&|~") | {"==", "<>", "!=", "<=", ">=", "||", "<<", ">>"}
_BEFORE_OPERAND = (
    *("select", "distinct", "all", "where", "and", "or", "not", "on", "by", "having", "when", "then"),
    *("else", "case", "between", "in", "like", "is", "limit", "offset"),
)


def _empty_database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, MAX_DEPTH)
    # Some statements act while they are compiled; a query only selects, reads and calls functions.
    queries = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in queries else sqlite3.SQLITE_DENY)
    return connection


_DATABASE = PerThread(_empty_database)


def _complaint(text: str) -> str:
    """What SQLite holds against the grammar of a text, or "" if nothing."""
    try:
        # With the whole prefix, a text that itself begins with QUERY PLAN is no query.
        _DATABASE.get().execute("EXPLAIN QUERY PLAN " + text).close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        return str(error) if _SYNTAX.search(str(error)) else ""
    return ""


def _located(text: str, tokens: list[Token], problem: str) -> SymbolError:
    """The error with its place: the first word up to which SQLite no longer takes the text."""
    if "incomplete input" in problem:
        return SymbolError(text, len(text.rstrip()), "more of the query")
    low, high = 0, len(tokens) - 1
    while low < high:
        middle = (low + high) // 2
        complaint = _complaint(text[: tokens[middle].end])
        if complaint and "incomplete input" not in complaint:
            high = middle
        else:
            low = middle + 1
    said = problem if len(problem) < 120 else problem[:100] + " …"
    return SymbolError(text, tokens[low].start, "SQL that SQLite's grammar takes", f"not SQL: {said}")


def _parse(text: str, has_cross: bool) -> exp.Query:
    language = dialect()
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        trees = language.parse(text)
    except ParseError as error:
        fault = error.errors[0] if error.errors else {}
        position = _offset(text, fault.get("line") or 1, fault.get("col") or 0) - len(fault.get("highlight") or "")
        said = fault.get("description") or "unexpected word"
        raise SymbolError(text, position, "a SELECT query", f"not SQL: {said}") from error
    except TokenError as error:
        raise SymbolError(text, 0, "SQL words", "not SQL: a word cannot be read") from error
    tree = next((tree for tree in trees if tree is not None), None)
    if len([tree for tree in trees if tree is not None]) != 1 or not isinstance(tree, (exp.Select, exp.SetOperation)):
        raise SymbolError(text, 0, "one SELECT query")
    for node in tree.walk():
        if isinstance(node, (exp.Command, exp.Placeholder, exp.Parameter)):
            raise SymbolError(text, 0, "a SELECT query without parameters")
        if isinstance(node, exp.Join) and node.kind == "CROSS" and not has_cross:
            # sqlglot's word for a comma; to SQLite's planner CROSS JOIN is an order, a comma the same as JOIN.
            node.set("kind", None)
    return tree


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return start + column


def is_ordered(query: Query) -> bool:
    """Whether the outermost level of a query orders its rows."""
    return query.tree.args.get("order") is not None
