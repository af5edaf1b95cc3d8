"""NLmaps: questions and queries line by line, in two languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from collection.sources.base import Example, FilesMissing, Reason, Rejected
from collection.sources.nlmaps import NLMAPS, NLMAPS_DE, NlmapsQuestions
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.formats.nlmaps_query import TAKES
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "nlmaps"
TRAIN, TEST = "nlmaps.train.mrl", "nlmaps.test.mrl"


def read(source: NlmapsQuestions = NLMAPS, folder: Path = FOLDER) -> dict[tuple[str, int], Example | Rejected]:
    return {
        (row.file, row.index): row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        for row in source.read(folder)
    }


def test_a_pair_of_lines_becomes_an_example() -> None:
    example = read()[TRAIN, 0]
    assert isinstance(example, Example)
    assert example.input == "How many bars are there in Trier?"
    assert example.completion == "query(area(keyval('name','Trier')),nwr(keyval('amenity','bar')),qtype(count))"


def test_definitions_name_the_keys_of_all_queries_and_every_operator() -> None:
    found = [item for item in read().values() if isinstance(item, Example)]
    (definitions,) = {example.context.definitions for example in found}
    language = get_format("nlmaps")
    names = language.defined_names(found[0].context)
    # ``craft`` is in a query that parses, though its operator does not exist; ``sport`` has no question.
    assert [name.text for name in names] == ["amenity", "craft", "name", "sport", "tourism", "wheelchair"]
    assert all(operator in definitions for operator in TAKES if operator != "WALKING_DIST")
    assert language.accepts(found[0].completion, found[0].context).holds is True


def test_quotes_inside_of_values_and_letters_beyond_ascii() -> None:
    found = read()
    quoted, beyond = found[TRAIN, 1], found[TRAIN, 2]
    assert isinstance(quoted, Example) and "'O'Brien's'" in quoted.completion
    assert get_format("nlmaps").accepts(quoted.completion, quoted.context).holds is True
    assert isinstance(beyond, Example) and beyond.input == "Does Trier have Café Größe?"


@pytest.mark.parametrize(
    ("place", "reason", "detail"),
    [
        ((TRAIN, 6), Reason.EMPTY_INPUT, "questions (en)"),
        ((TRAIN, 7), Reason.EMPTY_SYMBOL, "queries"),
        ((TEST, 1), Reason.MISALIGNED, "nlmaps.test.mrl has no line 2"),
    ],
)
def test_faulty_rows_are_rejected_with_their_reason(place: tuple[str, int], reason: Reason, detail: str) -> None:
    rejected = read()[place]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and detail in rejected.detail


def test_every_line_is_a_row_of_its_files_split() -> None:
    rows = list(NLMAPS.read(FOLDER))
    assert [(row.file, row.index) for row in rows] == [(TRAIN, i) for i in range(8)] + [(TEST, 0), (TEST, 1)]
    assert {row.file: row.split for row in rows} == {TRAIN: Split.TRAIN, TEST: Split.TEST}


def test_german_is_an_option(tmp_path: Path) -> None:
    for name in ("nlmaps.train.de", TRAIN):
        shutil.copy(FOLDER / name, tmp_path / name)
    example = read(NLMAPS_DE, tmp_path)[TRAIN, 0]
    assert isinstance(example, Example) and example.input == "Wie viele Bars gibt es in Trier?"
    with pytest.raises(UserError, match=r"nlmaps\.train\.en is missing"):
        read(folder=tmp_path)


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match=r"nlmaps\.train\.mrl"):
        list(NLMAPS.read(tmp_path))
