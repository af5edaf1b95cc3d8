"""Decoding one batch: greedy or sampled, rows handed on and dropped as they end.

    [shared prefix of each row | padding | own suffix]  ──▶  tokens, one per row and step

Keys and values of a shared prefix come in ready-made. Rows that have ended leave the batch, so one row that never
stops does not hold up the others. Each row draws from a random stream of its own, so a sample depends neither on
the batch nor on what was resumed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.backends.base import Finish, Sampling

STRIDE = 16  # tokens between two looks for stop strings


@dataclass(slots=True)
class Row:
    """One prompt on its way: what is shared (keys and values per layer), what is its own, what was written."""

    tokens: list[int]  # at least one: the prompt without its shared prefix
    limit: int
    seed: int
    prefix: list[tuple[Any, Any]] = field(default_factory=list)
    prefix_length: int = 0
    written: list[int] = field(default_factory=list)
    rng: Any = None
    matcher: Any = None  # where the output must stay inside a grammar: its state
    num_matched: int = 0


class Decoder:
    """A causal model with what its ``forward`` takes. ``text_of`` decodes tokens, to look for stop strings.

    ``constrain(rows, scores)`` may forbid tokens: it changes the scores of the next token, shape (rows, vocabulary).
    """

    def __init__(
        self,
        model: Any,
        text_of: Callable[[list[int]], str],
        sampling: Sampling,
        constrain: Callable[[Sequence[Row], Any], None] | None = None,
    ) -> None:
        self.model = model
        self.text_of = text_of
        self.sampling = sampling
        self.constrain = constrain
        self.ends = end_tokens(model)
        accepted = inspect.signature(model.forward).parameters
        self._takes_positions = "position_ids" in accepted
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in accepted else {}

    def prefix(self, tokens: Sequence[int]) -> list[tuple[Any, Any]]:
        """Keys and values of each layer for tokens that several rows begin with, shape (1, heads, tokens, size)."""
        import torch

        with torch.inference_mode():
            ids = torch.tensor([list(tokens)], device=self.model.device)
            cache = self.model(input_ids=ids, use_cache=True, **self._last_only).past_key_values
        return [(layer.keys, layer.values) for layer in cache.layers]

    def shares_prefixes(self) -> bool:
        """Whether this model's cache is keys and values of every earlier token, so that it can be put together."""
        import torch
        from transformers.cache_utils import DynamicCache, DynamicLayer

        with torch.inference_mode():
            ids = torch.zeros((1, 2), dtype=torch.long, device=self.model.device)
            cache = self.model(input_ids=ids, use_cache=True).past_key_values
        return (
            self._takes_positions and type(cache) is DynamicCache and all(type(x) is DynamicLayer for x in cache.layers)
        )

    def decode(self, rows: Sequence[Row]) -> Iterator[tuple[int, Finish]]:
        """Write all rows; yields (number of the row, why it ended) as they end. The end token is not written."""
        import numpy as np
        import torch

        device = self.model.device
        for row in rows:
            row.rng = np.random.default_rng(row.seed)
        ahead, width = max(row.prefix_length for row in rows), max(len(row.tokens) for row in rows)
        # With the mask given, the padding token may be any token: it is never attended to.
        ids = torch.tensor([[0] * (width - len(row.tokens)) + row.tokens for row in rows], device=device)
        mask = torch.tensor(
            [
                [0] * (ahead - row.prefix_length)
                + [1] * row.prefix_length
                + [0] * (width - len(row.tokens))
                + [1] * len(row.tokens)
                for row in rows
            ],
            device=device,
        )
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, ahead:]
        cache = _joined([row.prefix for row in rows], ahead) if ahead else None
        places = list(range(len(rows)))  # the rows that are in the batch
        ended: set[int] = set()
        step = 0
        while True:
            scores, cache = self._forward(ids, mask, positions, cache)
            ids = self._choose([rows[place] for place in places], scores)
            step += 1
            for place, token in zip(places, ids[:, 0].tolist()):
                if place not in ended and (finish := self._advance(rows[place], token, step)) is not None:
                    ended.add(place)
                    yield place, finish
            kept = [number for number, place in enumerate(places) if place not in ended]
            if not kept:
                return
            mask = torch.cat([mask, mask.new_ones(len(places), 1)], dim=1)
            positions = positions[:, -1:] + 1
            if 4 * (len(places) - len(kept)) >= len(places):  # copying the cache costs: not for every row
                index = torch.tensor(kept, device=device)
                ids, mask, positions = ids[index], mask[index], positions[index]
                cache.batch_select_indices(index)
                places = [places[number] for number in kept]

    def _advance(self, row: Row, token: int, step: int) -> Finish | None:
        """Write one token; why the row ends with it, or None."""
        finish = None
        if token in self.ends:
            finish = Finish.STOP
        else:
            row.written.append(token)
            if len(row.written) >= row.limit:
                finish = Finish.LENGTH
        if self.sampling.stops and finish is not Finish.STOP and (finish or step % STRIDE == 0):
            text = self.text_of(row.written)
            if any(stop in text for stop in self.sampling.stops):
                return Finish.STOP
        return finish

    def _forward(self, ids: Any, mask: Any, positions: Any, cache: Any) -> tuple[Any, Any]:
        import torch

        place = {"position_ids": positions} if self._takes_positions else {}
        with torch.inference_mode():
            output = self.model(
                input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **place, **self._last_only
            )
        return output.logits[:, -1].float(), output.past_key_values

    def _choose(self, rows: Sequence[Row], scores: Any) -> Any:
        """The next token of each row, shape (rows, 1)."""
        import torch

        with torch.inference_mode():
            if self.constrain is not None:
                self.constrain(rows, scores)
            if not self.sampling.temperature:
                return scores.argmax(-1, keepdim=True)
            shares, tokens = torch.softmax(scores / self.sampling.temperature, -1).sort(-1, descending=True)
            heights = shares.cumsum(-1)
            # The smallest set of tokens whose shares reach top_p; always the likeliest one.
            within = (heights - shares) < self.sampling.top_p
            total = (shares * within).sum(-1, keepdim=True)
            drawn = torch.tensor([[row.rng.random()] for row in rows], device=scores.device, dtype=heights.dtype)
            place = torch.searchsorted(heights, drawn * total, right=True)
            return tokens.gather(-1, torch.minimum(place, within.sum(-1, keepdim=True) - 1))


def _joined(prefixes: Sequence[Sequence[tuple[Any, Any]]], width: int) -> Any:
    """One cache for rows with these prefixes, each padded on the left to ``width``; an empty one is all padding."""
    import torch
    from transformers.cache_utils import DynamicCache

    first = next(prefix for prefix in prefixes if prefix)
    if all(prefix is first for prefix in prefixes):
        shape = (len(prefixes), -1, -1, -1)
        return DynamicCache([(keys.expand(shape), values.expand(shape)) for keys, values in first])
    layers = []
    for number, pair in enumerate(first):
        joined = []
        for side, like in enumerate(pair):
            tensor = like.new_zeros((len(prefixes), like.shape[1], width, like.shape[3]))
            for row, prefix in enumerate(prefixes):
                if prefix:
                    tensor[row, :, width - prefix[number][side].shape[2] :] = prefix[number][side][0]
            joined.append(tensor)
        layers.append(tuple(joined))
    with torch.inference_mode():
        return DynamicCache(layers)


def end_tokens(model: Any) -> set[int]:
    """The tokens that end an output, as the model says."""
    ends = model.generation_config.eos_token_id
    if ends is None:
        ends = model.config.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends} - {None}
