"""Judging SQL by what it returns: the answer of the query against that of the gold query.

    gold  SELECT name FROM pets WHERE age > 3       [["ann"]]
    model SELECT T1.name FROM pets AS T1 WHERE 3 < T1.age   [["ann"]]   correct

Both run in the same solver with the same limits. Results are compared by ``spider_ts``: rows as often, columns in
any order, rows in order if the gold query orders its outermost level.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from typing import ClassVar

from eval.delegation.base import Benchmark, Item, judged_equal
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.sql import SqlSolver
from symbol_llm.solvers.sql_compare import spider_ts

_CACHED_RESULTS = 1_000


class TableBenchmark(Benchmark):
    """A benchmark whose gold answer is what the gold query returns."""

    scene: ClassVar[str] = "table"
    solver: ClassVar[str] = "sql"
    language: ClassVar[str] = "sql"

    def __init__(self) -> None:
        # Its processes start when they are needed: as many as queries are judged at once.
        self._gold_solver = SqlSolver(workers=os.cpu_count() or 1)
        self._results: OrderedDict[str, Solution] = OrderedDict()

    def judge(self, solution: Solution, item: Item) -> Solution:
        """CORRECT or WRONG; BAD_ANSWER without rows; GOLD_ERROR where the gold query itself fails."""
        answer = solution.answer
        if not isinstance(answer, dict) or not {"columns", "rows"} <= answer.keys():
            return solution.judged(Outcome.BAD_ANSWER, "a query result has columns and rows")
        gold = self._gold(item)
        if gold.outcome is not None:
            return solution.judged(Outcome.GOLD_ERROR, f"the gold query fails: {gold.outcome} ({gold.message})")
        return judged_equal(solution, spider_ts(gold.answer, answer))

    def _gold(self, item: Item) -> Solution:
        """The result of the gold query; queries of one database repeat, so results are kept."""
        query = item.answer["query"]
        key = json.dumps([query, dict(item.context.world)], sort_keys=True)
        result = self._results.get(key)
        if result is None:  # two threads may both work it out, which gives the same result
            result = self._results[key] = self._gold_solver.solve(query, item.context)
            if len(self._results) > _CACHED_RESULTS:
                self._results.popitem(last=False)
        return result
