"""What a model gets right on held-out plans: greedily, and by samples at temperature 1, which is the reward it earns.

    measure(model, 300, 150)   →   {"greedy": {"language id": [1, 0, 1, …], …}, "sampled": {"graph": [1, 1, …], …}}

Same plans for every model, so that models are compared item by item.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collection.procedures.splits import Split
from collection.procedures.verifier import ProcedureReward
from eval.backends import Sampling, open_backend
from eval.backends.base import Request
from recipes.procedures_grpo.data import FORMS, rows

SPLITS = (Split.ID, Split.GREEDY_PROOF)
SAMPLES = 4  # of each plan at temperature 1
_TOGETHER, _LONGEST = 200, 100
_TEST_SEED, _SAMPLED_SEED = 0, 2


def measure(model: Path, items: int, sampled: int) -> dict[str, dict[str, list[int]]]:
    """1 for right, 0 for wrong: ``items`` plans of each split and form, and SAMPLES samples each of ``sampled``."""
    greedy = {}
    for split in SPLITS:
        plans = list(rows(split, items, _TEST_SEED))
        for form in FORMS:
            greedy[f"{form} {split}"] = _right(model, [plan[form] for plan in plans], Sampling(max_new_tokens=_LONGEST))
    return {"greedy": greedy, "sampled": sampled_right(model, sampled)}


def sampled_right(model: Path, plans: int) -> dict[str, list[int]]:
    """SAMPLES values for each of ``plans`` held-out plans, per form."""
    drawn = list(rows(Split.ID, plans, _SAMPLED_SEED))
    how = Sampling(max_new_tokens=_LONGEST, temperature=1.0, samples=SAMPLES, seed=_SAMPLED_SEED)
    return {form: _right(model, [plan[form] for plan in drawn], how) for form in FORMS}


def _right(model: Path, items: Sequence[dict[str, Any]], how: Sampling) -> list[int]:
    """1 or 0 for each item and sample, items in their order."""
    backend = open_backend(model=str(model.absolute()), sampling=how, batch_size=_TOGETHER, threads=1)
    asked = [item for item in items for _ in range(how.samples)]
    requests = [
        Request(str(number), item["prompt"], "", sample)
        for number, item in enumerate(items)
        for sample in range(how.samples)
    ]
    texts = {generation.position: generation.text for generation in backend.generate(requests)}
    backend.close()
    rewards = ProcedureReward()(
        [item["prompt"] for item in asked],
        [texts[position] for position in range(len(requests))],
        answer=[item["answer"] for item in asked],
        unit=[item["unit"] for item in asked],
    )
    return [int(reward == 1.0) for reward in rewards]
