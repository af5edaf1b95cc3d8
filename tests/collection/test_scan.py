"""SCAN: upstream's files with their faults, the other splits, and the generated language."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.sources import get
from collection.sources.base import Example, Reason, Rejected, Source
from collection.sources.scan import SCAN_ADDPRIM_JUMP, SCAN_LENGTH
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.formats.scan_grammar import all_commands
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "scan"
scan, generated = get("scan"), get("scan_generated")


def read(source: Source, folder: Path = FOLDER) -> dict[tuple[str, int], Example | Rejected]:
    """What each line became, by split and line number from 1."""
    rows = source.read(folder)
    return {
        (row.split, row.index + 1): row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        for row in rows
    }


def test_lines_become_examples() -> None:
    found = read(scan)
    example = found[Split.TRAIN, 2]
    assert isinstance(example, Example)
    assert (example.input, example.completion) == ("walk right after jump", "I_JUMP I_TURN_RIGHT I_WALK")
    assert example.context.definitions.split("\n")[0] == "I_TURN_RIGHT: turn right"
    assert example.context.world == {"command": "walk right after jump"}
    windows = found[Split.TRAIN, 5]
    assert isinstance(windows, Example) and windows.completion == "I_TURN_RIGHT I_TURN_RIGHT I_JUMP", "CRLF"
    assert (Split.TRAIN, 4) not in found, "a blank line is no row"
    last = found[Split.TEST, 2]
    assert isinstance(last, Example) and last.completion.endswith("I_LOOK"), "no newline at the end of the file"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (8, Reason.MALFORMED_ROW),
        (9, Reason.EMPTY_SYMBOL),
        (10, Reason.EMPTY_INPUT),
        (11, Reason.MALFORMED_ROW),  # Latin-1
    ],
)
def test_faulty_lines_are_rejected_with_their_reason(line: int, reason: Reason) -> None:
    rejected = read(scan)[Split.TRAIN, line]
    assert isinstance(rejected, Rejected) and rejected.reason is reason and rejected.detail


@pytest.mark.parametrize("line", [6, 7])
def test_the_engine_refuses_wrong_actions_and_foreign_commands(line: int) -> None:
    example = read(scan)[Split.TRAIN, line]
    assert isinstance(example, Example)
    assert get_format("scan").accepts(example.completion, example.context).holds is False


def test_other_splits_are_tasks_of_their_own() -> None:
    length, addprim = read(SCAN_LENGTH), read(SCAN_ADDPRIM_JUMP)
    assert [split for split, _ in length] == ["train", "train", "test"]
    assert len(addprim) == 4 and SCAN_ADDPRIM_JUMP.keeps_duplicates and not SCAN_LENGTH.keeps_duplicates
    inputs = {example.input for example in read(scan).values() if isinstance(example, Example)}
    others = {
        example.input for found in (length, addprim) for example in found.values() if isinstance(example, Example)
    }
    assert not inputs & others, "the table's task reads the simple split alone"


def test_one_file_is_enough_and_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"simple_split/tasks_train_simple\.txt"):
        list(scan.read(tmp_path))
    (tmp_path / "simple_split").mkdir()
    (tmp_path / "simple_split" / "tasks_test_simple.txt").write_text("IN: run OUT: I_RUN\n")
    assert [split for split, _ in read(scan, tmp_path)] == ["test"]


def test_the_generated_language_is_whole_and_its_split_does_not_move() -> None:
    rows = list(generated.read(Path()))
    commands = [row.data["command"] for row in rows]
    assert sorted(commands) == sorted(all_commands())
    sizes = {split: sum(row.split is split for row in rows) for split in Split}
    assert sizes == {Split.TRAIN: 16_528, Split.VALIDATION: 200, Split.TEST: 4_182}
    other_seed = [(row.split, row.data["command"]) for row in generated.read(Path(), seed=7)]
    assert other_seed == [(row.split, row.data["command"]) for row in rows]
    assert commands[:100] != sorted(commands[:100])
