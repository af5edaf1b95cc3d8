"""The random model of a seed: all arms of the seed start from these weights.

python -m recipes.procedures_cpu.start PLANS OUT --seed 0
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import orjson

from recipes.procedures_cpu.plans import FORMS
from recipes.starts import word_tokenizer, write_start
from symbol_llm.training.config import Model

SIZES = Model(hidden_size=96, heads=4, kv_heads=4, intermediate_size=192, max_positions=512, init_std=0.08)
# A name is one token with the mark that makes it a name, so is a number with the sign before it: "step 3", "3 :",
# "+ 9", "= 13". Traces of four steps have 31 tokens instead of 46, and the model learns sooner where to look.
PIECES = r"step \d+|\w+ :|[+=] \d+|minutes \)|\] ,|\S+"
_LARGEST_NUMBER = 99  # ids of the code form; six steps of nine minutes take 54


def words_of(plans: Path) -> list[str]:
    """The words of the training rows in all forms, and all numbers that can occur, in a fixed order."""
    words = {
        word
        for number in range(_LARGEST_NUMBER + 1)
        for word in (f"{number}", f"{number} :", f"step {number}", f"+ {number}", f"= {number}")
    }
    for form in FORMS:
        with (plans / f"{form}-1" / "rows.jsonl").open("rb") as lines:
            for line in lines:
                row = orjson.loads(line)
                words.update(re.findall(PIECES, row["prompt"]), re.findall(PIECES, row["completion"]))
    return sorted(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plans", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tokenizer = word_tokenizer(words_of(given.plans), SIZES.max_positions, PIECES)
    number = write_start(tokenizer, SIZES, given.seed, given.out, is_alike=True)
    print(f"{number:,} parameters, {len(tokenizer)} words")


if __name__ == "__main__":
    main()
