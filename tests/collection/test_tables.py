from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from collection.prompts import render
from collection.sources.base import Example
from collection.sources.tables import TABLES
from symbol_llm.record import Split
from symbol_llm.solvers import sql_world


def rows(limit: int = 1500) -> list:
    return list(islice(TABLES.read(Path()), limit))


def example(row) -> Example:
    made = TABLES.to_example(row, Path())
    assert isinstance(made, Example)
    return made


def test_every_query_returns_something_and_leaves_something_out() -> None:
    for row in rows():
        made = example(row)
        connection = sql_world.connect(made.context.world)
        found = connection.execute(made.completion).fetchall()
        assert found and found not in ([(0,)], [(None,)]), made
        if " WHERE " in made.completion:
            table = row.data["table"]
            condition = made.completion.split(" WHERE ")[1]
            kept = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()[0]
            assert 0 < kept < len(row.data["rows"])


def test_numbers_are_distinct_so_that_an_order_is_one() -> None:
    for row in rows(300):
        for column in zip(*row.data["rows"]):
            if isinstance(column[0], int):
                assert len(set(column)) == len(column)


def test_shapes_are_many_and_prompts_short() -> None:
    drawn = rows(2000)
    assert len(Counter(row.data["shape"] for row in drawn)) == 13
    made = [example(row) for row in drawn]
    assert len({(item.context.definitions, item.input, item.completion) for item in made}) > 1800
    assert max(len(item.completion) for item in made) < 80
    assert max(len(render(TABLES.prompt, item, "tables", "train", 0).text) for item in made) < 200
    assert made[0].context.definitions.startswith("CREATE TABLE ")


def test_a_row_depends_on_seed_and_place_alone() -> None:
    assert rows(20) == rows(20)
    assert [row.data for row in rows(20)] != [row.data for row in islice(TABLES.read(Path(), seed=1), 20)]
    assert Counter(row.split for row in TABLES.read(Path())) == {
        Split.TRAIN: 8000,
        Split.VALIDATION: 100,
        Split.TEST: 300,
    }
