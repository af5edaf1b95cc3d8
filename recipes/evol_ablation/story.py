"""The steps of the ablation, as the commands that a user would type, in rounds; those of a round run side by side.

```
collection       two generated tasks under their own names
evolved-0, 1 …   one of them under fresh names, each record several times, each time under other names
test-sets        test records under fresh names: names trained on, new ones, another style, the other task
start-S          random weights and a tokenizer, for each seed
without-S        trained on the collection alone
with-S           trained on the collection and the evolved records, equally many updates of equally many tokens
score-…          both scored on all test sets
```
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipes.steps import TOOL, Step, training
from symbol_evol.test_sets import HELD_OUT_STYLE, HELD_OUT_TASK, SEEN_NAMES, SEEN_STYLE

# Evolved in training, and only in testing. Both short, so that two cores see enough of them in an hour.
EVOLVED, HELD_OUT = "clevr_generated", "scan_generated"
STYLE, OTHER_STYLE = "short", "nonsense"
WITHOUT, WITH = "without", "with"
PLAIN = "plain"
TEST_SETS = (PLAIN, SEEN_NAMES, SEEN_STYLE, HELD_OUT_STYLE, HELD_OUT_TASK)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much the ablation does; the defaults fit an hour on two cores."""

    rows: int = 4_000  # of the task that is evolved; a third of that of the other
    renamings: int = 5  # of each record that is evolved
    steps: int = 2_400
    items: int = 150  # of each task of a test set
    seeds: int = 3


def story(out: Path, scale: Scale) -> Iterator[list[Step]]:
    """The rounds in order; a step needs nothing of its own round."""
    collection, tests = str(out / "collection"), str(out / "test-sets")
    tasks = f"{EVOLVED},{HELD_OUT}"
    rows = {EVOLVED: scale.rows, HELD_OUT: max(scale.rows // 3, scale.items)}
    limit = tuple(word for task, most in rows.items() for word in ("--limit", f"{task}={most}"))
    build = (TOOL, "collect", "build", "--tasks", tasks, *limit, "--out", collection)
    yield [Step("collection", "build the collection", build)]

    def evolve(folder: str, seed: int, *more: str) -> tuple[str, ...]:
        return (TOOL, "evolve", collection, "--out", str(out / folder), "--seed", str(seed), "--style", STYLE, *more)

    held_out = ("--held-out-styles", OTHER_STYLE, "--held-out-tasks", HELD_OUT, "--test-records", str(scale.items))
    unseen = evolve("test-sets", 0, "--tasks", tasks, "--share", "0", "--test-sets", *held_out)
    evolved = [f"evolved-{number}" for number in range(scale.renamings)]
    make = (sys.executable, "-m", "recipes.evol_ablation.start", collection)
    yield [
        *(
            Step(name, "evolve training records", evolve(name, seed, "--tasks", EVOLVED, "--share", "1"))
            for seed, name in enumerate(evolved, 1)
        ),
        Step("test-sets", "evolve test records", unseen),
        *(
            Step(f"start-{seed}", "make a model", (*make, str(out / f"start-{seed}"), "--seed", str(seed)))
            for seed in range(scale.seeds)
        ),
    ]
    data = {WITHOUT: [collection], WITH: [collection, *(str(out / name) for name in evolved)]}
    models = [(kind, seed) for seed in range(scale.seeds) for kind in data]
    yield [
        Step(f"{kind}-{seed}", f"train {kind} evolved records", _train(out, kind, seed, data[kind], scale.steps))
        for kind, seed in models
    ]
    folders = {PLAIN: collection, **{name: f"{tests}/{name}" for name in TEST_SETS[1:]}}
    yield [
        Step(
            f"score-{kind}-{seed}-{name}",
            f"score the model {kind}, seed {seed}, on {name}",
            (TOOL, "eval", "symbolic", "--model", str(out / f"{kind}-{seed}" / "model"), "--data", folder)
            + ("--out", str(out / f"score-{kind}-{seed}-{name}"), "--limit", str(scale.items))
            + ("--threads", "1", "--workers", "1", "--json"),
        )
        for kind, seed in models
        for name, folder in folders.items()
    ]


def _train(out: Path, kind: str, seed: int, data: list[str], steps: int) -> tuple[str, ...]:
    settings = {
        "--model": out / f"start-{seed}",
        "--out": out / f"{kind}-{seed}",
        "--seed": seed,
        "--run.steps": steps,
        "--run.log_every": max(1, steps // 40),
        "--run.threads": 1,
        "--deepspeed.stage": 0,
    }
    return (sys.executable, *training("injection", "tiny-cpu", settings), "--data", *data)
