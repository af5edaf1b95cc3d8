"""The rows of the recipe, and the random model that it starts from.

    DATA/graph.jsonl       {"task": "graph", "prompt": "{ 1 : [ E ] , … }\\n", "completion": "1 : 0 + 4 = 4 ; …",
    DATA/language.jsonl     "answer": "{\\"low\\":240,\\"high\\":240}", "unit": "min", "split": "train"}

Line n of both files is the same plan, one of the splits in collection/procedures/splits.py with 5 steps at most.

    python -m recipes.procedures_grpo.data OUT --plans 30000 --seed 0
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from collection.procedures.convert import Form
from collection.procedures.critical_path import critical_time
from collection.procedures.rows import written_of
from collection.procedures.splits import Split
from recipes.starts import word_tokenizer, write_start
from symbol_llm.training.config import Model

FORMS = {"graph": Form.COMPACT_GRAPH, "language": Form.COMPACT_NATURAL}
LARGEST = 5  # steps of a plan
SIZES = Model(hidden_size=96, heads=4, kv_heads=4, intermediate_size=256, max_positions=512, init_std=0.1)
_LARGEST_NUMBER = 99  # minutes; five steps of nine minutes take 45
_TRAIN_SEED = 1


def rows(split: Split, count: int, seed: int = _TRAIN_SEED) -> Iterator[dict[str, dict[str, Any]]]:
    """For each plan its row in each form."""
    index = 0
    while count:
        plan, written = written_of(split, index, seed, list(FORMS.values()))
        index += 1
        if len(plan.steps) > LARGEST:
            continue
        count -= 1
        low, high = critical_time(plan)
        answer = orjson.dumps({"low": low, "high": high}).decode()
        yield {
            form: {
                "task": form,
                "format": "text",
                "split": "train" if split is Split.TRAIN else "test",
                "prompt": f"{text.question}\n",
                "completion": text.completion,
                "answer": answer,
                "unit": text.unit,
            }
            for form, text in zip(FORMS, written, strict=True)
        }


def write_rows(folder: Path, count: int) -> list[str]:
    """Write the training rows of both forms; returns their words, and all numbers that can occur, in a fixed order."""
    folder.mkdir(parents=True, exist_ok=True)
    words = {str(number) for number in range(_LARGEST_NUMBER + 1)}
    with ExitStack() as stack:
        files = {form: stack.enter_context((folder / f"{form}.jsonl").open("wb")) for form in FORMS}
        for forms in rows(Split.TRAIN, count):
            for form, row in forms.items():
                files[form].write(orjson.dumps(row) + b"\n")
                words.update(row["prompt"].split(), row["completion"].split())
    return sorted(words)


def main() -> None:
    """Write ``OUT``/data and ``OUT``/start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--plans", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tokenizer = word_tokenizer(write_rows(given.out / "data", given.plans), SIZES.max_positions)
    number = write_start(tokenizer, SIZES, given.seed, given.out / "start")
    print(f"{number:,} parameters, {len(tokenizer)} words")


if __name__ == "__main__":
    main()
