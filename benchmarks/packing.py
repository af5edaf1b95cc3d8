"""What planning the packs of one epoch costs, how full they are, and what memory the loader takes.

    python benchmarks/packing.py [--rows 1000000] [--json]

Rows have the skewed lengths of instruction data (log-normal, median 150, 16 to 2048); half of them belong to
families that begin alike. Seconds are of processor time. Memory is that of a process of its own that opens a store of
so many rows, plans an epoch and collates 200 packs: what it holds itself (anonymous pages), beyond what it held after
the imports. Mapped files are not in that: the system reads their pages when they are used and drops them at will.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CAPACITY = 2_048
ROOT = Path(__file__).parent.parent

_LOADER = """
import pathlib, re, sys
import numpy as np, torch
from symbol_llm.training import mixing
from symbol_llm.training.batches import ProcessPacks, Schedule
from symbol_llm.training.collator import Collator
from symbol_llm.training.config import Batch, Mixture
from symbol_llm.training.data import open_store
from symbol_llm.training.packing import Shape

def held(kind):
    return int(re.search(kind + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024

Collator, np.random.default_rng(0).permutation(10)
before, all_before = held("RssAnon"), held("VmRSS")
store = open_store(pathlib.Path(sys.argv[1]))
opened = held("RssAnon") - before
groups = mixing.make_groups(Mixture(), store.tasks, store.task_names, {})
schedule = Schedule(groups, Shape(store.lengths, store.families, store.trunks), Batch(step_tokens=2048), 1, 0)
schedule.plan(0)
highest = held("VmHWM") - all_before
packs, collate = ProcessPacks(schedule, 10**6, 1, 0, 1), Collator(store)
for index in range(200):
    collate([packs[index]])
print(opened, highest, held("RssAnon") - before)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    from symbol_llm.training.packing import Shape, plan_epoch

    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(150), 0.75, options.rows), 16, CAPACITY).astype(np.int64)
    alone = np.full(options.rows, -1, np.int32)
    families = np.where(rng.random(options.rows) < 0.5, rng.integers(0, 300, options.rows), -1).astype(np.int32)
    trunks = np.where(families >= 0, 12, 0).astype(np.int32)
    results = {}
    for name, shape in (
        ("rows alone", Shape(lengths, alone, trunks * 0)),
        ("families", Shape(lengths, families, trunks)),
    ):
        start = time.process_time()
        plan = plan_epoch(np.arange(options.rows), shape, CAPACITY, 8, 1, 0, 0)
        seconds = time.process_time() - start
        results[name] = {"seconds": round(seconds, 2), "packs": len(plan)}
        if name == "rows alone":
            results[name]["fill"] = round(float(lengths.sum()) / (len(plan) * CAPACITY), 5)
    memory = {str(rows): loader_memory(rows) for rows in (options.rows // 10, options.rows)}
    if options.json:
        print(json.dumps({"rows": options.rows, **results, "memory": memory}))
        return
    for name, result in results.items():
        print(f"{name:12s} {options.rows:,} rows: " + ", ".join(f"{key} {value:,}" for key, value in result.items()))
    for rows, result in memory.items():
        print(f"loader, {int(rows):,} rows: " + ", ".join(f"{key} {value:,} MB" for key, value in result.items()))


def loader_memory(num_rows: int) -> dict[str, float]:
    """Megabytes that a process holds to read ``num_rows`` rows, and those of the files that it maps."""
    from symbol_llm.training.data import COLUMNS

    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(150), 0.75, num_rows), 16, CAPACITY).astype(np.int64)
    families = np.where(rng.random(num_rows) < 0.5, rng.integers(0, 300, num_rows), -1).astype(np.int32)
    columns = {
        "offsets": np.concatenate([[0], np.cumsum(lengths)]),
        "prompt_lengths": (lengths // 2).astype(np.int32),
        "tasks": np.zeros(num_rows, np.int32),
        "families": families,
        "trunks": np.where(families >= 0, 12, 0).astype(np.int32),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for column in COLUMNS:
            np.save(folder / f"{column}.npy", columns[column])
        with (folder / "tokens.bin").open("wb") as file:
            for part in np.array_split(lengths, 100):
                file.write(rng.integers(3, 2_000, int(part.sum()), dtype=np.uint16).tobytes())
        report = {"fingerprint": "", "token_bytes": 2, "task_names": ["rows"], "counts": {}}
        (folder / "data.json").write_text(json.dumps(report))
        mapped = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
        command = [sys.executable, "-c", _LOADER, name]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    opened, highest, held = map(float, done.stdout.split())
    figures = {"mapped": mapped, "held when opened": opened, "highest, mapped pages too": highest, "held after": held}
    return {key: round(value, 1) for key, value in figures.items()}


if __name__ == "__main__":
    main()
