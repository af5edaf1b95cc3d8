"""Statistics of a collection: exact counts and lengths, whatever the row groups."""

from __future__ import annotations

import statistics
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from collection.cli import app
from collection.stats import Lengths, load_backend, stats
from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.training.tokenizer import train_tokenizer
from tests.collection.small_collections import TASKS, build_small, collection_of, records_of
from tests.records import make_record


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("stats") / "out")


@pytest.fixture(scope="module")
def tokenizer(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer((r.prompt + r.completion for r in records_of(built, "letters")), 400, 64).save_pretrained(folder)
    return folder


def test_counts_are_those_of_the_records_and_the_manifest(built: Path) -> None:
    found = stats(built)
    manifest = orjson.loads((built / "manifest.json").read_bytes())
    assert list(found["tasks"]) == list(TASKS)
    for task, entry in found["tasks"].items():
        records = records_of(built, task)
        assert entry["records"] == len(records) == manifest["tasks"][task]["counts"]["kept"]
        for column in ("split", "origin", "format", "licence"):
            assert entry[f"{column}s"] == Counter(getattr(record, column) for record in records)
        assert entry["commercial"] == sum(record.commercial for record in records)
        assert entry["accepted"] == sum(record.accepted is True for record in records)
        assert entry["undecided"] == sum(record.accepted is None for record in records)
        assert entry["rows"] == manifest["tasks"][task]["counts"]
        assert entry["reasons"] == manifest["tasks"][task]["reasons"]
        for text in ("prompt", "completion"):
            lengths = [len(getattr(record, text)) for record in records]
            shown = entry[text]["characters"]
            assert shown["total"] == sum(lengths) and shown["max"] == max(lengths)
            assert shown["mean"] == round(statistics.mean(lengths), 2)
            assert shown["median"] == statistics.median_low(lengths) and "tokens" not in entry[text]
    assert found["all"]["records"] == len(records_of(built, *TASKS))
    assert found["all"]["rows"]["read"] == sum(entry["counts"]["read"] for entry in manifest["tasks"].values())
    assert found["tasks"]["alpaca"]["commercial"] == 0 and found["tasks"]["alpaca"]["undecided"] > 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_a_percentile_is_the_smallest_length_that_suffices(lengths: list[int]) -> None:
    found = Lengths.of(Counter(lengths))
    assert found is not None
    for percent, shown in ((50, found.median), (95, found.p95)):
        share = [sum(each <= length for each in lengths) * 100 >= percent * len(lengths) for length in range(51)]
        assert shown == share.index(True)
    assert found.max == max(lengths) and found.total == sum(lengths)
    assert Lengths.of(Counter()) is None


def test_tokens_are_those_of_the_text_alone(built: Path, tokenizer: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    found = stats(built, ("letters", "scan"), str(tokenizer))
    backend = AutoTokenizer.from_pretrained(tokenizer)
    for task in ("letters", "scan"):
        for text in ("prompt", "completion"):
            texts = [getattr(record, text) for record in records_of(built, task)]
            lengths = [len(backend(each, add_special_tokens=False)["input_ids"]) for each in texts]
            shown = found["tasks"][task][text]["tokens"]
            assert shown["total"] == sum(lengths) and shown["max"] == max(lengths)
    assert set(found["tasks"]) == {"letters", "scan"}
    # A text that spells the end of text is text, and one beyond the model's length is counted whole.
    out = collection_of([make_record(completion="</s>"), make_record(completion="I_JUMP " * 500)], tmp_path / "out")
    shown = stats(out, (), str(tokenizer))["all"]["completion"]["tokens"]
    assert shown["median"] > 1 and shown["max"] >= 500


def test_row_groups_do_not_change_the_figures(tmp_path: Path) -> None:
    records = [make_record(input=f"jump {i}", completion="I_JUMP " * (i % 7 + 1)) for i in range(50)]
    one = stats(collection_of(records, tmp_path / "one"))
    many = stats(collection_of(records, tmp_path / "many", rows_per_group=3))
    assert one["tasks"] == many["tasks"] and one["all"] == many["all"]


def test_the_table_is_for_people(built: Path, tokenizer: Path) -> None:
    result = CliRunner().invoke(app, ["stats", str(built), "--tokenizer", str(tokenizer)])
    assert result.exit_code == 0, result.output
    lines = {tuple(line.split()[:2]): line for line in result.stdout.splitlines()}
    assert "Lengths in characters" in result.stdout and "Lengths in tokens" in result.stdout
    # Text has no engine, so nothing was accepted; the licence does not allow commercial use.
    assert lines["alpaca", "text"].split() == ["alpaca", "text", "4", "0", "0", "existing", "CC-BY-NC-4.0", "none", "–"]
    assert lines["letters", "math_program"].split()[-2:] == ["all", "all"]
    reasons = stats(built, ("folio",))["tasks"]["folio"]["reasons"]
    assert ", ".join(f"{reason} {count}" for reason, count in reasons.items()) in result.stdout
    result = CliRunner().invoke(app, ["stats", str(built), "--tasks", "scan", "--json"])
    assert list(orjson.loads(result.stdout)["tasks"]) == ["scan"]


def test_a_task_without_records_has_no_lengths(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = tmp_path / "raw" / "nl2bash"
    folder.mkdir(parents=True)
    (folder / "all.nl").write_text("\n")
    (folder / "all.cm").write_text("ls\n")
    command = ["build", "--raw", str(tmp_path / "raw"), "--tasks", "nl2bash", "--out", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    entry = stats(out)["tasks"]["nl2bash"]
    assert entry["records"] == 0 and entry["rows"]["rejected"] == 1 and entry["prompt"] == {"characters": None}
    assert CliRunner().invoke(app, ["stats", str(out)]).exit_code == 0


def test_what_cannot_be_measured_is_explained(built: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean scan"):
        stats(built, ("scam",))
    with pytest.raises(UserError, match="no finished collection"):
        stats(tmp_path)
    with pytest.raises(UserError, match="cannot load a tokenizer from"):
        load_backend(str(tmp_path))
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(UserError, match="cannot load a tokenizer from"):
        load_backend(str(tmp_path))
    out = collection_of([make_record()], tmp_path / "out")
    (out / "records" / "scan_generated.parquet").write_bytes(b"PAR1")
    with pytest.raises(CheckFailed, match="is not the file that was built"):
        stats(out)
