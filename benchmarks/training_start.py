"""What comes before and beside the training itself: the first step after a launch, and the memory of the loss.

    python benchmarks/training_start.py [--processes 2] [--json]

The launch is `deepspeed --num_gpus N injection/train.py --config injection/configs/tiny-cpu.yaml` on 2,000 rows, timed
from the command to the report of its first step; wall time. The loss is that of 4,096 trained tokens over 32,000 words
at hidden size 512, forward and backward: the rise of the process's peak memory with whole logits, as
`torch.nn.functional.cross_entropy` takes them, and in our chunks; each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TOKENS, WORDS, HIDDEN = 4_096, 32_000, 512

_LOSS = f"""
import resource, sys, time, torch
torch.manual_seed(0); torch.set_num_threads(1)
from symbol_llm.training.loss import CPU_CHUNK, ChunkedLoss
hidden = torch.randn({TOKENS}, {HIDDEN}, requires_grad=True)
weight = torch.nn.Parameter(torch.randn({WORDS}, {HIDDEN}) / {HIDDEN} ** 0.5)
targets = torch.randint(0, {WORDS}, ({TOKENS},))
before, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
if sys.argv[1] == "chunked":
    total, _ = ChunkedLoss.apply(hidden, weight, targets, CPU_CHUNK)
else:
    total = torch.nn.functional.cross_entropy((hidden @ weight.t()).float(), targets, reduction="sum")
(total / {TOKENS}).backward()
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024, time.process_time() - cpu, total.item() / {TOKENS}, float(weight.grad.norm()))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    document: dict[str, Any] = {"first_step_seconds": round(first_step(options.processes), 1)}
    for kind in ("whole", "chunked"):
        done = subprocess.run([sys.executable, "-c", _LOSS, kind], capture_output=True, text=True, check=True, cwd=ROOT)
        memory, seconds, loss, norm = map(float, done.stdout.split())
        document[kind] = {
            "megabytes": round(memory / 1e6),
            "cpu_seconds": round(seconds, 2),
            "loss": loss,
            "norm": norm,
        }
    if options.json:
        print(json.dumps(document))
        return
    print(f"first step {document.pop('first_step_seconds')} s after the launch of {options.processes} processes")
    for kind, result in document.items():
        print(f"loss, {kind:8s} " + "  ".join(f"{name} {value:,}" for name, value in result.items()))


def first_step(processes: int) -> float:
    """Seconds from the command to the first report."""
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        with rows.open("w") as file:
            for _ in range(2_000):
                words = rng.choices(["jump", "walk", "look", "run"], k=rng.randint(1, 8))
                row = {"prompt": f"The command is: {' '.join(words)}\n", "completion": " ".join(words).upper()}
                file.write(json.dumps(row) + "\n")
        out = Path(folder) / "run"
        launcher = [str(Path(sys.executable).parent / "deepspeed"), "--num_gpus", str(processes)]
        config = ["--config", str(ROOT / "injection/configs/tiny-cpu.yaml"), "--run.log_every", "1"]
        started = time.monotonic()
        process = subprocess.Popen(
            [*launcher, str(ROOT / "injection/train.py"), *config, "--data", str(rows), "--out", str(out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        metrics = out / "metrics.jsonl"
        while not metrics.exists() or not metrics.stat().st_size:
            if process.poll() is not None:
                raise SystemExit(f"the launch ended with {process.returncode}")
            time.sleep(0.02)
        seconds = time.monotonic() - started
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return seconds


if __name__ == "__main__":
    main()
