from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.compwebq import COMPWEBQ, one_line
from symbol_llm.errors import UserError
from symbol_llm.formats import get
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
Results = dict[tuple[str, int], Example | Rejected]
TRAIN, DEV, TEST = (f"ComplexWebQuestions_{name}.json" for name in ("train", "dev", "test"))


def read(folder: Path) -> Results:
    rows = COMPWEBQ.read(folder)
    return {(r.file, r.index): r.data if isinstance(r.data, Rejected) else COMPWEBQ.to_example(r, folder) for r in rows}


@pytest.fixture
def results(raw: Path) -> Results:
    return read(raw / "complexwebquestions")


def test_splits_follow_the_files(raw: Path) -> None:
    """The file with s-expressions holds the same rows as the test file, and is not read beside it."""
    assert Counter((row.file, row.split) for row in COMPWEBQ.read(raw / "complexwebquestions")) == {
        (TRAIN, Split.TRAIN): 3,
        (DEV, Split.VALIDATION): 1,
        (TEST, Split.TEST): 6,
    }


def test_a_row_becomes_an_example(results: Results) -> None:
    found = results[TRAIN, 0]
    assert isinstance(found, Example)
    assert found.input == "Where was the ship of Ann Berg built?"
    assert found.completion == (
        "PREFIX ns: <http://rdf.freebase.com/ns/> SELECT DISTINCT ?x WHERE { FILTER (?x != ?c) "
        "FILTER (!isLiteral(?x) OR lang(?x) = '' OR langMatches(lang(?x), 'en')) "
        "?c ns:boats.ship.captain ns:m.0man1 . ?c ns:boats.ship.place_built ?x . }"
    )
    lines = found.context.definitions.splitlines()
    assert lines[0] == "entity m.0man1" and "relation boats.ship.captain: captain" in lines
    assert found.answer == ["m.0port1"] and found.group == "WebQTrn-1"
    assert get("sparql").accepts(found.completion, found.context).holds is True


def test_answers_of_each_split(results: Results) -> None:
    """Objects with ids in train and dev, ids in test; a value has no id; an empty list is no answer."""
    answers = {place: item.answer for place, item in results.items() if isinstance(item, Example)}
    assert answers == {
        (TRAIN, 0): ["m.0port1"],
        (TRAIN, 1): ["m.0boat1", "1970"],
        (DEV, 0): ["m.0boat2"],
        (TEST, 0): ["m.0port2"],
        (TEST, 1): None,
    }


def test_queries_lose_comments_and_nothing_else(results: Results) -> None:
    found = results[TEST, 0]
    assert isinstance(found, Example)
    assert found.completion == (
        "PREFIX ns: <http://rdf.freebase.com/ns/> SELECT DISTINCT ?x WHERE { FILTER (?x != ns:m.0port1) "
        "{ ns:m.0port1 ns:trade.port.ships_to ?x . } UNION { ns:m.0port1 ns:trade.port.buys_from ?x . }"
        "?x ns:location.harbour.country ns:m.0land1 . }"
    )
    text = "#A\nSELECT ?x#b\nWHERE {?x <http://e/#c>\t\t'# d  e' # f\n}  "
    assert one_line(text) == "SELECT ?x WHERE {?x <http://e/#c> '# d  e' }"
    sparql = get("sparql")
    assert sparql.parse(one_line(text)) == sparql.parse(text)


def test_rejects_have_their_reason(results: Results) -> None:
    reasons = {place: item.reason for place, item in results.items() if isinstance(item, Rejected)}
    assert reasons == {
        (TRAIN, 2): Reason.MALFORMED_ROW,  # the answers are a text
        (TEST, 2): Reason.PARSE_ERROR,
        (TEST, 3): Reason.EMPTY_SYMBOL,
        (TEST, 4): Reason.NO_LABEL,
        (TEST, 5): Reason.EMPTY_INPUT,
    }


def test_the_file_with_expressions_serves_alone(raw: Path, tmp_path: Path, results: Results) -> None:
    shutil.copytree(raw / "complexwebquestions" / "sexpr", tmp_path / "sexpr")
    found = read(tmp_path)
    assert len(found) == 6
    alone, beside = found["sexpr/CWQ.test.expr.json", 0], results[TEST, 0]
    assert isinstance(alone, Example) and isinstance(beside, Example) and alone.completion == beside.completion


def test_broken_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ComplexWebQuestions_train"):
        list(COMPWEBQ.read(tmp_path))
    (tmp_path / TEST).write_text("{}")
    with pytest.raises(UserError, match="expected a list"):
        list(COMPWEBQ.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_questions() -> None:
    """Every row is kept, its query in one line means the same, and its names are defined."""
    folder = Path(str(RAW)) / "complexwebquestions"
    language = get("sparql")
    rows = list(COMPWEBQ.read(folder))
    assert len(rows) >= 200
    for number, row in enumerate(rows):
        found = COMPWEBQ.to_example(row, folder)
        assert isinstance(found, Example), found
        assert "\n" not in found.completion and found.answer
        assert language.parse(found.completion) == language.parse(row.data["sparql"])
        if number % 5 == 0:  # rdflib takes its time, and a build asks it about all
            assert language.accepts(found.completion, found.context).holds is True
