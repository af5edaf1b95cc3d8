"""Rows side by side and padded at their ends, for models whose attention cannot tell the rows of a pack apart.

    rows of 9, 9, 8, 3, 2 tokens, at most 18 places   bucketed  ─▶   [9 9] [8] [3 2]      2 of 33 places are padding
                                                      padded    ─▶   [3 9] [9 2] [8]      in the order they are drawn

A causal model never looks ahead, so what stands after a row's end changes nothing in it, in any architecture. Bucketed
pads little; its rows have one length, so a pack holds fewer tasks than a drawn one would.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symbol_llm.training.packing import Plan, check_enough, split_largest

if TYPE_CHECKING:
    import numpy as np

    from symbol_llm.training.collator import Document


def plan_rectangles(
    rows: np.ndarray, lengths: np.ndarray, capacity: int, multiple: int, seed: int, epoch: int, by_length: bool
) -> Plan:
    """Cut ``rows`` (numbers, possibly repeated) into packs whose longest row times their rows is within ``capacity``.

    A function of the rows, the seed and the epoch, as `packing.plan_epoch` is; the number of packs is a multiple of
    ``multiple``. Raises UserError if there are fewer rows than that.
    """
    import numpy as np

    check_enough(rows, multiple)
    rng = np.random.default_rng([seed, epoch])
    ordered = rows[rng.permutation(len(rows))]
    if by_length:
        ordered = ordered[np.argsort(-lengths[ordered], kind="stable")]
    sizes, width = [0], 0
    for length in lengths[ordered].tolist():
        width = max(width, length)
        if (sizes[-1] + 1) * width > capacity:
            sizes.append(0)
            width = length
        sizes[-1] += 1
    sizes = split_largest(sizes, multiple)
    packs = np.split(ordered, np.cumsum(sizes)[:-1])
    drawn = [packs[index] for index in rng.permutation(len(packs))]
    return Plan(np.concatenate(drawn), np.concatenate([[0], np.cumsum([len(pack) for pack in drawn])]))


def collate_rectangle(documents: Sequence[Document]) -> dict[str, Any]:
    """B rows as a batch of L places each, M trained tokens.

    ``input_ids``, ``attention_mask`` [B, L]; ``predict`` [M], the place among B × L that predicts each target;
    ``targets``, ``target_tasks`` [M]; ``num_rows``, ``num_tokens`` (without padding).
    """
    import numpy as np
    import torch

    longest = max(len(document.tokens) for document in documents)
    ids, mask = np.zeros((2, len(documents), longest), np.int64)
    predict, targets, tasks = [], [], []
    for row, document in enumerate(documents):
        length, first = len(document.tokens), max(1, document.prompt_length)
        ids[row, :length], mask[row, :length] = document.tokens, 1
        predict.append(np.arange(first - 1, length - 1) + row * longest)
        targets.append(document.tokens[first:].astype(np.int64))
        tasks.append(np.full(length - first, document.task))
    return {
        "input_ids": torch.from_numpy(ids),
        "attention_mask": torch.from_numpy(mask),
        "predict": torch.from_numpy(np.concatenate(predict)),
        "targets": torch.from_numpy(np.concatenate(targets)),
        "target_tasks": torch.from_numpy(np.concatenate(tasks)),
        "num_rows": len(documents),
        "num_tokens": int(mask.sum()),
    }
