"""One vector per text: a decoder's hidden states at one layer, pooled over the text's own tokens.

    with HiddenStates("runs/demo/infusion/model", layer=-1, pooling="mean") as model:
        model.embed([("", "I_JUMP I_WALK"), ("Translate the command …", "I_RUN")])     float32, (2, hidden size)

A text is a context, which is read but not pooled, and the symbol. BOS is not pooled: its state is the same before every
text, and in LLaMA models a hundred times longer than any other. Only the states of one batch exist at a time, and a
batch holds texts of like length up to a number of tokens, padding included: with a 7B LLaMA in bfloat16 the 33 states
of 4,096 tokens take 1.1 GB beside the weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from eval.analysis.choices import Dtype, Pooling
from eval.backends.transformers_model import fingerprint
from symbol_llm.console import progress
from symbol_llm.errors import UserError


class HiddenStates:
    """A loaded model; ``layer`` 0 is the embedding, 1 the first block, -1 the last with the final norm.

    Raises UserError if the model cannot be loaded, is no decoder, or has no such layer.
    """

    def __init__(
        self,
        path: str,
        *,
        layer: int = -1,
        pooling: Pooling = Pooling.MEAN,
        dtype: Dtype = Dtype.AUTO,
        batch_tokens: int = 4_096,
        max_length: int = 1_024,
    ) -> None:
        if batch_tokens < 1 or max_length < 1:
            raise UserError("--batch-tokens and --max-length must be at least 1")
        self.path, self.pooling = path, pooling
        self.batch_tokens = batch_tokens
        self.fingerprint = fingerprint(Path(path))
        self._tokenizer, self._model = _load(path, dtype)
        self.num_layers: int = self._model.config.num_hidden_layers
        if not -self.num_layers - 1 <= layer <= self.num_layers:
            raise UserError(
                f"--layer {layer}: model {path} has {self.num_layers} layers. Choose 0 (embeddings) to "
                f"{self.num_layers}, or count from the end: -1 (last) to {-self.num_layers - 1}"
            )
        self.layer = layer % (self.num_layers + 1)
        room = getattr(self._model.config, "max_position_embeddings", None) or max_length
        self.max_length = min(max_length, room)
        self.num_cut = 0  # texts longer than that: the context loses its beginning, then the symbol its end

    def embed(self, texts: Sequence[tuple[str, str]]) -> np.ndarray:
        """The pooled state of each (context, symbol), float32, (len(texts), hidden size).

        Raises UserError for states that are not finite, and for a model that gives none.
        """
        import torch

        rows = [self._encode(context, symbol) for context, symbol in texts]
        pooled: np.ndarray | None = None
        with progress(f"hidden states of {self.path}", len(rows)) as advance, torch.inference_mode():
            for batch in batches([len(ids) for ids, _ in rows], self.batch_tokens):
                states = self._pooled([rows[place] for place in batch])
                if pooled is None:
                    pooled = np.empty((len(rows), states.shape[1]), dtype=np.float32)
                pooled[batch] = states
                advance(len(batch))
        if pooled is None:
            return np.empty((0, self._model.config.hidden_size), dtype=np.float32)
        if num_bad := int((~np.isfinite(pooled)).any(1).sum()):
            raise UserError(
                f"model {self.path}: the states of {num_bad} of {len(rows)} texts are not finite numbers. "
                "float16 overflows in some models: use --dtype bfloat16 or float32"
            )
        return pooled

    def _encode(self, context: str, symbol: str) -> tuple[list[int], int]:
        """Token ids, and how many of them at the end are the symbol's."""
        bos = [] if self._tokenizer.bos_token_id is None else [self._tokenizer.bos_token_id]
        # Not verbose: that a text is longer than the model's room is counted here.
        before, own = (
            self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] for text in (context, symbol)
        )
        self.num_cut += len(bos) + len(before) + len(own) > self.max_length
        own = own[: max(1, self.max_length - len(bos))]
        room = self.max_length - len(bos) - len(own)
        return bos + (before[-room:] if room > 0 else []) + own, len(own)

    def _pooled(self, rows: Sequence[tuple[list[int], int]]) -> np.ndarray:
        import torch

        longest = max(len(ids) for ids, _ in rows)
        shape, device = (len(rows), longest), self._model.device
        tokens, seen, own = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        for number, (ids, num_own) in enumerate(rows):
            tokens[number, : len(ids)] = torch.tensor(ids)
            seen[number, : len(ids)] = 1
            first = len(ids) - (num_own if self.pooling is Pooling.MEAN else 1)
            own[number, first : len(ids)] = 1
        output = self._model(
            input_ids=tokens.to(device), attention_mask=seen.to(device), output_hidden_states=True, use_cache=False
        )
        states = getattr(output, "hidden_states", None)
        if states is None or len(states) != self.num_layers + 1:
            raise UserError(
                f"model {self.path}: {type(self._model).__name__} gives no hidden states per layer. "
                "Pass a decoder such as LLaMA, Mistral, Qwen or GPT-2"
            )
        weights = own.to(device)[:, :, None].float()
        pooled = (states[self.layer].float() * weights).sum(1) / weights.sum(1)
        result: np.ndarray = pooled.cpu().numpy()
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the memory back, so that the next model fits."""
        import torch

        del self._model
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Positions of like length together, the longest first; no batch has more tokens, padding included, than allowed
    unless it is a single text."""
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _load(path: str, dtype: Dtype) -> tuple[Any, Any]:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    if path.startswith(("/", "./", "../", "~")) and not Path(path).is_dir():
        raise UserError(f"model {path}: there is no such folder. Pass a model folder or a hub id with --model")
    disable_progress_bar()  # there is one of its own
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // 2))  # threads that have to share stall
    has_gpu = torch.cuda.is_available()
    weights = {
        Dtype.AUTO: torch.bfloat16 if has_gpu else torch.float32,
        Dtype.FLOAT32: torch.float32,
        Dtype.FLOAT16: torch.float16,
        Dtype.BFLOAT16: torch.bfloat16,
    }[dtype]
    try:
        config = AutoConfig.from_pretrained(path)
        if getattr(config, "is_encoder_decoder", False) or not getattr(config, "num_hidden_layers", None):
            raise UserError(
                f"model {path}: {type(config).__name__} is not a decoder with hidden layers. "
                "Pass a decoder such as LLaMA, Mistral, Qwen or GPT-2"
            )
        tokenizer = AutoTokenizer.from_pretrained(path)
        # Without its head: logits over a vocabulary would be larger than the states.
        model = AutoModelForCausalLM.from_pretrained(path, dtype=weights).base_model
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise UserError(
            f"model {path}: cannot be loaded ({str(error).splitlines()[0]}). "
            "Pass a Hugging Face model folder or hub id with --model"
        ) from error
    device: Any = "cuda" if has_gpu else "cpu"
    return tokenizer, model.to(device).eval()
