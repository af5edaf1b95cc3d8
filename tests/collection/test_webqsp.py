from __future__ import annotations

import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.webqsp import WEBQSP
from symbol_llm.errors import UserError
from symbol_llm.formats import get
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
Results = dict[tuple[str, int], Example | Rejected]


def read(folder: Path) -> Results:
    rows = WEBQSP.read(folder)
    return {(r.file, r.index): r.data if isinstance(r.data, Rejected) else WEBQSP.to_example(r, folder) for r in rows}


@pytest.fixture
def results(raw: Path) -> Results:
    return read(raw / "webqsp")


def example(results: Results, index: int, file: str = "WebQSP.train.json") -> Example:
    found = results[file, index]
    assert isinstance(found, Example), found
    return found


def test_a_row_becomes_an_example(results: Results) -> None:
    found = example(results, 0)
    assert found.input == "in which harbour was the Albatross built?"
    assert found.completion == "(JOIN (R boats.ship.place_built) m.0boat1)"
    assert found.answer == ["m.0port1"]
    lines = found.context.definitions.splitlines()
    assert lines[0] == "entity m.0boat1: Albatross" and "relation boats.ship.place_built: place built" in lines
    assert len(lines) == 5  # and three other relations of ships
    assert get("kb_sexpr").accepts(found.completion, found.context).holds is True


def test_a_question_is_one_row(raw: Path) -> None:
    """WebQTrn-11 is in the merged file too: it is read from upstream's own, and the other gives the entities' names."""
    rows = list(WEBQSP.read(raw / "webqsp"))
    assert Counter((row.file, row.split) for row in rows) == {
        ("WebQSP.train.json", Split.TRAIN): 11,
        ("generation/merged/WebQSP_train.json", Split.TRAIN): 1,
        ("WebQSP.train.partial.json", Split.TRAIN): 1,
        ("generation/merged/WebQSP_test.json", Split.TEST): 5,
    }
    (row,) = (row for row in rows if row.file == "generation/merged/WebQSP_train.json")
    assert row.index == 1 and row.data["ID"] == "WebQTrn-13"


def test_the_first_complete_parse_that_converts_is_taken_with_its_answers(results: Results) -> None:
    found = example(results, 1)
    assert found.completion == "(JOIN (R trade.port.ships_to) m.0port1)" and found.answer == ["m.0port2"]


@pytest.mark.parametrize(
    ("index", "expression"),
    [
        (2, "(JOIN (R boats.command.captain) (TC (JOIN (R boats.ship.captains) m.0boat1) boats.command.from NOW))"),
        (3, "(ARGMAX (JOIN (R trade.port.ships_built) m.0port1) boats.ship.launched)"),
        (
            4,
            '(AND (JOIN boats.ship.hull "Wood") '
            "(AND (JOIN boats.ship.class m.0kind1) (JOIN (R trade.port.ships_built) m.0port1)))",
        ),
        # A manual query without union converts as well.
        (
            10,
            "(AND (JOIN location.harbour.country m.0land1) "
            "(JOIN (R boats.voyage.harbour) (JOIN (R boats.ship.voyages) m.0boat3)))",
        ),
    ],
)
def test_constraints_times_and_orders(results: Results, index: int, expression: str) -> None:
    assert example(results, index).completion == expression


def test_entities_are_named_by_parse_constraint_and_merged_file(results: Results) -> None:
    assert "entity m.0kind1: Ferry\nentity m.0port1: Visby" in example(results, 4).context.definitions
    assert "entity m.0boat3: Dove\nentity m.0land1: Latvia" in example(results, 10).context.definitions
    unnamed = example(results, 2, "generation/merged/WebQSP_test.json")
    assert unnamed.context.definitions.startswith("entity m.0land1\nentity m.0port2\nrelation")


def test_no_answers_are_no_answer(results: Results) -> None:
    assert example(results, 10).answer is None


def test_merged_rows_are_converted_too(results: Results) -> None:
    file = "generation/merged/WebQSP_test.json"
    assert example(results, 1, file).completion == (
        "(JOIN (R boats.command.since) (TC (JOIN (R boats.captain.commands) m.0man1) boats.command.start_date 2009))"
    )
    assert example(results, 1, file).answer == ["2008-05-01"]
    # The published expression is the text null.
    assert example(results, 2, file).completion == (
        "(AND (JOIN location.harbour.country m.0land1) (JOIN trade.port.ships_to m.0port2))"
    )


def test_rejects_have_their_reason(results: Results) -> None:
    reasons = {place: item.reason for place, item in results.items() if isinstance(item, Rejected)}
    assert reasons == {
        ("WebQSP.train.json", 5): Reason.NOT_DERIVABLE,  # the three longest
        ("WebQSP.train.json", 6): Reason.NO_LABEL,  # the annotators call the question bad
        ("WebQSP.train.json", 7): Reason.NO_LABEL,  # no parse
        ("WebQSP.train.json", 8): Reason.EMPTY_INPUT,
        ("WebQSP.train.json", 9): Reason.MALFORMED_ROW,  # a parse is a text
        ("WebQSP.train.partial.json", 0): Reason.NO_LABEL,
        (
            "generation/merged/WebQSP_train.json",
            1,
        ): Reason.NOT_DERIVABLE,  # the second; published is the first
        ("generation/merged/WebQSP_test.json", 3): Reason.MALFORMED_ROW,  # no query
        ("generation/merged/WebQSP_test.json", 4): Reason.MALFORMED_ROW,  # no object
    }
    longest = results["WebQSP.train.json", 5]
    assert isinstance(longest, Rejected) and "LIMIT 3" in longest.detail


def test_upstreams_archive_is_read_as_it_is(raw: Path, tmp_path: Path) -> None:
    source = raw / "webqsp" / "WebQSP.train.json"
    with zipfile.ZipFile(tmp_path / "WebQSP.zip", "w") as archive:
        archive.write(source, "WebQSP/data/WebQSP.train.json")
    rows = list(WEBQSP.read(tmp_path))
    assert len(rows) == 11 and rows[0].file == "WebQSP.zip/WebQSP/data/WebQSP.train.json"
    assert [row.data for row in rows[:10]] == json.loads(source.read_bytes())["Questions"][:10]
    found = WEBQSP.to_example(rows[0], tmp_path)
    assert isinstance(found, Example) and found.completion == "(JOIN (R boats.ship.place_built) m.0boat1)"


def test_broken_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"WebQSP\.train\.json"):
        list(WEBQSP.read(tmp_path))
    (tmp_path / "WebQSP.test.json").write_text('{"Version": "1.0"}')
    with pytest.raises(UserError, match="no array 'Questions'"):
        list(WEBQSP.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_questions() -> None:
    """Each is one row; what is rejected cannot be derived; the answers are those of the published pairs."""
    folder = Path(str(RAW)) / "webqsp"
    results = read(folder)
    kept = [item for item in results.values() if isinstance(item, Example)]
    assert len(kept) >= 0.95 * len(results)
    assert {i.reason for i in results.values() if isinstance(i, Rejected)} <= {Reason.NOT_DERIVABLE, Reason.NO_LABEL}
    rows = [row.data for row in WEBQSP.read(folder)]
    identities = [data.get("QuestionId") or data["ID"] for data in rows]
    assert len(set(identities)) == len(identities)
    assert all("relation " in item.context.definitions for item in kept)
