"""WikiSQL's test set, answered by SQLite on the table of the question.

    Who hiked over 9 km?  →  SELECT col0 FROM table_1_77_2 WHERE col1 > 9  →  [["ann lee"]]

Execution accuracy: the rows are compared with those of the gold query, on the table as upstream's database holds it
(text in lower case). Rows whose table is not in the raw folder are no items.
"""

from __future__ import annotations

from typing import ClassVar

from eval.delegation.base import Demonstration
from eval.delegation.table_answers import TableBenchmark

_HIKES = "CREATE TABLE table_9_1 (\ncol0 text, -- Hiker\ncol1 real, -- Distance (km)\ncol2 text -- Region\n)"
_WORLD = {
    "tables": {
        "table_9_1": {
            "columns": ["col0", "col1", "col2"],
            "types": ["text", "real", "text"],
            "rows": [["ann lee", 12.5, "tyrol"], ["tom ray", 9, "tyrol"], ["ida wu", 21, "lapland"]],
        }
    }
}


def _on_hikes(question: str, query: str) -> Demonstration:
    return Demonstration(question, query, {"query": query}, _HIKES, _WORLD)


class WikiSql(TableBenchmark):
    """15,878 items with the whole test file and its tables."""

    name: ClassVar[str] = "wikisql"
    task: ClassVar[str] = "wikisql"
    demonstrations: ClassVar = (
        _on_hikes(
            "Who hiked more than 10 km in Tyrol?", "SELECT col0 FROM table_9_1 WHERE col1 > 10 AND col2 = 'tyrol'"
        ),
        _on_hikes("How many hikers were in Lapland?", "SELECT COUNT(col0) FROM table_9_1 WHERE col2 = 'lapland'"),
        _on_hikes("What is the longest distance of Tom Ray?", "SELECT MAX(col1) FROM table_9_1 WHERE col0 = 'tom ray'"),
    )
