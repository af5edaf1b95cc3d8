"""Proofs at the start of a run that what will be trained is what is meant.

- every row is read from one beginning-of-text token and trained to its end-of-text token, and trains something;
- the prompt is encoded as generation will encode it;
- rows in a batch give the logits they give alone in transformers' own attention, on the real model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.training import attention
from symbol_llm.training.collator import Document, make_batch
from symbol_llm.training.data import Store

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Largest difference between packed and alone, relative to the largest logit.
_TOLERANCE = {"float32": 1e-4, "bfloat16": 4e-2, "float16": 1e-2}
_LONGEST = 512  # tokens of a row that is compared
_OTHER_MODE = {
    "packed": attention.INSTEAD,
    "masked": "Train with --batch.mode bucketed (rows side by side, padded), or with --batch.share_prefixes false",
}


def check_store(store: Store, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raises CheckFailed if a row has no single beginning, no trained end, or nothing to train."""
    import numpy as np

    starts, ends = store.offsets[:-1], store.offsets[1:]
    trained = store.lengths - store.prompt_lengths
    if trained.min() < 1:
        raise CheckFailed(f"row {int(trained.argmin())} trains no token: all of its labels are masked")
    truncated = sum(count.truncated for count in store.counts.values())
    without_end = int((store.tokens[ends - 1] != tokenizer.eos_token_id).sum())
    if without_end != truncated:
        raise CheckFailed(f"{without_end} rows are not trained to end, but only {truncated} were truncated")
    bos = tokenizer.bos_token_id
    if bos is not None and bos != tokenizer.eos_token_id and store.tokens[starts[0]] == bos:
        total = sum(int((chunk == bos).sum()) for chunk in np.array_split(store.tokens, len(store) // 100_000 + 1))
        if total != len(store) or (store.tokens[starts] != bos).any():
            raise CheckFailed(f"{total} beginning-of-text tokens in {len(store)} rows: each must have exactly one")


def preview(store: Store, tokenizer: PreTrainedTokenizerBase, number: int = 2) -> list[str]:
    """How the first rows of the first tasks are read and trained, for people."""
    import numpy as np

    lines = []
    for task in range(min(number, len(store.task_names))):
        row = int(np.flatnonzero(store.tasks == task)[0])
        tokens, split = store.row(row).tolist(), int(store.prompt_lengths[row])
        read, trained = str(tokenizer.decode(tokens[:split])), str(tokenizer.decode(tokens[split:]))
        shown = read if len(read) <= 120 else "…" + read[-120:]
        lines.append(f"{store.task_names[task]}: reads {shown!r}, is trained to write {trained!r}")
    return lines


def check_packed_equals_alone(
    model: Any, store: Store, device: Any, dtype: str, mode: str = "packed", share_prefixes: bool = True
) -> float:
    """Run rows together and alone through the model; the largest difference of logits, relative to the largest.

    ``model`` may be wrapped by DeepSpeed; every process must call this. Raises CheckFailed above the tolerance, or if
    the model does not take a batch of this mode, with a mode that it may take.
    """
    import torch

    # In the order of tokens, as the collator sorts them.
    documents = sorted((_document(store, row) for row in _two_rows(store)), key=lambda d: d.tokens.tolist())
    _check_window(model, store, mode)
    was_training = model.training
    model.eval()
    with torch.no_grad():
        try:
            together = _logits(model, make_batch(documents, mode, share_prefixes), device)
        except torch.OutOfMemoryError:
            raise
        except (TypeError, AttributeError, KeyError, IndexError, ValueError, RuntimeError) as error:
            raise CheckFailed(f"the model does not take {mode} rows: {error}. {_OTHER_MODE.get(mode, '')}") from error
        with _own_attention(model, mode):
            alone = torch.cat([_logits(model, make_batch([document], "padded"), device) for document in documents])
    model.train(was_training)
    if not alone.isfinite().all():
        raise CheckFailed("the model gives logits that are not finite before any training: its weights are damaged")
    difference = float("inf")
    if together.shape == alone.shape:
        difference = float((together - alone).abs().max() / alone.abs().max().clamp_min(1e-6))
    if not difference <= _TOLERANCE[dtype]:
        raise CheckFailed(
            f"{mode} rows see each other: their logits differ by {difference:.1e} from those of the rows alone "
            f"(tolerance {_TOLERANCE[dtype]:.0e} in {dtype}). {_OTHER_MODE.get(mode, '')}"
        )
    return difference


def _check_window(model: Any, store: Store, mode: str) -> None:
    """Raises CheckFailed where rows are longer than a window that only the model's own masks know."""
    config = getattr(getattr(model, "module", model), "config", None)
    window, longest = getattr(config, "sliding_window", None), int(store.lengths.max())
    if mode in _OTHER_MODE and window is not None and longest > window:
        raise CheckFailed(
            f"the model's attention sees {window} tokens, the longest row has {longest}: rows cannot be {mode}. "
            f"Train with --batch.mode bucketed, or with --data.max_tokens {window}"
        )


@contextmanager
def _own_attention(model: Any, mode: str) -> Iterator[None]:
    """The attention that transformers would choose, in place of ours."""
    unwrapped = getattr(model, "module", model)
    if mode != "packed":
        yield
        return
    unwrapped.set_attn_implementation("sdpa" if unwrapped._supports_sdpa else "eager")
    try:
        yield
    finally:
        unwrapped.set_attn_implementation(attention.NAME)


def _two_rows(store: Store) -> list[int]:
    """Two rows that share a beginning if there are such, otherwise the first and the last."""
    import numpy as np

    tied = np.flatnonzero(store.families == store.families.max())
    if store.families.max() >= 0 and len(tied) > 1:
        return [int(tied[0]), int(tied[1])]
    return [0, len(store) - 1]


def _document(store: Store, row: int) -> Document:
    """A row, its beginning and end cut off where it is long, with its last tokens trained."""
    tokens = store.row(row)[:_LONGEST]
    prompt_length = min(int(store.prompt_lengths[row]), len(tokens) - 1)
    return Document(tokens, prompt_length, 0)


def _logits(model: Any, batch: dict[str, Any], device: Any) -> Any:
    """Logits of the trained tokens, row after row."""
    inputs = to_inputs(batch, device)
    predict = inputs.pop("predict", None)
    logits = model(**inputs, use_cache=False).logits.flatten(0, 1).float()
    return logits if predict is None else logits[predict]


_INPUTS = ("input_ids", "position_ids", "attention_mask", "logits_to_keep", "predict")


def to_inputs(batch: dict[str, Any], device: Any) -> dict[str, Any]:
    """What of a batch `loss.LossHead` takes, on the model's device: the model's inputs, and ``predict`` if any."""
    inputs = {key: batch[key].to(device) for key in _INPUTS if key in batch}
    if "packed" in batch:
        inputs["packed"] = {k: v.to(device) if hasattr(v, "to") else v for k, v in batch["packed"].items()}
    return inputs


def refuse_attention_mask(batch: dict[str, Any]) -> None:
    """Raises UserError if a mask is about to reach a packed batch, where it would let rows see each other."""
    if "packed" in batch and "attention_mask" in batch:
        raise UserError("a packed batch carries an attention_mask: remove the callback or collator that adds it")
