"""The packs of a whole run as one indexed sequence: what each process reads at each step.

    step 3, two packs per process, two processes   ─▶   process 0: packs 12 and 14, process 1: packs 13 and 15

Index → pack is a pure function of the seed, so skipping to a step when a run resumes needs no replay.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symbol_llm.training.config import Batch, Run
from symbol_llm.training.mixing import Group, epoch_rows
from symbol_llm.training.packing import Plan, Shape, plan_epoch
from symbol_llm.training.rectangles import plan_rectangles

if TYPE_CHECKING:
    import numpy as np


@dataclass(slots=True)
class Schedule:
    """All packs of a run, epoch after epoch, planned when they are first asked for."""

    groups: Sequence[Group]
    shape: Shape
    batch: Batch
    packs_per_step: int
    seed: int
    _starts: list[int] = field(default_factory=lambda: [0])  # first pack of each epoch
    _epoch: int = -1
    _plan: Plan | None = None

    def pack(self, index: int) -> np.ndarray:
        """Row numbers of the ``index``-th pack of the run."""
        while index >= self._starts[-1]:
            self._starts.append(self._starts[-1] + len(self.plan(len(self._starts) - 1)))
        epoch = bisect_right(self._starts, index) - 1
        return self.plan(epoch).pack(index - self._starts[epoch])

    def plan(self, epoch: int) -> Plan:
        """The packs of one epoch; the latest is kept."""
        if self._plan is None or self._epoch != epoch:
            rows = epoch_rows(self.groups, self.seed, epoch)
            self._plan = plan_packs(rows, self.shape, self.batch, self.packs_per_step, self.seed, epoch)
            self._epoch = epoch
        return self._plan

    def num_steps(self, run: Run) -> int:
        """Optimizer steps of the whole run."""
        if run.steps is not None:
            return run.steps
        assert run.epochs is not None
        return sum(len(self.plan(epoch)) // self.packs_per_step for epoch in range(run.epochs))


@dataclass(frozen=True, slots=True)
class ProcessPacks:
    """One process's share of a schedule, as a map-style data set of ``num_steps × accumulation`` packs."""

    schedule: Schedule
    num_steps: int
    accumulation: int
    rank: int
    world_size: int

    def __len__(self) -> int:
        return self.num_steps * self.accumulation

    def __getitem__(self, index: int) -> np.ndarray:
        return self.schedule.pack(index * self.world_size + self.rank)


def plan_packs(rows: np.ndarray, shape: Shape, batch: Batch, multiple: int, seed: int, epoch: int) -> Plan:
    """The packs of an epoch over ``rows`` in the mode of the batch."""
    if batch.mode in ("padded", "bucketed"):
        is_bucketed = batch.mode == "bucketed"
        return plan_rectangles(rows, shape.lengths, batch.pack_tokens, multiple, seed, epoch, is_bucketed)
    branches = batch.max_branches if batch.share_prefixes else 1
    return plan_epoch(rows, shape, batch.pack_tokens, branches, multiple, seed, epoch)


def choose_packs_per_step(batch: Batch, groups: Sequence[Group], shape: Shape, world_size: int, seed: int) -> int:
    """Packs of one global step: the multiple of the processes nearest to what the configuration asks for."""
    if batch.step_tokens is not None:
        wanted = batch.step_tokens / batch.pack_tokens
    else:
        assert batch.step_rows is not None
        plan = Schedule(groups, shape, batch, 1, seed).plan(0)
        wanted = batch.step_rows / (len(plan.rows) / len(plan))
    return max(1, round(wanted / world_size)) * world_size
