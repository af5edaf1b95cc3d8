"""Useful tokens per second of this engine and of `transformers.Trainer`, same rows, same model, one process.

    python benchmarks/training.py [--rows 256] [--hidden 128] [--threads 1] [--json]

Rows are random tokens with the skewed lengths of instruction data (log-normal, median 150, 16 to 1024); the last
third of each is trained. In the second table rows also begin alike, as the prompts of a symbolic task do. Useful
tokens are the tokens of the rows, without padding and as if nothing were shared. Rates are per second of
processor time, which other work on the machine disturbs little; wall time is shown beside it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from typing import Any

import numpy as np

VOCABULARY = 2_000
LONGEST = 1_024
STEP_TOKENS = 4_096


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    import torch
    import transformers

    from symbol_llm.training.distributed import keep_freed_memory

    torch.set_num_threads(options.threads)
    transformers.utils.logging.set_verbosity_error()
    keep_freed_memory()  # for all of them alike
    tables = {}
    for name, trunk in (("unlike rows", 0), ("rows that begin alike", 100)):
        store = make_store(options.rows, trunk)
        results = {
            "Trainer, padded, batches of 8": with_trainer(store, options.hidden, "random"),
            "Trainer, group_by_length, batches of 8": with_trainer(store, options.hidden, "group_by_length"),
            "packed": with_packs(store, options.hidden, share_prefixes=False),
            "packed, shared beginnings": with_packs(store, options.hidden, share_prefixes=True),
        }
        base = results["Trainer, padded, batches of 8"]["tokens_per_cpu_second"]
        for result in results.values():
            result["ratio"] = result["tokens_per_cpu_second"] / base
        tables[name] = results
    if options.json:
        print(json.dumps({"rows": options.rows, "hidden": options.hidden, "threads": options.threads, **tables}))
        return
    for name, results in tables.items():
        print(f"\n{name}: {options.rows} rows, hidden size {options.hidden}, {options.threads} threads")
        for method, result in results.items():
            print(
                f"  {method:40s} {result['tokens_per_cpu_second']:8,.0f} tokens/cpu-s  "
                f"{result['tokens_per_second']:8,.0f} tokens/s  {result['ratio']:.2f}x"
            )


def make_store(num_rows: int, trunk: int) -> Any:
    """Rows of random tokens; eight beginnings of ``trunk`` tokens are dealt out among them."""
    from symbol_llm.training.data import Store
    from symbol_llm.training.prefixes import find_families

    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(150), 0.75, num_rows), 16, LONGEST - trunk).astype(int)
    trunks = rng.integers(3, VOCABULARY, (8, trunk))
    rows = [
        np.concatenate([trunks[i % 8], rng.integers(3, VOCABULARY, n)]).astype(np.uint16) for i, n in enumerate(lengths)
    ]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    prompts = np.array([len(row) - max(1, n // 3) for row, n in zip(rows, lengths, strict=True)])
    tokens = np.concatenate(rows)
    families, shared = find_families(tokens, offsets, prompts)
    return Store(tokens, offsets, prompts, np.zeros(num_rows, np.int64), families, shared, ["rows"])


def make_model(hidden: int, implementation: str) -> Any:
    """A LLaMA of four layers."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=hidden * 11 // 4,
        num_hidden_layers=4,
        num_attention_heads=max(2, hidden // 64),
        max_position_embeddings=LONGEST,
    )
    return LlamaForCausalLM._from_config(sizes, attn_implementation=implementation)


def clock() -> Any:
    """A callback that times an epoch from the end of its first step, which warms everything up."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == 1:
                self.wall, self.cpu = time.perf_counter(), time.process_time()

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu

    return Clock()


def rates(num_tokens: int, watch: Any) -> dict[str, float]:
    """Useful tokens per second of processor and of wall time."""
    return {"tokens_per_cpu_second": num_tokens / watch.cpu, "tokens_per_second": num_tokens / watch.wall}


def with_trainer(store: Any, hidden: int, strategy: str) -> dict[str, float]:
    """transformers.Trainer as it comes: right padding, attention mask, its own loss."""
    import torch
    from transformers import Trainer, TrainingArguments

    rows = []
    for i in range(len(store)):
        ids = torch.from_numpy(store.row(i).astype(np.int64))
        labels = ids.clone()
        labels[: store.prompt_lengths[i]] = -100
        rows.append({"input_ids": ids, "labels": labels, "length": len(ids)})
    used: list[int] = []

    def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
        used.append(sum(row["length"] for row in batch))
        longest = max(row["length"] for row in batch)
        padded = {"input_ids": torch.zeros(len(batch), longest, dtype=torch.long)}
        padded["labels"] = torch.full_like(padded["input_ids"], -100)
        padded["attention_mask"] = torch.zeros_like(padded["input_ids"])
        for place, row in enumerate(batch):
            padded["input_ids"][place, : row["length"]] = row["input_ids"]
            padded["labels"][place, : row["length"]] = row["labels"]
            padded["attention_mask"][place, : row["length"]] = 1
        return padded

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            use_cpu=True,
            per_device_train_batch_size=8,
            num_train_epochs=1,
            train_sampling_strategy=strategy,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
        )
        watch = clock()
        Trainer(
            model=make_model(hidden, "sdpa"),
            args=arguments,
            train_dataset=rows,
            data_collator=collate,
            callbacks=[watch],
        ).train()
    return rates(sum(used[1:]), watch)


def with_packs(store: Any, hidden: int, share_prefixes: bool) -> dict[str, float]:
    """This project's trainer."""
    from symbol_llm.training import attention, mixing
    from symbol_llm.training.batches import ProcessPacks, Schedule
    from symbol_llm.training.collator import Collator
    from symbol_llm.training.config import Batch, load
    from symbol_llm.training.packing import Shape
    from symbol_llm.training.trainer import PackedTrainer, make_arguments

    batch = Batch(pack_tokens=STEP_TOKENS, step_tokens=STEP_TOKENS, share_prefixes=share_prefixes)
    groups = mixing.make_groups(load_nothing(load).data.mixture, store.tasks, store.task_names, {})
    shape = Shape(store.lengths, store.families, store.trunks)
    schedule = Schedule(groups, shape, batch, 1, 0)
    num_steps = len(schedule.plan(0))
    with tempfile.TemporaryDirectory() as folder:
        config = load_nothing(load, ("run.out", folder), ("run.save_every", 10**9), ("run.log_every", 10**9))
        trainer = PackedTrainer(
            config,
            make_arguments(config, num_steps, 1, use_cpu=True),
            make_model(hidden, attention.register()),
            ProcessPacks(schedule, num_steps, 1, 0, 1),
            Collator(store, share_prefixes),
            {},
        )
        watch = clock()
        trainer.add_callback(watch)
        trainer._save_checkpoint = lambda *arguments: None  # type: ignore[method-assign]
        trainer.train()
    first = schedule.pack(0)
    return rates(int(store.lengths.sum() - store.lengths[first].sum()), watch)


def load_nothing(load: Any, *settings: tuple[str, Any]) -> Any:
    """A configuration without data, for the parts that are used directly."""
    given = {"data.path": ("none",), "run.out": "none", "run.steps": 1, "batch.step_tokens": STEP_TOKENS}
    given |= {"deepspeed.stage": 0, "run.tensorboard": False}
    return load(None, [*given.items(), *settings], "injection")


if __name__ == "__main__":
    main()
