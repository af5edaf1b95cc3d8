"""Conversations over Spider's databases, a row per turn: what SParC and CoSQL share.

    {"database_id": "pets_1", "interaction": [
        {"utterance": "Show all pets.", "query": "SELECT * FROM Pets"},
        {"utterance": "And the old? | Do you mean over 3? | Yes.", "query": "SELECT * FROM Pets WHERE age  > =  3"}],
     "final": {"utterance": "Show the old pets.", "query": "SELECT * FROM Pets WHERE age  >=  3"}}
    ->  input       Yes. || Do you mean over 3? | And the old? | Show all pets.
        completion  SELECT * FROM Pets WHERE age >= 3

The input is written as UnifiedSKG (Xie et al. 2022) does: the last message, then after "||" all earlier ones, the
newest first. With ``with_queries`` each earlier turn brings its SQL: ``Show all pets. -> SELECT * FROM Pets``.

Quirks of the files: several messages of one turn joined by "|" (split here); operators torn apart, such as ``! =``
(joined here, outside literals; SQLite takes them in no other way); databases that only the folders of the sister
datasets hold (looked for there). ``final`` is the goal of a conversation as one question: see ``with_goals``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from collection.sources.base import Example, Reason, Rejected, Row, Source, require
from collection.sources.row_files import read_row_file
from collection.sources.spider_schema import check_layout, schema_text
from symbol_llm.formats.base import Context
from symbol_llm.formats.sql_tokens import scan, squeezed
from symbol_llm.record import Split

_TORN = {"! =": "!=", "> =": ">=", "< =": "<=", "< >": "<>"}


_SISTERS = ("spider", "sparc", "cosql")  # datasets over the same databases


class DialogueSource(Source):
    """Multi-turn text to SQL. The rows of a database are a group.

    ``schema_layout``: "create_table", or "unifiedskg" for one line of tables and columns. ``with_queries``: earlier
    turns are shown with their SQL. ``with_goals``: the goal of each conversation is a row of its own, before the turns.
    """

    format = "sql"
    family = "SQL"
    beside = tuple(f"{name}/database" for name in _SISTERS)
    files: ClassVar[Mapping[str, Split]]
    # The folder that upstream's zip unpacks to (what it holds may also lie right in RAW/<dataset>), and the one in it
    # that has the files.
    archive: ClassVar[str]
    inner: ClassVar[str] = ""

    def __init__(
        self, schema_layout: str = "create_table", *, with_queries: bool = False, with_goals: bool = False
    ) -> None:
        self.schema_layout = check_layout(schema_layout)
        self.with_queries = with_queries
        self.with_goals = with_goals

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Turns of the training file, then of the development file, which is the test split.

        Raises UserError if tables.json or both files are missing, or a file is no JSON array.
        """
        root = self._root(folder)
        require(root, "tables.json")
        for path in require(root / self.inner if (root / self.inner).is_dir() else root, *self.files):
            index = 0
            for dialogue in read_row_file(path, folder, self.files[path.name]):
                for data in self._turns(dialogue.data):
                    yield Row(dialogue.file, index, dialogue.split, data)
                    index += 1

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        """A question with what was said before it. The answer names the query whose result is the gold one."""
        data = row.data
        if not isinstance(data, Mapping) or "turn" not in data:
            return _without_turns(data)
        if not all(isinstance(data.get(field), str) for field in ("database_id", "utterance")):
            return Rejected(Reason.MALFORMED_ROW, "expected text in database_id and utterance")
        if data.get("query") is None:
            return Rejected(Reason.NO_LABEL, "the turn has no query")
        if not isinstance(data["query"], str):
            return Rejected(Reason.MALFORMED_ROW, "expected text in query")
        name, query = data["database_id"], one_line(data["query"])
        request = self.request(data["history"], data["utterance"])
        if not request:
            return Rejected(Reason.EMPTY_INPUT, "the utterance is empty")
        if not query:
            return Rejected(Reason.EMPTY_SYMBOL, "the query is empty")
        root = self._root(folder)
        definitions = schema_text(root / "tables.json", name, self.schema_layout)
        if isinstance(definitions, Rejected):
            return definitions
        places = [place / "database" / name / f"{name}.sqlite" for place in (root, *_sisters(folder))]
        database = next((place for place in places if place.is_file()), None)
        world = {"database": (database or places[0]).relative_to(folder.parent).as_posix()}
        return Example(
            input=request,
            completion=query,
            context=Context(definitions, world),
            answer={"query": query} if database else None,
            group=name,
        )

    def _root(self, folder: Path) -> Path:
        inside = folder / self.archive
        return inside if (inside / "tables.json").is_file() else folder

    def _turns(self, dialogue: Any) -> Iterator[Any]:
        """The data of the rows of one conversation, each with what was said before; itself if it has no turns."""
        turns = dialogue.get("interaction") if isinstance(dialogue, Mapping) else None
        has_goal = self.with_goals and isinstance(turns, list) and "final" in dialogue
        if has_goal:
            yield _turn(dialogue, "final", dialogue["final"], [])
        if not isinstance(turns, list) or not (turns or has_goal):
            yield dialogue
            return
        history: list[dict[str, Any]] = []
        for number, turn in enumerate(turns):
            yield _turn(dialogue, number, turn, list(history))
            if isinstance(turn, Mapping) and isinstance(turn.get("utterance"), str):
                history.append({"utterance": turn["utterance"], "query": turn.get("query")})

    def request(self, history: Sequence[Mapping[str, Any]], utterance: str) -> str:
        """The last message with all that was said before it, or "" if the utterance is empty."""
        now = messages(utterance)
        if not now:
            return ""
        before: list[str] = []
        for turn in history:
            said = messages(turn["utterance"])
            if said and self.with_queries and isinstance(turn["query"], str):
                said[-1] += f" -> {one_line(turn['query'])}"
            before += said
        before += now[:-1]
        return f"{now[-1]} || {' | '.join(reversed(before))}" if before else now[-1]


def _sisters(folder: Path) -> list[Path]:
    return [folder.parent / name for name in _SISTERS if name != folder.name]


def _turn(dialogue: Mapping[str, Any], number: int | str, turn: Any, history: list[dict[str, Any]]) -> dict[str, Any]:
    own = turn if isinstance(turn, Mapping) else {"not_an_object": turn}
    return {**own, "database_id": dialogue.get("database_id"), "turn": number, "history": history}


def _without_turns(dialogue: Any) -> Rejected:
    if isinstance(dialogue, Mapping) and dialogue.get("interaction") == []:
        return Rejected(Reason.NO_LABEL, "the conversation has no turns")
    return Rejected(Reason.MALFORMED_ROW, "expected an object with a list of turns in interaction")


def messages(utterance: str) -> list[str]:
    """The messages that an utterance joins by "|", each in one line without needless spaces."""
    return [line for part in utterance.split("|") if (line := " ".join(part.split()))]


def one_line(query: str) -> str:
    """A query of the files in one line, without comments and final semicolon, its torn operators joined."""
    parts: list[str] = []
    for token in scan(squeezed(query)):
        if token.kind == "mark" and parts[-1:] == [" "] and (joined := _TORN.get("".join(parts[-2:]) + token.text)):
            parts[-2:] = [joined]
        else:
            parts.append(token.text)
    return "".join(parts)
