"""The AMR banks: which files are read, splits, what a record becomes."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest

from collection.sources import get
from collection.sources.amr_bio import BIOAMR
from collection.sources.amr_ldc import AMR2, AMR3, release_of
from collection.sources.amr_little_prince import LITTLE_PRINCE
from collection.sources.base import Example, FilesMissing, Reason, Rejected, Source
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
THREE = "amr_annotation_3.0/data/amrs/split"


def items(source: Source, folder: Path) -> dict[str, Example | Rejected]:
    return {row.data["id"]: source.to_example(row, folder) for row in source.read(folder)}


def test_ldc_splits_are_the_folders(raw: Path) -> None:
    """Only data/amrs/split of the own release: no alignments, no unsplit graphs, no other release."""
    for source, counts in ((AMR3, (6, 1, 2)), (AMR2, (2, 1, 1))):
        rows = list(source.read(raw / "amr_ldc"))
        assert Counter(row.split for row in rows) == dict(zip((Split.TRAIN, Split.VALIDATION, Split.TEST), counts))
        assert {row.file.split("/")[-1][:15] for row in rows} == {f"amr-release-{source.task[3]}.0"}
        assert not any("~e." in row.data["graph"] for row in rows)


def test_an_ldc_record_becomes_an_example(raw: Path) -> None:
    found = items(AMR3, raw / "amr_ldc")
    assert found["MADE_NEWS_0001_0001.1"] == Example(
        input="The baker of Porto did not sleep.",
        completion=(
            "(s / sleep-01 :polarity -\n      :ARG0 (p / person\n            :ARG0-of (b / bake-01)\n"
            '            :mod (c / city :wiki "Porto"\n                  :name (n / name :op1 "Porto"))))'
        ),
        group="MADE_NEWS_0001_0001",
    )
    second = found["MADE_NEWS_0001_0001.2"]
    assert isinstance(second, Example) and second.input == "Open the window and sing!"
    reasons = {name: item.reason for name, item in found.items() if isinstance(item, Rejected)}
    assert reasons == {"MADE_NEWS_0001_0002.1": Reason.NO_LABEL, "MADE_NEWS_0001_0002.3": Reason.EMPTY_INPUT}
    broken = found["MADE_NEWS_0001_0002.4"]
    assert isinstance(broken, Example) and not get_format("amr").parses(broken.completion)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("amr_annotation_3.0/data/amrs/split/test/x.txt", "LDC2020T02"),
        ("LDC2017T10/any/data/amrs/split/test/x.txt", "LDC2017T10"),
        ("all-3.0/data/amrs/split/test/amr-release-2.0-amrs-test-bolt.txt", "LDC2017T10"),
        ("amr_anno_1.0/data/split/test/amr-release-1.0-test-bolt.txt", "LDC2014T12"),
        ("v13.0/data/amrs/split/test/x-3.01.txt", None),
        ("data/amrs/split/test/x.txt", None),
    ],
)
def test_the_nearest_name_tells_the_release(name: str, number: str | None) -> None:
    assert release_of(name) == number


def test_a_missing_release_says_where_to_get_it(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "SOURCE.md").write_text("nothing here")
    with pytest.raises(FilesMissing, match=r"data/amrs/split/.* of LDC2020T02, which you buy at https://catalog"):
        next(AMR3.read(tmp_path))
    shutil.copytree(raw / "amr_ldc" / "amr_annotation_3.0", tmp_path / "LDC" / "amr_annotation_3.0")
    assert len(list(AMR3.read(tmp_path))) == 9, "a folder in between does not matter"
    with pytest.raises(FilesMissing, match=r"no file here is of LDC2017T10, only LDC/amr_annotation_3\.0"):
        next(AMR2.read(tmp_path))


def test_a_zipped_release_gives_the_same_rows(raw: Path, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "amr_annotation_3.0.zip", "w") as archive:
        for path in sorted((raw / "amr_ldc" / THREE).rglob("*.txt")):
            archive.write(path, f"data/amrs/split/{path.parent.name}/{path.name}")
    here, there = list(AMR3.read(raw / "amr_ldc")), list(AMR3.read(tmp_path))
    assert [(row.split, row.data) for row in here] == [(row.split, row.data) for row in there]


def test_bio_splits_and_forms(raw: Path) -> None:
    rows = {row.data["id"]: row for row in BIOAMR.read(raw / "amr_bio")}
    assert rows["pmid_1234_5678.1"].split is Split.TRAIN and rows["bio.made_0003.1"].split is Split.TEST
    assert rows["bio.made_0002.3"].split is Split.VALIDATION, "its article is in bio-dev"
    assert rows["bio.made_0004_1"].split is rows["bio.made_0004_2"].split, "an article is not divided"
    found = items(BIOAMR, raw / "amr_bio")
    aligned = found["pmid_1234_5678.2"]
    assert isinstance(aligned, Example) and aligned.group == "pmid_1234_5678"
    assert aligned.input == "Foo-1 and the NH2-terminal part of Bar/Baz bind [1]."
    assert aligned.completion.startswith("(b / bind-01\n      :ARG1 (a / and\n") and '"Baz~e.9")' in aligned.completion
    plain = found["bio.made_0003.1"]
    assert isinstance(plain, Example) and plain.input == "Cells with A < B grow." and "\r" not in plain.completion
    missing = found["bio.made_0002.2"]
    assert isinstance(missing, Rejected) and missing.reason is Reason.NO_LABEL


def test_a_file_in_one_piece_takes_the_splits_of_the_others(raw: Path, tmp_path: Path) -> None:
    """Upstream has the corpus both ways; a sentence must not be in two splits."""
    shutil.copytree(raw / "amr_bio", tmp_path / "bio")
    parts = [path.read_bytes().replace(b"\r", b"") for path in sorted((raw / "amr_bio").iterdir())]
    (tmp_path / "bio" / "amr-release-bio-v3.0.txt").write_bytes(b"\n\n".join(parts))
    splits: dict[str, set[Split]] = {}
    for row in BIOAMR.read(tmp_path / "bio"):
        splits.setdefault(row.data["id"], set()).add(row.split)
    assert len(splits) == 8 and all(len(found) == 1 for found in splits.values())


def test_the_little_prince(raw: Path, tmp_path: Path) -> None:
    rows = list(LITTLE_PRINCE.read(raw / "amr_little_prince"))
    assert [row.data["id"] for row in rows] == [f"lpp_1943.900{i}" for i in (1, 2, 3, 4)], "the head is no row"
    assert rows[1].split is rows[2].split, "the same sentence"
    text = (raw / "amr_little_prince" / "amr-bank-struct-v3.0.txt").read_text()
    (tmp_path / "amr-bank-struct-v3.0-test.txt").write_text(text)
    assert {row.split for row in LITTLE_PRINCE.read(tmp_path)} == {Split.TEST}
    with pytest.raises(FilesMissing, match=r"amr-bank-struct-v3\.0\.txt"):
        next(LITTLE_PRINCE.read(raw / "scan"))


def test_shares_are_about_80_10_10(tmp_path: Path) -> None:
    text = "".join(f"# ::id lpp_1943.{i}\n# ::snt Sentence {i}\n(s / sentence :mod {i})\n\n" for i in range(4_000))
    (tmp_path / "amr-bank-struct-v3.0.txt").write_text(text)
    counts = Counter(row.split for row in LITTLE_PRINCE.read(tmp_path))
    assert counts[Split.TRAIN] / 4_000 == pytest.approx(0.8, abs=0.02)
    assert counts[Split.TEST] / 4_000 == pytest.approx(0.1, abs=0.015)


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("task", ["bioamr", "little_prince"])
def test_public_files_in_the_ldc_layout_read_the_same(task: str, tmp_path: Path) -> None:
    source = get(task)
    folder = Path(str(RAW)) / source.upstream.dataset
    section = tmp_path / THREE / "training"
    section.mkdir(parents=True)
    header = b"# AMR release; corpus: public; section: training; number of AMRs: 1\n\n"
    for path in folder.iterdir():
        if path.suffix != ".md":
            (section / f"{path.stem}.txt").write_bytes(header + path.read_bytes())
    there = {row.data["id"] + row.data["graph"]: AMR3.to_example(row, tmp_path) for row in AMR3.read(tmp_path)}
    here = {row.data["id"] + row.data["graph"]: AMR3.to_example(row, folder) for row in source.read(folder)}
    assert here == there and len(here) > 400
