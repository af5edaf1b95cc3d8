from __future__ import annotations

import sqlite3
import threading
from itertools import permutations
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.formats import Context
from symbol_llm.solvers import Job, Limits, Outcome, get, sql_engine
from symbol_llm.solvers.sql_compare import bird_set, spider_test_suite, spider_ts, strict_list

PETS = Context("", {"tables": {"pets": {"columns": ["name", "age"], "rows": [["tom", 3], ["ann", 5], ["eva", None]]}}})
SHORT = Limits(cpu_seconds=0.5, wall_seconds=60, memory_bytes=1 << 28)


@pytest.fixture(scope="module")
def solver():
    with get("sql") as solver:
        yield solver


@pytest.fixture
def file(tmp_path: Path) -> Context:
    connection = sqlite3.connect(tmp_path / "pets.sqlite")
    connection.execute("CREATE TABLE pets (name TEXT, age INT)")
    connection.execute("INSERT INTO pets VALUES (CAST(? AS TEXT), 3)", (b"Zo\xeb",))
    connection.commit()
    connection.close()
    return Context("", {"database": "pets.sqlite"}, tmp_path)


def test_rows_are_json_and_ordered_is_read_from_the_outer_level(solver) -> None:
    answer = solver.solve("SELECT name, age FROM pets ORDER BY age", PETS).answer
    assert answer == {"columns": 2, "rows": [["eva", None], ["tom", 3], ["ann", 5]], "ordered": True}
    inner = solver.solve("SELECT max(age) FROM (SELECT age FROM pets ORDER BY age)", PETS)
    assert inner.answer == {"columns": 1, "rows": [[5]], "ordered": False}
    assert inner.outcome is None and inner.engine.startswith("SQLite 3") and inner.isolation == "authorizer"
    odd = solver.solve("SELECT x'ff41', 9e999, 0.5", PETS).answer["rows"]
    assert odd == [["\ufffdA", "inf", 0.5]]


def test_a_file_with_broken_text_is_read(solver, file: Context) -> None:
    assert solver.solve("SELECT name FROM pets", file).answer["rows"] == [["Zo\ufffd"]]


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        ("", Outcome.NO_SYMBOL),
        ("I think the answer is 3", Outcome.PARSE_ERROR),
        ("SELECT name FROM", Outcome.PARSE_ERROR),
        ("SELECT 1; SELECT 2", Outcome.PARSE_ERROR),
        ("SELECT ?", Outcome.PARSE_ERROR),
        ("VALUES (1)", Outcome.PARSE_ERROR),
        ("SELECT '\0'", Outcome.PARSE_ERROR),
        ("SELECT '\ud800'", Outcome.PARSE_ERROR),
        ("SELECT weight FROM pets", Outcome.REJECTED),
        ("SELECT name FROM dogs", Outcome.REJECTED),
        ("SELECT median(age) FROM pets", Outcome.REJECTED),
        ("SELECT abs(-9223372036854775807 - 1)", Outcome.RUNTIME_ERROR),
    ],
)
def test_endings(solver, query: str, outcome: Outcome) -> None:
    solution = solver.solve(query, PETS)
    assert solution.outcome is outcome and solution.message and solution.answer is None


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE pets",
        "DELETE FROM pets",
        "UPDATE pets SET age = 0",
        "INSERT INTO pets VALUES ('x', 1)",
        "CREATE TABLE x (y)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "ATTACH DATABASE 'stolen.sqlite' AS s",
        "DETACH DATABASE main",
        "PRAGMA table_info(pets)",
        "PRAGMA writable_schema = ON",
        "SELECT * FROM pragma_table_info('pets')",
        "SELECT load_extension('evil.so')",
        "VACUUM INTO 'copy.sqlite'",
        "BEGIN",
        "ALTER TABLE pets RENAME TO dogs",
        "WITH x AS (SELECT 1) DELETE FROM pets",
    ],
)
def test_anything_but_reading_is_denied(solver, file: Context, query: str) -> None:
    assert file.root
    before = (file.root / "pets.sqlite").read_bytes()
    solution = solver.solve(query, file)
    assert solution.outcome is Outcome.DENIED, solution
    assert (file.root / "pets.sqlite").read_bytes() == before
    assert [path.name for path in file.root.iterdir()] == ["pets.sqlite"]
    assert not Path("stolen.sqlite").exists() and not Path("copy.sqlite").exists()


@pytest.mark.parametrize(
    ("query", "outcomes"),
    [
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            {Outcome.CPU_TIMEOUT},
        ),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
            "SELECT count(*) FROM n a, n b, n c, n d",
            {Outcome.CPU_TIMEOUT},
        ),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            {Outcome.OUT_OF_MEMORY, Outcome.CPU_TIMEOUT},
        ),
        ("SELECT randomblob(1000000000)", {Outcome.OUT_OF_MEMORY}),
        ("SELECT printf('%.*c', 2000000000, 'x')", {Outcome.OUT_OF_MEMORY, Outcome.CPU_TIMEOUT}),
        ("SELECT replace(printf('%.*c', 9000000, 'x'), 'x', 'xxxxxxxxx')", {Outcome.OUT_OF_MEMORY}),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90) "
            "SELECT hex(randomblob(2000000)) FROM n ORDER BY 1",
            {Outcome.OUT_OF_MEMORY, Outcome.CPU_TIMEOUT},
        ),
        (
            "SELECT instr(printf('%.*c', 9000000, 'a'), printf('%.*c', 4000000, 'a') || 'b')",
            {Outcome.CPU_TIMEOUT, Outcome.WALL_TIMEOUT},
        ),
    ],
)
def test_hostile_queries_end(solver, query: str, outcomes: set[Outcome]) -> None:
    assert solver.solve(query, PETS, SHORT).outcome in outcomes
    assert solver.solve("SELECT count(*) FROM pets", PETS).answer["rows"] == [[3]]


def test_a_result_of_too_many_rows_is_no_answer(solver) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n"
    assert solver.solve(query.format(sql_engine.MAX_ROWS + 1), PETS).outcome is Outcome.OUT_OF_MEMORY
    whole = solver.solve(query.format(sql_engine.MAX_ROWS), PETS)
    assert whole.outcome is None and len(whole.answer["rows"]) == sql_engine.MAX_ROWS


def test_the_users_faults_are_user_errors(solver, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names no database"):
        solver.solve("SELECT 1")
    with pytest.raises(UserError, match="no such database"):
        solver.solve("SELECT 1", Context("", {"database": "gone.sqlite"}, tmp_path))
    (tmp_path / "text.sqlite").write_text("not a database, but long enough to have a header " * 9)
    broken = solver.solve("SELECT 1", Context("", {"database": "text.sqlite"}, tmp_path))
    assert broken.outcome is Outcome.SANDBOX_ERROR and "not a database" in broken.message
    ragged = Context("", {"tables": {"t": {"columns": ["a"], "rows": [[1, 2]]}}})
    assert solver.solve("SELECT a FROM t", ragged).outcome is Outcome.SANDBOX_ERROR


def test_file_names_with_special_characters(solver, file: Context) -> None:
    assert file.root
    (file.root / "a?b#c%20.sqlite").write_bytes((file.root / "pets.sqlite").read_bytes())
    odd = Context("", {"database": "a?b#c%20.sqlite"}, file.root)
    assert solver.solve("SELECT age FROM pets", odd).answer["rows"] == [[3]]


def test_a_renamed_copy_leaves_the_file_alone(solver, file: Context) -> None:
    assert file.root
    before = (file.root / "pets.sqlite").read_bytes()
    world = {**file.world, "renamed": {"table": {"PETS": "z9"}, "column": {"Age": "name", "name": "age"}}}
    moved = Context("", world, file.root)
    assert solver.solve("SELECT name FROM z9 WHERE age LIKE 'Zo%'", moved).answer["rows"] == [[3]]
    assert solver.solve("SELECT name FROM pets", moved).outcome is Outcome.REJECTED
    assert (file.root / "pets.sqlite").read_bytes() == before


def test_many_jobs_come_back_in_order_from_several_threads(solver) -> None:
    jobs = [Job(f"SELECT {i} FROM pets LIMIT 1", PETS) for i in range(60)]
    found = [solution.answer["rows"][0][0] for solution in solver.solve_many(jobs, workers=4)]
    assert found == list(range(60))
    solver.close()
    assert solver.solve("SELECT 1", PETS).answer["rows"] == [[1]]
    assert threading.active_count() < 20


# Comparing results


def result(*rows: tuple, ordered: bool = False) -> dict:
    return {"columns": len(rows[0]) if rows else 1, "rows": [list(row) for row in rows], "ordered": ordered}


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        (result((1, "a"), (2, "b")), result(("b", 2), ("a", 1)), (True, False, False)),
        (result((1, "a"), (2, "b")), result((2, "b"), (1, "a")), (True, True, False)),
        (result((1,), (1,), (2,)), result((1,), (2,)), (False, True, False)),
        (result((1,), (2,), ordered=True), result((2,), (1,)), (False, True, False)),
        (result((1, "a"), (2, "b"), ordered=True), result(("a", 1), ("b", 2)), (True, False, False)),
        (result((1,)), result((1.0,)), (True, True, True)),
        (result((1,)), result(("1",)), (False, False, False)),
        (result((0.1 + 0.2,)), result((0.3,)), (True, False, True)),
        (result((0.3001,)), result((0.3,)), (False, False, False)),
        (result((None,)), result((None,)), (True, True, True)),
        # the same values in each column, but not in the same rows
        (result((1, 2), (2, 1)), result((1, 1), (2, 2)), (False, False, False)),
        (result((1, 1), (1, 2)), result((1, 1), (2, 1)), (True, False, False)),
        ({"columns": 1, "rows": [], "ordered": False}, {"columns": 2, "rows": []}, (False, True, True)),
    ],
)
def test_comparators(gold: dict, answer: dict, expected: tuple[bool, bool, bool]) -> None:
    assert (spider_ts(gold, answer), bird_set(gold, answer), strict_list(gold, answer)) == expected


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        (result((1, "a"), (2, "b")), result(("b", 2), ("a", 1)), True),
        (result((1,), (1,), (2,)), result((1,), (2,), (2,)), False),
        (result((1,), (2,), ordered=True), result((2,), (1,)), False),
        # the words "order by" decide, wherever they stand
        ({**result((1,), (2,)), "query": "SELECT a FROM (SELECT a FROM t ORDER BY a)"}, result((2,), (1,)), False),
        ({**result((1,), (2,), ordered=True), "query": "SELECT a FROM t ORDER  BY a"}, result((2,), (1,)), True),
        # empty results are equal whatever their columns; one empty result is not
        ({"columns": 1, "rows": [], "ordered": False}, {"columns": 2, "rows": []}, True),
        ({"columns": 1, "rows": [], "ordered": False}, result((1,)), False),
        (result((1,)), {"columns": 1, "rows": []}, False),
        # all digits count
        (result((0.1 + 0.2,)), result((0.3,)), False),
        (result((1,)), result((1.0,)), True),
        (result((1, 2)), result((1,)), False),
    ],
)
def test_the_rule_of_spiders_test_suites(gold: dict, answer: dict, expected: bool) -> None:
    assert spider_test_suite(gold, answer) is expected


def test_column_permutations_agree_with_trying_them_all() -> None:
    import random

    rng = random.Random(0)
    for _ in range(300):
        rows = [tuple(rng.randint(0, 1) for _ in range(4)) for _ in range(4)]
        order = rng.sample(range(4), 4)
        other = [tuple(row[i] for i in order) for row in rng.sample(rows, 4)]
        if rng.random() < 0.6:
            other[0] = tuple(rng.randint(0, 1) for _ in range(4))
        expected = any(sorted(tuple(r[i] for i in p) for r in other) == sorted(rows) for p in permutations(range(4)))
        assert spider_ts(result(*rows), result(*other)) == expected


def test_wide_results_of_equal_columns_are_compared_at_once() -> None:
    rows = [tuple([i % 2] * 30) for i in range(50)]
    other = [*rows[:-1], tuple([0] * 29 + [1])]
    assert spider_ts(result(*rows), result(*reversed(rows)))
    assert not spider_ts(result(*rows), result(*other))
