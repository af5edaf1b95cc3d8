"""WebNLG: texts of release 2, Text2KGBench's sentences, and splits that hold for both."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from collection.identity import normalised
from collection.sources.base import Example, FilesMissing, Reason, Rejected, Row
from collection.sources.webnlg import WEBNLG
from symbol_llm.errors import UserError
from symbol_llm.formats import get
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
TRIPLES = get("triples")
ONE = "1triples/1triple_allSolutions_Astronaut_train_release.xml"
TWO = "2triples/2triples_Astronaut_train_release.xml"
KG = "text2kgbench/dbpedia_webnlg"
XML = "release_v2/xml/train/"


@pytest.fixture
def results(raw: Path) -> dict[tuple[str, int], tuple[Row, Example | Rejected]]:
    folder = raw / "webnlg"
    found = {}
    for row in WEBNLG.read(folder):
        item = row.data if isinstance(row.data, Rejected) else WEBNLG.to_example(row, folder)
        found[row.file.removeprefix(XML).removeprefix(f"{KG}/"), row.index] = row, item
    return found


def test_a_text_becomes_an_example(results: dict) -> None:
    row, example = results[ONE, 1]
    assert row.split is Split.TRAIN and row.data["id"] == "Id1/Id2" and example.group == "Astronaut"
    assert example.input == "Oslo is the birth place of Ann Bold."
    assert example.completion == "birthPlace(Ann Bold,Oslo)"
    assert example.context.definitions == (
        "Concepts: Astronaut, Place, Mission\n"
        "backup_pilot(Mission,Astronaut): backup pilot\n"  # backupPilot in the ontology of Text2KGBench
        "birthPlace(Astronaut,Place): birth place\n"
        "country(,): country\n"
        "office_(workedAt_workedAs)(,): office (worked at worked as)\n"
        "timeInSpace(Astronaut,number): time in space\n"
        "was_a_crew_member_of(,): was a crew member of"
    )


def test_quotes_commas_and_remarks(results: dict) -> None:
    assert results[ONE, 5][1].completion == 'timeInSpace(Jane Roe,"52.0"(minutes))'
    _, office = results[TWO, 0]
    assert office.completion == (
        'birthPlace(Joe Doe,Darien, Connecticut) | office_(workedAt_workedAs)(Joe Doe,"Mayor of Oslo, Norway")'
    )
    assert TRIPLES.accepts(office.completion, office.context).holds
    assert TRIPLES.parse(office.completion).triples[0].object == "Darien, Connecticut"


def test_text2kgbench_rows_have_their_own_ontology(results: dict) -> None:
    row, example = results["train/ont_9_astronaut_train.jsonl", 0]
    assert row.split is Split.TRAIN and example.group == "9_astronaut"
    assert example.completion == 'birthPlace(Sue Poe,Paris) | timeInSpace(Sue Poe,"100.0"(minutes))'
    assert example.context.definitions.split("\n")[2] == "backupPilot(Mission,Astronaut): backup pilot"


def test_what_one_form_holds_out_the_other_holds_out(results: dict) -> None:
    assert results[ONE, 4][0].split is Split.TEST, "its sentence is tested in Text2KGBench"
    assert results[TWO, 1][0].split is Split.TEST, "other words, but the facts of a test sentence"
    assert results["train/ont_9_astronaut_train.jsonl", 1][0].split is Split.TEST, "tested in release 2"
    dev = "release_v2/xml/dev/1triples/1triple_allSolutions_City_dev_release.xml"
    assert results[dev, 0][0].split is Split.VALIDATION
    assert results[ONE, 0][0].split is Split.TRAIN


def test_each_reason(results: dict) -> None:
    reasons = {place: item.reason for place, (_, item) in results.items() if isinstance(item, Rejected)}
    assert reasons == {
        (ONE, 2): Reason.MISALIGNED,  # toFix
        (ONE, 3): Reason.MISALIGNED,  # bad
        (TWO, 2): Reason.MALFORMED_ROW,  # a triple of two parts
        (TWO, 3): Reason.EMPTY_INPUT,  # an entry without texts
    }


def test_one_of_the_forms_is_enough(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw / "webnlg" / "release_v2", tmp_path / "a" / "webnlg-dataset" / "release_v2")
    rows = list(WEBNLG.read(tmp_path / "a"))
    assert len(rows) == 12 and rows[0].data["definitions"].startswith("backup_pilot(,): backup pilot\nbirthPlace(,)")
    shutil.copytree(raw / "webnlg" / KG, tmp_path / "b" / "data" / "dbpedia_webnlg")
    assert [row.split for row in WEBNLG.read(tmp_path / "b")] == [Split.TRAIN, Split.TRAIN, Split.TEST, Split.TEST]
    with pytest.raises(FilesMissing, match="release_v2/xml"):
        next(WEBNLG.read(raw / "scan"))


def test_what_belongs_together_is_held_out_together(tmp_path: Path) -> None:
    """The last row shares its sentence with a row that shares its facts with a test row."""
    entry = (
        '<entry category="City" eid="Id1"><modifiedtripleset><mtriple>{}</mtriple></modifiedtripleset>'
        "<lex>{}</lex></entry>"
    )
    parts = {
        "train": (("Oslo | near | Sea", "Oslo is near."), ("Oslo | leader | Ann", "Oslo is near.")),
        "test": (("Sea | by | Oslo", "The sea is by Oslo."),),
    }
    for section, entries in parts.items():
        path = tmp_path / "release_v2" / "xml" / section / "1triples" / "City.xml"
        path.parent.mkdir(parents=True)
        path.write_text(f"<benchmark><entries>{''.join(entry.format(*e) for e in entries)}</entries></benchmark>")
    assert [row.split for row in WEBNLG.read(tmp_path)] == [Split.TEST] * 3


def test_a_truncated_file_says_where(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw / "webnlg", tmp_path / "webnlg")
    path = tmp_path / "webnlg" / XML / ONE
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"1triple_allSolutions_Astronaut_train_release\.xml: not XML \(.*line \d+"):
        list(WEBNLG.read(tmp_path / "webnlg"))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_sentences_are_in_one_split_and_keep_their_relations() -> None:
    folder = Path(str(RAW)) / "webnlg"
    splits: dict[str, set[Split]] = defaultdict(set)
    for row in WEBNLG.read(folder):
        item = WEBNLG.to_example(row, folder)
        splits[normalised(row.data["sent"])].add(row.split)
        if isinstance(item, Rejected):
            assert item.reason is Reason.MISALIGNED
            continue
        defined = {name.text for name in TRIPLES.defined_names(item.context)}
        assert {name.text for name in TRIPLES.names(TRIPLES.parse(item.completion))} <= defined
    assert all(len(found) == 1 for found in splits.values()) and len(splits) > 1_000
