"""How a batch of completions is cut for processes and forward passes.

32 prompts x 16 completions, 1 update, 2 processes, at most 8 at once    ─▶    8 at once, 32 passes of each process
"""

from __future__ import annotations

from typing import NamedTuple

from symbol_llm.errors import UserError
from symbol_llm.training.grpo_settings import Grpo


class Shape(NamedTuple):
    """Completions that a process learns from at once, and how often it does so in an optimiser step."""

    micro_batch: int
    accumulation: int


def batch_shape(grpo: Grpo, world_size: int) -> Shape:
    """The largest equal parts within ``grpo.micro_batch``. Raises UserError if processes cannot share evenly."""
    completions = grpo.prompts * grpo.generations
    share, rest = divmod(completions, grpo.updates * world_size)
    if rest:
        raise UserError(
            f"{grpo.prompts} prompts x {grpo.generations} completions = {completions} cannot be shared evenly by "
            f"{world_size} processes in {grpo.updates} updates: change grpo.prompts or --num_gpus"
        )
    micro_batch = max(size for size in range(1, min(grpo.micro_batch, share) + 1) if share % size == 0)
    return Shape(micro_batch, share // micro_batch)
