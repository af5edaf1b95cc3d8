"""A randomly initialised two-layer LLaMA with a byte-level tokenizer, saved as a Hugging Face folder."""

from __future__ import annotations

from pathlib import Path

WORDS = "jump walk run look turn left right twice and after the command is actions are"


def save_tiny_model(folder: Path, *, room: int = 256, seed: int = 0, adds_bos: bool = False) -> Path:
    """``adds_bos``: the tokenizer begins every text with BOS by itself, as LLaMA's does."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from tokenizers.trainers import BpeTrainer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    specials = ["<pad>", "<s>", "</s>"]
    bpe.train_from_iterator([WORDS], BpeTrainer(vocab_size=300, special_tokens=specials, initial_alphabet=alphabet))
    if adds_bos:
        bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    torch.manual_seed(seed)
    config = LlamaConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        vocab_size=len(tokenizer),
        max_position_embeddings=room,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.3,  # far from ties, so that sums in another order choose the same token
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        model.lm_head.weight[2] *= 3  # so that rows stop here and there
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
