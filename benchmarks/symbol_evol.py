"""Symbol-Evol: records a second and core, with and without the execution proofs.

    python -m benchmarks.symbol_evol --records 400

    SCAN-sized    scan_generated          bar 2,000 with proof by inverse
    CLEVR-sized   clevr_generated         no bar
    SQL-sized     tables                  bar 300
    PDDL-sized    blocksworld_generated   bar 300

"Inverse": names chosen, renamed, distance and inverse proved. "All": also the engine's verdict, the execution and the
finished record. Seconds are those of this process's own processor time and, beside it, of the clock: solvers that run
in children count on the clock alone. No other project renames with proof, so there is no peer to stand beside.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import orjson

import collection.sources
from collection.check import Chunk, check_row
from symbol_evol.evolve import EvolveConfig, evolve_one
from symbol_evol.proof import prove_inverse
from symbol_evol.rename import Refused, Renaming, choose_renaming
from symbol_llm.console import emit, make_table
from symbol_llm.record import Record

TASKS = {"scan_generated": 2_000, "clevr_generated": None, "tables": 300, "blocksworld_generated": 300}
STYLE = "paper"


def records_of(task: str, count: int) -> list[Record]:
    """The first training records of a generated source."""
    source = collection.sources.get(task)
    chunk = Chunk(task, [], None, 0, {}, Path())
    checked = (check_row(source, row, chunk) for row in source.read(Path()))
    return [entry.record for entry in islice(checked, count) if entry.record]


def by_inverse(record: Record) -> bool:
    """Rename and prove by distance and inverse."""
    renaming = choose_renaming(record, STYLE, 0)
    return isinstance(renaming, Renaming) and not isinstance(prove_inverse(record, renaming), Refused)


def by_all(record: Record) -> bool:
    return isinstance(evolve_one(EvolveConfig(styles=(STYLE,)), record), Record)


def measured(work: Callable[[Record], bool], records: Sequence[Record]) -> dict[str, float | int]:
    """Records a second of processor time and of the clock, after a warm-up; and how many were proved."""
    for record in records[: min(20, len(records))]:
        work(record)
    clock, processor = time.perf_counter(), time.process_time()
    proved = sum(map(work, records))
    processor, clock = time.process_time() - processor, time.perf_counter() - clock
    return {
        "records": len(records),
        "proved": proved,
        "per_cpu_second": round(len(records) / processor, 1),
        "per_second": round(len(records) / clock, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=400, help="records of each task")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    result, rows = {}, []
    for task, bar in TASKS.items():
        records = records_of(task, given.records)
        figures = {"inverse": measured(by_inverse, records), "all": measured(by_all, records)}
        result[task] = {"bar": bar, **figures}
        cells = [f"{entry[unit]:,}" for entry in figures.values() for unit in ("per_cpu_second", "per_second")]
        rows.append([task, len(records), bar or "–", *cells])
    columns = ("task", "records", "bar", "inverse, CPU", "inverse, clock", "all, CPU", "all, clock")
    if given.json:
        print(orjson.dumps(result).decode())
    else:
        emit(result, make_table("Records a second", columns, rows), as_json=False)


if __name__ == "__main__":
    main()
