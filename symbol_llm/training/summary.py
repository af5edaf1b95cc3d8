"""What a run says of its data before it trains, and of itself when it is done: ``RUN/summary.json``.

```
{"stage": "injection", "steps": 500, "final_loss": 0.31, "best_step": 450, "rows_per_task": {"scan": 9000, …}, …}
```
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.ledger import write_json
from symbol_llm.training.config import Config
from symbol_llm.training.distributed import world_size

if TYPE_CHECKING:
    import numpy as np

    from symbol_llm.training.batches import Schedule
    from symbol_llm.training.data import Store
    from symbol_llm.training.packing import Plan

_LOST = ("truncated", "too_long", "empty", "special")


def describe_data(store: Store, schedule: Schedule, packs_per_step: int) -> dict[str, Any]:
    """What the first epoch takes, per task and per group, and how well it packs; ``lines`` are for people."""
    import numpy as np

    from symbol_llm.training.mixing import left_out

    plan, lengths = schedule.plan(0), store.lengths
    realised = np.bincount(store.tasks[plan.rows], minlength=len(store.task_names)).tolist()
    groups = {group.name: group.target for group in schedule.groups}
    tokens, per_epoch = int(lengths[plan.rows].sum()), len(plan) // packs_per_step
    lost = {what: sum(getattr(count, what) for count in store.counts.values()) for what in _LOST}
    lines = [
        f"{len(store):,} rows of {len(store.task_names)} tasks; " + ", ".join(f"{n:,} {k}" for k, n in lost.items()),
        f"an epoch: {len(plan.rows):,} rows, {tokens:,} tokens, {len(plan):,} packs, {per_epoch:,} steps, "
        f"{len(plan.rows) / per_epoch:,.0f} rows and {tokens / per_epoch:,.0f} tokens per step",
    ]
    mixed, drawn = tasks_per_step(plan, store.tasks, packs_per_step)
    lines.append(f"a step mixes {mixed:.1f} tasks; of rows that are drawn one by one it would be {drawn:.1f}")
    for task, count in sorted(store.counts.items()):
        if any(getattr(count, what) for what in _LOST):
            lines.append(f"  {task}: " + ", ".join(f"{getattr(count, w):,} {w}" for w in _LOST if getattr(count, w)))
    if len(groups) > 1:
        lines.append("mixture per epoch: " + ", ".join(f"{name} {number:,}" for name, number in groups.items()))
    if unused := left_out(schedule.groups, len(store)):
        lines.append(f"{unused:,} rows belong to no group of the mixture and are left out")
    return {
        "lines": lines,
        "groups": groups,
        "rows_per_task": dict(zip(store.task_names, realised, strict=True)),
        "rows_per_epoch": len(plan.rows),
        "tokens_per_epoch": tokens,
        "steps_per_epoch": per_epoch,
        "tasks_per_step": round(mixed, 2),
        "tasks_per_step_if_drawn_alone": round(drawn, 2),
        "lost": lost,
    }


def tasks_per_step(plan: Plan, tasks: np.ndarray, packs_per_step: int) -> tuple[float, float]:
    """How many tasks a step holds in the mean, and how many if its rows were drawn one by one.

    The difference is what rows that travel together, because they begin alike or are of one length, cost in mixture.
    """
    import numpy as np

    rows_per_pack, num_tasks = np.diff(plan.starts), int(tasks.max()) + 1
    step_of_row = np.repeat(np.arange(len(plan)) // packs_per_step, rows_per_pack)
    num_steps = int(step_of_row[-1]) + 1
    mixed = len(np.unique(step_of_row * num_tasks + tasks[plan.rows])) / num_steps
    shares = np.bincount(tasks[plan.rows]) / len(plan.rows)
    return mixed, float((1 - (1 - shares) ** (len(plan.rows) / num_steps)).sum())


def write_summary(
    out: Path, config: Config, trainer: Any, described: dict[str, Any], exported: int, started: float
) -> None:
    """The numbers of a finished run; ``exported`` is the step whose weights are in RUN/model."""
    lines = [orjson.loads(line) for line in (out / "metrics.jsonl").read_bytes().splitlines()]
    reports = [line for line in lines if "loss" in line]
    speeds = sorted(report["tokens_per_second"] for report in reports)
    state = trainer.state
    summary = {
        "stage": config.stage,
        "steps": state.global_step,
        "stopped_early": trainer.stopped_early,
        "exported_step": exported,
        "parameters": trainer.num_parameters,
        "world_size": world_size(),
        "loss_rule": "sum over trained tokens of the global step / their number",
        "final_loss": reports[-1]["loss"] if reports else None,
        "best_step": state.best_global_step if config.evaluation.every else None,
        "best_held_out_loss": state.best_metric if config.evaluation.every else None,
        "median_tokens_per_second": speeds[len(speeds) // 2] if speeds else None,
        "seconds": round(time.time() - started, 1),
        **{key: value for key, value in described.items() if key != "lines"},
    }
    write_json(out / "summary.json", summary)
