"""Records and rejected rows for the eye."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from collection.cli import app
from collection.show import shown
from symbol_llm.errors import UserError
from tests.collection.small_collections import build_small, records_of
from tests.records import make_record


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("show") / "out")


def show(*words: str) -> str:
    result = CliRunner().invoke(app, ["show", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_line_of_prompt_completion_and_answer_is_shown(built: Path) -> None:
    record = records_of(built, "gsm8k_code")[0]
    lines = show("gsm8k_code", "1", "--out", str(built)).splitlines()
    assert lines[0].startswith(f"── {record.id}  1")
    for name, text in (("prompt", record.prompt), ("completion", record.completion), ("answer", record.answer or "")):
        start = lines.index(name) + 1
        expected = [f"│ {line}" for line in text.removesuffix("\n").split("\n")]
        assert lines[start : start + len(expected)] == expected
    assert "MIT (commercial use allowed)" in lines[1] and "train.jsonl, row 0" in lines[2] and "accepted it" in lines[3]


def test_blank_lines_and_strange_characters_stay_visible() -> None:
    text = shown(make_record(prompt="a\n\nb\n\n", completion="x\ty\x1b[31m\r\u202ez", answer='"two\\nlines"'), 1)
    assert "prompt\n│ a\n│ \n│ b\n│ \ncompletion" in text
    assert "│ x\ty\\x1b[31m\\r\\u202ez\n" in text and "\x1b" not in text and "\r" not in text
    assert "answer\n│ two\n│ lines\n" in text
    assert "\033[1mx" in shown(make_record(completion="x"), 1, colour=True)


def test_everything_of_a_record_is_shown_when_asked_for(built: Path) -> None:
    record = next(r for r in records_of(built, "theories"))
    brief = show("theories", "1", "--out", str(built))
    whole = show("theories", "1", "--out", str(built), "--all")
    assert "canonical" not in brief and all(f"\n{name}\n" in whole for name in ("instruction", "input", "canonical"))
    assert record.canonical.splitlines()[0] in whole
    world = '{"a":"' + "b" * 500 + '"}'
    evolved = make_record(origin="evolved", parent="scan-train-1", proof="inverse: bytes", world=world)
    assert "│ scan-train-1\n│ inverse: bytes" in shown(evolved, 1)
    assert "508 characters; --all" in shown(evolved, 1) and "b" * 500 in shown(evolved, 1, everything=True)


def test_a_split_and_a_place_can_be_chosen(built: Path) -> None:
    tests = [record.id for record in records_of(built, "letters") if record.split == "test"]
    found = orjson.loads(show("letters", "2", "--out", str(built), "--split", "test", "--skip", "3", "--json"))
    assert [row["id"] for row in found] == tests[3:5]
    assert f"── {tests[3]}  4\n" in show("letters", "1", "--out", str(built), "--split", "test", "--skip", "3")
    assert show("letters", "--out", str(built), "--skip", "999") == "letters: no record after the first 999\n"
    assert "no record of split validation" in show("alpaca", "--out", str(built), "--split", "validation")


def test_rejected_rows_are_shown_with_their_reason(built: Path) -> None:
    with (built / "rejects" / "folio.jsonl").open("rb") as lines:
        entries = [orjson.loads(line) for line in lines]
    text = show("folio", "99", "--out", str(built), "--rejected")
    for number, entry in enumerate(entries, 1):
        assert f"── {entry['reason']}" in text and f"  {number}\n" in text
    broken = next(entry for entry in entries if entry["reason"] == "parse_error")
    assert f"{broken['file']}, row {broken['row']}" in text
    for line in broken["detail"].splitlines():
        assert f"│ {line}" in text, "with the caret below the fault"
    duplicate = next(entry for entry in entries if entry["reason"] in {"duplicate", "leak"})
    assert f"── {duplicate['reason']} of {duplicate['of']}" in text
    assert orjson.loads(show("folio", "99", "--out", str(built), "--rejected", "--json")) == entries
    assert show("letters", "--out", str(built), "--rejected") == "letters: no row was left out\n"


def test_records_come_straight_from_the_source_too(raw: Path, built: Path) -> None:
    found = orjson.loads(show("gsm8k_code", "3", "--raw", str(raw), "--json"))
    assert [row["id"] for row in found] == [record.id for record in records_of(built, "gsm8k_code")[:3]]
    assert "── letters-train-" in show("letters", "1")


def test_what_cannot_be_shown_is_explained(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYMBOL_LLM_RAW", raising=False)
    with pytest.raises(UserError, match="Did you mean letters"):
        show("leters", "--out", str(built))
    with pytest.raises(UserError, match="Did you mean letters"):
        show("leters")
    with pytest.raises(UserError, match="pass their folder with --raw"):
        show("folio")
    with pytest.raises(UserError, match="no finished collection"):
        show("folio", "--out", str(tmp_path))
    with pytest.raises(UserError, match="give its folder with --out"):
        show("folio", "--rejected")
