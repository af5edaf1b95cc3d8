"""Spider: questions over 200 databases, each with its SQL query.

    {"db_id": "pets_1", "question": "How many pets are over 3?", "query": "SELECT count(*) FROM pets WHERE age  >  3"}
    ->  definitions  CREATE TABLE Pets (PetID number PRIMARY KEY, age number, …)
        completion   SELECT count(*) FROM pets WHERE age > 3
        world        {"database": "spider/database/pets_1/pets_1.sqlite"}

Upstream's unpacked zip: train_spider.json, train_others.json, dev.json, tables.json and
``database/<db_id>/<db_id>.sqlite``.
dev.json is the test split, as everywhere in the literature; the hidden test set is not read. Files with only
question, query and db_id (train_spider.stripped.json) are read, too.

Quirks of the files: double spaces around operators and final semicolons in queries (squeezed here); columns of one
name in different case within a database (SQLite ignores case: the first spelling is taken); sqlite_sequence and a
foreign key twice in tables.json (left out). Where a database is missing the row is kept with the schema of
tables.json and has no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

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
from collection.sources.spider_schema import check_layout, schema_text
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.sql_tokens import squeezed
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
        self.schema_layout = check_layout(schema_layout)

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
        definitions = schema_text(folder / "tables.json", name, self.schema_layout)
        if isinstance(definitions, Rejected):
            return definitions
        database = f"{self.upstream.dataset}/database/{name}/{name}.sqlite"
        has_database = (folder / "database" / name / f"{name}.sqlite").is_file()
        return Example(
            input=question,
            completion=query,
            context=Context(definitions, {"database": database}),
            answer={"query": query} if has_database else None,
            group=name,
        )


SPIDER = Spider()
