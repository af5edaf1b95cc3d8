"""Held-out rows during training: their loss per task, and by option a quick score of what the model writes.

    {"step": 500, "eval_loss": 0.41, "eval_loss/scan": 0.12, "eval_exact/scan": 0.75, "eval_equivalent/scan": 0.8}

Every process takes an equal number of packs and of generations, as ZeRO-3 needs. Nothing is drawn at random, so a run
learns the same with and without it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from hashlib import sha256
from heapq import nsmallest
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

import symbol_llm.formats
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.training import attention
from symbol_llm.training.batches import plan_packs
from symbol_llm.training.collator import Collator
from symbol_llm.training.config import Config, Data
from symbol_llm.training.encoding import PromptEncoder
from symbol_llm.training.packing import Shape
from symbol_llm.training.rows import Row, find_files, read_rows

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

    from symbol_llm.training.data import Store

_GENERATED_TOGETHER = 16


class HeldOut:
    """What one process evaluates; ``trained`` names the tasks whose loss decides which checkpoint is best.

    Raises UserError if there are fewer rows than processes.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        tokenizer: PreTrainedTokenizerBase,
        trained: Collection[str],
        rank: int,
        world_size: int,
    ) -> None:
        import numpy as np

        self._config, self._store, self._tokenizer = config, store, tokenizer
        self._rank, self._world = rank, world_size
        # Without a row of a trained task all count; tasks that only the held-out rows have are reported all the same.
        self._deciding = [name in trained for name in store.task_names]
        if not any(self._deciding):
            self._deciding = [True] * len(store.task_names)
        chosen = np.concatenate([rows[: config.evaluation.rows] for rows in _shuffled_tasks(store)])
        if len(chosen) < world_size:
            raise UserError(
                f"{len(chosen)} rows of split {config.evaluation.split!r} are too few for {world_size} processes: "
                "set --evaluation.every null, or hold out more rows"
            )
        shape = Shape(store.lengths, store.families, store.trunks)
        plan = plan_packs(chosen, shape, config.batch, world_size, seed=0, epoch=0)
        self._packs = [plan.pack(index) for index in range(rank, len(plan), world_size)]
        self._collate = Collator(store, config.batch.share_prefixes, config.batch.mode)
        self._items = score_items(config) if config.evaluation.score_items else []
        self._num_rows = len(chosen)

    def describe(self) -> str:
        """One line for people."""
        evaluation = self._config.evaluation
        scored = f", {len(self._items)} items generated and scored" if self._items else ""
        return (
            f"held out: {self._num_rows} rows of split {evaluation.split}, {len(self._store.task_names)} tasks, every "
            f"{evaluation.every} steps{scored}"
        )

    def evaluate(self, model: Any, unwrapped: Any, loss_head: Any, device: Any) -> dict[str, float]:
        """The report; every process must call this and gets the same. ``model`` may be wrapped."""
        started = time.perf_counter()
        was_training = model.training
        model.eval()
        report = self._losses(model, loss_head, device)
        if self._items:
            report |= self._scores(unwrapped, device)
        model.train(was_training)
        return report | {"eval_seconds": time.perf_counter() - started}

    def _losses(self, model: Any, loss_head: Any, device: Any) -> dict[str, float]:
        import torch

        from symbol_llm.training.guards import to_inputs

        names = self._store.task_names
        sums = torch.zeros(len(names), 2, dtype=torch.float64, device=device)
        with torch.no_grad():
            for pack in self._packs:
                batch = self._collate([pack])
                _, losses = loss_head(model, to_inputs(batch, device), batch["targets"].to(device))
                pairs = torch.stack([losses.double(), torch.ones_like(losses, dtype=torch.float64)], 1)
                sums.index_add_(0, batch["target_tasks"].to(device), pairs)
        losses_and_counts = _sum_over_processes(sums, self._world).tolist()
        deciding = [pair for pair, decides in zip(losses_and_counts, self._deciding, strict=True) if decides]
        total, number = (sum(column) for column in zip(*deciding, strict=True))
        report = {f"eval_loss/{name}": s / n for name, (s, n) in zip(names, losses_and_counts, strict=True) if n}
        return {"eval_loss": total / number, **report}

    def _scores(self, model: Any, device: Any) -> dict[str, float]:
        """Share of exact, and of equivalent ones among the decided, per task."""
        import torch

        items = self._items
        own = list(range(self._rank, len(items), self._world))
        share = -(-len(items) // self._world)
        # A process with one item fewer writes its first again, uncounted: the others wait for it under ZeRO-3.
        asked = own + [own[0] if own else 0] * (share - len(own))
        outputs = self._generate(model, [items[i] for i in asked], device)[: len(own)]
        names = sorted({item.task for item in items})
        sums = torch.zeros(len(names), 4, dtype=torch.float64, device=device)  # items, exact, decided, equivalent
        for row, (exact, equivalent) in zip((items[i] for i in own), score([items[i] for i in own], outputs)):
            counted = [1, exact, equivalent is not None, equivalent is True]
            sums[names.index(row.task)] += sums.new_tensor(counted)
        report = {}
        for name, (number, exact, decided, same) in zip(names, _sum_over_processes(sums, self._world).tolist()):
            report[f"eval_exact/{name}"] = exact / number
            if decided:
                report[f"eval_equivalent/{name}"] = same / decided
        return report

    def _generate(self, model: Any, rows: Sequence[Row], device: Any) -> list[str]:
        """Greedy completions, with transformers' own attention."""
        import torch

        tokenizer, limit = self._tokenizer, self._config.evaluation.max_new_tokens
        encode = PromptEncoder(tokenizer, self._config.data.prompt_format)
        padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
        texts: list[str] = []
        if self._config.batch.mode == "packed":
            model.set_attn_implementation("sdpa")
        try:
            for start in range(0, len(rows), _GENERATED_TOGETHER):
                part = rows[start : start + _GENERATED_TOGETHER]
                prompts = [encode(row.prompt) for row in part]
                longest = max(map(len, prompts))
                ids = torch.full((len(prompts), longest), padding, device=device)
                mask = torch.zeros_like(ids)
                for place, prompt in enumerate(prompts):
                    ids[place, longest - len(prompt) :] = torch.tensor(prompt, device=device)
                    mask[place, longest - len(prompt) :] = 1
                with torch.no_grad():
                    written = model.generate(
                        input_ids=ids,
                        attention_mask=mask,
                        max_new_tokens=limit,
                        do_sample=False,
                        eos_token_id=tokenizer.eos_token_id,
                        pad_token_id=padding,
                        synced_gpus=self._config.deepspeed.stage == 3,
                    )
                texts += tokenizer.batch_decode(written[:, longest:], skip_special_tokens=True)
        finally:
            if self._config.batch.mode == "packed":
                model.set_attn_implementation(attention.NAME)
        return texts


def held_out_data(config: Config) -> Data:
    """What the held-out store is built from."""
    return replace(config.data, split=config.evaluation.split)


def score_items(config: Config) -> list[Row]:
    """Some held-out rows per task with what their formats read them against; the same in every process."""
    evaluation = config.evaluation
    per_task: dict[str, list[tuple[bytes, int, Row]]] = {}
    rows = read_rows(find_files(config.data.path), evaluation.split, config.data.without, with_context=True)
    for number, row in enumerate(rows):
        if not row.prompt.strip() or not row.completion.strip() or row.format not in symbol_llm.formats.FORMATS:
            continue
        key = sha256(row.prompt.encode("utf-8", "surrogatepass")).digest()
        kept = [*per_task.get(row.task, ()), (key, number, row)]
        per_task[row.task] = nsmallest(evaluation.score_items, kept)
    return [row for task in sorted(per_task) for _, _, row in per_task[task]]


def score(rows: Sequence[Row], outputs: Sequence[str]) -> list[tuple[bool, bool | None]]:
    """Exact and equivalent per output, by the formats themselves, in a process of its own."""
    scores: list[tuple[bool, bool | None]] = []
    while len(scores) < len(rows):
        # Formats run engines, some of which fork: never from a process that holds a GPU and network threads.
        with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
            done = len(scores)
            for row, output in zip(rows[done:], outputs[done:], strict=True):
                try:
                    scores.append(pool.submit(_score, row, output).result())
                except BrokenProcessPool:  # an engine took the process down: undecided; the others get a new one
                    scores.append((False, None))
                    break
    return scores


def _score(row: Row, output: str) -> tuple[bool, bool | None]:
    context = Context(row.context, orjson.loads(row.world) if row.world else {}, _raw_root())
    result = symbol_llm.formats.get(row.format).score(output.strip(), row.completion, context)
    return result.is_exact, result.is_equivalent


def _raw_root() -> Path | None:
    import os

    return Path(os.environ["SYMBOL_LLM_RAW"]) if os.environ.get("SYMBOL_LLM_RAW") else None


def _shuffled_tasks(store: Store) -> list[np.ndarray]:
    """Row numbers of each task in one fixed drawn order."""
    import numpy as np

    rng = np.random.default_rng(0)
    return [rng.permutation(np.flatnonzero(store.tasks == task)) for task in range(len(store.task_names))]


def _sum_over_processes(sums: Any, world_size: int) -> Any:
    import torch.distributed as dist

    if world_size > 1:
        dist.all_reduce(sums)
    return sums
