"""The model that both kinds of training start from: random weights, and a tokenizer that knows the plain task alone.

    "kab: the only object\nunique"   ─▶   k|ab|:| the| only| object|\n|unique

The tokenizer is learnt from plain records: it knows a fresh name no better in one kind of training than in the other.

    python -m recipes.evol_ablation.start COLLECTION OUT --seed 0
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from symbol_llm.record import Split, read_parquet
from symbol_llm.training.tokenizer import train_tokenizer

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 128, 2, 4, 352, 1024
VOCABULARY, ROWS, SPREAD = 512, 4_000, 0.06


def make_start(collection: Path, out: Path, seed: int) -> None:
    """Write the model with its tokenizer into ``out``, as a plain Hugging Face folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    texts = (
        record.prompt + record.completion
        for path in sorted((collection / "records").glob("*.parquet"))
        for record in islice((r for r in read_parquet(path) if r.split == Split.TRAIN), ROWS)
    )
    tokenizer = train_tokenizer(texts, VOCABULARY, POSITIONS)
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=HIDDEN,
            intermediate_size=INNER,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            num_key_value_heads=HEADS,
            max_position_embeddings=POSITIONS,
            tie_word_embeddings=True,
            initializer_range=SPREAD,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    tokenizer.save_pretrained(out)
    model.save_pretrained(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    make_start(given.collection, given.out, given.seed)
