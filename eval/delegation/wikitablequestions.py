"""WikiTableQuestions' test set, answered by SQLite on the table of the question.

    which hiker came after ann lee?  →  SELECT col0 FROM table_204_590 WHERE rowid = (SELECT …)  →  "tom ray"

What counts is the denotation of upstream's evaluator: as many values as the gold answer has, each a number, date or
text that matches, in any order. The values of a result are those of its first column. Upstream gives no queries, so
there is no gold symbol.
"""

from __future__ import annotations

from typing import ClassVar

from eval.delegation.base import Benchmark, Demonstration, Item
from symbol_llm.solvers.answers import judge
from symbol_llm.solvers.outcome import Outcome, Solution

_RACES = (
    "CREATE TABLE table_1_2 (\ncol0 real, -- Year\ncol1 text, -- Winner\ncol2 real, -- Starters\n"
    "col3 text -- Place\n)\n"
    "-- its first rows:\n-- 2001 | ida wu | 1200 | graz\n-- 2002 | tom ray | 950 | linz\n-- 2003 | ida wu | 1310 | graz"
)
_WORLD = {
    "tables": {
        "table_1_2": {
            "columns": ["col0", "col1", "col2", "col3"],
            "types": ["real", "text", "real", "text"],
            "rows": [[2001, "ida wu", 1200, "graz"], [2002, "tom ray", 950, "linz"], [2003, "ida wu", 1310, "graz"]],
        }
    }
}


def _on_races(question: str, query: str, *values: str) -> Demonstration:
    return Demonstration(question, query, {"values": list(values), "canon": list(values)}, _RACES, _WORLD)


class WikiTableQuestions(Benchmark):
    """4,344 items with the whole file of unseen tables."""

    name = task = "wikitablequestions"
    where = "collection.sources.wikitablequestions:WIKITABLEQUESTIONS"
    scene = "table"
    solver = "sql"
    language = "sql"
    files = "data/pristine-unseen-tables.tsv"
    no_gold = "upstream gives answers without queries"
    demonstrations: ClassVar = (
        _on_races("how many races did ida wu win?", "SELECT COUNT(*) FROM table_1_2 WHERE col1 = 'ida wu'", "2"),
        _on_races(
            "who won the race before the one with the most starters?",
            "SELECT col1 FROM table_1_2 WHERE rowid = (SELECT rowid - 1 FROM table_1_2 ORDER BY col2 DESC LIMIT 1)",
            "tom ray",
        ),
        _on_races(
            "which places had over 1,000 starters?", "SELECT DISTINCT col3 FROM table_1_2 WHERE col2 > 1000", "graz"
        ),
    )

    def judge(self, solution: Solution, item: Item) -> Solution:
        answer = solution.answer
        if not isinstance(answer, dict) or "rows" not in answer:
            return solution.judged(Outcome.BAD_ANSWER, "a query result has rows")
        return judge(solution, item.answer, "wikitq_denotation")
