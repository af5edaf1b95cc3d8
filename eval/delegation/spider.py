"""Spider's development set, answered by SQLite on its databases.

    How many singers do we have?  →  SELECT count(*) FROM singer  →  [[6]]

Execution accuracy. Rows whose database is not in the raw folder are no items.
"""

from __future__ import annotations

from typing import ClassVar

from eval.delegation.base import Demonstration
from eval.delegation.table_answers import TableBenchmark

_LIBRARY = (
    "CREATE TABLE reader (reader_id number PRIMARY KEY, name text, age number)\n"
    "CREATE TABLE loan (loan_id number PRIMARY KEY, reader_id number REFERENCES reader(reader_id), title text)"
)
_WORLD = {
    "tables": {
        "reader": {"columns": ["reader_id", "name", "age"], "rows": [[1, "Ada", 31], [2, "Ben", 12], [3, "Cleo", 58]]},
        "loan": {
            "columns": ["loan_id", "reader_id", "title"],
            "rows": [[1, 1, "Emma"], [2, 1, "Ulysses"], [3, 2, "Emma"]],
        },
    }
}


def _on_library(question: str, query: str) -> Demonstration:
    return Demonstration(question, query, {"query": query}, _LIBRARY, _WORLD)


EXAMPLES = (
    _on_library("How many readers are older than 18?", "SELECT count(*) FROM reader WHERE age > 18"),
    _on_library(
        "Show the name of each reader with the number of books borrowed.",
        "SELECT T1.name , count(*) FROM reader AS T1 JOIN loan AS T2 ON T1.reader_id = T2.reader_id "
        "GROUP BY T1.reader_id",
    ),
    _on_library(
        "Which readers have borrowed nothing? Give their names from old to young.",
        "SELECT name FROM reader WHERE reader_id NOT IN (SELECT reader_id FROM loan) ORDER BY age DESC",
    ),
)


class Spider(TableBenchmark):
    """Questions over the 20 development databases."""

    name: ClassVar[str] = "spider"
    task: ClassVar[str] = "spider"
    files: ClassVar[str] = "dev.json"
    demonstrations: ClassVar = EXAMPLES
