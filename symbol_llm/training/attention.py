"""Attention of a packed batch: every row sees itself and nothing else.

    paths 0 1 2 3 4 / 0 1 2 5 6   ─▶   places 0-4 ask and look at 0-4; places 5, 6 ask and look at 0 1 2 5 6

The tokens that a row adds to the batch ask; the tokens along its path are looked at, causally. FlashAttention for
rows of unequal length (on CUDA, in half precision) or one SDPA per row. No mask over the batch exists, so none can
be wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, dict[str, Any], float], torch.Tensor]

NAME = "symbol_llm_packed"
# For models that cannot take it.
INSTEAD = "Train with --batch.mode masked (packs, told apart by a mask), or with bucketed (rows side by side, padded)"


def register() -> str:
    """Make the function known to transformers; returns its name for ``attn_implementation``."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, packed_attention)
    return NAME


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    packed: dict[str, Any] | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: torch.Tensor | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention along each path.

    ``query`` [1, heads, N, size], ``key`` and ``value`` [1, kv_heads, N, size], ``packed`` from the collator.
    Returns [1, N, heads, size]. Raises ValueError if a mask came through or the paths did not, or if the model wants
    what this attention does not have: soft caps, sinks, a window that a row is longer than.
    """
    if attention_mask is not None or packed is None:
        raise ValueError("a packed batch travels with its paths and without an attention mask")
    if softcap is not None or s_aux is not None:
        raise ValueError("its attention has soft caps or sinks")
    if sliding_window is not None and max(packed["looked_at"]) > sliding_window:
        raise ValueError(f"its attention sees {sliding_window} tokens, a row has {max(packed['looked_at'])}")
    queries, keys, values = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    if packed["paths"] is not None:
        keys, values = keys.index_select(0, packed["paths"]), values.index_select(0, packed["paths"])
    attend = _varlen_of(query) or _row_by_row
    out = attend(queries, keys, values, packed, query.shape[-1] ** -0.5 if scaling is None else scaling)
    return out[None], None


def _row_by_row(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, packed: dict[str, Any], scaling: float
) -> torch.Tensor:
    """One SDPA per row; ``query`` [N, heads, size], ``key`` and ``value`` [E, kv_heads, size]."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    repeat = query.shape[1] // key.shape[1]
    if repeat > 1:
        key, value = key.repeat_interleave(repeat, 1), value.repeat_interleave(repeat, 1)
    queries = query.transpose(0, 1)[None].split(packed["asking"], 2)
    keys = key.transpose(0, 1)[None].split(packed["looked_at"], 2)
    values = value.transpose(0, 1)[None].split(packed["looked_at"], 2)
    out = []
    for q, k, v in zip(queries, keys, values, strict=True):
        asking, looked_at = q.shape[2], k.shape[2]
        if asking == looked_at:
            out.append(scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling))
        else:
            # The row's own tokens stand at the end of its path.
            seen = torch.ones(asking, looked_at, dtype=torch.bool, device=q.device).tril_(looked_at - asking)
            out.append(scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scaling))
    return torch.cat(out, 2)[0].transpose(0, 1)


def _varlen_of(query: torch.Tensor) -> Attend | None:
    """FlashAttention for rows of unequal length, from torch or from flash-attn, where it can run."""
    import torch

    half = query.dtype in (torch.float16, torch.bfloat16)
    if not query.is_cuda or not half or torch.cuda.get_device_capability(query.device) < (8, 0):
        return None
    return _installed_varlen()


@cache
def _installed_varlen() -> Attend | None:
    if find_spec("torch.nn.attention.varlen") is not None:
        from torch.nn.attention.varlen import varlen_attn

        # Earlier forms of the function took causality in another way and knew no grouped heads.
        if {"window_size", "enable_gqa"} <= inspect.signature(varlen_attn).parameters.keys():
            return partial(_torch_varlen, varlen_attn)
    if find_spec("flash_attn") is not None:
        return _flash_attn_varlen
    return None


def _torch_varlen(
    varlen_attn: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    packed: dict[str, Any],
    scaling: float,
) -> torch.Tensor:
    """All rows in one call of torch's FlashAttention, whose causal window ends where the path ends."""
    out: torch.Tensor = varlen_attn(
        query.contiguous(),
        key.contiguous(),
        value.contiguous(),
        packed["asking_bounds"],
        packed["looked_at_bounds"],
        max(packed["asking"]),
        max(packed["looked_at"]),
        scale=scaling,
        window_size=(-1, 0),
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return out


def _flash_attn_varlen(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, packed: dict[str, Any], scaling: float
) -> torch.Tensor:
    """All rows in one call of the flash-attn package (2.1 or later: its causal mask ends where the path ends)."""
    from flash_attn import flash_attn_varlen_func

    out: torch.Tensor = flash_attn_varlen_func(
        query,
        key,
        value,
        packed["asking_bounds"],
        packed["looked_at_bounds"],
        max(packed["asking"]),
        max(packed["looked_at"]),
        softmax_scale=scaling,
        causal=True,
    )
    return out
