"""Cross entropy at the trained tokens, without ever holding the logits of all of them.

    4,096 trained tokens × 32,000 words in fp32: 524 MB of logits and as much again for their gradient
    here: chunks of 256 tokens, 33 MB (on a GPU of 1,048, 134 MB), whose gradients are worked out while they are at hand

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

CHUNK_ELEMENTS = 1 << 25  # logits held at once on a GPU: 134 MB in fp32
CPU_CHUNK = 256  # tokens: enough for a fast product, few enough for the caches
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
            of_targets, largest = logits.gather(-1, wanted), logits.amax(-1, keepdim=True)
            # In place: the logits become their own gradient, softmax minus one at the target.
            logits.sub_(largest).exp_()
            total = logits.sum(-1, keepdim=True)
            losses[start : start + chunk] = (total.log() + largest - of_targets)[:, 0]
            if not (needs_hidden or needs_weight):
                continue
            logits.mul_(total.reciprocal()).scatter_add_(-1, wanted, logits.new_full(wanted.shape, -1.0))
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
        self._predict: torch.Tensor | None = None
        self._losses = self._total = torch.empty(0)
        self._is_checked = False
        if self.is_chunked:
            self._plain = head.forward
            self._head = head
            head.forward = self._forward

    def __call__(self, model: Any, inputs: dict[str, Any], targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum of the losses, with its gradient, and each loss [M] without. ``model`` may be wrapped.

        ``inputs`` may hold ``predict`` [M], the places that predict; otherwise the model gives M logits.
        """
        predict = inputs.get("predict")
        inputs = {key: value for key, value in inputs.items() if key != "predict"}
        if self.is_chunked:
            with self._given(targets, predict):
                given = model(**inputs, use_cache=False).logits.sum()
            if self._is_checked or torch.equal(given.detach(), self._total):
                self._is_checked = True
                return given, self._losses
            self.is_chunked = False  # the model changes its logits after the head in a way not listed above
        logits = model(**inputs, use_cache=False).logits.flatten(0, 1)
        losses = cross_entropy((logits if predict is None else logits[predict]).float(), targets, reduction="none")
        return losses.sum(), losses.detach()

    @contextmanager
    def _given(self, targets: torch.Tensor, predict: torch.Tensor | None) -> Iterator[None]:
        self._targets, self._predict = targets, predict
        try:
            yield
        finally:
            self._targets = self._predict = None

    def _forward(self, hidden: torch.Tensor) -> Any:
        if self._targets is None:
            return self._plain(hidden)
        weight = self._head.weight
        chunk = max(64, CHUNK_ELEMENTS // weight.shape[0]) if weight.is_cuda else CPU_CHUNK
        places = hidden.flatten(0, 1)
        if self._predict is not None:
            places = places.index_select(0, self._predict)
        total, self._losses = ChunkedLoss.apply(places, weight, self._targets, chunk)
        self._total = total.detach()
        return total[None, None, None]  # in the shape of logits, for models that look at it
