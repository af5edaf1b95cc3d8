"""The tokenizer of a model that is built from scratch: a byte-level BPE learnt on the rows.

    "put block a on b\\n(on a b)"  ─▶  put| block| a| on| b|\\n|(|on| a| b|)

Words and names become single tokens, which makes copying them from the prompt easy to learn; digits,
punctuation and line ends always stand alone. ``<pad>``, ``<s>`` and ``</s>`` are three different tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS = "<pad>", "<s>", "</s>"

# A word with the space before it, one digit, one line end, one mark with the space before it, other space.
PIECES = r" ?[\p{L}\p{M}_]+|\p{N}|\n| ?[^\s\p{L}\p{M}\p{N}_]|[^\S\n]+"


def train_tokenizer(texts: Iterable[str], vocab_size: int, max_positions: int) -> PreTrainedTokenizerFast:
    """Learn a BPE of ``vocab_size`` tokens at most; the same texts give the same tokenizer."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=[PAD, BOS, EOS],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return fast(tokenizer, max_positions)


def fast(backend: Tokenizer, max_positions: int, **more: Any) -> PreTrainedTokenizerFast:
    """A tokenizer that holds PAD, BOS and EOS, as transformers has them. ``more``: further settings of its own."""
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    # A prompt that is encoded for generation begins with one BOS, exactly as in training.
    backend.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, backend.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        model_max_length=max_positions,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        **more,
    )
