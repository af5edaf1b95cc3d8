"""Tables: generated questions over one small table, each with its SQL query.

    definitions  CREATE TABLE pets (name, age, city)
    input        Which pets of city rome have age above 3?
    completion   SELECT name FROM pets WHERE city = 'rome' AND age > 3
    world        {"tables": {"pets": {"columns": ["name", "age", "city"], "rows": [["tom", 4, "rome"], …]}}}

A table has a label, a category and a number column in any order; labels and numbers are distinct within a table, so
that "the highest" is one row. Every query returns something, and a condition leaves something out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from collection.sources.base import Example, GeneratedSource, Prompt, Rejected, Row
from symbol_llm.formats.base import Context
from symbol_llm.record import Split

_CITIES = ("rome", "paris", "oslo", "lima", "cairo")
_COLORS = ("red", "blue", "green", "black", "white")
_PEOPLE = ("tom", "ann", "max", "eva", "sam", "ida", "leo", "mia")


class _Theme(NamedTuple):
    """What a table may be about. Categories and numbers are alternatives: one of each becomes a column."""

    table: str
    item: str
    label: str
    labels: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    numbers: tuple[str, ...]


_THEMES = (
    _Theme("pets", "pet", "name", _PEOPLE, {"city": _CITIES, "color": _COLORS}, ("age", "weight")),
    _Theme("players", "player", "name", _PEOPLE, {"team": _COLORS, "city": _CITIES}, ("score", "age")),
    _Theme("workers", "worker", "name", _PEOPLE, {"city": _CITIES, "team": _COLORS}, ("salary", "age")),
    _Theme("cars", "car", "owner", _PEOPLE, {"color": _COLORS, "city": _CITIES}, ("speed", "price")),
    _Theme("books", "book", "title", ("sea", "moon", "fire", "home", "war", "rain"),
           {"author": _PEOPLE, "color": _COLORS}, ("pages", "price")),
    _Theme("songs", "song", "title", ("sun", "love", "night", "road", "snow", "rain"),
           {"singer": _PEOPLE, "city": _CITIES}, ("year", "length")),
    _Theme("shops", "shop", "name", ("north", "star", "lake", "hill", "park", "corner"),
           {"city": _CITIES, "owner": _PEOPLE}, ("size", "staff")),
    _Theme("boats", "boat", "name", ("swan", "wind", "star", "wave", "shark", "pearl"),
           {"port": _CITIES, "color": _COLORS}, ("length", "speed")),
    _Theme("fruits", "fruit", "name", ("apple", "pear", "plum", "fig", "grape", "lemon"),
           {"color": _COLORS, "seller": _PEOPLE}, ("price", "weight")),
    _Theme("rooms", "room", "name", ("hall", "attic", "study", "kitchen", "cellar", "office"),
           {"color": _COLORS, "owner": _PEOPLE}, ("size", "price")),
)  # fmt: skip
_MOST = 20  # numbers run from 1 to this


class _Table(NamedTuple):
    """A table in play: its theme, the chosen columns, and the rows as (label, category, number)."""

    theme: _Theme
    category: str
    number: str
    rows: list[tuple[str, str, int]]


def _compared(table: _Table, rows: list[tuple[str, str, int]], rng: Random) -> tuple[str, str]:
    """A condition on the number that some but not all of these rows meet: its words and its SQL."""
    numbers = sorted(number for _, _, number in rows)
    pivot = rng.choice(numbers[:-1])
    if rng.random() < 0.5:
        return rng.choice(("above", "over", "more than")) + f" {pivot}", f"{table.number} > {pivot}"
    pivot = rng.choice(numbers[1:])
    return rng.choice(("below", "under", "less than")) + f" {pivot}", f"{table.number} < {pivot}"


def _shared(table: _Table, rng: Random, least: int) -> tuple[str, list[tuple[str, str, int]]]:
    """A category with at least so many rows, but not all of them, and its rows."""
    groups: dict[str, list[tuple[str, str, int]]] = {}
    for row in table.rows:
        groups.setdefault(row[1], []).append(row)
    fitting = [name for name, rows in groups.items() if least <= len(rows) < len(table.rows)]
    name = rng.choice(fitting)
    return name, groups[name]


Made = tuple[str, str]  # question, query


def _one_label(t: _Table, rng: Random) -> Made:
    label, _, _ = rng.choice(t.rows)
    wanted = rng.choice((t.category, t.number))
    words = rng.choice(("What is the {} of {}?", "Tell the {} of {}.", "Give the {} of {}."))
    return words.format(wanted, label), f"SELECT {wanted} FROM {t.theme.table} WHERE {t.theme.label} = '{label}'"


def _by_number(t: _Table, rng: Random) -> Made:
    words, condition = _compared(t, t.rows, rng)
    form = rng.choice(("Which {} have {} {}?", "List {} with {} {}.", "Show the {} with {} {}."))
    return form.format(t.theme.table, t.number, words), f"SELECT {t.theme.label} FROM {t.theme.table} WHERE {condition}"


def _by_category(t: _Table, rng: Random) -> Made:
    value, _ = _shared(t, rng, 1)
    form = rng.choice(("Which {} have {} {}?", "List {} with {} {}.", "Show all {} of {} {}."))
    query = f"SELECT {t.theme.label} FROM {t.theme.table} WHERE {t.category} = '{value}'"
    return form.format(t.theme.table, t.category, value), query


def _by_both(t: _Table, rng: Random) -> Made:
    value, rows = _shared(t, rng, 2)
    words, condition = _compared(t, rows, rng)
    form = rng.choice(("Which {} of {} {} have {} {}?", "List {} with {} {} and {} {}."))
    query = f"SELECT {t.theme.label} FROM {t.theme.table} WHERE {t.category} = '{value}' AND {condition}"
    return form.format(t.theme.table, t.category, value, t.number, words), query


def _between(t: _Table, rng: Random) -> Made:
    low, high = sorted(rng.sample(sorted(number for _, _, number in t.rows)[:-1], 2))
    form = rng.choice(("Which {} have {} from {} to {}?", "List {} with {} between {} and {}."))
    query = f"SELECT {t.theme.label} FROM {t.theme.table} WHERE {t.number} BETWEEN {low} AND {high}"
    return form.format(t.theme.table, t.number, low, high), query


def _count_where(t: _Table, rng: Random) -> Made:
    if rng.random() < 0.5:
        words, condition = _compared(t, t.rows, rng)
        what = f"{t.number} {words}"
    else:
        value, _ = _shared(t, rng, 1)
        what, condition = f"{t.category} {value}", f"{t.category} = '{value}'"
    form = rng.choice(("How many {} have {}?", "Count the {} with {}.", "What number of {} have {}?"))
    return form.format(t.theme.table, what), f"SELECT COUNT(*) FROM {t.theme.table} WHERE {condition}"


def _total_where(t: _Table, rng: Random) -> Made:
    value, _ = _shared(t, rng, 1)
    word, function = rng.choice((("total", "SUM"), ("average", "AVG"), ("highest", "MAX"), ("lowest", "MIN")))
    form = rng.choice(("What is the {} {} for {} {}?", "Give the {} {} of {} {}."))
    query = f"SELECT {function}({t.number}) FROM {t.theme.table} WHERE {t.category} = '{value}'"
    return form.format(word, t.number, t.category, value), query


def _extreme(t: _Table, rng: Random) -> Made:
    word, function = rng.choice((("highest", "MAX"), ("lowest", "MIN"), ("average", "AVG"), ("total", "SUM")))
    form = rng.choice(("What is the {} {} of {}?", "Give the {} {} of all {}."))
    return form.format(word, t.number, t.theme.table), f"SELECT {function}({t.number}) FROM {t.theme.table}"


def _first(t: _Table, rng: Random) -> Made:
    word, order = rng.choice((("highest", " DESC"), ("most", " DESC"), ("lowest", ""), ("least", "")))
    form = rng.choice(("Which {} has the {} {}?", "Name the {} with the {} {}."))
    query = f"SELECT {t.theme.label} FROM {t.theme.table} ORDER BY {t.number}{order} LIMIT 1"
    return form.format(t.theme.item, word, t.number), query


def _sorted(t: _Table, rng: Random) -> Made:
    word, order = rng.choice((("lowest", ""), ("highest", " DESC")))
    form = rng.choice(("List all {} by {}, {} first.", "Sort the {} by {}, {} first."))
    query = f"SELECT {t.theme.label} FROM {t.theme.table} ORDER BY {t.number}{order}"
    return form.format(t.theme.table, t.number, word), query


def _per_category(t: _Table, rng: Random) -> Made:
    word, term = rng.choice(
        (
            (f"How many {t.theme.table}", "COUNT(*)"),
            (f"What is the highest {t.number}", f"MAX({t.number})"),
            (f"What is the total {t.number}", f"SUM({t.number})"),
        )
    )
    form = rng.choice(("{} for each {}?", "{} per {}?"))
    return form.format(word, t.category), f"SELECT {t.category}, {term} FROM {t.theme.table} GROUP BY {t.category}"


def _common(t: _Table, rng: Random) -> Made:
    form = rng.choice(("Which {} has more than one {}?", "Show each {} with several {}."))
    noun = t.theme.item if "one" in form else t.theme.table
    query = f"SELECT {t.category} FROM {t.theme.table} GROUP BY {t.category} HAVING COUNT(*) > 1"
    return form.format(t.category, noun), query


def _different(t: _Table, rng: Random) -> Made:
    form = rng.choice(("Show each different {} of the {}.", "Give every {} of {} once."))
    return form.format(t.category, t.theme.table), f"SELECT DISTINCT {t.category} FROM {t.theme.table}"


_SHAPES: dict[str, Callable[[_Table, Random], Made]] = {
    "one label": _one_label,
    "by number": _by_number,
    "by category": _by_category,
    "by both": _by_both,
    "between": _between,
    "count where": _count_where,
    "total where": _total_where,
    "extreme": _extreme,
    "first": _first,
    "sorted": _sorted,
    "per category": _per_category,
    "common": _common,
    "different": _different,
}
# Shapes without a value have few different rows: they are drawn less often.
_RARE = {"extreme", "first", "sorted", "common", "different", "per category"}
_WEIGHTS = [1 if name in _RARE else 2 for name in _SHAPES]


class Tables(GeneratedSource):
    """Text to SQL on one small table."""

    task = "tables"
    format = "sql"
    family = "SQL"
    sizes: Mapping[Split, int] = {Split.TRAIN: 8000, Split.VALIDATION: 100, Split.TEST: 300}
    prompt = Prompt(
        instructions=(
            "Write the SQL for the question.",
            "Turn the question into SQL.",
            "Translate the question into SQL.",
            "Give an SQL query for this.",
            "Answer with an SQL query.",
            "Ask the table in SQL.",
            "Query the table with SQL.",
            "Express the question in SQL.",
        ),
        input_label="The question is:",
        cue="The SQL is:",
    )

    def generate(self, split: Split, index: int, rng: Random) -> dict[str, Any]:
        """A table with its rows, a question and its query."""
        theme = rng.choice(_THEMES)
        category, number = rng.choice(sorted(theme.categories)), rng.choice(theme.numbers)
        size = rng.randint(4, 6)
        values = rng.sample(theme.categories[category], rng.randint(2, 3))
        # One value twice, another once, at least: shapes need a shared one and one that leaves rows out.
        drawn = [values[0], values[0], values[1], *rng.choices(values, k=size - 3)]
        rng.shuffle(drawn)
        rows = list(zip(rng.sample(theme.labels, size), drawn, rng.sample(range(1, _MOST + 1), size)))
        shape = rng.choices(list(_SHAPES), _WEIGHTS)[0]
        question, query = _SHAPES[shape](_Table(theme, category, number, rows), rng)
        order = rng.sample(range(3), 3)
        columns = [(theme.label, category, number)[i] for i in order]
        cells = [[row[i] for i in order] for row in rows]
        return {
            "question": question, "query": query, "shape": shape,
            "table": theme.table, "columns": columns, "rows": cells,
        }  # fmt: skip

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        """The question with its table; the answer names the query whose result is the gold one."""
        data = row.data
        definitions = f"CREATE TABLE {data['table']} ({', '.join(data['columns'])})"
        world = {"tables": {data["table"]: {"columns": data["columns"], "rows": data["rows"]}}}
        return Example(
            input=data["question"],
            completion=data["query"],
            context=Context(definitions, world),
            answer={"query": data["query"]},
            group=f"{row.file}/{row.index}",  # every question has a table of its own
        )


TABLES = Tables()
