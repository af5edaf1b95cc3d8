"""Plain queries are accepted on SQLite's word alone, so what is plain and compiles must be read by sql_syntax.py."""

from __future__ import annotations

import inspect
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import sqlglot.parser
import sqlglot.tokens
from hypothesis import HealthCheck, given, settings

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, get, sql, sql_schema
from symbol_llm.formats.sql_plain import is_plain
from symbol_llm.formats.sql_schema import Schema, schema_of
from symbol_llm.formats.sql_syntax import _complaint, dialect, read
from symbol_llm.formats.sql_tokens import RESERVED
from tests.formats.fixture_lines import lines
from tests.formats.sql_queries import SCHEMA, queries

SQL = get("sql")
WHERE = Context(SCHEMA)


def check(text: str, schema: Schema) -> bool:
    """Whether a text is accepted unread. If it is, it must be readable; read without the cache."""
    if not (is_plain(text) and schema.is_plain and schema.compiles(text)):
        return False
    try:
        read.__wrapped__(text)
    except SymbolError as error:
        raise AssertionError(text) from error
    return True


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name FROM t WHERE a > 3",
        "select T1.id , sum(T2.a) from t as T1 join u as T2 on T1.id = T2.t_id group by T1.id having count ( * ) > 1;",
        "SELECT name FROM t\nWHERE name LIKE '%a''b%' AND a NOT IN (SELECT a FROM u)\n  ORDER BY a DESC LIMIT 3",
        "SELECT max(a), min(b) FROM t WHERE name = \"New York\" OR name != 'é'",
        "SELECT a FROM t LEFT JOIN u ON t.id = u.t_id EXCEPT SELECT b - 1 FROM t WHERE a BETWEEN 1 AND 2.5",
    ],
)
def test_ordinary_queries_are_accepted_without_a_tree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text.replace("SELECT a FROM t LEFT", "SELECT t.a FROM t LEFT")
    monkeypatch.setattr(sql, "read", None)
    verdict = SQL.accepts(text, WHERE)
    assert verdict.holds is True and verdict.reason == "compiles on the schema"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE b = +1",  # sqlglot drops the plus
        "SELECT 'a' 'b'",  # SQLite's alias
        "SELECT DISTINCT 'a' 'b' FROM t",
        "SELECT a FROM t WHERE b = ?",
        "SELECT a FROM t WHERE b = :x",
        "SELECT a FROM t WHERE b = $x",
        "VALUES (1)",
        "PRAGMA table_info(t)",
        "SELECT 1; SELECT 2",
        "INSERT INTO t VALUES (1, 2, 3, 4)",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "ATTACH 'x' AS y",
        "EXPLAIN SELECT 1",
        "; SELECT a FROM t",
        "SELECT a FROM t LIMIT 1 = 1",
        "SELECT a FROM t WHERE a BETWEEN 1 < 2 AND 3",
        "SELECT a FROM t WHERE a IN (1) * 2",
        "SELECT a FROM t WHERE a NOT NULL / 2",
        "END",
        "SELECT a FROM t WHERE " + "NOT " * 150 + "a",  # deeper than sqlglot may be asked
        "SELECT " + "(" * 21 + "a" + ")" * 21 + " FROM t",
        "SELECT a FROM t\ufeff",
        "\u212aelvin",
    ],
)
def test_what_only_sqlite_takes_is_refused(text: str) -> None:
    verdict = SQL.accepts(text, WHERE)
    assert verdict.holds is False and verdict.reason


def test_names_that_are_keywords_elsewhere_are_left_to_the_reader() -> None:
    for name, text in (("like", "SELECT - like 'a' FROM t"), ("left", "SELECT t.x FROM t, left JOIN t AS u")):
        where = Context(f'CREATE TABLE t (x, "{name}"); CREATE TABLE "{name}" (x)')
        schema = schema_of(where)
        assert schema and schema.compiles(text) and not schema.is_plain
        assert SQL.accepts(text, where).holds is SQL.parses(text)


def test_a_view_may_nest_more_deeply_than_a_query() -> None:
    deep = " AND ".join(["x"] * 300)
    schema = sql_schema._of_statements(("CREATE TABLE t (x)", f"CREATE VIEW v AS SELECT {deep} AS y FROM t"))
    assert not schema.compiles("SELECT y FROM v") and schema.refusal("SELECT y FROM v") == ""
    assert not schema.compiles(f"SELECT {deep} FROM t"), "the limit holds again"


def test_a_database_that_comes_later_is_found(tmp_path: Path) -> None:
    where = Context("", {"database": "d.sqlite"}, tmp_path)
    assert SQL.accepts("SELECT x FROM t", where).holds is None
    sqlite3.connect(tmp_path / "d.sqlite").executescript("CREATE TABLE t (x)")
    assert SQL.accepts("SELECT x FROM t", where).holds is True


# Random queries


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(queries())
def test_any_plain_query_is_read(query: str) -> None:
    schema = schema_of(WHERE)
    assert schema
    check(query, schema)


_WORDS = "select distinct all from where and or not in like between is null join inner left outer on as group by having"
_MORE = "order asc desc limit offset union intersect except exists case when then else end count sum avg min max length"
_SIGNS = "( ) , . * = < > <= >= <> != == - / ; + || 'a' \"x\" '%a%' '' 'it''s' 1 0 5.5 10 007 a x T1 t u"
_PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+(?:\.\d+)?|[<>=!|]+|\S")


def changed_queries(count: int, seed: int, names: list[str]) -> Iterator[tuple[str, Schema]]:
    """Queries with words changed, dropped, doubled and swapped, on schemas with these names among theirs."""
    rng = Random(seed)
    words = [*_WORDS.split(), *_MORE.split(), *_SIGNS.split(), *_SIGNS.split()]
    valid = [_PIECE.findall(text) for text in lines("sql", "valid.txt")]
    for number in range(count):
        if number % 200 == 0:
            own = rng.sample(names, 6)
            columns = ", ".join(f'"{name}"' for name in dict.fromkeys(["a", "x", "name", *own]))
            schema = sql_schema._of_statements.__wrapped__(
                tuple(f'CREATE TABLE "{table}" ({columns})' for table in dict.fromkeys(["t", "u", *own[:2]]))
            )
        if rng.random() < 0.4:
            text = list(rng.choice(valid))
        else:
            text = ["select", *rng.choices([*words, *own], k=rng.randint(1, 9)), "from", rng.choice(["t", "u", own[0]])]
        for place, word in enumerate(text):
            if word.isidentifier() and word.lower() not in words:
                is_table = text[place - 1].lower() in ("from", "join")
                text[place] = rng.choice(["t", "u", *own[:2]] if is_table else ["a", "x", "name", *own])
        for _ in range(rng.randint(0, 2)):
            place, word = rng.randrange(len(text)), rng.choice([*words, *own])
            text[place : place + rng.randint(0, 1)] = rng.choice([[word], [word], []])
            text = text or ["select"]
        yield "".join(word + rng.choice([" ", " ", " ", "", "\n", "  "]) for word in text), schema


def known_words() -> list[str]:
    """Every word that stands in sqlglot's tables or its parser's text, and SQLite's keywords."""
    kinds = type(dialect())
    found = {word for key in kinds.tokenizer_class.KEYWORDS for word in key.lower().split()} | set(RESERVED)
    for module in (sqlglot.parser, sqlglot.tokens):
        quoted = re.findall(r"[\"']([A-Za-z_ ]+)[\"']", inspect.getsource(module))
        found |= {word for text in quoted for word in text.lower().split()}
    found |= {name.lower() for name in kinds.parser_class.FUNCTIONS}
    return sorted(word for word in found if re.fullmatch(r"[a-z_]\w*", word) and not word.startswith("sqlite_"))


def test_changed_queries_that_are_plain_are_read() -> None:
    checked = [check(text, schema) for text, schema in changed_queries(6_000, 0, known_words())]
    assert sum(checked) > 100


@pytest.mark.full
def test_many_changed_queries_that_are_plain_are_read() -> None:
    checked = [check(text, schema) for text, schema in changed_queries(150_000, 1, known_words())]
    assert sum(checked) > 3_000


_OPERANDS = "a|t.b|1|2.5|'x'|\"y\"|null|count(*)|max(a)|(b)|(select 1)|(select a from u)|-a|- 1|(a, b)|(1, 2)|(a and b)"
_OPERATORS = (
    "=|==|<>|<|>=|-|*|/|and|or|is|is not|in|not in|like|not like|between|not between|not|,|as|limit|is distinct from|"
    "union|union all|except|then|else|end|when|case when a then b end|order by|group by|having|where|desc|join|on|"
    "from t"
)
_CLAUSES = """
    select E from t
    select a from t where E
    select t.a from t join u on E
    select a from t group by E
    select a from t group by a having E
    select a from t order by E
    select a from t where a between E and E
    select a from t where a in (E)
    select case when E then E end from t
    select count(*) from t where E order by E limit 3
    select (select E from u) from t
    select max(E) from t
    select a from (select E from t) as q
"""


def random_expressions(count: int, seed: int) -> Iterator[str]:
    """Queries whose expressions are operands and operators in any order."""
    rng = Random(seed)
    operands, operators = _OPERANDS.split("|"), _OPERATORS.split("|")
    clauses = [line.strip() for line in _CLAUSES.strip().split("\n")]

    def expression() -> str:
        parts = [rng.choice(["not", "-", "distinct"])] if rng.random() < 0.15 else []
        for number in range(rng.choice([1, 2, 2, 3, 3, 4])):
            parts += [rng.choice(operators)] * (number > 0) + [rng.choice(operands)] * (rng.random() < 0.9)
        return " ".join(parts)

    for _ in range(count):
        yield re.sub(r"\bE\b", lambda _: expression(), rng.choice(clauses))


@pytest.mark.parametrize(
    ("count", "least"), [(10_000, 300), pytest.param(300_000, 10_000, marks=pytest.mark.full)], ids=["few", "many"]
)
def test_random_expressions_that_are_plain_are_read(count: int, least: int) -> None:
    schema = schema_of(WHERE)
    assert schema
    assert sum(check(text, schema) for text in random_expressions(count, count)) > least


# A word as a column, a table, an alias, a keyword.
_PLACES = """
    SELECT W FROM t
    SELECT DISTINCT W, x FROM t
    SELECT t.W, T1.W FROM t JOIN t AS T1
    SELECT count(W) FROM t
    SELECT x W FROM t
    SELECT W a FROM t
    SELECT W - 1, 1 - W, W * 2, W / W, -W FROM t
    SELECT 'a' W FROM t
    SELECT (x) W FROM t
    SELECT W.x FROM t W
    SELECT CASE WHEN W THEN W ELSE W END W FROM t
    SELECT x FROM t WHERE W
    SELECT x FROM t WHERE W = 'a' OR x = W
    SELECT x FROM t WHERE x > W AND W < 3
    SELECT x FROM t WHERE W IN (1) OR W NOT IN (SELECT W FROM t)
    SELECT x FROM t WHERE W LIKE 'a'
    SELECT x FROM t WHERE W BETWEEN 1 AND 2
    SELECT x FROM t WHERE x BETWEEN W AND W
    SELECT x FROM t WHERE W IS NOT NULL
    SELECT x FROM t WHERE NOT W
    SELECT x FROM t WHERE x W y
    SELECT x FROM t WHERE x = y W
    SELECT x FROM t GROUP BY W
    SELECT x FROM t GROUP BY x W
    SELECT x FROM t GROUP BY x HAVING W > 1
    SELECT x FROM t ORDER BY W
    SELECT x FROM t ORDER BY x W
    SELECT x FROM t ORDER BY x, W LIMIT 1
    SELECT x FROM t LIMIT 1 W
    SELECT W .x FROM t W
    SELECT x FROM t W WHERE x = W\t.x
    SELECT x FROM t LIMIT W
    SELECT W x FROM t
    SELECT x W y FROM t
    SELECT W.* FROM W
    SELECT x FROM W WHERE x = 1
    SELECT x FROM W GROUP BY x
    SELECT x FROM W ORDER BY x LIMIT 1
    SELECT x FROM W UNION SELECT y FROM W
    SELECT W.x FROM W JOIN t ON W.x = t.x
    SELECT x FROM t, W
    SELECT x FROM W, t
    SELECT x FROM t JOIN W
    SELECT x FROM W LEFT JOIN t ON 1
    SELECT x FROM t W JOIN t a ON W.x = a.x
    SELECT x FROM t W LEFT JOIN t a ON 1
    SELECT x FROM t W WHERE W.x = 1
    SELECT x FROM t W ORDER BY x
    SELECT x FROM t AS W JOIN t
    SELECT x FROM (SELECT x FROM t) W
    SELECT x FROM t JOIN t b ON x = y W
    SELECT x FROM t UNION W SELECT y FROM t
"""


@pytest.mark.full
def test_every_word_that_sqlglot_knows() -> None:
    """Grammar is all that counts here: a name that SQLite misses could be in another schema."""
    num_read = 0
    for word in known_words():
        for place in _PLACES.strip().split("\n"):
            text = re.sub(r"\bW\b", word, place.strip())
            if not is_plain(text) or _complaint(text):
                continue
            read.__wrapped__(text)
            num_read += 1
    assert num_read > 20_000
