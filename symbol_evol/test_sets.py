"""Training records and four test sets that tell how far renaming generalises: ``symbol-llm evolve --test-sets``.

    OUT                           training and validation records, tasks that are not held out
    OUT/evolved-seen-names        their test records, names that training records have too, for other meanings
    OUT/evolved-seen-style        their test records, new names of the styles that are trained on
    OUT/evolved-held-out-style    their test records, names of styles that are not
    OUT/evolved-held-out-task     test records of tasks that are trained on under their own names alone

Every folder is a collection of its own. No fresh name of a test set but the first is the name of a training record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from collection.verify import load_manifest
from symbol_evol.evolve import EvolveConfig, evolvable_tasks, evolve
from symbol_llm.errors import UserError
from symbol_llm.record import Split

SEEN_NAMES = "evolved-seen-names"
SEEN_STYLE, HELD_OUT_STYLE, HELD_OUT_TASK = "evolved-seen-style", "evolved-held-out-style", "evolved-held-out-task"


def evolve_with_test_sets(
    config: EvolveConfig,
    collection_folder: Path,
    out: Path,
    held_out_tasks: Sequence[str],
    most: int,
    workers: int = 1,
    raw: Path | None = None,
) -> dict[str, dict[str, Any]]:
    """Write all five, at most ``most`` records of a task in each test set; the manifests, "" for the training one.

    Raises UserError as ``evolve`` does, and where a test set would be empty.
    """
    if not config.held_out_styles:
        raise UserError("no style is held out: name at least one with --held-out-styles")
    if not held_out_tasks:
        raise UserError("no task is held out: name at least one with --held-out-tasks")
    tasks = list(config.tasks) or evolvable_tasks(load_manifest(collection_folder))
    seen = tuple(task for task in tasks if task not in held_out_tasks)
    if not seen:
        raise UserError("all tasks are held out: leave one out of --held-out-tasks")
    test = replace(config, held_out_styles=(), splits=(Split.TEST.value,), share=1.0, most=most)
    configs = {
        "": replace(config, tasks=seen, held_out_styles=(), splits=(Split.TRAIN.value, Split.VALIDATION.value)),
        SEEN_NAMES: replace(test, tasks=seen, old_names=True),
        SEEN_STYLE: replace(test, tasks=seen),
        HELD_OUT_STYLE: replace(test, tasks=seen, styles=config.held_out_styles),
        HELD_OUT_TASK: replace(test, tasks=tuple(held_out_tasks)),
    }
    return {name: evolve(each, collection_folder, out / name, workers, raw) for name, each in configs.items()}
