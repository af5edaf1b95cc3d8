"""Collections for tests that read one: built for real, or of given records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from collection.build import BuildConfig, build
from symbol_llm.ledger import file_entry, write_manifest
from symbol_llm.record import Record, read_parquet, write_parquet

RAW = Path(__file__).parent / "fixtures" / "raw"
# With an engine and without, with and without answers, commercial and not, from files and generated.
TASKS = ("scan", "folio", "gsm8k_code", "nl2bash", "alpaca", "letters", "theories", "general")


def build_small(out: Path) -> Path:
    """A collection of a few hundred records of eight tasks; rows of the fixtures are rejected, too."""
    build(BuildConfig(TASKS, 0, 30), RAW, out)
    return out


def collection_of(records: Sequence[Record], out: Path, rows_per_group: int = 2_000) -> Path:
    """A collection that holds given records, in the order given, with a manifest as a build writes it."""
    (out / "records").mkdir(parents=True)
    tasks, outputs = {}, {}
    for task in dict.fromkeys(record.task for record in records):
        own = [record for record in records if record.task == task]
        file = out / "records" / f"{task}.parquet"
        write_parquet(file, own, rows_per_group=rows_per_group)
        outputs[f"records/{task}.parquet"] = file_entry(file)
        tasks[task] = {
            "format": own[0].format,
            "family": "",
            "upstream": {"url": "", "revision": ""},
            "citation": "",
            "counts": {"read": len(own), "kept": len(own), "rejected": 0, "duplicates": 0, "leaks": 0},
            "reasons": {},
            "splits": dict(Counter(record.split for record in own)),
        }
    write_manifest(out / "manifest.json", {"version": "0", "tasks": tasks, "outputs": outputs})
    return out


def records_of(out: Path, *tasks: str) -> list[Record]:
    """All records of some tasks, in order."""
    return [record for task in tasks for record in read_parquet(out / "records" / f"{task}.parquet")]


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
