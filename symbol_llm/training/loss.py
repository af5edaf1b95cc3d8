"""Cross entropy at the trained tokens, without ever holding the logits of all of them.

    4,096 trained tokens × 32,000 words in fp32: 524 MB of logits and as much again for their gradient
    here: chunks of 1,048 tokens, 134 MB, whose gradients are worked out while the chunk is at hand

As in Liger's fused kernel, but in plain torch: the head's forward turns hidden states into losses and keeps the
gradients of the hidden states and of the head's weight, no logits. One call of the head per pack whatever the chunks,
so ZeRO-3 gathers the weight once and processes with unequal numbers of tokens stay in step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import cross_entropy

CHUNK_ELEMENTS = 1 << 25  # logits held at once: 134 MB in fp32
# What models do to logits after their head; these losses are taken from whole logits.
_AFTER_THE_HEAD = ("final_logit_softcapping", "logit_scale", "logits_scaling")


class ChunkedLoss(torch.autograd.Function):
    """Sum of the losses, and each loss (detached). Gradients are made in the forward pass, chunk after chunk."""

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, chunk: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``hidden`` [M, size], ``weight`` [words, size], ``targets`` [M]; fp32 scalar and [M]."""
        needs_hidden, needs_weight = ctx.needs_input_grad[:2]
        matrix = weight.to(hidden.dtype)  # they differ under autocast
        losses = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
        of_hidden = torch.empty_like(hidden) if needs_hidden else None
        of_weight = torch.zeros_like(matrix) if needs_weight else None
        for start in range(0, len(hidden), chunk):
            part, wanted = hidden[start : start + chunk], targets[start : start + chunk, None]
            logits = (part @ matrix.t()).float()
            normaliser = logits.logsumexp(-1, keepdim=True)
            losses[start : start + chunk] = (normaliser - logits.gather(-1, wanted))[:, 0]
            if not (needs_hidden or needs_weight):
                continue
            # In place: the logits become their own gradient, softmax minus one at the target.
            logits.sub_(normaliser).exp_()
            logits.scatter_add_(-1, wanted, logits.new_full(wanted.shape, -1.0))
            gradient = logits.to(hidden.dtype)
            if of_hidden is not None:
                of_hidden[start : start + chunk] = gradient @ matrix
            if of_weight is not None:
                of_weight.addmm_(gradient.t(), part)
        ctx.save_for_backward(of_hidden, None if of_weight is None else of_weight.to(weight.dtype))
        ctx.mark_non_differentiable(losses)
        return losses.sum(), losses

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        """Scale the kept gradients."""
        of_hidden, of_weight = ctx.saved_tensors
        scale = outer[0]
        return (
            None if of_hidden is None else of_hidden * scale.to(of_hidden.dtype),
            None if of_weight is None else of_weight * scale.to(of_weight.dtype),
            None,
            None,
        )


class LossHead:
    """The head of a model, taught to return losses when it is given targets."""

    def __init__(self, model: Any) -> None:
        head, config = model.get_output_embeddings(), model.config.get_text_config()
        changed = any(getattr(config, name, None) not in (None, 1, 1.0) for name in _AFTER_THE_HEAD)
        self.is_chunked = isinstance(head, torch.nn.Linear) and head.bias is None and not changed
        self._targets: torch.Tensor | None = None
        if self.is_chunked:
            self._plain = head.forward
            self._head = head
            head.forward = self._forward

    def __call__(self, model: Any, inputs: dict[str, Any], targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum of the losses, with its gradient, and each loss [M] without. ``model`` may be wrapped."""
        if not self.is_chunked:
            logits = model(**inputs, use_cache=False).logits[0]
            losses = cross_entropy(logits.float(), targets, reduction="none")
            return losses.sum(), losses.detach()
        with self._given(targets):
            total, losses = model(**inputs, use_cache=False).logits
        return total, losses

    @contextmanager
    def _given(self, targets: torch.Tensor) -> Iterator[None]:
        self._targets = targets
        try:
            yield
        finally:
            self._targets = None

    def _forward(self, hidden: torch.Tensor) -> Any:
        if self._targets is None:
            return self._plain(hidden)
        weight = self._head.weight
        chunk = max(64, CHUNK_ELEMENTS // weight.shape[0])
        return ChunkedLoss.apply(hidden[0], weight, self._targets, chunk)
