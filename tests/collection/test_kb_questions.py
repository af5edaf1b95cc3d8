"""The definitions of the tasks over Freebase, with the names offered beside needed ones, and rows of their files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import collection.sources.kb_questions as kb_questions
from collection.sources.base import Reason, Rejected, Row
from collection.sources.kb_questions import NUM_OTHERS, Vocabulary, read_rows, vocabulary
from collection.sources.upstream_files import upstream_files
from symbol_llm.errors import UserError
from symbol_llm.formats import Context, get
from symbol_llm.formats.base import Name
from symbol_llm.formats.kb_expression import parse
from symbol_llm.record import Split

NAMES = Vocabulary(
    {
        ("relation", "film"): (
            "film.actor.films",
            "film.film.director",
            "film.film.genre",
            "film.film.length",
            "film.film.year",
            "film.film_genre.films",
        ),
        ("class", "film"): ("film.actor", "film.film"),
        ("relation", "food"): ("food.dish.origin",),
    }
)


def test_names_of_the_same_type_are_the_nearest() -> None:
    others = NAMES.others(Name("relation", "film.film.director"))
    assert len(others) == NUM_OTHERS
    assert {other.text for other in others} == {"film.film.genre", "film.film.length", "film.film.year"}
    assert NAMES.others(Name("relation", "food.dish.origin")) == []
    assert NAMES.others(Name("class", "sea.ship")) == []


def test_definitions_depend_on_the_query_alone() -> None:
    tree = parse("(AND film.film (JOIN film.film.director m.0b))")
    shown = NAMES.expression_definitions(tree, {"m.0b": "Ann\n Berg", "m.0c": "not needed"})
    assert shown.splitlines() == [
        "entity m.0b: Ann Berg",
        "relation film.film.director: director",
        "relation film.film.genre: genre",
        "relation film.film.length: length",
        "relation film.film.year: year",
        "class film.actor: actor",
        "class film.film: film",
    ]
    assert shown == NAMES.expression_definitions(tree, {"m.0b": "Ann Berg"})
    kb_sexpr = get("kb_sexpr")
    assert kb_sexpr.accepts("(JOIN film.film.year m.0b)", Context(shown)).holds is True
    assert kb_sexpr.accepts("(JOIN film.actor.films m.0b)", Context(shown)).holds is False


def test_an_entity_without_a_name_stands_alone() -> None:
    tree = parse("(JOIN (R food.dish.origin) g.1a)")
    assert NAMES.expression_definitions(tree, {}).splitlines() == ["entity g.1a", "relation food.dish.origin: origin"]


ROWS = [
    {"sparql": "PREFIX ns: <http://e/>\nns:m.0a ns:a.b.first ?x .\n?x\tns:a.b.second ns:m.0b ;\n\tns:a.b.third ?y ."},
    {"sparql": "?x0 :type.object.type :a.kind . \n?x0 :user.x.default_domain.y.rel $y FILTER (xsd:float(?x) > 1)"},
    {"sparql": "?y ns:type.object.type ns:user.x.kind .", "url": "http://some.site.org/a.b.c", "when": "12:30:15"},
]
KNOWN = {
    ("relation", "a"): ("a.b.first", "a.b.second", "a.b.third"),
    ("relation", "user"): ("user.x.default_domain.y.rel",),
    ("class", "a"): ("a.kind",),
    ("class", "user"): ("user.x.kind",),
}


@pytest.mark.parametrize("chunk", [1, 2, 7, 50, 1 << 20])
def test_the_vocabulary_is_found_in_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """However the text is cut into pieces."""
    monkeypatch.setattr(kb_questions, "_CHUNK", chunk)
    (tmp_path / "q_1.json").write_text(json.dumps(ROWS[:2]))
    (tmp_path / "q_2.json").write_text(json.dumps(ROWS[2:]))
    assert vocabulary(tmp_path, r"q_\d\.json", "q_1.json").names == KNOWN


def rows(folder: Path, text: str) -> list[Row]:
    (folder / "q.json").write_text(text)
    with upstream_files(folder, r"q\.json", "q.json") as files:
        return list(read_rows(files["q.json"], Split.TEST))


def test_rows_that_cannot_be_kept_are_rejected_at_their_place(tmp_path: Path) -> None:
    found = rows(tmp_path, '[{"question": "a"}, 3, {"question": "\\ud800"}, {"question": "b"}]')
    assert [row.index for row in found] == [0, 1, 2, 3]
    assert [isinstance(row.data, Rejected) for row in found] == [False, True, True, False]
    assert {row.data.reason for row in found if isinstance(row.data, Rejected)} == {Reason.MALFORMED_ROW}


@pytest.mark.parametrize(
    ("text", "message"), [('{"a": 1}', "expected a list"), ('[{"a": 1}, {"b"', "not JSON"), ("", "ends too early")]
)
def test_broken_files_say_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        rows(tmp_path, text)
