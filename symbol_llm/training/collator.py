"""One pack of rows as one flat batch in which a shared beginning is computed once.

    rows      <s> t u | x y        flat    <s> t u x y z w        tokens computed: 7 instead of 10
              <s> t u | z w        paths   0 1 2 3 4 / 0 1 2 5 6  flat places of each row's tokens
    predict   the place that predicts each trained token; targets: that token

Rows are sorted, and each one reuses the places of the prefix it shares with the row before it, so the flat batch
is the tree of all rows. There is no attention mask: `attention` sees only the paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symbol_llm.training.rectangles import collate_rectangle

if TYPE_CHECKING:
    import numpy as np
    import torch

    from symbol_llm.training.data import Store

SHORTEST_SHARED = 8  # tokens; a shorter common beginning is computed again


@dataclass(frozen=True, slots=True)
class Document:
    """One row: its tokens, how many of them are only read, and its task's number."""

    tokens: np.ndarray
    prompt_length: int
    task: int


@dataclass(frozen=True, slots=True)
class Collator:
    """Turns the row numbers of a pack into model inputs in a mode of `config.Batch`. Picklable; no state."""

    store: Store
    share_prefixes: bool = True
    mode: str = "packed"

    def __call__(self, packs: Sequence[np.ndarray]) -> dict[str, Any]:
        """The batch of one pack (the loader's batch size is 1)."""
        (rows,) = packs
        store = self.store
        documents = [
            Document(store.row(row), int(store.prompt_lengths[row]), int(store.tasks[row])) for row in rows.tolist()
        ]
        return make_batch(documents, self.mode, self.share_prefixes)


def make_batch(documents: Sequence[Document], mode: str, share_prefixes: bool = True) -> dict[str, Any]:
    """Model inputs, targets and counts of some rows; the keys depend on the mode."""
    if mode in ("padded", "bucketed"):
        return collate_rectangle(documents)
    batch = collate(documents, share_prefixes)
    if mode == "masked":
        batch["attention_mask"] = _mask(batch.pop("packed"))
        batch["predict"] = batch.pop("logits_to_keep")  # not every model knows the latter
    return batch


def collate(documents: Sequence[Document], share_prefixes: bool = True) -> dict[str, Any]:
    """The flat batch of some rows, N computed tokens, M trained ones, E tokens along all paths.

    ``input_ids``, ``position_ids`` [1, N]; ``logits_to_keep`` [M], the place that predicts each target;
    ``targets``, ``target_tasks`` [M]; ``packed``: what `attention` needs; ``num_rows``, ``num_tokens`` (E).
    """
    import numpy as np
    import torch

    if share_prefixes:
        documents = sorted(documents, key=lambda d: d.tokens.astype(d.tokens.dtype.newbyteorder(">")).tobytes())
    fresh: list[np.ndarray] = []  # the tokens that each row adds to the flat batch
    positions: list[np.ndarray] = []
    paths: list[np.ndarray] = []
    size = 0
    before: Document | None = None
    for document in documents:
        length = len(document.tokens)
        shared = _shared(before, document) if share_prefixes and before is not None else 0
        path = np.arange(size - shared, size - shared + length)
        path[:shared] = paths[-1][:shared] if shared else 0
        fresh.append(document.tokens[shared:])
        positions.append(np.arange(shared, length))
        paths.append(path)
        size += length - shared
        before = document
    trained = [slice(max(1, document.prompt_length), None) for document in documents]
    predict = [path[span.start - 1 : -1] for path, span in zip(paths, trained, strict=True)]
    targets = [document.tokens[span] for document, span in zip(documents, trained, strict=True)]
    tasks = np.repeat([document.task for document in documents], [len(part) for part in targets])
    return {
        "input_ids": torch.from_numpy(np.concatenate(fresh).astype(np.int64))[None],
        "position_ids": torch.from_numpy(np.concatenate(positions))[None],
        "logits_to_keep": torch.from_numpy(np.concatenate(predict)),
        "targets": torch.from_numpy(np.concatenate(targets).astype(np.int64)),
        "target_tasks": torch.from_numpy(tasks),
        "packed": _layout(paths, fresh),
        "num_rows": len(documents),
        "num_tokens": sum(map(len, paths)),
    }


def _layout(paths: Sequence[np.ndarray], fresh: Sequence[np.ndarray]) -> dict[str, Any]:
    """What the attention function needs: per row its own tokens (they ask) and its path (it is looked at)."""
    import numpy as np
    import torch

    asking, looked_at = [len(part) for part in fresh], [len(path) for path in paths]
    is_tree = asking != looked_at
    return {
        "asking": asking,
        "looked_at": looked_at,
        "asking_bounds": torch.tensor([0, *np.cumsum(asking)], dtype=torch.int32),
        "looked_at_bounds": torch.tensor([0, *np.cumsum(looked_at)], dtype=torch.int32),
        "paths": torch.from_numpy(np.concatenate(paths)) if is_tree else None,
    }


def _mask(packed: dict[str, Any]) -> torch.Tensor:
    """Which places each place sees, for a model's own attention: float [1, 1, N, N], 0 or as good as minus infinity."""
    import torch

    size = sum(packed["asking"])
    paths = torch.arange(size) if packed["paths"] is None else packed["paths"]
    hidden = torch.finfo(torch.bfloat16).min  # which every float type that models compute in can hold
    mask = torch.full((size, size), hidden)
    start = 0
    for asking, path in zip(packed["asking"], paths.split(packed["looked_at"]), strict=True):
        seen = torch.full((asking, len(path)), hidden).triu_(len(path) - asking + 1)
        mask[start : start + asking, path] = seen
        start += asking
    return mask[None, None]


def _shared(before: Document, document: Document) -> int:
    """How many tokens a row takes over from the row before it: at most its prompt, nothing if it is short."""
    import numpy as np

    longest = min(document.prompt_length, len(before.tokens))
    differ = np.flatnonzero(before.tokens[:longest] != document.tokens[:longest])
    shared = int(differ[0]) if len(differ) else longest
    return shared if shared >= SHORTEST_SHARED else 0
