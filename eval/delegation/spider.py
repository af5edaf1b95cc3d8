"""Spider's development set, answered by SQLite on its databases.

    How many singers do we have?  →  SELECT count(*) FROM singer  →  [[6]]

Execution accuracy. Rows whose database is not in the raw folder are no items.
"""

from __future__ import annotations

from typing import ClassVar

from eval.delegation.table_answers import TableBenchmark


class Spider(TableBenchmark):
    """Questions over the 20 development databases."""

    name: ClassVar[str] = "spider"
    task: ClassVar[str] = "spider"
