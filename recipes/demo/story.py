"""The steps of the demo, as the commands that a user would type.

collection   generated sources, every symbol checked by its real engine
evolved      some of them under fresh names, each proved
injection    a LLaMA of two million parameters learns symbols
infusion     it goes on with symbols and general instructions together
symbolic     held-out symbols, scored by the fields' metrics and by meaning
delegate     six scenes: the model writes, real solvers execute
ceiling      the same items with gold symbols: what perfect translation would reach
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

# Every generated source, so that no network and no outside data are needed.
TASKS = (
    "scan_generated",
    "blocksworld_generated",
    "grippers_generated",
    "theories",
    "letters",
    "stories",
    "clevr_generated",
    "tables",
    "general",
)
BENCHMARKS = (
    "stories",
    "letters",
    "theories",
    "blocksworld_generated",
    "grippers_generated",
    "clevr_generated",
    "tables",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command. ``output`` is the file that its standard output (one JSON document) goes to."""

    name: str
    what: str
    command: tuple[str, ...]
    output: Path


@dataclass(frozen=True, slots=True)
class Scale:
    """How much the demo does; the defaults fit ten minutes on two cores."""

    rows: int = 6_000  # per task and split
    injection_steps: int = 900
    infusion_steps: int = 300
    items: int = 40  # per task and benchmark
    share: float = 0.06  # evolved records


def story(out: Path, scale: Scale, seed: int = 0, processes: int = 2) -> list[Step]:
    """The steps in order. ``processes`` is the number of training processes and of workers."""
    bin_folder = Path(sys.executable).parent
    tool, launcher = str(bin_folder / "symbol-llm"), str(bin_folder / "deepspeed")
    root = Path(__file__).parent.parent.parent
    common = ("--seed", str(seed))
    workers = ("--workers", str(processes))
    data = (str(out / "collection"), str(out / "evolved"))
    model = str(out / "infusion" / "model")
    items = ("--limit", str(scale.items))

    def stage(name: str, steps: int, *more: str) -> tuple[str, ...]:
        script, config = root / name / "train.py", root / name / "configs" / "tiny-cpu.yaml"
        launch = (launcher, "--num_gpus", str(processes), "--master_port", "29511", str(script))
        where = ("--config", str(config), "--data", *data, "--out", str(out / name))
        return (*launch, *where, "--run.steps", str(steps), *common, *more)

    def evaluate(kind: str, place: str, *more: str) -> tuple[str, ...]:
        return (tool, "eval", kind, "--out", str(out / place), *items, *workers, *common, "--json", *more)

    build = (tool, "collect", "build", "--tasks", ",".join(TASKS), "--limit", str(scale.rows), "--out", data[0])
    evolve = (tool, "evolve", data[0], "--out", data[1], "--share", str(scale.share))
    symbolic = ("--tasks", ",".join(task for task in TASKS if task != "general"))
    delegated = ("--tasks", ",".join(BENCHMARKS))
    return [
        Step("collection", "build the collection", (*build, *workers, *common, "--json"), out / "collection.json"),
        Step("evolved", "evolve symbols, with proof", (*evolve, *workers, *common, "--json"), out / "evolved.json"),
        Step("injection", "stage 1: symbols", stage("injection", scale.injection_steps), out / "injection.log"),
        Step(
            "infusion",
            "stage 2: symbols and language",
            stage("infusion", scale.infusion_steps, "--model", str(out / "injection" / "model")),
            out / "infusion.log",
        ),
        Step(
            "symbolic",
            "score held-out symbols",
            evaluate("symbolic", "eval", "--model", model, "--data", data[0], *symbolic),
            out / "symbolic.json",
        ),
        Step(
            "evolved_symbolic",
            "score symbols under names never seen",
            evaluate("symbolic", "eval-evolved", "--model", model, "--data", data[1]),
            out / "evolved_symbolic.json",
        ),
        Step(
            "delegate",
            "delegate to solvers, six scenes",
            evaluate("delegate", "eval", "--model", model, *delegated),
            out / "delegate.json",
        ),
        Step(
            "ceiling",
            "the same items with gold symbols",
            evaluate("delegate", "ceiling", "--backend", "gold", *delegated),
            out / "ceiling.json",
        ),
    ]
