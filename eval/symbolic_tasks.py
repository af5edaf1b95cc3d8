"""The items of ``eval symbolic``: the test records of a collection, task by task, and test sets from outside of it.

    load_tasks(Path("runs/demo/collection"))     {"scan_generated": [Record, …], "scan_generated.evolved": […], …}

Evolved records are a task of their own: their score answers another question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from collection.sources import SOURCES
from collection.sources import get as get_source
from eval.extraction import PromptMarks, marks_of
from eval.out_of_domain import SOURCES as OUTSIDE
from eval.out_of_domain import load, source_of
from symbol_llm.errors import UserError, unknown_name
from symbol_llm.record import Origin, Record, Split, record_from_json


def load_tasks(
    data: Path, names: Sequence[str] | None = None, raw: Path | None = None, seed: int = 0
) -> dict[str, list[Record]]:
    """Test records per task of the collection in ``data``, evolved ones as ``<task>.evolved``, sorted by name.

    ``names`` chooses tasks (``scan`` takes ``scan`` and ``scan.evolved``). Out-of-domain sets that are no tasks of a
    collection (``closure``) are read from ``raw``, where their files are. Raises UserError for a folder that is
    no collection, and for a task that is nowhere.
    """
    files = sorted((data / "records").glob("*.parquet"))
    if not files:
        raise UserError(f"{data}: no records/*.parquet here. Make a collection with: symbol-llm collect build")
    tasks: dict[str, list[Record]] = {}
    for file in files:
        for record in _test_records(file):
            name = f"{record.task}.evolved" if record.origin == Origin.EVOLVED else record.task
            tasks.setdefault(name, []).append(record)
    for outside in OUTSIDE:
        if (not names or outside in names) and (records := load(outside, raw, seed)):
            tasks[outside] = records
    for wanted in names or ():
        if wanted in OUTSIDE and wanted not in tasks:
            raise UserError(f"task {wanted}: its raw files are not here. Pass the folder that holds them with --raw")
        if wanted not in tasks and f"{wanted}.evolved" not in tasks:
            if any(file.stem == wanted for file in files):
                raise UserError(f"task {wanted} has no test records in {data}. Leave it out of --tasks")
            raise unknown_name("task", wanted, tasks, f"symbol-llm eval list --data {data}")
    chosen = {name for wanted in names or tasks for name in (wanted, f"{wanted}.evolved")}
    return {name: tasks[name] for name in sorted(tasks) if name in chosen}


def _test_records(file: Path) -> Iterator[Record]:
    """The test records of one file; the training rows, nearly all, are never made into Python objects."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, filters=[("split", "==", Split.TEST.value)])
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{file}: not a readable record file ({error}). Rebuild it with: collect build") from error
    yield from map(record_from_json, table.to_pylist())


def family_of(task: str) -> str:
    """The paper's family of a task; ``other`` for one that no source makes."""
    if task in OUTSIDE:
        return source_of(task).family
    return get_source(task).family if task in SOURCES else "other"


def marks(record: Record) -> PromptMarks:
    """What shows that an output repeats the record's prompt: its source's labels, else at least its last line."""
    if record.task in OUTSIDE:
        return marks_of(source_of(record.task).prompt)
    if record.task in SOURCES:
        return marks_of(get_source(record.task).prompt)
    lines = record.prompt.strip().splitlines()
    return PromptMarks(lines[-1] if lines else "")
