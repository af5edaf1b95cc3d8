"""The model and its tokenizer: loaded from a folder or the hub, or built small from the configuration.

```
--model meta-llama/Llama-2-7b-hf      weights and tokenizer as they are
(none)                                a LLaMA of the sizes in the configuration, a BPE learnt on the rows
```
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.ledger import write_json
from symbol_llm.training import attention
from symbol_llm.training.config import Config, Model
from symbol_llm.training.rows import content_digest, find_files, read_rows
from symbol_llm.training.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def prepare_tokenizer(config: Config, folder: Path) -> None:
    """Put the run's tokenizer into ``folder``, unless the same is there. Raises UserError."""
    origin: dict[str, Any] = {"model": config.model.path}
    if config.model.path is None:
        data = content_digest(find_files(config.data.path))
        origin |= {
            "data": data,
            "split": config.data.split,
            "without": list(config.data.without),
            **dataclasses.asdict(config.tokenizer),
        }
    note = folder / "origin.json"
    if note.is_file() and orjson.loads(note.read_bytes()) == origin:
        return
    tokenizer: PreTrainedTokenizerBase
    if config.model.path is None:
        tokenizer = train_tokenizer(_sample_texts(config), config.tokenizer.vocab_size, config.model.max_positions)
    else:
        tokenizer = _load_pretrained_tokenizer(config.model.path)
    note.unlink(missing_ok=True)
    tokenizer.save_pretrained(folder)
    write_json(note, origin)


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer that ``prepare_tokenizer`` left. Raises UserError if it has no end of text."""
    from transformers import AutoTokenizer

    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)
    if tokenizer.eos_token_id is None:
        raise UserError(f"{folder}: the tokenizer has no end-of-text token, so no completion could ever end")
    return tokenizer


def load_model(config: Config, tokenizer: PreTrainedTokenizerBase, is_packed: bool = True) -> PreTrainedModel:
    """The model to train, with attention for packed rows or the one that transformers chooses.

    Raises UserError if the tokenizer is not its own.
    Under ZeRO-3 the weights are sharded while they load; the DeepSpeed configuration must be known by then.
    """
    import torch

    dtype = getattr(torch, config.model.dtype)
    implementation = attention.register() if is_packed else None
    if config.model.path is None:
        model: Any = random_llama(config.model, tokenizer, config.run.seed, implementation).to(dtype)
    else:
        model, report = _load_pretrained(config.model.path, dtype, implementation)
        if report["missing_keys"]:
            names = sorted(report["missing_keys"])
            raise UserError(
                f"{config.model.path}: {len(names)} weights are missing, among them {names[0]}; training would go on "
                "from random ones. Download the model again, or give another --model"
            )
    vocabulary = model.config.get_text_config().vocab_size
    if len(tokenizer) > vocabulary:
        raise UserError(
            f"vocabulary mismatch: the tokenizer has {len(tokenizer)} tokens, the model's embedding {vocabulary}. "
            "They do not belong together: give --model a folder that holds both"
        )
    longest = getattr(model.config, "max_position_embeddings", None)
    if longest is not None and config.data.max_tokens > longest:
        raise UserError(f"data.max_tokens is {config.data.max_tokens}, but the model knows only {longest} positions")
    loaded: PreTrainedModel = model
    return loaded


def positions(config: Config) -> int | None:
    """How many tokens the starting model can take, if its configuration says so. Raises UserError."""
    from transformers import AutoConfig

    if config.model.path is None:
        return config.model.max_positions
    try:
        found: int | None = getattr(AutoConfig.from_pretrained(config.model.path), "max_position_embeddings", None)
    except (OSError, ValueError) as error:
        raise UserError(f"{config.model.path}: cannot load the model ({_first_line(error)})") from error
    return found


def _load_pretrained(path: str, dtype: Any, implementation: str | None) -> tuple[Any, dict[str, Any]]:
    """The model, and what transformers says of its weights."""
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            path, dtype=dtype, attn_implementation=implementation, output_loading_info=True
        )
    except KeyError as error:
        if error.args != (implementation,):
            raise
        raise UserError(
            f"{path}: this architecture has its own attention, which cannot be given packed rows. {attention.INSTEAD}"
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UserError(f"{path}: cannot load the model ({_first_line(error)})") from error
    model, report = loaded
    return model, report


def random_llama(
    sizes: Model, tokenizer: PreTrainedTokenizerBase, seed: int, implementation: str | None = None
) -> PreTrainedModel:
    """A LLaMA of such sizes with random weights, for the tokens of a tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(  # type: ignore[call-arg]
        vocab_size=len(tokenizer),
        hidden_size=sizes.hidden_size,
        intermediate_size=sizes.intermediate_size,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.kv_heads,
        max_position_embeddings=sizes.max_positions,
        tie_word_embeddings=sizes.tie_embeddings,
        initializer_range=sizes.init_std,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        attn_implementation=implementation,
    )
    return LlamaForCausalLM(config)


def _load_pretrained_tokenizer(path: str) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    # A path that was meant as a folder must not be looked up on the hub.
    if (path.startswith((".", "/", "~")) or path.count("/") > 1) and not Path(path).is_dir():
        raise UserError(f"{path}: no such model folder. A finished stage leaves its model in RUN/model")
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot load the tokenizer ({_first_line(error)})") from error
    if tokenizer.pad_token_id is None and tokenizer.unk_token is not None:
        # LLaMA-2 has no pad token. Training pads nothing; batched generation needs one that is not the end of text.
        tokenizer.pad_token = tokenizer.unk_token
    return tokenizer


def _sample_texts(config: Config) -> Iterator[str]:
    """Prompts and completions for the BPE, every n-th row so that all tasks are seen."""
    files = find_files(config.data.path)
    split, without = config.data.split, config.data.without
    num_rows = sum(1 for _ in read_rows(files, split, without))
    step = max(1, -(-num_rows // config.tokenizer.max_rows))
    for number, row in enumerate(read_rows(files, split, without)):
        if number % step == 0:
            yield row.prompt + row.completion


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
