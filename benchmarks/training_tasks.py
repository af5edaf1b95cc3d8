"""What shared prefixes give on a collection with its true prompts, task by task, against plain packing.

    symbol-llm collect build --raw RAW --limit 300 --out OUT
    python benchmarks/training_tasks.py OUT [--hidden 128] [--rows 300] [--repeats 1] [--json]

Both sides train the same rows of a task, forward and backward, in packs of 4,096 computed tokens; only
`share_prefixes` differs. Seconds are of processor time, medians; the two sides take turns. The tokenizer is a BPE of
8,192 tokens learnt on the collection. Every task has about ten instructions, each of which begins families of its own,
and a family is shared among at most eight rows of a pack: with fewer than 100 rows of a task the families are small,
and less is saved than in a collection of all rows. Together: the seconds of all tasks on one side over the other's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

PACK_TOKENS = 4_096
LONGEST = 2_048
# Formats whose prompts carry definitions: what shared prefixes are for.
WITH_DEFINITIONS = {"scan", "clevr", "gqa", "pddl", "sql", "top", "nlmaps", "triples"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", nargs="?", type=Path, help="a collection; without one, a small generated one is built")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--rows", type=int, help="of each task at most; default: all")
    parser.add_argument("--formats", nargs="+", help="only tasks of these formats, or: definitions, others")
    parser.add_argument("--tasks", nargs="+", help="only these tasks; seconds of several parts add up")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    import torch

    from symbol_llm.training.distributed import keep_freed_memory
    from symbol_llm.training.loss import LossHead

    torch.set_num_threads(1)
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or _generated(Path(folder))
        store = _store(data, Path(folder))
        model = _model(options.hidden, int(store.tokens.max()) + 1)
        loss_head = LossHead(model)
        chosen = _chosen(options.formats)
        tasks = {
            name: _measure(model, loss_head, store, _rows(store, number, options.rows), options.repeats)
            for number, name in enumerate(store.task_names)
            if chosen(store.counts[name].format) and (options.tasks is None or name in options.tasks)
        }
    for name, result in tasks.items():
        result["format"] = store.counts[name].format
    document = {"hidden": options.hidden, "together": _together(tasks), "tasks": tasks}
    if options.json:
        print(json.dumps(document))
        return
    print("| task | format | rows | prompt tokens shared | tokens saved | records/s, plain → shared | ratio |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name, result in sorted(tasks.items(), key=lambda pair: -pair[1]["ratio"]):
        print(
            f"| {name} | {result['format']} | {result['rows']} | {result['trunk']} | {result['saved']:.0%} | "
            f"{result['plain']:.1f} → {result['shared']:.1f} | {result['ratio']:.2f} |"
        )
    for name, both in document["together"].items():
        print(
            f"\n{name}: {both['ratio']:.2f}x the records per second of plain packing, {both['saved']:.0%} of the "
            f"tokens saved; {both['plain_seconds']:.0f} and {both['shared_seconds']:.0f} CPU seconds"
        )


def _chosen(formats: list[str] | None) -> Callable[[str], bool]:
    if formats == ["definitions"]:
        return lambda name: name in WITH_DEFINITIONS
    if formats == ["others"]:
        return lambda name: name not in WITH_DEFINITIONS
    return lambda name: formats is None or name in formats


def _generated(folder: Path) -> Path:
    tasks = "scan_generated,clevr_generated,blocksworld_generated,tables,theories,general"
    command = [str(Path(sys.executable).parent / "symbol-llm"), "collect", "build", "--tasks", tasks, "--limit", "300"]
    subprocess.run([*command, "--out", str(folder / "collection"), "--json"], check=True, stdout=subprocess.DEVNULL)
    return folder / "collection"


def _store(data: Path, folder: Path) -> Any:
    from symbol_llm.training.config import Data
    from symbol_llm.training.data import build_store, open_store
    from symbol_llm.training.rows import find_files, read_rows
    from symbol_llm.training.tokenizer import train_tokenizer

    texts = (row.prompt + row.completion for row in read_rows(find_files([str(data)]), "train"))
    tokenizer = train_tokenizer(texts, 8_192, LONGEST)
    build_store(Data(path=(str(data),), max_tokens=LONGEST), tokenizer, folder / "store")
    return open_store(folder / "store")


def _model(hidden: int, vocabulary: int) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from symbol_llm.training import attention

    torch.manual_seed(0)
    sizes = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=hidden * 11 // 4,
        num_hidden_layers=4,
        num_attention_heads=max(2, hidden // 64),
        max_position_embeddings=LONGEST,
    )
    return LlamaForCausalLM._from_config(sizes, attn_implementation=attention.register())


def _rows(store: Any, task: int, number: int | None) -> np.ndarray:
    """Rows of a task in drawn order, at most so many."""
    rows: np.ndarray = np.random.default_rng(0).permutation(np.flatnonzero(store.tasks == task))[:number]
    return rows


def _measure(model: Any, loss_head: Any, store: Any, rows: np.ndarray, repeats: int) -> dict[str, Any]:
    from symbol_llm.training.collator import Collator
    from symbol_llm.training.packing import Shape, plan_epoch

    shape = Shape(store.lengths, store.families, store.trunks)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    computed = {}
    for _ in range(repeats):
        for share in (False, True):
            plan = plan_epoch(rows, shape, PACK_TOKENS, 8 if share else 1, 1, 0, 0)
            collate = Collator(store, share)
            started, computed[share] = time.process_time(), 0
            for index in range(len(plan)):
                batch = collate([plan.pack(index)])
                computed[share] += _step(model, loss_head, batch)
            seconds[share].append(time.process_time() - started)
    plain, shared = (len(rows) / median(seconds[share]) for share in (False, True))
    return {
        "rows": len(rows),
        "trunk": int(np.median(store.trunks[rows])),
        "tokens": computed[False],
        "saved": 1 - computed[True] / computed[False],
        "plain": plain,
        "shared": shared,
        "ratio": shared / plain,
    }


def _step(model: Any, loss_head: Any, batch: dict[str, Any]) -> int:
    """Forward and backward; the number of computed tokens."""
    from symbol_llm.training.guards import to_inputs

    model.zero_grad()
    total, _ = loss_head(model, to_inputs(batch, "cpu"), batch["targets"])
    (total / len(batch["targets"])).backward()
    return int(batch["input_ids"].numel())


def _together(tasks: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Records per second over several tasks, each with its own number of rows."""
    groups = {
        "tasks with definitions": [r for r in tasks.values() if r["format"] in WITH_DEFINITIONS],
        "all tasks": list(tasks.values()),
    }
    together = {}
    for name, results in groups.items():
        plain, shared = (sum(r["rows"] / r[side] for r in results) for side in ("plain", "shared"))
        saved = sum(r["saved"] * r["tokens"] for r in results) / max(1, sum(r["tokens"] for r in results))
        if results:
            together[name] = {"ratio": plain / shared, "saved": saved, "plain_seconds": plain, "shared_seconds": shared}
    return together


if __name__ == "__main__":
    main()
