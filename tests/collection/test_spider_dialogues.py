"""What SParC and CoSQL share: turns as rows, the request with its history, torn operators, where databases lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.cosql import COSQL, Cosql
from collection.sources.sparc import SPARC, Sparc
from collection.sources.spider_dialogues import DialogueSource, messages, one_line
from symbol_llm.errors import UserError
from symbol_llm.formats import get
from symbol_llm.record import Split
from tests.collection.sql_dialogues import results

SQL = get("sql")


def requests(source: DialogueSource, folder: Path) -> list[str]:
    """The inputs of all good rows."""
    return [item.input for item in results(source, folder).values() if isinstance(item, Example)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT a FROM t WHERE b ! =   1", "SELECT a FROM t WHERE b != 1"),
        ("SELECT a FROM t WHERE b > =1 AND c <  = 2 ;", "SELECT a FROM t WHERE b >=1 AND c <= 2"),
        ("SELECT a FROM t WHERE b < > 1", "SELECT a FROM t WHERE b <> 1"),
        ("SELECT a FROM t WHERE b >  -1 AND c = 2", "SELECT a FROM t WHERE b > -1 AND c = 2"),
        ("SELECT a FROM t WHERE b = '! =  x' AND \"> =\" = 1", "SELECT a FROM t WHERE b = '! =  x' AND \"> =\" = 1"),
        ("SELECT count ( * ) \n FROM t", "SELECT count ( * ) FROM t"),
        (" ; ", ""),
    ],
)
def test_torn_operators_are_joined_outside_literals(query: str, expected: str) -> None:
    assert one_line(query) == expected
    assert not expected or SQL.parses(expected)


def test_messages_of_one_turn() -> None:
    assert messages(" show the dogs |  | all\u00a0of  them? | yes ") == ["show the dogs", "all of them?", "yes"]
    assert messages(" | ") == []


def test_earlier_queries_by_option(raw: Path) -> None:
    plain, full = Sparc(), Sparc(with_queries=True)
    assert requests(plain, raw / "sparc")[1] == "Which of them are apples? || Show all trees."
    assert requests(full, raw / "sparc")[:3] == [
        "Show all trees.",
        "Which of them are apples? || Show all trees. -> SELECT * FROM tree",
        "How tall are they? || Which of them are apples? -> SELECT * FROM tree WHERE kind = 'apple' "
        "| Show all trees. -> SELECT * FROM tree",
    ]
    # The query belongs to the last message of its turn; a turn without one is shown as it is.
    dialogue = requests(Cosql(with_queries=True, with_goals=True), raw / "cosql")
    assert "|| just names -> SELECT name FROM cake | Which attribute? | Show" in dialogue[5]
    last = requests(full, raw / "sparc")[-1]
    assert last.endswith("| From which trees? | What was picked in 2020? -> SELECT * FROM harvest WHERE year = 2020")


def test_the_other_schema_layout(raw: Path) -> None:
    source = Sparc(schema_layout="unifiedskg")
    example = source.to_example(next(iter(source.read(raw / "sparc"))), raw / "sparc")
    assert isinstance(example, Example)
    layout = "| orchard | tree : tree_id , kind , height | harvest : tree_id , year , kilos"
    assert example.context.definitions == layout
    with pytest.raises(UserError, match="create_table, unifiedskg"):
        Cosql(schema_layout="xml")


@pytest.mark.parametrize("place", ["", "cosql_dataset"])
def test_the_folders_of_the_zip(raw: Path, tmp_path: Path, place: str) -> None:
    """Files in sql_state_tracking/, at the top or in cosql_dataset/, give the same examples."""
    root = tmp_path / "cosql" / place
    (root / "sql_state_tracking").mkdir(parents=True)
    for name in COSQL.files:
        shutil.copy(raw / "cosql" / name, root / "sql_state_tracking" / name)
    shutil.copy(raw / "cosql" / "tables.json", root)
    shutil.copytree(raw / "sparc" / "database", root / "database")
    rows = list(COSQL.read(tmp_path / "cosql"))
    assert [(row.split, row.data) for row in rows] == [(row.split, row.data) for row in COSQL.read(raw / "cosql")]
    assert rows[0].file == str(Path(place) / "sql_state_tracking" / "cosql_train.json")
    example = COSQL.to_example(rows[0], tmp_path / "cosql")
    assert isinstance(example, Example) and example.answer is not None
    where = Path("cosql") / place / "database" / "orchard" / "orchard.sqlite"
    assert example.context.world == {"database": str(where)} and (tmp_path / where).is_file()


def test_broken_files_say_so(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tables\.json"):
        list(SPARC.read(tmp_path))
    shutil.copy(raw / "sparc" / "tables.json", tmp_path)
    with pytest.raises(UserError, match=r"train\.json, dev\.json"):
        list(SPARC.read(tmp_path))
    (tmp_path / "dev.json").write_text('{"rows": []}')
    with pytest.raises(UserError, match=r"dev\.json: expected a list"):
        list(SPARC.read(tmp_path))
    whole = json.dumps(json.loads((raw / "sparc" / "dev.json").read_text(encoding="utf-8")))
    (tmp_path / "dev.json").write_text(whole[:-40])
    read = []
    with pytest.raises(UserError, match="truncated"):
        for row in SPARC.read(tmp_path):
            read.append(row)
    assert len(read) == 14, "the sequences before the fault are read"


def test_strange_rows_are_rejected_one_by_one(raw: Path, tmp_path: Path) -> None:
    turn = {"utterance": "?", "query": "SELECT 1"}
    dialogues = [
        7,
        {"database_id": None, "interaction": [turn]},
        {"database_id": "bakery", "interaction": [{"utterance": "?", "query": ["SELECT"]}, turn], "final": 3},
        {"database_id": "bakery", "interaction": [{"utterance": "\ud800", "query": "SELECT 1"}]},
    ]
    shutil.copy(raw / "sparc" / "tables.json", tmp_path)
    (tmp_path / "dev.json").write_text(json.dumps(dialogues))
    source = Sparc(with_goals=True)
    items = results(source, tmp_path).values()
    assert [item.reason if isinstance(item, Rejected) else item.input for item in items] == [
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW,  # the goal
        Reason.MALFORMED_ROW,
        "? || ?",
        Reason.MALFORMED_ROW,  # half a surrogate pair is no text
    ]


def test_a_schema_in_another_form_is_a_missing_context(tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text('[{"db_id": "x", "table_names_original": ["t"]}]')
    data = {"database_id": "x", "utterance": "?", "query": "SELECT 1", "turn": 0, "history": []}
    rejected = SPARC.to_example(Row("dev.json", 0, Split.TEST, data), tmp_path)
    assert isinstance(rejected, Rejected) and rejected.reason is Reason.MISSING_CONTEXT
