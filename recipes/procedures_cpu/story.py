"""The steps of the experiment, as the commands that a user would type, in rounds; those of a round run side by side.

```
plans            pools of plans in language, graph and code, and the tests
start-S          random weights, for each seed
language-S …     stage one of K updates: language, graph, code, or graph with shuffled traces; for ``mixed`` 2 K at once
language-language-S, graph-language-S …      stage two of K updates, from a model of stage one
exam-MODEL-S     all models on all tests
```

Stage one is injection/train.py, stage two infusion/train.py, each with a fresh optimizer and the same schedule. Arms
with the same first stage share it.

Said before any result was seen: the primary comparison is the share of right answers to greedy-proof plans in language,
graph-language against language-language, after 2 K updates each. All others are secondary.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recipes.procedures_cpu.plans import SHUFFLED
from recipes.steps import Step, training

# Tokens of an update: eight plans in each form.
PACKS = {"language": 655, "graph": 545, "code": 690, "both": 600}
STAGE_ONE = {"graph": "graph-1", "language": "language-1", "code": "code-1", "shuffled": SHUFFLED}
# Arm -> the model of stage one, and the form of stage two.
STAGE_TWO = {
    "language-language": ("language", "language"),
    "graph-language": ("graph", "language"),
    "language-graph": ("language", "graph"),
    "code-language": ("code", "language"),
    "shuffled-language": ("shuffled", "language"),
}
MIXED = "mixed"
ARMS = (*STAGE_TWO, MIXED)  # of 2 K updates
REFERENCES = ("language", "graph")  # of K updates: the second has read no language
MODELS = (*REFERENCES, *ARMS)
PRIMARY = ("language-language", "graph-language")
_LOOKS = 8  # at the held-out plans, in each stage


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done; the defaults take about an hour on two cores."""

    updates: int = 3_200  # of one stage: K
    seeds: int = 3
    items: int = 300  # plans of each test
    watched: int = 40  # held-out plans to watch the training by

    @property
    def rows(self) -> int:
        """Plans of a pool: a stage sees hardly any of them twice."""
        return 8 * self.updates


def story(out: Path, scale: Scale) -> Iterator[list[Step]]:
    """The rounds in order; a step needs nothing of its own round."""
    plans = out / "plans"
    module = (sys.executable, "-m")
    amounts = {"--rows": scale.rows, "--items": scale.items, "--watched": scale.watched}
    given = tuple(word for pair in amounts.items() for word in map(str, pair))
    yield [Step("plans", "write the plans", (*module, "recipes.procedures_cpu.plans", str(plans), *given))]
    seeds = range(scale.seeds)
    make = (*module, "recipes.procedures_cpu.start", str(plans))
    yield [
        Step(f"start-{seed}", "make a model", (*make, str(out / f"start-{seed}"), "--seed", str(seed)))
        for seed in seeds
    ]

    def train(stage: str, name: str, seed: int, model: str, data: list[str], updates: int) -> Step:
        watch = {"every": max(1, scale.updates // _LOOKS), "rows": scale.watched, "score_items": scale.watched}
        form = "both" if len(data) > 1 else data[0].partition("-")[0].replace("shuffled", "graph")
        run = {"steps": updates, "log_every": max(1, scale.updates // 50), "seed": seed}
        settings: dict[str, object] = {"--model": out / model, "--out": out / f"{name}-{seed}"}
        settings |= {f"--evaluation.{key}": value for key, value in watch.items()}
        settings |= {"--evaluation.max_new_tokens": 80, "--batch.pack_tokens": PACKS[form]}
        settings |= {f"--run.{key}": value for key, value in run.items()}
        rows = ("--data", *(str(plans / folder) for folder in data))
        command = (sys.executable, *training(stage, "procedures-cpu", settings), *rows)
        return Step(f"{name}-{seed}", f"train {updates} updates on {' and '.join(data)}", command)

    both = ["graph-1", "language-2"]
    exam = (*module, "recipes.procedures_cpu.exam")

    def first(seed: int) -> list[Step]:
        """Stage one, and ``mixed``: the longest comes first, so that none is left alone at the end of the round."""
        start = f"start-{seed}"
        alone = [train("injection", name, seed, start, [data], scale.updates) for name, data in STAGE_ONE.items()]
        return [train("injection", MIXED, seed, start, both, 2 * scale.updates), *alone]

    def second(seed: int) -> list[Step]:
        return [
            train("infusion", arm, seed, f"{model}-{seed}/model", [f"{form}-2"], scale.updates)
            for arm, (model, form) in STAGE_TWO.items()
        ]

    def asked(seed: int, names: Sequence[str]) -> list[Step]:
        places = {name: (out / f"{name}-{seed}" / "model", out / f"exam-{name}-{seed}") for name in names}
        return [
            Step(f"exam-{name}-{seed}", "ask the model", (*exam, str(model), str(plans / "tests"), str(place)))
            for name, (model, place) in places.items()
        ]

    # The stages of neighbouring seeds fill a round together; what is learnt alone is asked before anything is compared.
    for number in range(scale.seeds + 2):
        now, before, last = (seed if seed in seeds else None for seed in (number, number - 1, number - 2))
        yield [
            *(first(now) if now is not None else ()),
            *((*second(before), *asked(before, REFERENCES)) if before is not None else ()),
            *(asked(last, ARMS) if last is not None else ()),
        ]
