"""Where tiny models start from: random weights, and a tokenizer to which every word, number and mark is one token.

    "step 3 . wash the cup ( 4 minutes )"   ─▶   step|3|.|wash|the|cup|(|4|minutes|)

For texts whose tokens blanks part already, as in the compact forms of procedures.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbol_llm.training.config import Model
from symbol_llm.training.model import random_llama
from symbol_llm.training.tokenizer import BOS, EOS, PAD, fast

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

UNKNOWN = "<unk>"


def write_start(
    tokenizer: PreTrainedTokenizerFast, sizes: Model, seed: int, folder: Path, is_alike: bool = False
) -> int:
    """Write the random model with its tokenizer as a plain Hugging Face folder; returns the number of parameters.

    ``is_alike``: each layer's keys start as its queries, so that equal tokens attend to each other before any training
    (after Trockman and Kolter 2023, mimetic initialization): looking things up in the prompt is learnt sooner.
    """
    model: Any = random_llama(sizes, tokenizer, seed)
    if is_alike:
        for layer in model.model.layers:
            layer.self_attn.q_proj.weight.data.copy_(layer.self_attn.k_proj.weight.data)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return int(model.num_parameters())


def word_tokenizer(words: Iterable[str], positions: int, pieces: str = r"\S+") -> PreTrainedTokenizerFast:
    """One token for each of ``words``, in their order; any other is unknown. ``pieces``: a regex, what a word is."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    vocabulary = {word: number for number, word in enumerate((PAD, BOS, EOS, UNKNOWN, *words))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(pieces), behavior="removed", invert=True)
    return fast(backend, positions, unk_token=UNKNOWN)
