"""The arms, as the commands that a user would type.

    language          language, then language again       mixed              both at once, twice
    graph→language    graph, then language                language→graph     language, then graph

All arms start from one warm model and take two stages of equally many updates; a stage starts with a fresh optimiser,
and the model that it starts from is its reference for the KL divergence. Arms with the same first stage share it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from recipes.steps import ROOT

CONFIGS = Path(__file__).parent
# arm -> the data of its two stages
ARMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "language": (("language",), ("language",)),
    "graph→language": (("graph",), ("language",)),
    "language→graph": (("language",), ("graph",)),
    "mixed": (("graph", "language"), ("graph", "language")),
}


class Scale(NamedTuple):
    """How much is done; the defaults take about an hour on one core."""

    plans: int = 30_000  # training plans, each in both forms
    warm_steps: int = 8_000  # updates of the supervised run that the warm model is taken from
    warm_every: int = 1_000  # its checkpoints
    warm_right: float = 0.2  # the first with so many samples right in both forms is the warm model
    warm_plans: int = 60  # held-out plans, four samples each, that this is judged by
    updates: int = 20  # of a stage, twice per arm
    seeds: int = 3
    items: int = 200  # of each test set
    sampled: int = 120  # held-out plans that samples at temperature 1 are taken of


class Stage(NamedTuple):
    """One stage of training: its folder, and the command that fills it or goes on with it."""

    folder: Path
    command: tuple[str, ...]


def warm_command(out: Path, scale: Scale) -> tuple[str, ...]:
    """Supervised training on traces of both forms, from random weights."""
    return (
        *(sys.executable, str(ROOT / "injection" / "train.py"), "--config", str(CONFIGS / "warm.yaml")),
        *("--model", str(out / "start"), "--data", str(out / "data"), "--out", str(out / "supervised")),
        *("--run.steps", str(scale.warm_steps), "--run.save_every", str(scale.warm_every)),
    )


def stage_names(arm: str) -> tuple[str, str]:
    """The folders of an arm's stages; arms with the same first stage share its folder."""
    first, second = ("+".join(forms) for forms in ARMS[arm])
    return first, f"{first},{second}"


def stages(out: Path, scale: Scale, seed: int) -> list[Stage]:
    """All stages of one seed, each once, first ones first."""
    folder = out / f"seed-{seed}"
    wanted: dict[str, Stage] = {}
    for number in range(2):
        for arm, data in ARMS.items():
            name = stage_names(arm)[number]
            model = out / "warm" / "model" if number == 0 else folder / stage_names(arm)[0] / "model"
            # The first stage by the script of the first stage, the second by that of the second.
            script = ROOT / ("injection", "infusion")[number] / "train.py"
            files = [str(out / "data" / f"{form}.jsonl") for form in data[number]]
            command = (
                *(sys.executable, str(script), "--config", str(CONFIGS / "grpo.yaml"), "--model", str(model)),
                *("--data", *files, "--out", str(folder / name)),
                # Another seed for the second stage: otherwise it would see the prompts of the first again.
                *("--run.steps", str(scale.updates), "--seed", str(1_000 * number + seed)),
            )
            wanted.setdefault(name, Stage(folder / name, command))
    return list(wanted.values())
