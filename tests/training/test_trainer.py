"""The loop in one process: exact normalisation under accumulation, finite losses, reports that survive a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import torch

from symbol_llm.errors import CheckFailed
from symbol_llm.training import mixing
from symbol_llm.training.batches import ProcessPacks, Schedule, choose_packs_per_step
from symbol_llm.training.collator import Collator
from symbol_llm.training.config import Batch, Run
from symbol_llm.training.metrics import MetricsFile
from symbol_llm.training.model import load_model
from symbol_llm.training.packing import Shape
from symbol_llm.training.trainer import PackedTrainer, make_arguments
from tests.training.conftest import Prepared, configure


class Rows:
    """Fixed packs in place of a schedule."""

    def __init__(self, packs: list[list[int]]) -> None:
        self.packs = packs

    def __len__(self) -> int:
        return len(self.packs)

    def __getitem__(self, index: int) -> np.ndarray:
        return np.array(self.packs[index])


def train(
    prepared: Prepared,
    out: Path,
    packs: list[list[int]],
    accumulation: int,
    change: Callable[[Any], None] = lambda model: None,
    mode: str = "packed",
) -> PackedTrainer:
    config = configure(Path(prepared.config.data.path[0]), out, ("batch.mode", mode))
    arguments = make_arguments(config, len(packs) // accumulation, accumulation, use_cpu=True)
    model = load_model(config, prepared.tokenizer, is_packed=mode == "packed")
    change(model)
    collator = Collator(prepared.store, mode=mode)
    trainer = PackedTrainer(config, arguments, model, Rows(packs), collator, {})  # type: ignore[arg-type]
    out.mkdir(parents=True, exist_ok=True)
    trainer.train()
    return trainer


@pytest.mark.parametrize("mode", ["packed", "masked", "padded"])
def test_accumulated_packs_are_one_large_pack(mode: str, prepared: Prepared, tmp_path: Path) -> None:
    """Packs of very unequal numbers of trained tokens weigh by tokens, not by packs."""
    large = train(prepared, tmp_path / "large", [[0, 1, 130, 150, 170], [3, 9, 199, 239]], 1, mode=mode)
    small = train(prepared, tmp_path / "small", [[0], [1, 130, 150, 170], [3, 9, 199], [239]], 2, mode=mode)
    for a, b in zip(large.model.parameters(), small.model.parameters(), strict=True):
        assert (a - b).abs().max() <= 1e-6
    losses = [
        [orjson.loads(line)["loss"] for line in (tmp_path / run / "metrics.jsonl").read_bytes().splitlines()]
        for run in ("large", "small")
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6) and len(losses[0]) == 2


def test_all_modes_train_the_same(prepared: Prepared, tmp_path: Path) -> None:
    packs = [[0, 1, 130, 150, 170], [3, 9, 199, 239]]
    packed, masked, padded = (
        train(prepared, tmp_path / mode, packs, 1, mode=mode) for mode in ("packed", "masked", "padded")
    )
    for a, b, c in zip(packed.model.parameters(), masked.model.parameters(), padded.model.parameters(), strict=True):
        # Adam divides by the size of the gradient, so differences of 1e-8 in small ones show.
        assert (a - b).abs().max() <= 1e-5 and (a - c).abs().max() <= 1e-5


def test_the_reported_loss_is_the_mean_over_trained_tokens(prepared: Prepared, tmp_path: Path) -> None:
    train(prepared, tmp_path, [[0, 5], [130, 131, 132]], 2)
    (report,) = [orjson.loads(line) for line in (tmp_path / "metrics.jsonl").read_bytes().splitlines()]
    trained = prepared.store.lengths - prepared.store.prompt_lengths
    general, scan = int(trained[[0, 5]].sum()), int(trained[130:133].sum())
    assert report["trained_tokens"] == general + scan and report["rows"] == 5
    mean = (report["task_loss/general"] * general + report["task_loss/scan"] * scan) / (general + scan)
    assert report["loss"] == pytest.approx(mean, rel=1e-4)
    assert report["tokens_per_second"] > report["computed_tokens_per_second"] > 0


def test_a_loss_that_is_no_number_stops_the_run(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(model: Any) -> None:
        torch.nn.init.constant_(model.model.norm.weight, float("inf"))

    with pytest.raises(CheckFailed, match="not finite before any training"):
        train(prepared, tmp_path, [[0, 1]], 1, spoil)
    monkeypatch.setattr("symbol_llm.training.trainer.check_packed_equals_alone", lambda *arguments: 0.0)
    with pytest.raises(CheckFailed, match="loss became nan at or before step 1"):
        train(prepared, tmp_path / "second", [[0, 1]], 1, spoil)


def test_processes_take_turns_and_epochs_follow_each_other(prepared: Prepared) -> None:
    store = prepared.store
    shape = Shape(store.lengths, store.families, store.trunks)
    groups = mixing.make_groups(prepared.config.data.mixture, store.tasks, store.task_names, {})
    schedule = Schedule(groups, shape, prepared.config.batch, 4, seed=0)
    per_epoch = len(schedule.plan(0))
    num_steps = schedule.num_steps(Run(epochs=2))
    assert num_steps * 4 == per_epoch + len(schedule.plan(1))
    shares = [ProcessPacks(schedule, num_steps, 2, rank, 2) for rank in range(2)]
    assert [len(share) for share in shares] == [num_steps * 2] * 2
    seen = np.concatenate([share[i] for share in shares for i in range(len(share))])
    assert sorted(seen.tolist()) == sorted([*range(len(store)), *range(len(store))])
    fresh = Schedule(groups, shape, prepared.config.batch, 4, seed=0)
    assert (ProcessPacks(fresh, num_steps, 2, 1, 2)[len(shares[1]) - 1] == shares[1][len(shares[1]) - 1]).all()


def test_the_size_of_a_step(prepared: Prepared) -> None:
    store = prepared.store
    shape = Shape(store.lengths, store.families, store.trunks)
    groups = mixing.make_groups(prepared.config.data.mixture, store.tasks, store.task_names, {})

    def packs(world_size: int, **batch: int) -> int:
        return choose_packs_per_step(Batch(pack_tokens=256, **batch), groups, shape, world_size, 0)

    assert packs(2, step_tokens=1024) == 4 and packs(3, step_tokens=1024) == 3 and packs(8, step_tokens=1024) == 8
    rows_per_pack = len(store) / len(Schedule(groups, shape, Batch(pack_tokens=256, step_rows=1), 1, 0).plan(0))
    assert packs(2, step_rows=40) == 2 * round(40 / rows_per_pack / 2)


def test_reports_of_steps_that_are_done_again_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    first = MetricsFile(path, 0)
    for step in (1, 2, 3):
        first.write(step, {"loss": 1.0 / step})
    first.close()
    with path.open("ab") as file:
        file.write(b'{"step": 4, "lo')  # cut off by a kill
    second = MetricsFile(path, 2)
    second.write(3, {"loss": 0.25})
    second.close()
    assert [orjson.loads(line) for line in path.read_bytes().splitlines()] == [
        {"step": 1, "loss": 1.0},
        {"step": 2, "loss": 0.5},
        {"step": 3, "loss": 0.25},
    ]
