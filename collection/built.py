"""A built collection on disk: its manifest, and record files that are what the manifest says.

    Built(OUT).tally("spider")   {Kind("train", "existing", "sql", "CC-BY-SA-4.0", True, True): 6912, …}

What reads a collection goes through here, so that a damaged file, or one of another build, is named
before it is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from collection.verify import load_manifest
from symbol_llm.errors import CheckFailed, unknown_name
from symbol_llm.ledger import sha256_file

if TYPE_CHECKING:
    import pyarrow as pa


class Kind(NamedTuple):
    """What tells the records of a task apart when they are counted. The names are those of the columns."""

    split: str
    origin: str
    format: str
    licence: str
    commercial: bool
    accepted: bool | None  # None: the engine could not tell, or the format has none


class Built:
    """A finished collection, or what ``symbol-llm evolve`` made of one.

    Raises UserError where the folder holds none, and CheckFailed where its manifest is not as it was written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = load_manifest(folder)
        self._checked: set[str] = set()

    def tasks(self, wanted: Sequence[str] = ()) -> list[str]:
        """The tasks of the collection in its order, or those of them that are wanted. Raises UserError."""
        for task in wanted:
            if task not in self.manifest["tasks"]:
                raise unknown_name("task", task, self.manifest["tasks"], f"symbol-llm collect stats {self.folder}")
        return [task for task in self.manifest["tasks"] if not wanted or task in wanted]

    def record_file(self, task: str) -> Path:
        """A task's file. Raises CheckFailed unless it is the one that was built (looked at once)."""
        name = f"records/{task}.parquet"
        path = self.folder / name
        if name not in self._checked:
            entry = self.manifest["outputs"].get(name)
            if not path.is_file():
                raise CheckFailed(f"{path} is missing. Build the collection again")
            if entry is None or path.stat().st_size != entry["bytes"] or sha256_file(path) != entry["sha256"]:
                raise CheckFailed(
                    f"{path} is not the file that was built: size or sha256 differ from manifest.json. "
                    "If a build is running, wait for it; else build the collection again"
                )
            self._checked.add(name)
        return path

    def tables(self, task: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """A task's records in order, one row group at a time, all columns or some."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.record_file(task)) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=columns)

    def tally(self, task: str) -> Counter[Kind]:
        """How many records of each kind a task has. Raises CheckFailed if the manifest says another number."""
        counts: Counter[Kind] = Counter()
        names = list(Kind._fields)
        for table in self.tables(task, names):
            for row in table.group_by(names).aggregate([([], "count_all")]).to_pylist():
                counts[Kind(*(row[name] for name in names))] += row["count_all"]
        kept = self.manifest["tasks"][task]["counts"]["kept"]
        if counts.total() != kept:
            raise CheckFailed(f"records/{task}.parquet: {counts.total()} records, the manifest says {kept}")
        return counts
