"""The steps of the demo, as the commands that a user would type.

```
collection   generated sources, every symbol checked by its real engine
evolved      some of them under fresh names, each proved
injection    a small LLaMA learns symbols
infusion     it goes on with symbols and general instructions together
symbolic     held-out symbols, scored by the fields' metrics and by meaning
delegate     six scenes: the model writes, real solvers execute
ceiling      the same items with gold symbols: what perfect translation would reach
```
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from recipes.steps import TOOL, Step, launcher, training


class Portion(NamedTuple):
    """How many rows of a task the collection gets per split, and how many of them the first stage takes per epoch."""

    built: int
    per_epoch: int


# Generated sources, so that no network and no outside data are needed. What is harder to learn comes more often;
# copying is learnt from thousands of different rows, not from the same ones again and again.
TASKS = {
    "scan_generated": Portion(12_000, 9_000),
    "blocksworld_generated": Portion(8_000, 6_000),
    "theories": Portion(8_000, 7_500),
    "letters": Portion(6_000, 2_800),
    "stories": Portion(4_000, 2_200),
    "clevr_generated": Portion(4_000, 2_200),
    "tables": Portion(3_000, 1_300),
    "general": Portion(1_000, 300),
}
EVOLVED = ("scan_generated", "clevr_generated", "blocksworld_generated")
BENCHMARKS = ("stories", "letters", "theories", "blocksworld_generated", "clevr_generated", "tables")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much the demo does; the defaults fit ten minutes on two cores."""

    rows: int = 12_000  # per task and split at most
    injection_steps: int = 3_000
    infusion_steps: int = 120
    items: int = 100  # per task and benchmark
    share: float = 0.004  # evolved records per record


def story(out: Path, scale: Scale, seed: int = 0, processes: int = 2) -> list[Step]:
    """The steps in order. ``processes`` is the number of training processes and of workers."""
    workers = ("--workers", str(processes), "--seed", str(seed), "--json")
    collection, evolved, model = str(out / "collection"), str(out / "evolved"), str(out / "infusion" / "model")

    def train(stage: str, steps: int, *more: str) -> tuple[str, ...]:
        settings = {"--out": out / stage, "--run.steps": steps, "--run.log_every": max(1, steps // 40), "--seed": seed}
        script = training(stage, "tiny-cpu", settings)
        return (*launcher(processes, out), *script, "--data", collection, evolved, *more)

    def evaluate(kind: str, place: str, *more: str) -> tuple[str, ...]:
        return (TOOL, "eval", kind, "--out", str(out / place), "--limit", str(scale.items), *workers, *more)

    limits = [word for task, part in TASKS.items() for word in ("--limit", f"{task}={min(part.built, scale.rows)}")]
    build = (TOOL, "collect", "build", "--tasks", ",".join(TASKS), *limits, "--out", collection)
    evolve = (TOOL, "evolve", collection, "--out", evolved, "--tasks", ",".join(EVOLVED), "--share", str(scale.share))
    mixture = [word for task, part in TASKS.items() for word in (f"--data.mixture.counts.{task}", str(part.per_epoch))]
    injected = ("--model", str(out / "injection" / "model"))
    symbolic = ("--model", model, "--data", collection, "--tasks", ",".join(t for t in TASKS if t != "general"))
    unseen = ("--model", model, "--data", evolved)
    scenes = ("--tasks", ",".join(BENCHMARKS))
    return [
        Step("collection", "build the collection", (*build, *workers)),
        Step("evolved", "evolve symbols, with proof", (*evolve, *workers)),
        Step("injection", "stage 1: symbols", train("injection", scale.injection_steps, *mixture)),
        Step("infusion", "stage 2: symbols and language", train("infusion", scale.infusion_steps, *injected)),
        Step("symbolic", "score held-out symbols", evaluate("symbolic", "symbolic", *symbolic)),
        Step("unseen_names", "score symbols under fresh names", evaluate("symbolic", "unseen_names", *unseen)),
        Step("delegate", "delegate to solvers", evaluate("delegate", "delegate", "--model", model, *scenes)),
        Step("ceiling", "delegate gold symbols", evaluate("delegate", "ceiling", "--backend", "gold", *scenes)),
    ]
