"""The model that both kinds of training start from: random weights, and a tokenizer that knows the plain task alone.

    "kab: the only object\nunique"   ─▶   k|ab|:| the| only| object|\n|unique

The tokenizer is learnt from plain records: it knows a fresh name no better in one kind of training than in the other.

    python -m recipes.evol_ablation.start COLLECTION OUT --seed 0
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from recipes.starts import write_start
from symbol_llm.record import Split, read_parquet
from symbol_llm.training.config import Model
from symbol_llm.training.tokenizer import train_tokenizer

SIZES = Model(hidden_size=128, layers=2, heads=4, kv_heads=4, intermediate_size=352, max_positions=1024, init_std=0.06)
VOCABULARY, ROWS = 512, 4_000


def make_start(collection: Path, out: Path, seed: int) -> None:
    """Write the model with its tokenizer into ``out``, as a plain Hugging Face folder."""
    texts = (
        record.prompt + record.completion
        for path in sorted((collection / "records").glob("*.parquet"))
        for record in islice((r for r in read_parquet(path) if r.split == Split.TRAIN), ROWS)
    )
    write_start(train_tokenizer(texts, VOCABULARY, SIZES.max_positions), SIZES, seed, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    make_start(given.collection, given.out, given.seed)
