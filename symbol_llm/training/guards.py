"""Proofs at the start of a run that what will be trained is what is meant.

- every row is read from one beginning-of-text token and trained to its end-of-text token, and trains something;
- the prompt is encoded as generation will encode it;
- rows in a packed batch give the logits they give alone, on the real model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbol_llm.errors import CheckFailed, UserError
from symbol_llm.training.collator import Document, collate
from symbol_llm.training.data import Store

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Largest difference between packed and alone, relative to the largest logit.
_TOLERANCE = {"float32": 1e-4, "bfloat16": 4e-2, "float16": 1e-2}
_LONGEST = 512  # tokens of a row that is compared


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


def check_packed_equals_alone(model: Any, store: Store, device: Any, dtype: str) -> float:
    """Run rows packed and alone through the model; the largest difference of logits, relative to the largest.

    ``model`` may be wrapped by DeepSpeed; every process must call this. Raises CheckFailed above the tolerance.
    """
    import torch

    # In the order of tokens, as the collator sorts them.
    documents = sorted((_document(store, row) for row in _two_rows(store)), key=lambda d: d.tokens.tolist())
    was_training = model.training
    model.eval()
    with torch.no_grad():
        packed = _logits(model, documents, device)
        alone = torch.cat([_logits(model, [document], device) for document in documents])
    model.train(was_training)
    if not alone.isfinite().all():
        raise CheckFailed("the model gives logits that are not finite before any training: its weights are damaged")
    difference = float((packed - alone).abs().max() / alone.abs().max().clamp_min(1e-6))
    if not difference <= _TOLERANCE[dtype]:
        raise CheckFailed(
            f"packed rows see each other: their logits differ by {difference:.1e} from those of the rows alone "
            f"(tolerance {_TOLERANCE[dtype]:.0e} in {dtype}). This model's attention cannot take packed rows"
        )
    return difference


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


def _logits(model: Any, documents: list[Document], device: Any) -> Any:
    """Logits of the trained tokens, row after row."""
    batch = collate(documents)
    return model(**to_inputs(batch, device), use_cache=False).logits[0].float()


def to_inputs(batch: dict[str, Any], device: Any) -> dict[str, Any]:
    """What of a batch the model takes, on its device."""
    packed = {key: value.to(device) if hasattr(value, "to") else value for key, value in batch["packed"].items()}
    inputs = {key: batch[key].to(device) for key in ("input_ids", "position_ids", "logits_to_keep")}
    return {**inputs, "packed": packed}


def refuse_attention_mask(batch: dict[str, Any]) -> None:
    """Raises UserError if a mask is about to reach a packed batch, where it would let rows see each other."""
    if "attention_mask" in batch:
        raise UserError("a packed batch carries an attention_mask: remove the callback or collator that adds it")
