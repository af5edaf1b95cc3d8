"""Rows for training and evaluation: a plan in each form, one line each.

    rows/train_compact_graph.jsonl    {"question": "{ 1 : [ E ] , … }", "answer": "[datetime.…]", "unit": "min",
                                       "completion": "1 : 0 + 4 = 4 ; … <answer> 4 minutes </answer>"}

Line n of every form of a split is the same plan. ``question`` and ``answer`` are as in the paper's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

import orjson

from collection.procedures.convert import Form, Written, write
from collection.procedures.instance import Plan
from collection.procedures.splits import Split, draw, wordings_of


def written_of(split: Split, index: int, seed: int, forms: Sequence[Form]) -> tuple[Plan, list[Written]]:
    """Plan ``index`` of a split, in each of the forms."""
    rng = Random(f"procedures/{split}/{seed}/{index}")
    plan = draw(split, rng)
    wording = rng.choice(wordings_of(split))
    return plan, [write(plan, form, rng, wording) for form in forms]


def write_split(folder: Path, split: Split, count: int, seed: int, forms: Sequence[Form]) -> list[Plan]:
    """Write ``count`` plans to ``folder/SPLIT_FORM.jsonl``, and return them."""
    plans = []
    with ExitStack() as stack:
        files = [stack.enter_context((folder / f"{split}_{form}.jsonl").open("wb")) for form in forms]
        for index in range(count):
            plan, written = written_of(split, index, seed, forms)
            plans.append(plan)
            for file, row in zip(files, written):
                file.write(orjson.dumps(row._asdict()) + b"\n")
    return plans
