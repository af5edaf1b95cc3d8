"""TekGen in Text2KGBench's form: ontologies as definitions, joined rows, repaired text."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from collection.sources.base import Example, FilesMissing, Reason, Rejected, Row
from collection.sources.tekgen import TEKGEN
from collection.sources.text2kgbench import in_words, relation_name, repaired
from symbol_llm.errors import UserError
from symbol_llm.formats import Name, get
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
TRIPLES = get("triples")
HOME = "text2kgbench/wikidata_tekgen"
FILM = """Concepts: human, film, genre
director(film,human): director
cast_member(film,human): cast member
publication_date(film,): publication date
languages_spoken,_written_or_signed(human,): languages spoken, written or signed"""


@pytest.fixture
def results(raw: Path) -> dict[tuple[str, int], tuple[Row, Example | Rejected]]:
    folder = raw / "tekgen"
    found = {}
    for row in TEKGEN.read(folder):
        item = row.data if isinstance(row.data, Rejected) else TEKGEN.to_example(row, folder)
        found[row.file.removeprefix(f"{HOME}/"), row.index] = row, item
    return found


def test_lines_of_a_sentence_are_one_row(results: dict) -> None:
    row, example = results["train/ont_1_film_train.jsonl", 0]
    assert row.split is Split.TRAIN
    assert example.input == "Blue Door is a film that Ann Bold made with Joe Doe."
    assert example.completion == "director(Blue Door,Ann Bold) | cast_member(Blue Door,Joe Doe)"
    assert example.context.definitions == FILM and example.group == "1_film"
    assert ("train/ont_1_film_train.jsonl", 2) not in results


def test_ground_truth_is_joined_by_id(results: dict) -> None:
    row, example = results["test/ont_1_film_test.jsonl", 0]
    assert row.split is Split.TEST and example.input == "Grey Door, with Ann Bold, is by Jane Roe."
    assert example.completion == "director(Grey Door,Jane Roe) | cast_member(Grey Door,Ann Bold)"
    _, unseen = results["unseen_sentences/test/ont_1_film_unseen_test.jsonl", 0]
    assert unseen.input == "Brown Door was made by Joe Doe." and unseen.completion == "director(Brown Door,Joe Doe)"
    row, lone = results["ground_truth/ont_1_film_ground_truth.jsonl", 2]
    assert row.split is Split.TEST and lone.completion == "director(Gold Door,Jane Roe)", "it has no test line"
    assert results["validation/ont_1_film_validation.jsonl", 0][0].split is Split.VALIDATION


def test_text_read_as_latin_1_is_repaired(results: dict) -> None:
    _, example = results["train/ont_1_film_train.jsonl", 3]
    assert example.input == "Börsen (Japanese: , Hepburn: Bī) was directed by Ann Bold."
    assert example.completion == "director(Börsen,Ann Bold)"
    assert results["train/ont_1_film_train.jsonl", 4][1].input == "Müller was directed by Ann Bold."
    assert [repaired(text) for text in ("Ã©", "é", "Ã© ☃", "")] == ["é", "é", "Ã© ☃", ""]


def test_commas_stay_where_they_are(results: dict) -> None:
    _, example = results["train/ont_1_film_train.jsonl", 5]
    (triple,) = TRIPLES.parse(example.completion).triples
    assert triple == ("Assassin 's Creed , Part II", "director", "Ann Bold")
    _, spoken = results["train/ont_1_film_train.jsonl", 6]
    assert spoken.completion == "languages_spoken,_written_or_signed(Ann Bold,French)"
    assert TRIPLES.accepts(spoken.completion, spoken.context).holds


def test_a_symbol_that_would_read_otherwise_is_rejected() -> None:
    triples = [{"sub": "A", "rel": "near", "obj": "B | near(C"}]
    row = Row("x", 0, Split.TRAIN, {"sent": "A is near B.", "triples": triples, "definitions": "", "group": ""})
    rejected = TEKGEN.to_example(row, Path())
    assert isinstance(rejected, Rejected) and rejected.reason in (Reason.NOT_DERIVABLE, Reason.PARSE_ERROR)
    triples = [{"sub": "A,B", "rel": "near", "obj": "C"}]
    row = Row("x", 0, Split.TRAIN, {"sent": "A is near B.", "triples": triples, "definitions": "", "group": ""})
    rejected = TEKGEN.to_example(row, Path())
    assert isinstance(rejected, Rejected) and rejected.reason is Reason.NOT_DERIVABLE and "A,B" in rejected.detail


def test_a_relation_with_two_domains_and_odd_labels(results: dict) -> None:
    _, example = results["train/ont_2_sport_train.jsonl", 0]
    assert example.context.definitions == (
        "Concepts: human, multi-sport event, league, club (team, side)\n"
        "league(human/club team side,league): league\n"
        "member_of(human,club team side): member of\n"
        "coached_by(club team side,human): coached by\n"
        "founded_in(,): founded in"
    ), "the last two stand in the OWL file alone"
    assert TRIPLES.accepts(example.completion, example.context).holds


def test_each_reason(results: dict) -> None:
    reasons = {place: item.reason for place, (_, item) in results.items() if isinstance(item, Rejected)}
    assert reasons == {
        ("train/ont_1_film_train.jsonl", 7): Reason.MALFORMED_ROW,  # cut off
        ("train/ont_1_film_train.jsonl", 8): Reason.MALFORMED_ROW,  # no sentence
        ("train/ont_3_food_train.jsonl", 0): Reason.MISSING_CONTEXT,
        ("test/ont_1_film_test.jsonl", 1): Reason.NO_LABEL,  # an empty list
        ("test/ont_1_film_test.jsonl", 2): Reason.NO_LABEL,  # not in the ground truth
        ("quadruples-train.tsv", 0): Reason.NOT_DERIVABLE,
        ("quadruples-train.tsv", 1): Reason.MALFORMED_ROW,
        ("quadruples-test.tsv", 0): Reason.NOT_DERIVABLE,
    }
    _, producer = results["train/ont_1_film_train.jsonl", 9]
    verdict = TRIPLES.accepts(producer.completion, producer.context)
    assert verdict.holds is False and verdict.reason == "not in the ontology: producer"


@pytest.mark.parametrize("data", [None, [], {"sent": 1}, {"sent": "x", "triples": 3}, {"sent": "x", "triples": [{}]}])
def test_odd_rows_are_rejected(data: object) -> None:
    rejected = TEKGEN.to_example(Row("x", 0, Split.TRAIN, data), Path())
    assert isinstance(rejected, Rejected) and rejected.reason is Reason.MALFORMED_ROW


def test_names() -> None:
    assert relation_name("office (workedAt, workedAs)") == "office_(workedAt_workedAs)"
    assert relation_name("country of origin ") == "country_of_origin"
    assert in_words("1stRunwaySurfaceType") == "1st runway surface type"
    assert in_words("was_a_crew_member_of") == "was a crew member of"


def test_the_ontology_is_renamed_and_back(results: dict) -> None:
    for _, example in results.values():
        if isinstance(example, Example) and "producer" not in example.completion:
            fresh = {name: f"Zq{i:04d}" for i, name in enumerate(TRIPLES.defined_names(example.context))}
            moved = TRIPLES.rename_context(example.context, fresh)
            symbol = TRIPLES.render(TRIPLES.rename(TRIPLES.parse(example.completion), fresh))
            assert TRIPLES.accepts(symbol, moved).holds and not TRIPLES.accepts(example.completion, moved).holds
            back = {Name(name.kind, new): name.text for name, new in fresh.items()}
            assert TRIPLES.rename_context(moved, back) == example.context


def test_upstreams_own_folders_do_as_well(raw: Path, tmp_path: Path, results: dict) -> None:
    shutil.copytree(raw / "tekgen" / HOME, tmp_path / "Text2KGBench-main" / "data" / "wikidata_tekgen")
    rows = list(TEKGEN.read(tmp_path))
    assert [row.data for row in rows if not isinstance(row.data, Rejected)] == [
        row.data for (name, _), (row, _) in results.items() if "quad" not in name and not isinstance(row.data, Rejected)
    ]


def test_broken_and_missing_files(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match="wikidata_tekgen"):
        next(TEKGEN.read(tmp_path))
    shutil.copytree(raw / "tekgen", tmp_path / "tekgen")
    ontology = tmp_path / "tekgen" / HOME / "ontologies" / "1_film_ontology.json"
    ontology.write_text('{"concepts": [{"qid": "Q5"}], "relations": []}')
    with pytest.raises(UserError, match=r"1_film_ontology\.json: no ontology"):
        next(TEKGEN.read(tmp_path / "tekgen"))
    ontology.write_text('{"concepts": [')
    with pytest.raises(UserError, match=r"1_film_ontology\.json, line 1"):
        next(TEKGEN.read(tmp_path / "tekgen"))
    shutil.copy(raw / "tekgen" / HOME / "ontologies" / ontology.name, ontology)
    (ontology.parent / "owl" / "ont_2_sport.ttl").write_text("@prefix onto: <https://example.org/")
    with pytest.raises(UserError, match=r"ont_2_sport\.ttl: not Turtle"):
        next(TEKGEN.read(tmp_path / "tekgen"))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_definitions_are_the_benchmarks_own() -> None:
    """Its prompts list the same relations with the same ends, but for those of the OWL files at the end."""
    folder = Path(str(RAW)) / "tekgen"
    count = 0
    for row in TEKGEN.read(folder):
        prompts = folder / row.file.replace("/test/", "/baselines/prompts/").replace("_test.", "_prompts.")
        if row.index == 0 and "/test/" in row.file and prompts.exists():
            prompt = json.loads(prompts.read_text(encoding="utf-8").splitlines()[0])["prompt"]
            listed = prompt.split("Ontology Relations: ")[1].split("\n")[0]
            lines = row.data["definitions"].split("\n")[1:]
            assert ", ".join(line[: line.rindex(": ")] for line in lines).startswith(listed.replace(" )", ")"))
            count += 1
    assert count >= 4
