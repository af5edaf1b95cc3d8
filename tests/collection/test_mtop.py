"""MTOP: upstream's eight cells, XSemPLR's repack, languages, and the inventory of calls."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from collection.sources.base import Example, FilesMissing, Reason, Rejected, Row
from collection.sources.mtop import LANGUAGES, MTOP, MTOP_ALL, Mtop
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "mtop"
TRAIN, EVAL, TEST = (f"mtop/en/{split}.txt" for split in ("train", "eval", "test"))
DEV = "xsemplr_dev.json"


def result(source: Mtop, row: Row, folder: Path = FOLDER) -> Example | Rejected:
    return row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)


def read(source: Mtop = MTOP, folder: Path = FOLDER) -> dict[tuple[str, int], Example | Rejected]:
    return {(row.file, row.index): result(source, row, folder) for row in source.read(folder)}


def test_a_line_becomes_an_example() -> None:
    example = read()[TRAIN, 0]
    assert isinstance(example, Example)
    assert example.input == "What 's it like out in Oslo ?"
    assert example.completion == "[IN:GET_WEATHER [SL:LOCATION Oslo ] ]"
    assert example.group == "101"
    assert example.context.definitions == (
        "IN:GET_WEATHER: get weather\nSL:LOCATION: location\nSL:WEATHER_ATTRIBUTE: weather attribute"
    )


def test_the_inventory_is_that_of_the_domain_in_all_files() -> None:
    example = read()[TEST, 0]
    assert isinstance(example, Example)
    names = [name.text for name in get_format("top").defined_names(example.context)]
    assert names == ["CREATE_ALARM", "DELETE_ALARM", "GET_ALARM", "SNOOZE_ALARM", "ALARM_NAME", "DATE_TIME"]


def test_quotes_mean_nothing_and_an_utterance_without_tokens_is_taken_as_typed() -> None:
    found = read()
    assert isinstance(quoted := found[TRAIN, 4], Example) and quoted.input == 'Any " real " rain'
    assert isinstance(typed := found[TRAIN, 3], Example) and typed.input == "Which alarms are set?"


@pytest.mark.parametrize(
    ("place", "reason", "detail"),
    [
        ((TRAIN, 5), Reason.MALFORMED_ROW, "line 6 has 7 cells, not 8"),
        ((TRAIN, 6), Reason.MALFORMED_ROW, "no JSON of tokens"),
        ((TRAIN, 7), Reason.EMPTY_INPUT, "utterance"),
        ((TRAIN, 8), Reason.EMPTY_SYMBOL, "decoupled form"),
        ((DEV, 2), Reason.MALFORMED_ROW, "not a record of XSemPLR: KeyError('mr')"),
        ((DEV, 3), Reason.NO_LABEL, "no form in the language en"),
    ],
)
def test_faulty_rows_are_rejected_with_their_reason(place: tuple[str, int], reason: Reason, detail: str) -> None:
    rejected = read()[place]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and detail in rejected.detail


def test_every_line_is_read_but_for_the_empty_one_and_splits_are_upstreams() -> None:
    rows = list(MTOP.read(FOLDER))
    assert [row.index for row in rows if row.file == TRAIN] == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    splits = {row.file: row.split for row in rows}
    assert splits == {TRAIN: Split.TRAIN, EVAL: Split.VALIDATION, TEST: Split.TEST, DEV: Split.VALIDATION}


def test_xsemplr_has_the_domain_from_upstreams_files_or_all_domains() -> None:
    found = read()
    again, other = found[DEV, 0], found[DEV, 1]
    assert isinstance(again, Example) and again == found[EVAL, 0], "the same row, so the builder sees a duplicate"
    assert isinstance(other, Example)
    names = {name.text for name in get_format("top").defined_names(other.context)}
    assert {"GET_WEATHER", "LOCATION", "DELETE_ALARM", "SNOOZE_ALARM"} < names


def test_xsemplr_alone_is_enough_under_either_name(tmp_path: Path) -> None:
    for name in ("dev.json", DEV):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(FOLDER / DEV, folder / name)
        example = read(folder=folder)[name, 0]
        assert isinstance(example, Example) and example.group == "201"
        assert "IN:GET_WEATHER: get weather" in example.context.definitions.split("\n")


def test_other_languages_are_an_option_and_a_row_of_their_own() -> None:
    german = read(Mtop("mtop_de", ("de",)))
    assert {place: isinstance(item, Example) for place, item in german.items()} == {
        ("mtop/de/test.txt", 0): True,
        (DEV, 0): True,
        (DEV, 1): False,
        (DEV, 2): False,
        (DEV, 3): True,
    }
    example = german["mtop/de/test.txt", 0]
    assert isinstance(example, Example) and (example.input, example.group) == ("Später wecken", "301")
    everything = list(MTOP_ALL.read(FOLDER))
    assert sum(row.file == DEV for row in everything) == 4 * len(LANGUAGES)
    assert {row.file for row in everything} > {TRAIN, "mtop/de/test.txt"}


def test_bytes_that_are_no_text_spoil_one_row(tmp_path: Path) -> None:
    path = tmp_path / "en" / "test.txt"
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\n" + (FOLDER / TEST).read_bytes())
    found = read(folder=tmp_path)
    assert isinstance(bad := found["en/test.txt", 0], Rejected) and "line 1 is not UTF-8" in bad.detail
    assert isinstance(found["en/test.txt", 1], Example)


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match=r"en/train\.txt"):
        list(MTOP.read(tmp_path))
    (tmp_path / "dev.json").write_text(json.dumps({"records": []}))
    with pytest.raises(UserError, match="not XSemPLR's list"):
        list(MTOP.read(tmp_path))
