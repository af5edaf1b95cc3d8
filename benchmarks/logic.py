"""How fast is Z3 on theories: our solver, process boundary included, beside Z3 called bare in this process.

    python benchmarks/logic.py [--json]      FOLIO's gold formulas where $SYMBOL_LLM_RAW is set, else generated theories

Prints the median and the 95th percentile in milliseconds a problem, and the ratio of the medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import eval.delegation
from symbol_llm.console import emit, make_table
from symbol_llm.formats import fol_z3
from symbol_llm.formats import get as get_format
from symbol_llm.formats.fol_parser import parse_theory
from symbol_llm.formats.fol_smt import script
from symbol_llm.solvers import get as get_solver


def problems(count: int) -> tuple[str, list[str]]:
    """The name of the set, and its symbols: formulas, the conclusion last."""
    raw = os.environ.get("SYMBOL_LLM_RAW")
    name = "folio" if raw else "theories"
    items = eval.delegation.get(name).items(Path(raw) if raw else None)
    language = get_format("fol")
    return name, [item.symbol for item in islice(items, count) if language.parses(item.symbol)]


def bare(symbol: str) -> None:
    """The same checks with Z3 in this process: what a hung problem would take down."""
    fol_z3.run(fol_z3.question("entails", script(parse_theory(symbol))))


def timed(run: Callable[[str], object], symbols: Sequence[str]) -> list[float]:
    """Milliseconds of each call."""
    taken = []
    for symbol in symbols:
        start = time.perf_counter()
        run(symbol)
        taken.append(1000 * (time.perf_counter() - start))
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    name, symbols = problems(arguments.count)
    with get_solver("fol") as solver:
        solver.solve(symbols[0])  # starts the worker
        ours = timed(solver.solve, symbols)
    fol_z3.prepare()
    alone = timed(bare, symbols)
    row = {
        "set": name,
        "problems": len(symbols),
        "median_ms": round(statistics.median(ours), 2),
        "p95_ms": round(sorted(ours)[int(0.95 * len(ours))], 2),
        "worst_ms": round(max(ours), 2),
        "bare_median_ms": round(statistics.median(alone), 2),
        "ratio": round(statistics.median(ours) / statistics.median(alone), 2),
    }
    emit(row, make_table("Z3 on theories", row, [list(row.values())]), as_json=arguments.json)


if __name__ == "__main__":
    main()
