"""Tables and columns: which names a query holds, and renaming them in query, definitions and world."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.sql_tokens import RESERVED, words, written
from symbol_llm.solvers import sql_world
from tests.formats.fixture_lines import context

SQL = get("sql")
PETS = context("sql")
TABLES = {
    "pets": {"columns": ["name", "age", "city"], "rows": [["tom", 3, "rome"], ["ann", 5, "oslo"], ["eva", 4, "rome"]]}
}
INLINE = Context("CREATE TABLE pets (name, age, city)", {"tables": TABLES})


def renamed(query: str, **new: str) -> str:
    """Rename with ``t_old=new`` for a table and ``c_old=new`` for a column."""
    kinds = {"t": "table", "c": "column"}
    return SQL.render(SQL.rename(SQL.parse(query), {Name(kinds[k[0]], k[2:]): v for k, v in new.items()}))


def test_names_are_tables_and_columns_only() -> None:
    query = (
        "WITH old AS (SELECT name AS n, age FROM pets) SELECT T1.n, max(T1.age) AS top, U.city, rowid FROM old AS T1 "
        "JOIN owners AS U ON U.name = T1.n WHERE U.city = \"Rome\" AND T1.n LIKE 'x' ORDER BY top"
    )
    assert SQL.names(SQL.parse(query)) == {
        Name("table", "pets"), Name("table", "owners"), Name("column", "name"), Name("column", "age"),
        Name("column", "city"),
    }  # fmt: skip


def test_a_table_and_a_column_of_one_name_are_apart() -> None:
    assert renamed("SELECT pets.pets FROM pets", t_pets="x") == "SELECT x.pets FROM x"
    assert renamed("SELECT pets.pets FROM pets", c_pets="x") == "SELECT pets.x FROM pets"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # an alias of the query stands in the way of the new name
        ("SELECT n.age FROM pets AS n WHERE n.name = 1", "SELECT n_2.n FROM pets AS n_2 WHERE n_2.name = 1"),
        ("SELECT count(*) AS n FROM pets ORDER BY n, age", "SELECT COUNT(*) AS n_2 FROM pets ORDER BY n_2, n"),
        ("WITH n AS (SELECT age FROM pets) SELECT age FROM n", "WITH n_2 AS (SELECT n FROM pets) SELECT n FROM n_2"),
        # a string in double quotes would become the column
        ('SELECT age FROM pets WHERE name = "n"', "SELECT n FROM pets WHERE name = 'n'"),
        # unless it is the column, which SQLite looks for first
        ('SELECT name FROM pets WHERE name = "age"', 'SELECT name FROM pets WHERE name = "n"'),
        # an alias that is spelt like the old name is not the column
        ("SELECT count(*) AS age FROM pets ORDER BY age", "SELECT COUNT(*) AS age FROM pets ORDER BY age"),
        ("SELECT max(age) AS age FROM pets WHERE AGE > 3", "SELECT MAX(n) AS age FROM pets WHERE n > 3"),
        (
            "SELECT q.age FROM (SELECT name AS age FROM pets) AS q",
            "SELECT q.age FROM (SELECT name AS age FROM pets) AS q",
        ),
        ("SELECT q.age FROM (SELECT age FROM pets) AS q", "SELECT q.n FROM (SELECT n FROM pets) AS q"),
        ("SELECT q.age FROM (SELECT * FROM pets) AS q", "SELECT q.n FROM (SELECT * FROM pets) AS q"),
        ("SELECT age FROM pets JOIN owners USING (age)", "SELECT n FROM pets JOIN owners USING (n)"),
        ("SELECT 'age', age(age) FROM pets", "SELECT 'age', AGE(n) FROM pets"),
    ],
)
def test_renaming_is_free_of_capture(query: str, expected: str) -> None:
    assert renamed(query, c_Age="n") == expected


def test_renaming_swaps_and_refuses_to_merge() -> None:
    assert renamed("SELECT a, b FROM t WHERE A > B", c_a="b", c_b="a") == "SELECT b, a FROM t WHERE b > a"
    with pytest.raises(UserError, match="two columns one"):
        renamed("SELECT a, b FROM t", c_a="b")
    assert renamed("SELECT a FROM t", c_a="order") == 'SELECT "order" FROM t'


def test_tables_are_found_in_every_place() -> None:
    query = (
        "SELECT t.a, (SELECT max(a) FROM t) FROM t, (SELECT a FROM t UNION SELECT b FROM u) "
        "WHERE t.a IN (SELECT a FROM t) AND t.a IN t"
    )
    assert "t" not in {token.text for token in words(renamed(query, t_t="zz"))}


def test_glosses_come_from_comments_or_from_the_identifier() -> None:
    gloss = {(name.kind, name.text): name.gloss for name in SQL.defined_names(PETS)}
    assert gloss["table", "pets"] == "animals kept at home"
    assert gloss["column", "name"] == "what it is called"
    assert gloss["column", "owner_id"] == "owner id"
    assert gloss["column", "Fee (yearly)"] == "what the owner pays a year"
    assert [name.text for name in SQL.defined_names(PETS)][:4] == ["pets", "id", "name", "age"]


def test_definitions_are_renamed_byte_for_byte() -> None:
    text = (
        "create table  Pets ( -- the age of Pets\n\tage INT default 3 check(age>0 and length(age) < 9),\n"
        "  `to` varchar(20), [x y] int, unique (age , `to`)\n) -- Pets\n"
        "CREATE TABLE IF NOT EXISTS v(p int REFERENCES Pets (age) ON DELETE CASCADE, "
        "FOREIGN KEY(p) REFERENCES Pets(age)) STRICT;"
    )
    new = {
        Name("table", "pets"): "T9",
        Name("column", "age"): "c1",
        Name("column", "to"): "c2",
        Name("column", "x y"): "c3",
    }
    moved = SQL.rename_context(Context(text), new)
    assert moved.definitions == (
        "create table  T9 ( -- the age of Pets\n\tc1 INT default 3 check(c1>0 and length(c1) < 9),\n"
        "  `c2` varchar(20), [c3] int, unique (c1 , `c2`)\n) -- Pets\n"
        "CREATE TABLE IF NOT EXISTS v(p int REFERENCES T9 (c1) ON DELETE CASCADE, "
        "FOREIGN KEY(p) REFERENCES T9(c1)) STRICT;"
    )
    spelt = {
        Name("table", "T9"): "Pets",
        Name("column", "c1"): "age",
        Name("column", "c2"): "to",
        Name("column", "c3"): "x y",
    }
    assert SQL.rename_context(moved, spelt) == Context(text)


def test_broken_definitions_name_the_line() -> None:
    with pytest.raises(UserError, match="line 2: expected the name of a column"):
        SQL.defined_names(Context("CREATE TABLE t (a,\n , b)"))
    with pytest.raises(UserError, match="line 1"):
        SQL.defined_names(Context("CREATE TABLE t AS SELECT 1"))
    assert SQL.defined_names(Context("| pets_1 | pets : name , age")) == ()


def test_a_world_is_renamed_with_its_definitions(tmp_path: Path) -> None:
    """The renamed query on the renamed tables, or on a renamed copy of the file, returns the same rows."""
    sql_world.connect({"tables": TABLES}).execute("VACUUM INTO ?", [str(tmp_path / "p.sqlite")])
    query = "SELECT name FROM pets WHERE age > 3"
    for world in ({"tables": TABLES}, {"database": "p.sqlite"}):
        where = Context(INLINE.definitions, world, tmp_path)
        for new in ({"pets": "q1", "age": "city", "city": "age"}, {"name": "select"}):
            mapping = {n: new[n.text] for n in SQL.defined_names(where) if n.text in new}
            moved = SQL.rename_context(where, mapping)
            text = SQL.render(SQL.rename(SQL.parse(query), mapping))
            assert SQL.accepts(text, moved), SQL.accepts(text, moved).reason
            assert not SQL.accepts(query, moved) or "age" in new  # swapped names still compile
            rows = sql_world.connect(moved.world, tmp_path).execute(text).fetchall()
            assert rows == [("ann",), ("eva",)]
            inverse = {Name(old.kind, fresh): old.text for old, fresh in mapping.items()}
            assert SQL.rename_context(moved, inverse).world == world


def test_reserved_words_are_quoted_and_read_back() -> None:
    for word in sorted(RESERVED):
        text = f"SELECT t.{written(word)} FROM {written(word)} AS t WHERE {written(word)} > 1"
        assert SQL.accepts(text, Context(f"CREATE TABLE {written(word)} ({written(word)} int)")), word
