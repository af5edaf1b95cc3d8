"""A checkpoint counts when it is complete; a damaged or foreign one is an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.training import checkpoints

SETTINGS = {"config": {"optimizer": {"learning_rate": 0.001}}, "num_steps": 9}


def save(root: Path, step: int, is_complete: bool = True) -> Path:
    folder = root / f"checkpoint-{step}"
    (folder / "global_step").mkdir(parents=True)
    (folder / "global_step" / "state.pt").write_bytes(b"x" * 100)
    (folder / "latest").write_text("global_step")
    if is_complete:
        checkpoints.mark_complete(folder, step, 2, SETTINGS)
    return folder


def test_the_newest_complete_one_counts(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path / "none") is None
    for step in (9, 100, 20):
        save(tmp_path, step)
    save(tmp_path, 200, is_complete=False)
    found = checkpoints.newest(tmp_path)
    assert found and found.step == 100 and found.world_size == 2 and found.settings == SETTINGS
    assert checkpoints.clear_incomplete(tmp_path) == ["checkpoint-200"]
    assert not (tmp_path / "checkpoint-200").exists()


def test_damage_is_named(tmp_path: Path) -> None:
    folder = save(tmp_path, 5)
    (folder / "global_step" / "state.pt").write_bytes(b"x" * 99)
    with pytest.raises(UserError, match=r"state.pt has 99 bytes instead of 100.*Delete .*checkpoint-5"):
        checkpoints.newest(tmp_path)
    (folder / "global_step" / "state.pt").unlink()
    with pytest.raises(UserError, match="is missing"):
        checkpoints.newest(tmp_path)
    (folder / checkpoints.MARKER).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        checkpoints.newest(tmp_path)


def test_another_run_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 5)
    found = checkpoints.newest(tmp_path)
    assert found
    checkpoints.check_same_run(found, SETTINGS)
    with pytest.raises(UserError, match=r"config.optimizer.learning_rate was 0.001 and is 0.1"):
        checkpoints.check_same_run(found, {**SETTINGS, "config": {"optimizer": {"learning_rate": 0.1}}})


def test_a_checkpoint_that_cannot_be_converted(tmp_path: Path) -> None:
    save(tmp_path, 5)
    found = checkpoints.newest(tmp_path)
    assert found
    with pytest.raises(UserError, match=r"written by 2 processes .* Start with --num_gpus 2"):
        checkpoints.make_universal(found)


def test_only_the_last_stay(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        save(tmp_path, step)
    checkpoints.keep_last(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-15"]


def test_a_disk_that_is_too_small(tmp_path: Path) -> None:
    checkpoints.check_space(tmp_path, 1_000, 4, is_start=True)
    with pytest.raises(UserError, match=r"GB are free, and a checkpoint of this model needs 1[0-9]{9}"):
        checkpoints.check_space(tmp_path, 10**17, 2, is_start=False)
