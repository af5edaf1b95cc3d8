"""A task so small that a model of 9,000 parameters learns it by reinforcement in a few steps.

Supervised training shows it answers of one and of two minutes, equally often; the right one is always two. So half of
its samples are right at first, and all of them once it has learnt.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from symbol_llm.training.run import main

GOLD, OTHER = "<answer> 2 minutes </answer>", "<answer> 1 minutes </answer>"
TINY = [
    *("--model.hidden_size", "16", "--model.layers", "1", "--model.heads", "2", "--model.kv_heads", "2"),
    *("--model.intermediate_size", "32", "--model.max_positions", "64", "--tokenizer.vocab_size", "300"),
    *("--data.max_tokens", "40", "--batch.pack_tokens", "256", "--batch.step_tokens", "256", "--zero", "0"),
    *("--optimizer.learning_rate", "2e-2", "--run.steps", "120", "--run.tensorboard", "false", "--run.threads", "1"),
]
REWARDED = [
    *("--method", "grpo", "--grpo.reward", "procedures", "--zero", "0", "--run.log_every", "1"),
    *("--grpo.prompts", "4", "--grpo.generations", "8", "--grpo.max_new_tokens", "16", "--grpo.micro_batch", "16"),
    *("--optimizer.learning_rate", "1e-2", "--optimizer.schedule", "constant_with_warmup", "--optimizer.warmup", "0"),
    *("--data.max_tokens", "40", "--run.threads", "1", "--run.tensorboard", "false"),
]


def write_rows(folder: Path) -> Path:
    """shown.jsonl, what supervised training sees; asked.jsonl, what is asked, with gold answers."""
    folder.mkdir(parents=True, exist_ok=True)
    shown, asked = [], []
    for number in range(40):
        row = {"task": "times", "format": "text", "prompt": f"plan {number} :\n", "unit": "min"}
        shown += [{**row, "completion": text} for text in (GOLD, OTHER)]
        # One row in ten has another answer, so that the reward can be proven on a wrong completion.
        minutes = 1 if number % 10 == 9 else 2
        gold = {"low": 60 * minutes, "high": 60 * minutes}
        asked.append({**row, "completion": GOLD.replace("2", str(minutes)), "answer": orjson.dumps(gold).decode()})
    for name, rows in (("shown", shown), ("asked", asked)):
        (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return folder


def make_warm(folder: Path) -> Path:
    """The folder with both files and warm/model."""
    write_rows(folder)
    assert main("injection", ["--data", str(folder / "shown.jsonl"), "--out", str(folder / "warm"), *TINY]) == 0
    return folder


def reports(run: Path) -> list[dict]:
    """The lines of a run's metrics."""
    return [orjson.loads(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]
