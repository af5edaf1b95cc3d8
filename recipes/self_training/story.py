"""The steps of self-training, as the commands that a user would type (after ENVISIONS, Xu et al. 2024).

```
seeds      a few hundred pairs with gold programs, and a tiny LLaMA that learns them: round 0
ask        the model answers questions that it has no programs for, several samples each
collect    a solver executes the samples; right ones become pairs
build      the seeds and all pairs so far
train      the model goes on with them
test       held-out questions: the model writes, the solver executes, the answer counts
```
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from recipes.steps import TOOL, Step, launcher, training

TASK = "stories"
# transformers serve samples only if the generation settings say so; the exported model's say that it is greedy.
_SAMPLING = json.dumps(
    {"generation_config": json.dumps({"do_sample": True, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0})}
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done. The defaults take about twenty minutes on two cores."""

    rounds: int = 3
    seeds: int = 300  # questions with gold programs
    questions: int = 1_500  # further questions, of which only the answers are known
    samples: int = 4  # per question and round
    first_steps: int = 300  # updates on the seeds
    steps: int = 300  # updates per round
    items: int = 300  # held-out questions

    @property
    def asked_per_round(self) -> int:
        """Every round asks other questions."""
        return self.questions // self.rounds


def story(out: Path, scale: Scale, seed: int = 0, processes: int = 2, arm: str = "verified") -> list[Step]:
    """The steps in order. The ``arm`` "seeds" trains as long without new pairs: a control."""
    build = (TOOL, "collect", "build", "--tasks", TASK, "--limit", str(scale.seeds), "--out", str(out / "seeds"))
    steps = [
        Step("seeds", "pairs with gold programs", (*build, "--json")),
        _train(out, "train_0", scale.first_steps, out / "seeds", None, seed, processes),
        _test(out, "test_0", "train_0", scale),
    ]
    for number in range(1, scale.rounds + 1):
        asked = _ask(out, scale, number) if arm == "verified" else []
        steps += [*asked, *_learn(out, scale, number, seed, processes, arm)]
    return steps


def _ask(out: Path, scale: Scale, number: int) -> list[Step]:
    model = out / f"train_{number - 1}" / "model"
    skip = scale.seeds + (number - 1) * scale.asked_per_round
    which = ("--limit", str(scale.asked_per_round), "--skip", str(skip), "--samples", str(scale.samples))
    how = ("--prompts", "collection", "--temperature", "0.8", "--max-tokens", "60", "--extra", _SAMPLING)
    asking = (TASK, "--model", str(model), *how, *which)
    ledger = ("--ledger", str(out / f"ask_{number}" / "ledger.sqlite"), "--json")
    serving = (sys.executable, "-m", "recipes.self_training.asking", str(model))
    name = f"collect_{number}"
    return [
        Step(f"ask_{number}", f"round {number}: ask the model", (*serving, "distill", "run", *asking, *ledger)),
        Step(
            name,
            f"round {number}: execute what it wrote",
            (TOOL, "distill", "collect", *asking, *ledger, "--out", str(out / name)),
        ),
    ]


def _learn(out: Path, scale: Scale, number: int, seed: int, processes: int, arm: str) -> list[Step]:
    data, model = f"data_{number}", out / f"train_{number - 1}" / "model"
    pairs = [str(out / f"collect_{n}") for n in range(1, number + 1)] if arm == "verified" else []
    gather = (sys.executable, "-m", "recipes.self_training.gathering", "--seeds", str(scale.seeds))
    return [
        Step(data, f"round {number}: seeds and pairs", (*gather, "--out", str(out / data), "--pairs", *pairs)),
        _train(out, f"train_{number}", scale.steps, out / data / "collection", model, seed, processes),
        _test(out, f"test_{number}", f"train_{number}", scale),
    ]


def _train(out: Path, name: str, steps: int, data: Path, model: Path | None, seed: int, processes: int) -> Step:
    settings: dict[str, object] = {"--data": data, "--out": out / name, "--run.steps": steps, "--seed": seed}
    if model:
        settings["--model"] = model
    script = training("injection", "tiny-cpu", settings)
    return Step(name, f"train {steps} steps", (*launcher(processes, out / name), *script))


def _test(out: Path, name: str, trained: str, scale: Scale) -> Step:
    model = str(out / trained / "model")
    options = ("--tasks", TASK, "--limit", str(scale.items), "--out", str(out / name), "--json")
    return Step(name, "held-out questions", (TOOL, "eval", "delegate", "--model", model, *options))
