"""How fast the builder is, beside a plain ``datasets.map`` pipeline and beside the bare checks; how its memory grows.

    python benchmarks/collection.py [--raw RAW] [--limit 300] [--scale 36000 1130000] [--json]

Rows: every task that has files under RAW (default $SYMBOL_LLM_RAW), and the generated ones, ``--limit`` per split.
Each job runs in a process of its own; processor time and memory are those of it and all that it starts.

    build, 1 and 2 workers   everything: read, check, duplicates, leaks, Parquet, rejects, manifest
    datasets.map             the same work row by row (plain_pipeline.py), with the bare engines and with our formats
    checks                   loops over the symbols alone: all checks of each; ``accepts``; the engine without a format

    check, task by task      seconds a row of each task; with the upstreams' sizes, what the whole of them would take

``--scale`` builds so many made-up rows (``collection_rows.py``) beside all rows of RAW, with ``--workers``, and records
time and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

# Before the folder of this script, where this file would be taken for the package of its name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.collection_rows import write_rows
from benchmarks.engines.formats import ENGINES
from collection.reading import available_tasks
from collection.sources.base import Example, Rejected
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import SymbolError

PAPER_RECORDS = 880_000
PAPER_TASKS = 34  # the first of the table


def processor_seconds() -> float:
    """Processor time of this process and of all that it started, living or not."""
    import psutil

    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def build_job(raw: Path | None, limit: int | None, out: Path, workers: int, tasks: Sequence[str]) -> dict[str, Any]:
    """A build, timed from the first row to the manifest."""
    from collection.build import BuildConfig, build

    manifest = build(BuildConfig(tuple(tasks), limit=limit), raw, out, workers)
    counts = [entry["counts"] for entry in manifest["tasks"].values()]
    return {"rows": sum(c["read"] for c in counts), "records": sum(c["kept"] for c in counts)}


def examples(task: str, raw: Path | None, limit: int | None) -> Iterator[Example]:
    """The examples of a task that the builder would check."""
    import collection.sources

    source = collection.sources.get(task)
    folder = (raw or Path()) / source.upstream.dataset
    for row in source.read_some(folder, limit=limit):
        found = row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        if isinstance(found, Example) and found.input.strip() and found.completion.strip():
            yield found


def checks_job(raw: Path | None, limit: int | None, out: Path, workers: int, tasks: Sequence[str]) -> dict[str, Any]:
    """Processor seconds of three loops over the symbols: all checks of each, its ``accepts``, its bare engine."""
    import collection.sources
    from symbol_llm.formats import Context
    from symbol_llm.formats import get as get_format

    seconds = {"parser, engine, canonical form": 0.0, "engine": 0.0, "bare engine": 0.0}
    count = 0
    for task in tasks:
        name = collection.sources.get(task).format
        language, bare = get_format(name), ENGINES[name]() if name in ENGINES else None
        found = [
            (e.completion, Context(e.context.definitions, e.context.world, raw)) for e in examples(task, raw, limit)
        ]
        count += len(found)
        bare_rows = found if bare else []
        check = bare or language.accepts
        for symbol, context in bare_rows:
            with suppress(Exception):  # brings symbols to the engine's own language; it may refuse them
                check(symbol, context)
        start = processor_seconds()
        for symbol, context in found:
            with suppress(SymbolError):
                language.parse(symbol)
                language.accepts(symbol, context)
                language.canonical(symbol, context)
        checked = processor_seconds()
        for symbol, context in found:
            language.accepts(symbol, context)
        accepted = processor_seconds()
        for symbol, context in bare_rows:
            with suppress(Exception):
                check(symbol, context)
        done = processor_seconds()
        for loop, spent in zip(seconds, (checked - start, accepted - checked, done - accepted)):
            seconds[loop] += spent
    return {"rows": count, "seconds": {loop: round(spent, 2) for loop, spent in seconds.items()}}


def map_job(
    raw: Path | None, limit: int | None, out: Path, workers: int, tasks: Sequence[str], engine: str = "formats"
) -> dict[str, Any]:
    """The plain pipeline, in one process."""
    from benchmarks.plain_pipeline import plain_pipeline

    return plain_pipeline(raw, limit, out, tasks, engine)


def tasks_job(raw: Path | None, limit: int | None, out: Path, workers: int, tasks: Sequence[str]) -> dict[str, Any]:
    """Processor seconds of reading and checking a row of each task, in one process."""
    import collection.sources
    from collection.check import Chunk, check_part
    from symbol_llm.shards import chunked

    count, seconds = 0, {}
    for task in tasks:
        source = collection.sources.get(task)
        folder = (raw or Path()) / source.upstream.dataset
        start, rows = processor_seconds(), 0
        for chunk in chunked(source.read_some(folder, limit=limit), 256):
            check_part(Chunk(task, chunk, raw, 0, {}, out))
            rows += len(chunk)
        seconds[task] = (processor_seconds() - start) / max(rows, 1)
        count += rows
    return {"rows": count, "seconds_a_row": seconds}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "build": build_job,
    "map": map_job,
    "bare map": partial(map_job, engine="bare"),
    "checks": checks_job,
    "tasks": tasks_job,
}


def run_job(name: str, raw: Path | None, limit: int | None, workers: int, tasks: Sequence[str]) -> None:
    """Run one job in this process and print what it took as JSON."""
    with tempfile.TemporaryDirectory() as out:
        os.environ["HF_DATASETS_CACHE"] = f"{out}/cache"
        if limit is not None:  # what a first use loads is not what a row costs
            JOBS[name](raw, 2, Path(out) / "warm", 1, tasks)
        start, spent = time.monotonic(), processor_seconds()
        result = JOBS[name](raw, limit, Path(out) / "out", workers, tasks)
        result |= {"wall_s": round(time.monotonic() - start, 2), "cpu_s": round(processor_seconds() - spent, 2)}
    print(json.dumps(result))


def measured(name: str, raw: Path | None, limit: int | None, workers: int, tasks: Sequence[str]) -> dict[str, Any]:
    """Run a job in a process of its own, and watch its memory."""
    command = [sys.executable, __file__, "--job", name, "--workers", str(workers), "--tasks", ",".join(tasks)]
    command += [] if raw is None else ["--raw", str(raw)]
    command += [] if limit is None else ["--limit", str(limit)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = [0]
    watcher = threading.Thread(target=watch_memory, args=(process.pid, peak))
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    result = json.loads(output.splitlines()[-1])
    return result | {"workers": workers, "peak_gb": round(peak[0] / 2**30, 3), "load": round(os.getloadavg()[0], 1)}


def watch_memory(pid: int, peak: list[int]) -> None:
    """The largest sum of resident memory over a process and all below it; shared pages count once for each."""
    import psutil

    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            total = 0
            for process in (root, *root.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], total)
            time.sleep(0.5)  # a look takes 20 ms of the processor that is measured
    except psutil.NoSuchProcess:
        return


JOB_OF = {
    "checks": "checks",
    "build, 1 worker": "build",
    "build, 2 workers": "build",
    "datasets.map, bare engines": "bare map",
    "datasets.map, our formats": "map",
    "check, task by task": "tasks",
}


def compared(raw: Path | None, limit: int, tasks: Sequence[str]) -> dict[str, Any]:
    """The jobs on the same rows, and how they compare."""
    jobs = {}
    for label, name in JOB_OF.items():
        jobs[label] = measured(name, raw, limit, 2 if label == "build, 2 workers" else 1, tasks)
        log(f"{label}: {jobs[label]['wall_s']} s")
    one, two = jobs["build, 1 worker"], jobs["build, 2 workers"]
    seconds = jobs["checks"]["seconds"]
    rate = {label: jobs[label]["rows"] / jobs[label]["wall_s"] for label in jobs}
    return {
        "tasks": len(tasks),
        "jobs": jobs,
        "rows_per_s": {label: round(rate[label], 1) for label in jobs if "records" in jobs[label]},
        "ratios": {
            **{
                f"{what}, build with 1 worker : {label}": ratio
                for label in ("datasets.map, bare engines", "datasets.map, our formats")
                for what, ratio in (
                    ("rows/s", rate["build, 1 worker"] / rate[label]),
                    ("processor time", one["cpu_s"] / jobs[label]["cpu_s"]),
                )
            },
            **{f"processor time, build : {loop}": one["cpu_s"] / spent for loop, spent in seconds.items()},
            "rows/s, 2 workers : 1 worker": rate["build, 2 workers"] / rate["build, 1 worker"],
        },
        "records_per_s_and_core": round(two["records"] / two["wall_s"] / 2, 1),
        "whole_upstreams": whole_upstreams(jobs["check, task by task"]["seconds_a_row"]),
    }


def whole_upstreams(seconds_a_row: dict[str, float]) -> dict[str, Any]:
    """What all rows of the paper's tasks would take one core to read and check, from the seconds of a row of each."""
    import collection.sources

    rows, seconds, tasks = 0, 0.0, 0
    for task in list(collection.sources.SOURCES)[:PAPER_TASKS]:
        if task in seconds_a_row:
            size = sum(collection.sources.get(task).upstream.sizes.values())
            tasks, rows, seconds = tasks + 1, rows + size, seconds + size * seconds_a_row[task]
    return {"tasks": tasks, "rows": rows, "core_hours": round(seconds / 3600, 2)}


def scaled(raw: Path | None, sizes: Sequence[int], workers: int) -> dict[str, Any]:
    """Builds of made-up files of each size beside those of ``raw``: time and memory."""
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            made_up = write_rows(folder, size)
            for dataset in raw.iterdir() if raw else ():
                if dataset.is_dir() and dataset.name not in made_up:
                    (folder / dataset.name).symlink_to(dataset)
            result = measured("build", folder, None, workers, available_tasks(folder))
        rate = result["records"] / result["wall_s"]
        result["records_per_s_and_core"] = round(rate / workers, 1)
        result["core_minutes_for_880k_records"] = round(PAPER_RECORDS / rate / 60 * workers, 1)
        found[f"{size:,} rows made up"] = result
        log(f"{size:,} rows made up: {result}")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--raw", type=Path, default=os.environ.get("SYMBOL_LLM_RAW"))
    parser.add_argument("--limit", type=int, help="rows per task and split; 0: only --scale. Default: 300")
    parser.add_argument("--tasks", default="", help="comma-separated; default: all that can be built")
    parser.add_argument("--scale", type=int, nargs="*", default=[], metavar="ROWS")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help="of the builds of --scale")
    options = parser.parse_args()
    raw = Path(options.raw).resolve() if options.raw else None
    tasks = tuple(name for name in options.tasks.split(",") if name)
    if options.job:
        run_job(options.job, raw, options.limit, options.workers, tasks)
        return
    results = {}
    if options.limit != 0:
        results["same_rows"] = compared(raw, options.limit or 300, tasks or available_tasks(raw))
    results["scale"] = scaled(raw, options.scale, options.workers)
    if options.json:
        emit(results, None, as_json=True)
        return
    for name, table in (("same rows", results.get("same_rows", {}).get("jobs", {})), ("scale", results["scale"])):
        columns = ("workers", "rows", "records", "wall_s", "cpu_s", "peak_gb", "load")
        rows = [[label, *(job.get(column) for column in columns)] for label, job in table.items()]
        emit(table, make_table(name, ("job", *columns), rows), as_json=False)
    for what, ratio in results.get("same_rows", {}).get("ratios", {}).items():
        print(f"{what:60s} {ratio:.2f}")


if __name__ == "__main__":
    main()
