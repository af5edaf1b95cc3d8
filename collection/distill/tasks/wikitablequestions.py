"""WikiTableQuestions: questions over a table to SQL. Upstream has answers and no queries."""

from __future__ import annotations

from typing import Any

from collection.distill.base import Demonstration, Question, Task
from collection.sources.base import Source
from symbol_llm.solvers.answers import comparator


class WikiTableQuestions(Task):
    """Right is what upstream's evaluator calls the same denotation."""

    name = "wikitablequestions"
    version = "1"
    solver = "sql"
    fence = "sql"
    system = (
        "You answer questions about one table with one SQLite query. Use only the columns of the schema; the texts of "
        "the table are in lower case; rowid counts the rows from 1 in the table's order. Select exactly what is asked "
        "for, in one column. Answer with one fenced code block."
    )
    demonstrations = (
        Demonstration(
            "CREATE TABLE t (\ncol0 text, -- Lake\ncol1 real, -- Depth (m)\ncol2 text -- Country\n)\n"
            "-- its first rows:\n-- blue lake | 120 | chile\n-- long lake | 45 | canada\n\n"
            "which country has the deepest lake?",
            "SELECT col2 FROM t ORDER BY col1 DESC LIMIT 1",
        ),
        Demonstration(
            "CREATE TABLE t (\ncol0 real, -- Year\ncol1 text -- Host\n)\n-- its first rows:\n-- 1990 | oslo\n"
            "-- 1994 | rome\n\nhow many times was it held before 1994?",
            "SELECT COUNT(*) FROM t WHERE col0 < 1994",
        ),
    )

    @property
    def source(self) -> Source:
        # A benchmark's reader, not a task of the collection.
        from collection.sources.wikitablequestions import WIKITABLEQUESTIONS

        return WIKITABLEQUESTIONS

    def agrees(self, answer: Any, question: Question) -> bool | None:
        if not isinstance(answer, dict) or "rows" not in answer:
            return None
        return comparator("wikitq_denotation").same(answer, question.answer)


WIKITABLEQUESTIONS = WikiTableQuestions()
