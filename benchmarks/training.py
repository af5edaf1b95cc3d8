"""Useful tokens per second of this engine and of its peers: same rows, same model, one process, one run, medians.

    python benchmarks/training.py [--rows 128] [--hidden 128] [--precision fp32|bf16] [--repeats 3] [--peers TRL bare]

Peers are `transformers.Trainer` with plain padding and with length grouping, and TRL's SFTTrainer packed in the
setting that was its best on CPU (best-fit rows of 1,024, four of them a step); a bare hand-written loop over our own
packs shows what the engine itself costs. Rows are random tokens with the skewed lengths of instruction data
(log-normal, median 150, 16 to 1024); the last third of each is trained. Useful tokens are the tokens of the rows,
without padding and as if nothing were shared. Rates are per second of processor time, which other work on the machine
disturbs little, over all steps but the first; wall time is shown beside it. Methods take turns, so that a slow minute
hits all of them. What shared prefixes give per task is in `training_tasks.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

VOCABULARY = 2_000
LONGEST = 1_024
STEP_TOKENS = 4_096
OURS = "symbol-llm, packed"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="bf16: autocast for all of them")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", nargs="+", choices=["padded", "grouped", "TRL", "bare"], help="default: all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    import torch
    import transformers

    from symbol_llm.training.distributed import keep_freed_memory

    torch.set_num_threads(options.threads)
    transformers.utils.logging.set_verbosity_error()
    keep_freed_memory()  # for all of them alike
    store, hidden, bf16 = make_store(options.rows), options.hidden, options.precision == "bf16"
    methods: dict[str, Callable[[], dict[str, float]]] = {
        "Trainer, padded, batches of 8": lambda: with_trainer(store, hidden, bf16, "random"),
        "Trainer, length-grouped, batches of 8": lambda: with_trainer(store, hidden, bf16, "group_by_length"),
        "TRL SFTTrainer, packed, 4 rows of 1024": lambda: with_trl(store, hidden, bf16),
        "bare loop over our packs": lambda: with_bare_loop(store, hidden, bf16),
        OURS: lambda: with_packs(store, hidden, bf16),
    }
    peers = options.peers or [""]
    methods = {name: run for name, run in methods.items() if name == OURS or any(peer in name for peer in peers)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    for _ in range(options.repeats):
        for name, method in methods.items():
            runs[name].append(method())
    results = {
        name: {key: median(result[key] for result in of_method) for key in of_method[0]}
        for name, of_method in runs.items()
    }
    for result in results.values():
        ours = results[OURS]["tokens_per_cpu_second"]
        result["ours_over_it"] = ours / result["tokens_per_cpu_second"]
    if options.json:
        print(json.dumps({**vars(options), "results": results}))
        return
    print(f"{options.rows} rows, hidden size {hidden}, {options.precision}, {options.threads} threads, medians")
    for name, result in results.items():
        print(
            f"  {name:40s} {result['tokens_per_cpu_second']:8,.0f} tokens/cpu-s  "
            f"{result['tokens_per_second']:8,.0f} tokens/s  ours is {result['ours_over_it']:.2f}x"
        )


def make_store(num_rows: int) -> Any:
    """Rows of random tokens."""
    from symbol_llm.training.data import Store
    from symbol_llm.training.prefixes import find_families

    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(150), 0.75, num_rows), 16, LONGEST).astype(int)
    rows = [rng.integers(3, VOCABULARY, n).astype(np.uint16) for n in lengths]
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


def rows_of(store: Any) -> list[dict[str, Any]]:
    """The rows as the peers take them."""
    rows = []
    for i in range(len(store)):
        ids = store.row(i).astype(np.int64)
        labels = ids.copy()
        labels[: store.prompt_lengths[i]] = -100
        rows.append({"input_ids": ids, "labels": labels, "length": len(ids)})
    return rows


def plain_arguments(bf16: bool) -> dict[str, Any]:
    """What all trainers are told alike."""
    return {
        "use_cpu": True,
        "disable_tqdm": True,
        "log_level": "error",
        "bf16": bf16,
        "num_train_epochs": 1,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": "none",
        "activation_checkpointing": False,
    }


def with_trainer(store: Any, hidden: int, bf16: bool, strategy: str) -> dict[str, float]:
    """transformers.Trainer as it comes: right padding, attention mask, its own loss."""
    import torch
    from transformers import Trainer, TrainingArguments

    used: list[int] = []

    def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
        used.append(sum(row["length"] for row in batch))
        longest = max(row["length"] for row in batch)
        padded = {"input_ids": torch.zeros(len(batch), longest, dtype=torch.long)}
        padded["labels"] = torch.full_like(padded["input_ids"], -100)
        padded["attention_mask"] = torch.zeros_like(padded["input_ids"])
        for place, row in enumerate(batch):
            padded["input_ids"][place, : row["length"]] = torch.from_numpy(row["input_ids"])
            padded["labels"][place, : row["length"]] = torch.from_numpy(row["labels"])
            padded["attention_mask"][place, : row["length"]] = 1
        return padded

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=8,
            train_sampling_strategy=strategy,
            remove_unused_columns=False,
            **plain_arguments(bf16),
        )
        watch = clock()
        Trainer(
            model=make_model(hidden, "sdpa"),
            args=arguments,
            train_dataset=rows_of(store),
            data_collator=collate,
            callbacks=[watch],
        ).train()
    return rates(sum(used[1:]), watch)


def with_trl(store: Any, hidden: int, bf16: bool) -> dict[str, float]:
    """TRL packs rows by best fit and flattens them; loss on completions only."""
    from datasets import Dataset, disable_progress_bars
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast
    from trl import SFTConfig, SFTTrainer

    disable_progress_bars()
    words = {f"w{i}": i for i in range(VOCABULARY)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="w0")), eos_token="w1", pad_token="w2"
    )
    columns: dict[str, list[Any]] = {"input_ids": [], "completion_mask": []}
    for row in rows_of(store):
        columns["input_ids"].append(row["input_ids"].tolist())
        columns["completion_mask"].append((row["labels"] != -100).astype(int).tolist())
    used: list[int] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        arguments = SFTConfig(
            output_dir=folder,
            per_device_train_batch_size=1,
            gradient_accumulation_steps=STEP_TOKENS // LONGEST,
            packing=True,
            max_length=LONGEST,
            completion_only_loss=True,
            **plain_arguments(bf16),
        )
        watch = clock()
        trainer = SFTTrainer(
            model=make_model(hidden, "sdpa"),
            args=arguments,
            train_dataset=Dataset.from_dict(columns),
            processing_class=tokenizer,
            callbacks=[watch],
        )
        collate = trainer.data_collator

        def counting(batch: Any) -> Any:
            used.append(sum(len(row["input_ids"]) for row in batch))
            return collate(batch)

        trainer.data_collator = counting
        trainer.train()
    return rates(sum(used[arguments.gradient_accumulation_steps :]), watch)


def our_packs(store: Any) -> Any:
    """One epoch of packs of STEP_TOKENS."""
    from symbol_llm.training import mixing
    from symbol_llm.training.batches import Schedule
    from symbol_llm.training.config import Batch, Mixture
    from symbol_llm.training.packing import Shape

    batch = Batch(pack_tokens=STEP_TOKENS, step_tokens=STEP_TOKENS)
    groups = mixing.make_groups(Mixture(), store.tasks, store.task_names, {})
    return Schedule(groups, Shape(store.lengths, store.families, store.trunks), batch, 1, 0)


def with_bare_loop(store: Any, hidden: int, bf16: bool) -> dict[str, float]:
    """What one would write by hand around our packs: no trainer, no reports, no guards."""
    import torch

    from symbol_llm.training import attention
    from symbol_llm.training.collator import Collator
    from symbol_llm.training.guards import to_inputs

    schedule, collate = our_packs(store), Collator(store)
    model = make_model(hidden, attention.register())
    optimizer = torch.optim.AdamW(model.parameters(), 5e-5, fused=True)
    wall, cpu = 0.0, 0.0
    for index in range(len(schedule.plan(0))):
        if index == 1:
            wall, cpu = time.perf_counter(), time.process_time()
        batch = collate([schedule.pack(index)])
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = model(**to_inputs(batch, "cpu"), use_cache=False).logits[0]
        torch.nn.functional.cross_entropy(logits.float(), batch["targets"]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    used = int(store.lengths.sum() - store.lengths[schedule.pack(0)].sum())
    return {
        "tokens_per_cpu_second": used / (time.process_time() - cpu),
        "tokens_per_second": used / (time.perf_counter() - wall),
    }


def with_packs(store: Any, hidden: int, bf16: bool) -> dict[str, float]:
    """This project's trainer."""
    from symbol_llm.training import attention
    from symbol_llm.training.batches import ProcessPacks
    from symbol_llm.training.collator import Collator
    from symbol_llm.training.config import load
    from symbol_llm.training.trainer import PackedTrainer, make_arguments

    schedule = our_packs(store)
    num_steps = len(schedule.plan(0))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        given = [("data.path", ("none",)), ("run.steps", 1), ("batch.step_tokens", STEP_TOKENS)]
        given += [("run.out", folder), ("run.save_every", 10**9), ("run.log_every", 10**9), ("deepspeed.stage", 0)]
        given += [("run.tensorboard", False), ("model.dtype", "bfloat16" if bf16 else "float32")]
        config = load(None, given, "injection")
        trainer = PackedTrainer(
            config,
            make_arguments(config, num_steps, 1, use_cpu=True),
            make_model(hidden, attention.register()),
            ProcessPacks(schedule, num_steps, 1, 0, 1),
            Collator(store),
            {},
        )
        watch = clock()
        trainer.add_callback(watch)
        trainer._save_checkpoint = lambda *arguments: None  # type: ignore[method-assign]
        trainer.train()
    return rates(int(store.lengths.sum() - store.lengths[schedule.pack(0)].sum()), watch)


if __name__ == "__main__":
    main()
