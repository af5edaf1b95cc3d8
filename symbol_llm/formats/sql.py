"""SQL queries, as SQLite runs them.

    definitions  CREATE TABLE pets (name, age, city)
    symbol       SELECT city, COUNT(*) FROM pets WHERE age > 3 GROUP BY city
    names        table pets; columns age, city, name

One SELECT query, set operations and WITH included. Grammar: https://www.sqlite.org/lang_select.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import sql_names, sql_schema
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict
from symbol_llm.formats.sql_canonical import canonical_tree
from symbol_llm.formats.sql_definitions import defined_names, read_definitions, renamed_text
from symbol_llm.formats.sql_plain import is_plain
from symbol_llm.formats.sql_syntax import MAX_LENGTH, Query, check_installed, is_ordered, read, render
from symbol_llm.formats.sql_tokens import squeezed
from symbol_llm.solvers import sql_world
from symbol_llm.solvers.outcome import Limits
from symbol_llm.solvers.worker import Worker

if TYPE_CHECKING:
    from symbol_llm.formats.sql_schema import Schema

_LIMITS = Limits(cpu_seconds=10.0, wall_seconds=60.0)
_ENGINE = f"SQLite {sqlite3.sqlite_version}"
_COMPILED = Verdict(True, _ENGINE, "compiles on the schema")


class Sql(Format[Query]):
    """SQLite's SELECT. The exact match compares canonical forms; equivalence is refuted by execution."""

    name: ClassVar[str] = "sql"
    grammar: ClassVar[str] = "https://www.sqlite.org/lang_select.html"
    metric: ClassVar[str] = "EM"
    is_evolvable: ClassVar[bool] = True
    is_case_sensitive: ClassVar[bool] = False

    def __init__(self) -> None:
        self._worker = Worker("symbol_llm.solvers.sql_witness:compare", self.engine)

    @property
    def engine(self) -> str:
        """Name and version of the SQLite library."""
        return _ENGINE

    def parse(self, text: str) -> Query:
        """Read one query strictly; see sql_syntax.py. Raises SymbolError."""
        return read(text)

    def render(self, tree: Query) -> str:
        """Print a query in one line."""
        return render(tree.tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """The canonical form; see sql_canonical.py. Without a schema fewer queries come out the same.

        A query that the laws would make too long to be read again stays as it is printed.
        """
        tree = read(text).tree
        try:
            schema = sql_schema.schema_of(context)
        except UserError:  # a broken schema is reported by accepts
            schema = None
        canonical = render(canonical_tree(tree, schema))
        return canonical if len(canonical) <= MAX_LENGTH else render(tree)

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Compile the query on the schema of the context (EXPLAIN).

        Of plain queries only those that are refused are read besides, for the reason and its place.
        """
        check_installed()
        if is_plain(text) and _compiles(text, context):
            return _COMPILED
        try:
            read(text)
        except SymbolError as error:
            return Verdict(False, self.engine, str(error))
        try:
            schema = sql_schema.schema_of(context)
        except UserError as error:
            return Verdict(None, self.engine, f"no usable schema: {error}")
        if schema is None:
            return Verdict(None, self.engine, "no schema: neither definitions nor a database")
        problem = schema.refusal(text)
        return Verdict(False, self.engine, problem) if problem else _COMPILED

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Yes by canonical form, no by a database on which the results differ, else unknown.

        Tried are the context's own database and small random ones that keep the schema's constraints. Results are
        compared as bags of rows with columns in any order, in order if both queries order their outermost level.
        A database on which a query's own result depends on SQLite's choice (ties under LIMIT) is no witness.
        """
        try:
            first, second = read(a), read(b)
        except SymbolError as error:
            return Verdict(False, self.engine, f"not a query: {error.message}")
        if self.canonical(a, context) == self.canonical(b, context):
            return Verdict(True, "canonical form", f"the same canonical form: {self.canonical(a, context)}")
        try:
            schema = sql_schema.schema_of(context)
        except UserError as error:
            return Verdict(None, self.engine, f"no usable schema: {error}")
        if schema is None:
            return Verdict(None, self.engine, "different canonical forms, and no schema to run the queries on")
        refusals = [schema.refusal(text) for text in (a, b)]
        if any(refusals):
            is_told_apart = not all(refusals)
            reason = "; ".join(refusal for refusal in refusals if refusal)
            return Verdict(False if is_told_apart else None, self.engine, f"SQLite refuses: {reason}")
        return self._tell_apart(a, b, is_ordered(first) and is_ordered(second), schema, context)

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """Exact match on the canonical form, as the paper reports EM.

        ``is_equivalent`` is execution accuracy on the context's database where there is one (bag of rows, columns in
        any order, in order if the reference orders its outermost level), else the verdict of ``equivalent``.
        """
        is_same_text = squeezed(prediction) == squeezed(reference)
        if not self.parses(prediction):
            # A gold query outside the language can only be matched as text.
            is_exact = is_same_text and bool(prediction.strip()) and not self.parses(reference)
            return Score(self.metric, float(is_exact), is_exact, False)
        if not self.parses(reference):
            return Score(self.metric, 0.0, False, True)
        if self.canonical(prediction, context) == self.canonical(reference, context):
            return Score(self.metric, 1.0, True, True, True)
        return Score(self.metric, 0.0, False, True, self._is_executed_alike(prediction, reference, context))

    def names(self, tree: Query) -> frozenset[Name]:
        """Tables and columns, each in the spelling that occurs first; see sql_names.py."""
        return sql_names.names(tree.tree)

    def rename(self, tree: Query, mapping: Mapping[Name, str]) -> Query:
        """Rename tables and columns; aliases, functions and literals stay. Raises UserError if two become one."""
        return Query(sql_names.rename(tree.tree, mapping))

    def defined_names(self, context: Context) -> tuple[Name, ...]:
        """Tables and columns of the CREATE TABLE statements; the gloss is a trailing comment, else the name as words.

        Raises UserError if the definitions have CREATE TABLE statements and anything else.
        """
        found = read_definitions(context.definitions)
        return defined_names(found) if found else ()

    def rename_context(self, context: Context, mapping: Mapping[Name, str]) -> Context:
        """Rename in definitions, inline tables, and the note by which a database file is renamed when opened."""
        found = read_definitions(context.definitions)
        return replace(
            context,
            definitions=renamed_text(found, mapping) if found else context.definitions,
            world=sql_schema.renamed_world(context.world, mapping),
        )

    def _is_executed_alike(self, prediction: str, reference: str, context: Context) -> bool | None:
        if not sql_world.has_database(context.world, context.root):
            return self.equivalent(prediction, reference, context).holds
        job = self._job(prediction, reference, is_ordered(read(reference)), context)
        solution = self._worker.call({**job, "is_single": True}, _LIMITS)
        if solution.outcome is not None or solution.answer["refused"]:
            return None
        return not solution.answer["is_different"]

    def _tell_apart(self, a: str, b: str, ordered: bool, schema: Schema, context: Context) -> Verdict:
        job = self._job(a, b, ordered, context)
        solution = self._worker.call({**job, "statements": schema.statements}, _LIMITS)
        if solution.outcome is not None:
            return Verdict(None, self.engine, f"cannot compare: {solution.outcome} ({solution.message})")
        if solution.answer["is_different"]:
            return Verdict(False, self.engine, solution.answer["witness"])
        return Verdict(None, self.engine, f"not told apart on {solution.answer['databases']} databases")

    def _job(self, a: str, b: str, ordered: bool, context: Context) -> dict[str, object]:
        has_database = sql_world.has_database(context.world, context.root)
        return {
            "queries": (a, b),
            "literals": sorted(sql_names.literals(read(a).tree) | sql_names.literals(read(b).tree)),
            "ordered": ordered,
            "world": dict(context.world) if has_database else None,
            "root": str(context.root) if context.root is not None else None,
            "memory_bytes": _LIMITS.memory_bytes,
        }


def _compiles(text: str, context: Context) -> bool:
    try:
        schema = sql_schema.schema_of(context)
    except UserError:
        return False
    return schema is not None and schema.is_plain and schema.compiles(text)
