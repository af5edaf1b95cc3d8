"""Where tiny models start from: random weights, and a tokenizer to which every word, number and mark is one token.

    "step 3 . wash the cup ( 4 minutes )"   ─▶   step|3|.|wash|the|cup|(|4|minutes|)

For texts whose tokens blanks part already, as in the compact forms of procedures.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from symbol_llm.training.tokenizer import BOS, EOS, PAD

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

UNKNOWN = "<unk>"


class Sizes(NamedTuple):
    """A LLaMA; ``spread`` is the standard deviation of its random weights.

    ``alike``: each layer's keys start as its queries, so that equal tokens attend to each other before any training
    (after Trockman and Kolter 2023, mimetic initialization): looking things up in the prompt is learnt sooner.
    """

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    spread: float
    alike: bool = False


def write_start(tokenizer: PreTrainedTokenizerFast, sizes: Sizes, seed: int, folder: Path) -> int:
    """Write the random model with its tokenizer as a plain Hugging Face folder; returns the number of parameters."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=sizes.hidden,
            intermediate_size=sizes.inner,
            num_hidden_layers=sizes.layers,
            num_attention_heads=sizes.heads,
            num_key_value_heads=sizes.heads,
            max_position_embeddings=sizes.positions,
            tie_word_embeddings=True,
            initializer_range=sizes.spread,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    if sizes.alike:
        for layer in model.model.layers:
            layer.self_attn.q_proj.weight.data.copy_(layer.self_attn.k_proj.weight.data)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return int(model.num_parameters())


def word_tokenizer(words: Iterable[str], positions: int, pieces: str = r"\S+") -> PreTrainedTokenizerFast:
    """One token for each of ``words``, in their order; any other is unknown. ``pieces``: a regex, what a word is."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate((PAD, BOS, EOS, UNKNOWN, *words))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(pieces), behavior="removed", invert=True)
    backend.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, vocabulary[BOS])])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        unk_token=UNKNOWN,
        model_max_length=positions,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
