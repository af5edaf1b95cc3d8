"""What planning the packs of one epoch costs, and how full they are.

    python benchmarks/packing.py [--rows 1000000] [--json]

Rows have the skewed lengths of instruction data (log-normal, median 150, 16 to 2048); half of them belong to
families that begin alike. Seconds are of processor time.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

CAPACITY = 2_048


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
    if options.json:
        print(json.dumps({"rows": options.rows, **results}))
        return
    for name, result in results.items():
        print(f"{name:12s} {options.rows:,} rows: " + ", ".join(f"{key} {value:,}" for key, value in result.items()))


if __name__ == "__main__":
    main()
