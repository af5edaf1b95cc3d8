"""SParC: sequences of related questions over Spider's databases, each with its SQL query.

    {"database_id": "pets_1", "interaction": [
        {"utterance": "How many dogs are there?", "query": "SELECT count(*) FROM pets WHERE pettype  =  'dog'"},
        {"utterance": "And how many cats?", "query": "SELECT count(*) FROM pets WHERE pettype  =  'cat'"}],
     "final": {…}}
    ->  input       And how many cats? || How many dogs are there?
        completion  SELECT count(*) FROM pets WHERE pettype = 'cat'

Upstream's unpacked zip: train.json, dev.json, tables.json, database/, at the top or in a folder sparc/. dev.json is the
test split; the hidden test set is not read. ``final`` repeats the last turn in 410 of 422 sequences of dev.json and is
left out unless asked for. How turns become rows: spider_dialogues.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from collection.sources.base import Licence, Prompt, Upstream
from collection.sources.spider_dialogues import DialogueSource
from symbol_llm.record import Split


class Sparc(DialogueSource):
    task = "sparc"
    files: ClassVar[Mapping[str, Split]] = {"train.json": Split.TRAIN, "dev.json": Split.TEST}
    archive = "sparc"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="sparc",
        url="https://yale-lily.github.io/sparc",
        revision="1.0",
        citation="Yu et al. 2019. SParC: Cross-Domain Semantic Parsing in Context. ACL.",
        sizes={"train sequences": 3_034, "test sequences": 422},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question into an SQL query; earlier questions, if any, tell what it refers to.",
            "Write the SQL query for the newest question of this sequence.",
            "Given the tables and the questions asked so far, turn the newest one into SQL.",
            "A user asks a series of questions about a database. Give the SQL query for the current one.",
            "Answer the latest question with an SQLite query over the tables below.",
            "Express the current question in SQL. It may lean on earlier ones.",
            "Read the schema and the sequence of questions, then write SQL for the newest question.",
            "Convert what the user asks now into a SELECT statement that fits the schema.",
            "Which SQL query retrieves what the user now asks for from this database?",
            "Compose SQL for the current question, using only the tables and columns shown.",
        ),
        definitions_label="The database schema is:",
        input_label="The question (after || the earlier ones, newest first) is:",
        cue="The corresponding SQL for the question is:",
    )


SPARC = Sparc()
