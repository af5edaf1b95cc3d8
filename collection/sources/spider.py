"""Spider: questions over 200 databases, each with its SQL query.

    {"db_id": "pets_1", "question": "How many pets are over 3?", "query": "SELECT count(*) FROM pets WHERE age  >  3"}
    ->  definitions  CREATE TABLE Pets (PetID number PRIMARY KEY, age number, …)
        completion   SELECT count(*) FROM pets WHERE age > 3
        world        {"database": "spider/database/pets_1/pets_1.sqlite"}

Upstream's unpacked zip: train_spider.json, train_others.json, dev.json, tables.json, database/<db_id>/<db_id>.sqlite.
dev.json is the test split, as everywhere in the literature; the hidden test set is not read. Files with only
question, query and db_id (train_spider.stripped.json) are read, too.

Quirks of the files: double spaces around operators and final semicolons in queries (squeezed here); columns of one
name in different case within a database (SQLite ignores case: the first spelling is taken); sqlite_sequence and a
foreign key twice in tables.json (left out). Where a database is missing the row is kept with the schema of
tables.json and has no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    read_json,
    require,
)
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.sql_tokens import fold, squeezed, written
from symbol_llm.record import Split

_FILES = {
    "train_spider.json": Split.TRAIN,
    "train_spider.stripped.json": Split.TRAIN,
    "train_others.json": Split.TRAIN,
    "dev.json": Split.TEST,
}


class Spider(Source):
    """Text to SQL. ``schema_layout``: "create_table", or "unifiedskg" for one line of tables and columns."""

    task = "spider"
    format = "sql"
    family = "SQL"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="spider",
        url="https://yale-lily.github.io/spider",
        revision="1.0",
        citation="Yu et al. 2018. Spider: A Large-Scale Human-Labeled Dataset for Complex and Cross-Domain Semantic "
        "Parsing and Text-to-SQL Task. EMNLP.",
        sizes={"train": 8659, "test": 1034},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question into an SQL query over the given database schema.",
            "Write the SQL query that answers the question on this database.",
            "Given the tables of a database, turn the question into SQL.",
            "Answer the question with an SQLite query over the tables below.",
            "Convert the request into a SELECT statement that fits the schema.",
            "You are given a database schema and a question. Give the SQL query for it.",
            "Formulate the question as SQL, using the tables and columns defined here.",
            "Which SQL query retrieves what the question asks for from this database?",
            "Read the schema, then express the question in SQL.",
            "Compose an SQL query for the question. Use only the tables and columns shown.",
        ),
        definitions_label="The database schema is:",
        input_label="The question is:",
        cue="The corresponding SQL for the question is:",
    )

    def __init__(self, schema_layout: str = "create_table") -> None:
        if schema_layout not in _LAYOUTS:
            raise UserError(f"unknown schema layout {schema_layout!r}: choose one of {', '.join(_LAYOUTS)}")
        self.schema_layout = schema_layout

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Rows of the training files, then of dev.json. Raises UserError if tables.json or all of them are missing."""
        require(folder, "tables.json")
        for path in require(folder, *_FILES):
            rows = read_json(path)
            if not isinstance(rows, list):
                raise UserError(f"{path}: expected a list of rows, as upstream's files are")
            for index, data in enumerate(rows):
                yield Row(path.name, index, _FILES[path.name], data)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        """A question with the schema of its database. The answer names the query whose result is the gold one."""
        data = row.data
        fields = ("question", "query", "db_id")
        if not isinstance(data, Mapping) or not all(isinstance(data.get(name), str) for name in fields):
            return Rejected(Reason.MALFORMED_ROW, f"expected text in {', '.join(fields)}")
        name, question, query = data["db_id"], " ".join(data["question"].split()), squeezed(data["query"])
        if not question:
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if not query:
            return Rejected(Reason.EMPTY_SYMBOL, "the query is empty")
        schema = _schemas(folder / "tables.json").get(name)
        if schema is None:
            return Rejected(Reason.MISSING_CONTEXT, f"database {name!r} is not in tables.json")
        try:
            definitions = _LAYOUTS[self.schema_layout](schema)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            return Rejected(Reason.MISSING_CONTEXT, f"tables.json describes {name!r} in another form: {error!r}")
        database = f"{self.upstream.dataset}/database/{name}/{name}.sqlite"
        has_database = (folder / "database" / name / f"{name}.sqlite").is_file()
        return Example(
            input=question,
            completion=query,
            context=Context(definitions, {"database": database}),
            answer={"query": query} if has_database else None,
            group=name,
        )


@lru_cache(maxsize=4)
def _schemas(path: Path) -> dict[str, dict[str, Any]]:
    entries = read_json(path)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "db_id" in entry for entry in entries):
        raise UserError(f"{path}: expected a list of databases with db_id, as upstream's tables.json is")
    return {entry["db_id"]: entry for entry in entries}


def create_tables(schema: Mapping[str, Any]) -> str:
    """A database of tables.json as CREATE TABLE statements, one a line, with types and keys."""
    tables, columns = _names(schema)
    types = schema["column_types"]
    keys = [key if isinstance(key, list) else [key] for key in schema["primary_keys"]]  # a list: a composite key
    parents: dict[int, list[str]] = {}
    for child, parent in schema["foreign_keys"]:
        table, column = columns[parent]
        if table >= 0 and tables[table]:
            reference = f"REFERENCES {written(tables[table])}({written(column)})"
            if reference not in parents.setdefault(child, []):
                parents[child].append(reference)
    lines = []
    for number, table_name in enumerate(tables):
        if not table_name:
            continue
        own = [i for i, (table, _) in enumerate(columns) if table == number]
        primary = [i for key in keys if key[0] in own for i in key]
        items = []
        for i in own:
            words = [written(columns[i][1]), types[i]]
            words += ["PRIMARY KEY"] if primary == [i] else []
            items.append(" ".join(words + parents.get(i, [])))
        if len(primary) > 1:
            items.append(f"PRIMARY KEY ({', '.join(written(columns[i][1]) for i in primary)})")
        lines.append(f"CREATE TABLE {written(table_name)} ({', '.join(items)})")
    return "\n".join(lines)


def unifiedskg(schema: Mapping[str, Any]) -> str:
    """A database as UnifiedSKG writes it, without its hints of cell values: ``| db | table : col , col | …``."""
    parts = [f"| {schema['db_id']}"]
    for number, table in enumerate(schema["table_names_original"]):
        columns = [name for owner, name in schema["column_names_original"] if owner == number]
        parts.append(f"{table} : {' , '.join(columns)}")
    return " | ".join(parts).lower()


_LAYOUTS = {"create_table": create_tables, "unifiedskg": unifiedskg}


def _names(schema: Mapping[str, Any]) -> tuple[list[str], list[tuple[int, str]]]:
    """Tables ("" for SQLite's own) and (table number, column) pairs, each name in one spelling."""
    spelling: dict[str, str] = {}
    columns = [(table, spelling.setdefault(fold(name), name)) for table, name in schema["column_names_original"]]
    tables = ["" if fold(name).startswith("sqlite_") else name for name in schema["table_names_original"]]
    return tables, columns


SPIDER = Spider()
