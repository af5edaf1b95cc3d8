"""CoSQL: dialogues between a user and a database expert over Spider's databases, with the SQL of each turn.

    {"final": {"utterance": "What are the names of the dogs?", "query": "SELECT name FROM Dogs"},
     "database_id": "kennels", "interaction": [
        {"utterance": "Show the dogs | All attributes? | just names", "query": "SELECT name FROM Dogs"}]}
    ->  input       just names || All attributes? | Show the dogs
        completion  SELECT name FROM Dogs

Upstream's unpacked zip: sql_state_tracking/cosql_train.json and cosql_dev.json, tables.json, database/, at the top or
in a folder cosql_dataset/; the two files may lie beside tables.json as well. cosql_dev.json is the test split; the
hidden test set and the files on dialogue acts and responses are not read.

``final``, the goal that the user was given, is a question of its own with its own query (it differs from the last
turn's in 261 of 293 dialogues of cosql_dev.json), and so a row without history, as in UnifiedSKG. How turns become
rows: spider_dialogues.py. One query upstream has a stray parenthesis and is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from collection.sources.base import Licence, Prompt, Upstream
from collection.sources.spider_dialogues import DialogueSource
from symbol_llm.record import Split


class Cosql(DialogueSource):
    task = "cosql"
    files: ClassVar[Mapping[str, Split]] = {"cosql_train.json": Split.TRAIN, "cosql_dev.json": Split.TEST}
    archive = "cosql_dataset"
    inner = "sql_state_tracking"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="cosql",
        url="https://yale-lily.github.io/cosql",
        revision="1.0",
        citation="Yu et al. 2019. CoSQL: A Conversational Text-to-SQL Challenge Towards Cross-Domain Natural Language "
        "Interfaces to Databases. EMNLP.",
        sizes={"train dialogues": 2_164, "test dialogues": 293},
    )
    prompt = Prompt(
        instructions=(
            "Write the SQL query that answers the user's latest message in this dialogue.",
            "Translate the newest message of the conversation into an SQL query over the schema.",
            "A user talks with a database expert. Give the SQL query that the expert should run now.",
            "Given the tables and the dialogue so far, turn what the user wants into SQL.",
            "What does the user want to know at this point? Answer with an SQLite query.",
            "Read the schema and the conversation, then express the current request in SQL.",
            "Convert the current request of the dialogue into a SELECT statement that fits the schema.",
            "Which SQL query fetches what the user asks for, given what was said before?",
            "Compose the SQL query for this turn of the dialogue. Use only the tables and columns shown.",
            "Track the dialogue and write the query for its latest turn.",
        ),
        definitions_label="The database schema is:",
        input_label="The message (after || the earlier ones, newest first) is:",
        cue="The corresponding SQL for the message is:",
    )


COSQL = Cosql(with_goals=True)
