"""TOPv2: coupled trees by domain, headers, upstream's archive, and the low-resource splits."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from collection.sources import get
from collection.sources.base import Example, FilesMissing, Reason, Rejected
from collection.sources.topv2 import TOPV2, Topv2
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "topv2"
TRAIN = "TOPv2_Dataset/alarm_train.tsv"


def read(source: Topv2 = TOPV2, folder: Path = FOLDER) -> dict[tuple[str, int], tuple[Split, Example | Rejected]]:
    return {
        (row.file, row.index): (
            row.split,
            row.data if isinstance(row.data, Rejected) else source.to_example(row, folder),
        )
        for row in source.read(folder)
    }


def test_a_line_becomes_an_example_with_the_inventory_of_its_domain() -> None:
    split, example = read()[TRAIN, 1]
    assert split is Split.TRAIN and isinstance(example, Example)
    assert (example.input, example.group) == ("Wake me at six.", "alarm")
    assert example.completion == "[IN:CREATE_ALARM Wake me [SL:DATE_TIME at six ] . ]"
    assert example.context.definitions.split("\n") == [
        "IN:CREATE_ALARM: create alarm",
        "IN:GET_ALARM: get alarm",
        "IN:SILENCE_ALARM: silence alarm",
        "IN:SNOOZE_ALARM: snooze alarm",  # of the test file
        "SL:ALARM_NAME: alarm name",
        "SL:DATE_TIME: date time",
        "SL:DURATION: duration",
    ]
    assert get_format("top").accepts(example.completion, example.context).holds is True


def test_bare_quotes_are_words() -> None:
    _, example = read()[TRAIN, 3]
    assert isinstance(example, Example) and example.input == 'Stop the " tea " alarm'


@pytest.mark.parametrize(
    ("index", "reason", "detail"),
    [
        (4, Reason.MALFORMED_ROW, "line 5 has 2 cells, not 3"),
        (5, Reason.EMPTY_INPUT, "second cell"),
        (6, Reason.EMPTY_SYMBOL, "third cell"),
    ],
)
def test_faulty_rows_are_rejected_with_their_reason(index: int, reason: Reason, detail: str) -> None:
    _, rejected = read()[TRAIN, index]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and detail in rejected.detail


def test_headers_and_empty_lines_are_no_rows_and_splits_are_upstreams() -> None:
    places = {place: split for place, (split, _) in read().items()}
    assert [index for file, index in places if file == TRAIN] == list(range(1, 8))
    assert places["TOPv2_Dataset/alarm_eval.tsv", 1] is Split.VALIDATION
    assert [place for place, split in places.items() if split is Split.TEST] == [
        ("TOPv2_Dataset/alarm_test.tsv", 1),
        ("TOPv2_Dataset/weather_test.tsv", 1),
    ]
    assert not any("low_resource" in file for file, _ in places)


def test_a_file_without_header_loses_no_row(tmp_path: Path) -> None:
    (tmp_path / "alarm_test.tsv").write_text("alarm\tShow alarms\t[IN:GET_ALARM Show alarms ]\n")
    assert [isinstance(example, Example) for _, example in read(folder=tmp_path).values()] == [True]


def test_upstreams_archive_gives_the_same_rows(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "TOPv2_Dataset.zip", "w") as archive:
        for path in FOLDER.rglob("*.tsv"):
            archive.write(path, path.relative_to(FOLDER).as_posix())
    assert list(read(folder=tmp_path).values()) == list(read().values())
    assert {file for file, _ in read(folder=tmp_path)} == {f"TOPv2_Dataset.zip/{file}" for file, _ in read()}


def test_low_resource_splits_are_tested_on_the_whole_test_file_of_their_domains() -> None:
    found = read(get("topv2_10spis"))
    assert {(file.rpartition("/")[2], index): split for (file, index), (split, _) in found.items()} == {
        ("weather_test.tsv", 1): Split.TEST,
        ("weather_train_10spis.tsv", 1): Split.TRAIN,
        ("weather_valid_10spis.tsv", 1): Split.VALIDATION,
    }
    definitions = {example.context.definitions for _, example in found.values() if isinstance(example, Example)}
    assert len(definitions) == 1 and "IN:UNSUPPORTED_WEATHER: unsupported weather" in definitions.pop()
    assert {file for file, _ in read(get("topv2_25spis"))} == {
        "TOPv2_Dataset/low_resource_splits/weather_train_25spis.tsv",
        "TOPv2_Dataset/weather_test.tsv",
    }


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match=r"alarm_train\.tsv"):
        list(TOPV2.read(tmp_path))
