"""Generated questions over one small table, answered by SQLite.

    Which pets have age above 3?  →  SELECT name FROM pets WHERE age > 3  →  [["ann"], ["tom"]]

Execution accuracy; the tables are in the items themselves.
"""

from __future__ import annotations

from typing import ClassVar

from eval.delegation.spider import EXAMPLES
from eval.delegation.table_answers import TableBenchmark


class Tables(TableBenchmark):
    """The test split of the generated source."""

    name: ClassVar[str] = "tables"
    task: ClassVar[str] = "tables"
    demonstrations: ClassVar = EXAMPLES
