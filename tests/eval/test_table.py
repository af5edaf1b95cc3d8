from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Barrier

import pytest

from eval.backends.gold import GoldBackend
from eval.delegate import open_solver, run_delegation
from eval.delegation import get, table_answers
from eval.delegation.base import Item
from symbol_llm.formats import Context
from symbol_llm.solvers import SOLVERS, Outcome, Solution
from symbol_llm.solvers.sql import SqlSolver

FIXTURES = Path(__file__).parent.parent / "collection" / "fixtures" / "raw"
RAW = os.environ.get("SYMBOL_LLM_RAW")


@pytest.fixture(scope="module")
def solver() -> Iterator[SqlSolver]:
    with SqlSolver(workers=1) as solver:
        yield solver


def outcome(benchmark, solver: SqlSolver, output: str, item: Item) -> Outcome | None:
    symbol = benchmark.extract(output)
    assert symbol
    solution = solver.solve(symbol, item.context)
    return (benchmark.judge(solution, item) if solution.outcome is None else solution).outcome


def test_gold_queries_are_correct_and_a_missing_database_is_no_item(solver: SqlSolver) -> None:
    spider = get("spider")
    items = list(spider.items(FIXTURES))
    assert [item.group for item in items] == ["harbour", "bakery", "bakery", "bakery"]  # lighthouse has no file
    found = [outcome(spider, solver, item.symbol, item) for item in items]
    assert found == [Outcome.CORRECT] * 3 + [Outcome.REJECTED]  # the last gold query names an unknown column


def test_other_queries_are_judged_by_what_they_return(solver: SqlSolver) -> None:
    spider = get("spider")
    ships, price, cakes, broken = spider.items(FIXTURES)

    def ends(output: str, item: Item) -> Outcome | None:
        return outcome(spider, solver, output, item)

    assert ends("```sql\nSELECT harbour, ship_id FROM ship ORDER BY tons DESC;\n```", ships) is Outcome.CORRECT
    assert ends("SELECT ship_id, harbour FROM ship ORDER BY tons", ships) is Outcome.WRONG  # the gold query orders
    assert ends("SELECT name FROM cake ORDER BY name", cakes) is Outcome.CORRECT  # here it does not
    assert ends('SELECT "Price_(euro)" FROM cake ORDER BY 1 DESC LIMIT 1', price) is Outcome.CORRECT
    assert ends("SELECT name FROM cake LIMIT 2", cakes) is Outcome.WRONG
    assert ends("SELECT taste FROM cake", cakes) is Outcome.REJECTED
    assert ends("DROP TABLE cake", cakes) is Outcome.DENIED
    assert ends("SELECT name FROM cake", broken) is Outcome.GOLD_ERROR


def test_an_answer_of_another_kind_is_bad() -> None:
    tables = get("tables")
    item = next(tables.items(None))
    assert tables.judge(Solution(None, answer=3), item).outcome is Outcome.BAD_ANSWER


def test_generated_items_are_correct_under_their_gold_queries(solver: SqlSolver) -> None:
    tables = get("tables")
    items = list(islice(tables.items(None), 60))
    assert Counter(outcome(tables, solver, item.symbol, item) for item in items) == {Outcome.CORRECT: 60}
    assert all(isinstance(item.context, Context) and "SELECT" not in item.prompt for item in items)
    assert tables.scene == "table" and tables.solver == "sql"


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_gold_queries_are_all_correct(solver: SqlSolver) -> None:
    spider = get("spider")
    items = list(spider.items(Path(str(RAW))))
    assert items
    assert Counter(outcome(spider, solver, item.symbol, item) for item in items) == {Outcome.CORRECT: len(items)}


def test_as_many_gold_queries_run_at_once_as_workers_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two gold queries wait for each other before they run: with one after the other no run would end. The rows are
    those of a run with one worker."""
    tables = get("tables")
    monkeypatch.setattr(table_answers, "_CACHED_RESULTS", 3)
    run_gold = run_delegation([tables], GoldBackend(), tmp_path / "one", limit=40, workers=1)
    meeting, queries, solve = Barrier(2), set(), tables._gold_solver.solve
    together = []

    def wait_for_another(query: str, context: Context) -> Solution:
        if query not in queries and len(queries) < 2:
            queries.add(query)
            together.append(meeting.wait(60))
        return solve(query, context)

    fresh = type(tables)()
    monkeypatch.setattr(fresh._gold_solver, "solve", wait_for_another)
    document = run_delegation([fresh], GoldBackend(), tmp_path / "two", limit=40, workers=2)
    assert sorted(together) == [0, 1] and len(fresh._gold_solver._pool._workers) == (os.cpu_count() or 1)
    stored = [
        {row["id"]: {**row, "seconds": 0} for row in map(json.loads, (path / "delegate/tables.jsonl").open())}
        for path in (tmp_path / "one", tmp_path / "two")
    ]
    assert stored[0] == stored[1] and len(stored[0]) == 40
    assert document["scenes"]["table"][0]["accuracy"] == run_gold["scenes"]["table"][0]["accuracy"] == 1.0


@pytest.mark.parametrize("name", SOLVERS)
def test_solvers_open_for_so_many_jobs(name: str) -> None:
    with open_solver(name, 3) as opened:
        sizes = {"python": lambda: opened.size, "sql": lambda: len(opened._pool._workers)}  # type: ignore[attr-defined]
        assert opened.name == name and sizes.get(name, lambda: 3)() == 3
