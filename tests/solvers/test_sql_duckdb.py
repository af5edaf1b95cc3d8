"""DuckDB in the place of SQLite: the same answers, the same guard."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.formats import Context
from symbol_llm.solvers import Limits, Outcome, Solver, get, sql_duckdb
from symbol_llm.solvers.sql_compare import spider_ts

PETS = Context(
    "",
    {
        "tables": {
            "pets": {"columns": ["name", "age", "kg"], "rows": [["tom", 3, 4], ["ann", 5, 2.5], ["eva", None, None]]}
        }
    },
)


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with get("sql", engine="duckdb") as solver:
        yield solver


@pytest.mark.parametrize(
    "query",
    [
        "SELECT name, age FROM pets ORDER BY age DESC LIMIT 1",
        "SELECT count(*), avg(age), sum(kg) FROM pets",
        "SELECT name FROM pets WHERE age > 3 OR kg IS NULL",
        "SELECT a.name FROM pets AS a JOIN pets AS b ON a.age < b.age",
        "SELECT name FROM pets WHERE name LIKE 't%' UNION SELECT 'x'",
        "WITH old AS (SELECT * FROM pets WHERE age >= 5) SELECT kg FROM old",
    ],
)
def test_the_answers_are_those_of_sqlite(solver: Solver, query: str) -> None:
    with get("sql") as sqlite:
        gold, found = sqlite.solve(query, PETS), solver.solve(query, PETS)
    assert gold.outcome is None and found.outcome is None, found
    assert spider_ts(gold.answer, found.answer) and found.answer["ordered"] == gold.answer["ordered"]
    assert found.engine.startswith("DuckDB ") and found.isolation == "locked"


def test_a_file_is_copied_and_left_alone(solver: Solver, tmp_path: Path) -> None:
    path = tmp_path / "pets.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "my ""pets" (name TEXT, age INT, "a b")')
        connection.execute('INSERT INTO "my ""pets" VALUES (CAST(? AS TEXT), 3, NULL), (NULL, 4, NULL)', (b"Zo\xeb",))
    connection.close()
    before = path.read_bytes()
    context = Context("", {"database": "pets.sqlite"}, tmp_path)
    assert solver.solve('SELECT name, age, "a b" FROM "my ""pets" ORDER BY age', context).answer["rows"] == [
        ["Zo\ufffd", 3, None],
        [None, 4, None],
    ]
    assert path.read_bytes() == before
    with sqlite3.connect(path) as connection:
        connection.execute('DELETE FROM "my ""pets" WHERE age = 3')
    connection.close()
    assert solver.solve('SELECT count(*) FROM "my ""pets"', context).answer["rows"] == [[1]], (
        "a changed file is read anew"
    )


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        ("", Outcome.NO_SYMBOL),
        ("I think it is 3", Outcome.PARSE_ERROR),
        ("SELECT name FROM", Outcome.PARSE_ERROR),
        ("SELECT 1; SELECT 2", Outcome.PARSE_ERROR),
        ("SELECT ?", Outcome.PARSE_ERROR),
        ("SELECT weight FROM pets", Outcome.REJECTED),
        ("SELECT name FROM dogs", Outcome.REJECTED),
        ("SELECT CAST(name AS INT) FROM pets", Outcome.RUNTIME_ERROR),
        ("DROP TABLE pets", Outcome.DENIED),
        ("DELETE FROM pets", Outcome.DENIED),
        ("INSERT INTO pets VALUES ('x', 1, 2)", Outcome.DENIED),
        ("CREATE TABLE x (y INT)", Outcome.DENIED),
        ("ATTACH 'stolen.db' AS s", Outcome.DENIED),
        ("COPY pets TO 'stolen.csv'", Outcome.DENIED),
        ("PRAGMA database_list", Outcome.DENIED),
        ("SET memory_limit = '1TB'", Outcome.DENIED),
        ("INSTALL httpfs", Outcome.DENIED),
        ("SELECT * FROM read_csv('/etc/passwd')", Outcome.DENIED),
        ("SELECT * FROM '/etc/passwd'", Outcome.REJECTED),
        ("SELECT * FROM read_text('/etc/passwd')", Outcome.DENIED),
        ("SELECT * FROM glob('/*')", Outcome.DENIED),
        ("SELECT sum(i) FROM range(100000000000) AS t(i) WHERE hash(i) % 7 = 3", Outcome.CPU_TIMEOUT),
        ("SELECT i FROM range(10000000) AS t(i)", Outcome.OUT_OF_MEMORY),
    ],
)
def test_endings(solver: Solver, query: str, outcome: Outcome) -> None:
    solution = solver.solve(query, PETS, Limits(cpu_seconds=2, wall_seconds=120))
    assert solution.outcome is outcome and solution.answer is None, solution
    assert solver.solve("SELECT count(*) FROM pets", PETS).answer["rows"] == [[3]], "and the table is still there"
    assert not Path("stolen.db").exists() and not Path("stolen.csv").exists()


def test_without_duckdb_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    sql_duckdb.engine.cache_clear()
    try:
        with pytest.raises(EngineMissing, match=r"engine missing: DuckDB .*symbol-llm\[duckdb\]"):
            get("sql", engine="duckdb").engine  # noqa: B018
    finally:
        sql_duckdb.engine.cache_clear()
    with pytest.raises(UserError, match="sqlite, duckdb"):
        get("sql", engine="oracle")
