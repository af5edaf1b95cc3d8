"""A 7B-shaped LLaMA on one GPU: our route, `transformers.Trainer` padded and TRL packed, in one run.

    python benchmarks/gpu_training.py [--data OUT] [--shape 7b|1b] [--steps 8] [--json]
    python benchmarks/gpu_training.py --device cpu --shape tiny --steps 2        # the same code, to see that it works

The model is built from its configuration, with random weights, in bf16 with activation checkpointing; optimizer states
of a 7B model do not fit one GPU beside it, so all routes take plain SGD, and the step measured is forward, backward and
that update. Rows are those of a collection, or random ones of skewed lengths. It prints useful tokens/s (tokens of the
rows, as if nothing were padded or shared), the model-FLOP utilisation over *computed* tokens where the card's peak is
known, and peak memory. Without a GPU it says so and ends with exit code 2.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

PACK_TOKENS = 4_096
LONGEST = 2_048
PADDED_ROWS = 8


class Shape(NamedTuple):
    """Sizes of a LLaMA."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    vocabulary: int


SHAPES = {
    "7b": Shape(4_096, 11_008, 32, 32, 32_000),  # LLaMA-2-7B
    "1b": Shape(2_048, 5_504, 16, 16, 32_000),
    "tiny": Shape(64, 128, 2, 2, 2_000),
}


def main() -> int:
    """Measure and print; 2 where there is no GPU."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, help="a collection; default: random rows of skewed lengths")
    parser.add_argument("--shape", choices=SHAPES, default="7b")
    parser.add_argument("--steps", type=int, default=8, help="timed steps, after two for warming up")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--routes", nargs="+", choices=ROUTES, default=list(ROUTES))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    import torch

    if options.device == "cuda" and not torch.cuda.is_available():
        print(
            "error: no CUDA device on this machine, so nothing was measured. Run it where there is one (an H100 or "
            "H200 holds the 7B shape), or see that it works with: --device cpu --shape tiny",
            file=sys.stderr,
        )
        return 2
    shape = SHAPES[options.shape]
    with tempfile.TemporaryDirectory() as folder:
        store = _store(options.data, Path(folder), shape.vocabulary)
        results = {name: _measure(ROUTES[name], store, shape, options) for name in options.routes}
    machine = torch.cuda.get_device_name() if options.device == "cuda" else "CPU (a check of the code, no measurement)"
    if options.json:
        print(json.dumps({"machine": machine, "shape": options.shape, "steps": options.steps, "results": results}))
        return 0
    print(f"{machine}, {options.shape} shape, bf16, {options.steps} steps\n")
    print("| route | useful tokens/s | computed tokens/s | MFU | peak memory, GB |\n|---|--:|--:|--:|--:|")
    for name, result in results.items():
        cells = [f"{result['useful_tokens_per_second']:,.0f}", f"{result['computed_tokens_per_second']:,.0f}"]
        cells += [f"{result['mfu']:.1%}" if result["mfu"] else "–", f"{result['peak_memory_gb'] or 0:.1f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    return 0


def _store(data: Path | None, folder: Path, vocabulary: int) -> Any:
    """Tokenised rows: of a collection, under a BPE of the vocabulary's size, or random ones."""
    from symbol_llm.training.config import Data
    from symbol_llm.training.data import Store, build_store, open_store
    from symbol_llm.training.prefixes import find_families
    from symbol_llm.training.rows import find_files, read_rows
    from symbol_llm.training.tokenizer import train_tokenizer

    if data is not None:
        texts = (row.prompt + row.completion for row in read_rows(find_files([str(data)]), "train"))
        tokenizer = train_tokenizer(texts, vocabulary, LONGEST)
        build_store(Data(path=(str(data),), max_tokens=LONGEST), tokenizer, folder / "store")
        return open_store(folder / "store")
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(150), 0.75, 4_000), 16, LONGEST).astype(int)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    tokens, prompts = rng.integers(3, vocabulary, offsets[-1]).astype(np.uint16), lengths - lengths // 3
    families, trunks = find_families(tokens, offsets, prompts)
    return Store(tokens, offsets, prompts, np.zeros(len(lengths), np.int64), families, trunks, ["rows"])


def _measure(route: Any, store: Any, shape: Shape, options: Any) -> dict[str, Any]:
    import gc

    import torch

    from symbol_llm.training.metrics import peak_flops

    is_cuda = options.device == "cuda"
    if is_cuda:
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        watch = route(store, shape, options, Path(folder))
    gc.collect()
    result: dict[str, Any] = {
        "useful_tokens_per_second": watch.useful / watch.seconds,
        "computed_tokens_per_second": watch.computed / watch.seconds,
        "seconds_per_step": watch.seconds / options.steps,
        "mfu": None,
        "peak_memory_gb": torch.cuda.max_memory_allocated() / 1e9 if is_cuda else None,
    }
    if is_cuda:
        torch.cuda.empty_cache()
        if peak := peak_flops(torch.device("cuda")):
            result["mfu"] = 6 * watch.parameters * result["computed_tokens_per_second"] / peak
    return result


class Watch:
    """Counts the tokens of batches as they are collated, and times the steps after the first two."""

    def __init__(self, device: str) -> None:
        self.device, self.counts = device, [(0, 0)]
        self.useful = self.computed = self.parameters = 0
        self.seconds = 0.0

    def count(self, useful: int, computed: int) -> None:
        """Take in one batch."""
        self.counts.append((useful, computed))

    def callback(self) -> Any:
        """The trainer's side."""
        from transformers import TrainerCallback

        watch = self

        class Steps(TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                if state.global_step == 2:
                    watch.synchronise()
                    watch.seconds = -time.perf_counter()

            def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
                watch.synchronise()
                watch.seconds += time.perf_counter()
                # One batch a step: what was collated ahead and never trained is left out.
                done = watch.counts[3 : state.global_step + 1]
                watch.useful, watch.computed = (sum(column) for column in zip(*done, strict=True))
                watch.parameters = sum(p.numel() for p in model.parameters())

        return Steps()

    def synchronise(self) -> None:
        """Wait for the card."""
        import torch

        if self.device == "cuda":
            torch.cuda.synchronize()


def _model(shape: Shape, implementation: str, device: str) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=LONGEST,
    )
    with torch.device(device):
        return LlamaForCausalLM._from_config(sizes, attn_implementation=implementation, dtype=torch.bfloat16)


def _arguments(options: Any, folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder),
        "use_cpu": options.device == "cpu",
        "bf16": True,
        "optim": "sgd",
        "max_steps": options.steps + 2,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "activation_checkpointing": True,
        "log_level": "error",
    }


def ours(store: Any, shape: Shape, options: Any, folder: Path, share: bool = True) -> Watch:
    """This project's trainer: packs of 4,096 computed tokens."""
    from transformers import TrainingArguments

    from symbol_llm.training import attention, mixing
    from symbol_llm.training.batches import ProcessPacks, Schedule
    from symbol_llm.training.collator import Collator
    from symbol_llm.training.config import Batch, Mixture, load
    from symbol_llm.training.packing import Shape as RowShape
    from symbol_llm.training.trainer import PackedTrainer

    watch, collate = Watch(options.device), Collator(store, share)
    batch = Batch(pack_tokens=PACK_TOKENS, step_tokens=PACK_TOKENS, share_prefixes=share)
    groups = mixing.make_groups(Mixture(), store.tasks, store.task_names, {})
    schedule = Schedule(groups, RowShape(store.lengths, store.families, store.trunks), batch, 1, 0)

    def counting(packs: Any) -> Any:
        made = collate(packs)
        watch.count(made["num_tokens"], made["input_ids"].numel())
        return made

    counting.store = store  # type: ignore[attr-defined]
    given = [("data.path", ("none",)), ("run.out", str(folder)), ("run.steps", 1), ("batch.step_tokens", PACK_TOKENS)]
    given += [("run.tensorboard", False), ("deepspeed.stage", 0), ("model.dtype", "bfloat16")]
    arguments = TrainingArguments(
        per_device_train_batch_size=1, remove_unused_columns=False, **_arguments(options, folder)
    )
    packs = ProcessPacks(schedule, options.steps + 2, 1, 0, 1)
    model = _model(shape, attention.register(), options.device)
    trainer = PackedTrainer(load(None, given, "injection"), arguments, model, packs, counting, {})  # type: ignore[arg-type]
    trainer.add_callback(watch.callback())
    trainer.train()
    return watch


def ours_plain(store: Any, shape: Shape, options: Any, folder: Path) -> Watch:
    """The same without shared prefixes."""
    return ours(store, shape, options, folder, share=False)


def trainer_padded(store: Any, shape: Shape, options: Any, folder: Path) -> Watch:
    """transformers.Trainer: eight rows padded to the longest, SDPA."""
    import torch
    from transformers import Trainer, TrainingArguments

    watch = Watch(options.device)

    def collate(rows: list[int]) -> dict[str, Any]:
        longest = max(int(store.lengths[row]) for row in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
        for place, row in enumerate(rows):
            tokens, start = torch.from_numpy(store.row(row).astype(np.int64)), int(store.prompt_lengths[row])
            ids[place, : len(tokens)], mask[place, : len(tokens)] = tokens, 1
            labels[place, start : len(tokens)] = tokens[start:]
        watch.count(int(mask.sum()), ids.numel())
        return {"input_ids": ids, "labels": labels, "attention_mask": mask}

    Trainer(
        model=_model(shape, "sdpa", options.device),
        args=TrainingArguments(
            per_device_train_batch_size=PADDED_ROWS, remove_unused_columns=False, **_arguments(options, folder)
        ),
        train_dataset=list(range(len(store))),
        data_collator=collate,
        callbacks=[watch.callback()],
    ).train()
    return watch


def trl_packed(store: Any, shape: Shape, options: Any, folder: Path) -> Watch:
    """TRL's SFTTrainer, best-fit packed to 4,096 tokens; FlashAttention where it is installed, else SDPA."""
    from importlib.util import find_spec

    from datasets import Dataset, disable_progress_bars
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast
    from trl import SFTConfig, SFTTrainer

    disable_progress_bars()
    words = {f"w{i}": i for i in range(shape.vocabulary)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="w0")), eos_token="w1", pad_token="w2"
    )
    columns = {
        "input_ids": [store.row(i).astype(int).tolist() for i in range(len(store))],
        "completion_mask": [
            [0] * int(start) + [1] * int(length - start)
            for start, length in zip(store.prompt_lengths, store.lengths, strict=True)
        ],
    }
    watch = Watch(options.device)
    has_flash = options.device == "cuda" and find_spec("flash_attn") is not None
    trainer = SFTTrainer(
        model=_model(shape, "flash_attention_2" if has_flash else "sdpa", options.device),
        args=SFTConfig(
            per_device_train_batch_size=1,
            packing=True,
            max_length=PACK_TOKENS,
            completion_only_loss=True,
            **_arguments(options, folder),
        ),
        train_dataset=Dataset.from_dict(columns),
        processing_class=tokenizer,
        callbacks=[watch.callback()],
    )
    collate = trainer.data_collator

    def counting(batch: Any) -> Any:
        made = collate(batch)
        watch.count(sum(len(row["input_ids"]) for row in batch), made["input_ids"].numel())
        return made

    trainer.data_collator = counting
    trainer.train()
    return watch


ROUTES = {
    "symbol-llm": ours,
    "symbol-llm without shared prefixes": ours_plain,
    "Trainer, padded": trainer_padded,
    "TRL, packed": trl_packed,
}

if __name__ == "__main__":
    raise SystemExit(main())
