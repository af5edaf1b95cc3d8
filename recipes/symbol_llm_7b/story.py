"""Symbol-LLM-7B, step by step, as one would type it (arXiv 2311.09278).

```
collection   the 34 tasks and the general instructions from their original files, every symbol checked   (D_s1)
evolved      6 % of it again under fresh names, each proved                                              (D_s3)
injection    LLaMA-2-7B-Chat learns symbols, on all symbolic records          ─▶ Symbol-LLM Base
infusion     it goes on with about 260K symbolic records and 310K general ones ─▶ Symbol-LLM Instruct
symbolic     held-out symbols, the metric of each field
delegate     the model writes, real solvers execute
```

What a language model distils and solvers filter (D_s2, 6 % of the paper's collection) is paid for by the call: build it
beforehand and name its folder with ``--more-data``. The tiny preset takes the same steps with generated sources and a
LLaMA of 0.6 million parameters: it shows that they fit together, in minutes and without a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recipes.steps import LAUNCHER, TOOL, Step, training


@dataclass(frozen=True, slots=True)
class Preset:
    """What differs between the paper's scale and the tiny one."""

    build: tuple[str, ...]  # what the collection is made of
    config: str  # of both stages
    injection: tuple[str, ...] = ()
    infusion: tuple[str, ...] = ()
    evaluate: tuple[str, ...] = ()
    tasks: str | None = None  # of the delegated evaluation; default: all whose data are there


# One generated benchmark for each of the six scenes.
_SCENES = "stories,letters,theories,blocksworld_generated,clevr_generated,tables"
# Stage one sees symbols only: general rows stay in the collection for stage two.
_SYMBOLS_ONLY = "--data.mixture.shares.symbolic", "1"
PRESETS = {
    "paper": Preset(
        build=(),
        config="llama2-7b",
        injection=(*_SYMBOLS_ONLY, "--evaluation.every", "1000"),
        infusion=("--evaluation.every", "1000"),
    ),
    "tiny": Preset(
        build=(
            *(
                "--tasks",
                "scan_generated,blocksworld_generated,theories,letters,stories,clevr_generated,tables,general",
            ),
            *("--limit", "200"),
        ),
        config="tiny-cpu",
        injection=(*_SYMBOLS_ONLY, "--run.steps", "20", "--run.log_every", "5", "--evaluation.every", "10"),
        infusion=("--run.steps", "10", "--run.log_every", "5"),
        evaluate=("--limit", "4"),
        tasks=_SCENES,
    ),
}


def story(
    preset: Preset,
    out: Path,
    raw: Path | None = None,
    launch: Sequence[str] = ("--num_gpus", "8"),
    more_data: Sequence[str] = (),
) -> list[Step]:
    """The steps in order. ``launch`` are options of the `deepspeed` launcher, such as --hostfile."""
    files = ("--raw", str(raw)) if raw else ()
    collection, evolved = str(out / "collection"), str(out / "evolved")
    base, instruct = str(out / "injection" / "model"), str(out / "infusion" / "model")
    build = preset.build
    if raw and build:
        # The tiny preset with real rows: every task whose files are there, and the generated ones.
        build = build[2:]

    def train(stage: str, *more: str) -> tuple[str, ...]:
        script = training(stage, preset.config, {"--out": out / stage})
        return (LAUNCHER, *launch, *script, "--data", collection, evolved, *more_data, *more)

    def evaluate(kind: str, *more: str) -> tuple[str, ...]:
        return (TOOL, "eval", kind, "--model", instruct, *files, "--out", str(out / kind), *preset.evaluate, *more)

    scenes = ("--tasks", preset.tasks) if preset.tasks else ()
    return [
        Step(
            "collection", "build the collection (D_s1)", (TOOL, "collect", "build", *files, *build, "--out", collection)
        ),
        Step("evolved", "evolve symbols, with proof (D_s3)", (TOOL, "evolve", collection, "--out", evolved)),
        Step("injection", "stage 1: symbols", train("injection", *preset.injection)),
        Step("infusion", "stage 2: symbols and language", train("infusion", "--model", base, *preset.infusion)),
        Step("symbolic", "score held-out symbols", evaluate("symbolic", "--data", collection)),
        Step("delegate", "delegate to solvers", evaluate("delegate", *scenes)),
    ]
